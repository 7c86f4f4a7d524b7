"""The package as a script or a notebook uses it: its names, its functions, and what they look like at the prompt."""

import subprocess
import sys

import numpy as np
import pytest
from series_cases import BASE, FIELDS, series_of
from stored import CASE, random_result
from typer.testing import CliRunner

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.cli import app

FUNCTIONS = {"run", "resume", "series", "report", "compare", "plot", "coefficients", "open", "save", "load_case"}
FUNCTIONS |= {"check", "info", "export", "fit", "draw", "converge"}
CLASSES = {"Case", "Material", "Impurity", "CaseError", "ConvergenceError", "StoreError", "Stopped"}


@pytest.fixture(scope="module")
def result():
    return boltzsim.run(parse_case(BASE))


def test_the_package_has_its_functions_and_nothing_else():
    """Rooms that were loaded neither show up nor hide a function."""
    code = "import boltzsim, boltzsim.cli, boltzsim.validate.report; print(*dir(boltzsim)); print(boltzsim.series)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    names, series = shown.splitlines()
    assert set(names.split()) == FUNCTIONS | CLASSES | {"__version__"}
    assert series.startswith("<function series")
    for name in FUNCTIONS:
        assert len(getattr(boltzsim, name).__doc__.split()) > 10, name


def test_importing_takes_no_time():
    command = [sys.executable, "-X", "importtime", "-c", "import boltzsim; dir(boltzsim)"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    seconds = [int(line.split("|")[1]) / 1e6 for line in lines if line.endswith(" boltzsim")]
    assert len(seconds) == 1 and seconds[0] < 0.3


def test_a_case_in_a_line_and_in_a_table(result):
    line = repr(parse_case(BASE + FIELDS))
    assert (
        line
        == str(parse_case(BASE + FIELDS))
        == ("<Case '': 20 nm in 6 cells; metals alloy; contacts near, far; series over field>")
    )
    table = parse_case(CASE)._repr_html_()
    for words in ("Spin valve, 2 µm", "x: 400 nm in 8 cells", "impurity Ce 2 %", "polarization 0.4 along (1, 0, 0)"):
        assert words in table
    assert len(repr(result)) < 300


def test_html_is_escaped():
    case = parse_case(CASE.replace('"Spin valve, 2 µm"', '"<script>a & b"'))
    assert "<script>" not in case._repr_html_() and "&lt;script&gt;a &amp; b" in case._repr_html_()
    assert "<script>" not in random_result(case)._repr_html_()


def test_a_material_in_a_line_and_in_a_table():
    material = boltzsim.Material(k_F="13.6 1/nm", mean_free_path="40 nm")
    assert repr(material) == "<Material k_F 13.6 1/nm; mean free path 40 nm>"
    assert "0.1 rad" in parse_case(CASE).metal._repr_html_()
    assert repr(boltzsim.Material(k_F="13.6 1/nm")) == "<Material k_F 13.6 1/nm; nothing scatters>"


def test_a_result_in_a_line_and_in_a_table(result):
    assert repr(result.terminals).startswith("<Terminals near, 1 µA, ")
    assert repr(result).startswith("<Result '': kinetic; nonlocal ") and "Ω" in repr(result)
    for table in (result._repr_html_(), result.terminals._repr_html_()):
        assert "<td" in table and "near" in table and "1 µA" in table
    assert "Measures" in result._repr_html_()


def test_values_at_paths():
    case = parse_case(CASE)
    other = case.with_(**{"contact.detector.span.x": ["200 nm", "250 nm"], "field.B.z": "0.1 T", "title": "moved"})
    assert other.contact_named("detector").span.x == pytest.approx((2e-7, 2.5e-7))
    assert other.field.B == (0, 0, 0.1) and other.title == "moved"
    assert case.contact_named("detector").span.x == pytest.approx((3e-7, 3.5e-7))
    with pytest.raises(boltzsim.CaseError, match=r"contact\.detectr leads nowhere.*did you mean 'detector'"):
        case.with_(**{"contact.detectr.span.x": ["1 nm", "2 nm"]})
    with pytest.raises(boltzsim.CaseError, match=r"contact\[1\]\.span\.x.*leaves the box"):
        case.with_(**{"contact.detector.span.x": ["300 nm", "500 nm"]})


def test_files_of_cases_and_results(result, tmp_path):
    path, _ = series_of(tmp_path, FIELDS)
    file = tmp_path / "out.h5"
    boltzsim.save(result, file)
    assert boltzsim.open(file).case == result.case
    assert str(boltzsim.report(file)) == str(boltzsim.report(result))
    assert boltzsim.check(path).data == boltzsim.check(boltzsim.load_case(path)).data
    assert "mean free path" in str(boltzsim.info(path))


def test_tables_are_those_of_the_command_line(result, tmp_path):
    boltzsim.save(result, tmp_path / "out.h5")
    (tmp_path / "case.toml").write_text(BASE)
    shown = CliRunner().invoke(app, ["info", str(tmp_path / "case.toml")]).stdout
    assert shown.strip() == str(boltzsim.info(tmp_path / "case.toml")).strip()
    report = boltzsim.report(result)
    assert repr(report) == "<Report: Terminals, Measures, Solver; print it>"
    assert "near" in report._repr_html_() and report.data["terminals"][0]["name"] == "near"


def test_warnings_of_a_check_come_first():
    case = parse_case(BASE.replace("polarization = 0.4", "polarization = 0.0", 1).replace("detect_spin = true\n", ""))
    moved = case.with_(**{"grid.z.cells": 7, "grid.z.length": "0.2 nm"})
    assert "Warnings" in str(boltzsim.check(moved.with_(**{"physics.side_jump": False})))


def test_a_series_with_its_report_and_figure(tmp_path):
    case = parse_case(BASE + '[series.content]\n"material.alloy.impurity.Ce.concentration" = [0.01, 0.02]\n')
    found = boltzsim.series(case)
    assert repr(found) == "<SeriesResult '': 2 content; nonlocal>" and "2 points" in found._repr_html_()
    kept = boltzsim.series(case, tmp_path / "out.h5")
    np.testing.assert_array_equal(kept.measures[0].value, found.measures[0].value)
    assert boltzsim.open(tmp_path / "out.h5").shape == (2,) and (tmp_path / "out.points").is_dir()
    boltzsim.save(found, tmp_path / "copy.h5")
    assert "ΔR" in str(boltzsim.report(tmp_path / "copy.h5"))
    figure = boltzsim.plot(found, tmp_path / "series.svg")
    assert (tmp_path / "series.svg").read_text().startswith("<?xml")
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_both_models(result):
    both = boltzsim.compare(result.case)
    assert both.kinetic.case.physics.model == "kinetic" and both.diffusion.case.physics.model == "diffusion"
    assert "diffusion / kinetic" in str(boltzsim.report(both))
    assert len(boltzsim.plot(both).axes) == 4


def test_coefficients_in_si():
    """Drude's resistivity of 3 m v_F / (2 N_F e² …): with n carriers, ρ = ħ k_F / (n e² ℓ)."""
    material = boltzsim.Material(k_F="13.6 1/nm", mean_free_path="40 nm", spin_diffusion_length="400 nm")
    found = boltzsim.coefficients(material)["si"]
    density = 13.6e9**3 / (3 * np.pi**2)
    assert found["resistivity"] == pytest.approx(1.054571817e-34 * 13.6e9 / (density * 1.602176634e-19**2 * 40e-9))
    assert found["conductivity"] * found["resistivity"] == pytest.approx(1)
    assert found["mean_free_path"] == pytest.approx(40e-9)
    length = np.sqrt(found["diffusion_constant"] * found["spin_lifetime"])
    assert length == pytest.approx(400e-9, rel=1e-9)
    assert found["spin_diffusion_length_L"] == pytest.approx(found["spin_diffusion_length_T"], rel=1e-9)
    assert found["spin_hall_angle"] == 0


GUARD = """
import boltzsim
case = boltzsim.load_case("case.toml")
print("points", boltzsim.series(case, "out.h5", jobs={jobs}).shape)
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_script_without_a_guard(tmp_path, jobs):
    """One job runs as it stands; several say how to help themselves."""
    series_of(tmp_path, FIELDS)
    (tmp_path / "script.py").write_text(GUARD.format(jobs=jobs))
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    if jobs == 1:
        assert done.returncode == 0 and done.stdout == "points (2,)\n"
    else:
        assert done.returncode and "if __name__ == '__main__': or use jobs=1" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("boltzsim.errors.CaseError")
        assert "points" not in done.stdout
