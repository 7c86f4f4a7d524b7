"""Series: paths into a case, points in processes and on dask, restart, arrays of jobs, collected file, report."""

import json
import shutil
from functools import cache

import h5py
import numpy as np
import pytest
import xarray
from channels import lateral_valve, slab_series
from series_cases import BASE, FIELDS, SERIES, series_of
from typer.testing import CliRunner

from boltzsim.analysis.reciprocity import reciprocities
from boltzsim.analysis.series import analyses
from boltzsim.case.case import Case, parse_case
from boltzsim.case.series import expand
from boltzsim.cli import app
from boltzsim.errors import CaseError, StoreError
from boltzsim.reports import series as series_report
from boltzsim.runs import series as engine
from boltzsim.runs.start import run
from boltzsim.store import series as series_store
from boltzsim.store.result import open as open_result


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """The series SERIES, to rounding, its points, and what was told while they were solved."""
    root, told = tmp_path_factory.mktemp("solved"), []
    _, case = series_of(root, "[solver]\nrtol = 1e-13\n" + SERIES)
    assert engine.run_series(case, root / "points", progress=lambda *news: told.append(news)) == 6
    return case, root / "points", told


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The series FIELDS, and its points solved in this process."""
    root = tmp_path_factory.mktemp("alone")
    _, case = series_of(root, FIELDS)
    assert engine.run_series(case, root / "points") == 2
    return case, engine.collect(case, root / "points")


def test_axes_multiply_and_paths_of_one_axis_vary_together():
    case = parse_case(BASE + SERIES)
    (content, turn), cases = expand(case)
    np.testing.assert_allclose(content.coordinate, [0.01, 0.02, 0.04], rtol=1e-15)
    assert (content.unit, turn.unit) == ("1", "1")
    assert turn.values["contact.far.direction"] == [[1, 0, 0], [0, 1, 0]]
    np.testing.assert_array_equal(turn.coordinate, [0.3, 0.2])
    assert len(cases) == 6 and not any(point.series for point in cases)
    assert [point.material["alloy"].impurity[0].concentration for point in cases] == pytest.approx(
        [0.01, 0.01, 0.02, 0.02, 0.04, 0.04]
    )
    assert cases[3].contact[1].direction == (0, 1, 0) and cases[3].contact[1].transmission == 0.2
    assert cases[0].contact[0] == case.contact[0]
    fields, _ = expand(parse_case(BASE + FIELDS))
    assert fields[0].unit == "T" and list(fields[0].coordinate) == [0, 0.5]


def test_a_series_survives_its_round_trip_through_python():
    case = parse_case(BASE + SERIES)
    assert Case(**case.resolved()) == case
    assert parse_case(case.toml()) == case
    assert parse_case(Case(**case.resolved()).toml()) == case


@pytest.mark.parametrize(
    "text, message",
    [
        ("contact.fra.voltage = [1, 2]", r"contact\.fra leads nowhere.*did you mean 'far'"),
        ('field.B.z = ["0 T", "1 nm"]', r"series\.axis\[1\]: field\.B.*is a length"),
        ('field.B.z = ["0 T"]\nfield.g = [1, 2]', "field.B.z has 1, field.g has 2"),
        ("field.B.z = []", "must be a list of values"),
        ("field.B.w = [1]", "known: x, y, z"),
        ("field.g.x = [1]", "end the path at field.g"),
        ("field.g = { from = 1, to = 2 }", "no count"),
        ('field.g = { from = -1, to = 2, count = 3, spacing = "log" }', "one sign"),
        ("field.h = [1]", "known keys: B, g"),
        ("", "varies nothing"),
    ],
)
def test_mistakes_in_a_series_are_named(text, message):
    with pytest.raises(CaseError, match=message):
        parse_case(BASE + "[series.axis]\n" + text)


def test_names_of_stored_datasets_are_no_axes():
    with pytest.raises(CaseError, match="taken"):
        parse_case(BASE + "[series.current]\nfield.g = [1, 2]")


def test_points_equal_single_runs_and_a_restart_solves_only_what_is_missing(solved, tmp_path):
    case, points, told = solved
    folder = shutil.copytree(points, tmp_path / "points")
    assert [news[:2] for news in told] == [(done, 6) for done in range(7)]
    assert told[-1][2] == 0 and told[1][2] > 0
    found = engine.collect(case, folder)
    cases = expand(case)[1]
    for number in (0, 5):
        single = run(cases[number])
        index = np.unravel_index(number, found.shape)
        assert found.measures[0].value[index] == pytest.approx(single.measures[0].value, rel=1e-12)
        np.testing.assert_allclose(found.terminals["voltage"][index], single.terminals.voltage, rtol=1e-12)
    assert engine.run_series(case, folder) == 0
    lost = engine.point_file(folder, cases[4])
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path != lost}
    lost.unlink()
    with pytest.raises(StoreError, match=r"(?s)1 of 6 points are missing.*point 4 \(.*not solved yet"):
        engine.collect(case, folder)
    assert engine.run_series(case, folder) == 1
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    longer = parse_case(case.toml().replace("count = 3", "count = 5"))  # 0.01, 0.014, 0.02, 0.028, 0.04
    assert 4 <= engine.run_series(longer, folder) < 10


def test_jobs_of_an_array_share_the_points(tmp_path):
    path, case = series_of(tmp_path, FIELDS.replace('"500 mT"', '"500 mT", "1 T"'))
    output = tmp_path / "out.h5"
    runner = CliRunner()
    for index, left in ((0, 1), (1, 0)):
        arguments = ["series", str(path), "-o", str(output), "--index", str(index), "--count", "2"]
        assert runner.invoke(app, arguments).exit_code == 0
        assert not output.exists() and len(list((tmp_path / "out.points").iterdir())) == 3 - left
        assert runner.invoke(app, ["collect", str(path), "-o", str(output)]).exit_code == (4 if left else 0)
        assert output.exists() == (not left)
    assert series_store.open(output).shape == (3,)
    assert runner.invoke(app, ["series", str(path), "--index", "2", "--count", "2"]).exit_code == 2
    assert case.series


def test_the_collected_file_has_the_axes_as_dimension_scales(solved, tmp_path):
    case, points, _ = solved
    found = engine.collect(case, points)
    found.save(tmp_path / "out.h5")
    with xarray.open_dataset(tmp_path / "out.h5", engine="h5netcdf", group="measures") as measures:
        assert measures["nonlocal_0"].dims == ("content", "turn")
        assert measures["nonlocal_0_delta_R"].attrs["units"] == "Ohm"
        np.testing.assert_allclose(measures["content"], [0.01, 0.02, 0.04])
        np.testing.assert_array_equal(measures["nonlocal_0"], found.measures[0].value)
    with xarray.open_dataset(tmp_path / "out.h5", engine="h5netcdf", group="terminals") as terminals:
        assert terminals["conductance"].dims == ("content", "turn", "name", "source")
    back = series_store.open(tmp_path / "out.h5")
    assert back.case == case and back.axes == found.axes and back.name == ("near", "far")
    for key, values in found.terminals.items():
        np.testing.assert_array_equal(back.terminals[key], values)
    np.testing.assert_array_equal(back.measures[0].extra["R_AP"], found.measures[0].extra["R_AP"])
    assert not series_store.is_series(engine.point_file(points, expand(case)[1][0]))
    with pytest.raises(StoreError, match=r"is a series, and has no fields; take one of its points in .*out\.points$"):
        open_result(tmp_path / "out.h5")
    with pytest.raises(StoreError, match="the result of one run, which 'boltzsim plot' draws, and no collected series"):
        series_store.open(engine.point_file(points, expand(case)[1][0]))


def test_lists_of_different_lengths_make_an_axis(tmp_path):
    """Faces that are joined or not: the file has the lists as JSON."""
    flat = BASE.replace('quadrature = "double-gauss"\npolar = 3\nazimuthal = 6', "polar = 6\nazimuthal = 12")
    wide = 'x = { length = "20 nm", cells = 2 }\nz = {'
    case = parse_case(flat.replace("z = {", wide) + '[series]\nsides."walls.periodic" = [["x"], []]\n')
    engine.run_series(case, tmp_path / "points")
    engine.collect(case, tmp_path / "points").save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert [json.loads(text) for text in file["series/sides_0"].asstr()[()]] == [["x"], []]
    assert series_store.open(tmp_path / "out.h5").axes[0].values == {"walls.periodic": [["x"], []]}


def assert_as_exact(found, other):
    """Both have solved the same points to the same tolerance, from different starts."""
    conductance, tolerance = other.terminals["conductance"], 10 * other.case.solver.rtol
    np.testing.assert_allclose(
        found.terminals["conductance"], conductance, rtol=0, atol=tolerance * np.abs(conductance).max()
    )


def test_processes_give_the_same_numbers(alone, tmp_path):
    case, one = alone
    assert engine.run_series(case, tmp_path, jobs=2) == 2
    two = engine.collect(case, tmp_path)
    assert_as_exact(two, one)


def test_a_dask_cluster_gives_the_same_numbers(alone, tmp_path):
    distributed = pytest.importorskip("distributed")
    case, one = alone
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        assert engine.run_series(case, tmp_path, dask=cluster.scheduler_address) == 2
    other = engine.collect(case, tmp_path)
    assert_as_exact(other, one)


def test_points_that_do_not_converge_leave_the_others(tmp_path):
    path, case = series_of(tmp_path, "[series.limit]\nsolver.max_products = [2, 300]\n")
    result = CliRunner().invoke(app, ["series", str(path), "-o", str(tmp_path / "out.h5")])
    assert result.exit_code == 3
    assert "point 0 (solver.max_products = 2): not converged" in result.output
    assert "1 of 2 points are missing" in result.output
    (left,) = (tmp_path / "out.points").glob("*.h5")
    assert open_result(left).case == expand(case)[1][1]
    with pytest.raises(StoreError, match=r"point 0 \(solver.max_products = 2\): not converged"):
        engine.collect(case, tmp_path / "out.points")


def test_points_that_the_checks_refuse_leave_the_others(tmp_path):
    """Every point passes the checks of a single run before any is solved: too much memory, cells too small."""
    path, _ = series_of(tmp_path, "[series.cells]\ngrid.z.cells = [6, 900000000, 7, 60000]\n")
    result = CliRunner().invoke(app, ["series", str(path), "-o", str(tmp_path / "out.h5")])
    assert result.exit_code == 2, result.output
    assert "point 1 (grid.z.cells = 900000000): grid needs" in result.output
    assert "point 3 (grid.z.cells = 60000): grid.z.cells = 60000 makes cells of" in result.output
    assert "2 of 4 points are missing" in result.output
    solved = {open_result(file).case.grid.z.cells for file in (tmp_path / "out.points").glob("*.h5")}
    assert solved == {6, 7}


def test_a_million_points_are_counted_and_not_expanded():
    with pytest.raises(CaseError, match=r"series has 1,000,000 points \(f has 1000, g has 1000\)"):
        parse_case(
            BASE + "[series.f]\nfield.B.z = { from = '0 T', to = '1 T', count = 1000 }\n"
            "[series.g]\nfield.B.x = { from = '0 T', to = '1 T', count = 1000 }\n"
        )
    with pytest.raises(CaseError, match="count = 1000000000000 must be a whole number from 2 to 100,000"):
        parse_case(BASE + "[series.f]\nfield.B.z = { from = '0 T', to = '1 T', count = 1000000000000 }\n")


def test_points_of_other_sources_are_other_points(tmp_path, monkeypatch):
    _, case = series_of(tmp_path, FIELDS)
    one = engine.point_file(tmp_path, case)
    monkeypatch.setattr(engine, "_sources_hash", lambda: "other")
    assert engine.point_file(tmp_path, case) != one


def test_folders_of_points_come_from_the_whole_name():
    assert engine.folder_of("a/d0.5").name == "d0.5.points" and engine.folder_of("d0.55").name == "d0.55.points"
    assert engine.folder_of("a/out.h5").name == "out.points"


def test_report_prints_lengths_with_units_and_draws(tmp_path, monkeypatch):
    case = slab_series([4, 6, 8, 11, 14], step=0.5)
    engine.run_series(case, tmp_path / "points")
    engine.collect(case, tmp_path / "points").save(tmp_path / "out.h5")
    monkeypatch.setattr(series_store, "open", cache(series_store.open))  # both reports show one fit
    result = CliRunner().invoke(app, ["report", str(tmp_path / "out.h5")])
    assert result.exit_code == 0, result.output
    assert "exact mode" in result.output and "44.081" in result.output and "nm" in result.output
    assert (tmp_path / "out.png").stat().st_size > 10_000
    result = CliRunner().invoke(app, ["report", str(tmp_path / "out.h5"), "-o", str(tmp_path / "f.svg"), "--json"])
    curve, fit = json.loads(result.output)
    assert curve["kind"] == "distance" and len(curve["kinetic"]) == 5
    assert fit["kind"] == "distance on the device" and set(fit["value"]) == {"length_L", "polarization L"}
    assert abs(fit["value"]["length_L"] - 44.081e-9) < 2 * fit["error"]["length_L"] < 30e-9  # there are two modes
    assert "spins decay with more than one length there" in fit["notes"][0]
    assert "<svg" in (tmp_path / "f.svg").read_text()


@pytest.mark.slow
def test_ratio_to_the_diffusion_formula_from_diffusive_to_ballistic(tmp_path):
    """One series in the concentration, one report: R_kinetic/R_diffusive against ℓ/width and ℓ/λ."""
    alloy = {"impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.5}}], "background": {"tau_sf": "40 fs"}}
    content = {"material.alloy.impurity.0.concentration": {"from": 0.2, "to": 0.01, "count": 5, "spacing": "log"}}
    case = lateral_valve(alloy=alloy, distance=10, series={"content": content})
    engine.run_series(case, tmp_path / "points")
    found = engine.collect(case, tmp_path / "points")
    (curve,) = analyses(found)
    ratio = curve.kinetic / curve.formula
    assert curve.kind == "ratio" and curve.over_width[0] < 0.25 and curve.over_width[-1] > 2
    assert np.all(np.diff(curve.over_length) > 0)
    assert ratio[0] == pytest.approx(1, abs=0.03)
    assert np.abs(ratio - 1).max() > 0.06  # what the diffusion formula misses
    found.save(tmp_path / "ratio.h5")
    result = CliRunner().invoke(app, ["report", str(tmp_path / "ratio.h5")])
    assert result.exit_code == 0 and (tmp_path / "ratio.png").exists()


def spin_hall_series(inverse=False):
    """A bar with a magnetic contact above and a plain one below, magnetised up and down."""
    drives = [{"floating": True}, {"floating": True}, {"current": "1 uA", "detect_spin": True}, {"voltage": 0}]
    if not inverse:
        drives = [{"current": "1 uA"}, {"voltage": 0}, {"floating": True, "detect_spin": True}, {"floating": True}]
    probe = {"transmission": 0.3, "span": {"x": ["5 nm", "7 nm"]}}
    magnet = {"polarization": 0.4, "direction": [0, 0, 1], **probe}
    leads = [{"face": "x_min"}, {"face": "x_max"}, {"face": "y_max", **magnet}, {"face": "y_min", **probe}]
    skew = {"concentration": 0.2, "channels": {"s1/2": 1.4, "p1/2": 0.08}}
    names = ("left", "right", "upper", "lower")
    roles = ("upper", "left", "right") if inverse else ("left", "upper", "lower")
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", "impurity": [skew]}},
        grid={"x": {"length": "14 nm", "cells": 14}, "y": {"length": "6 nm", "cells": 6}},
        contact=[{"name": n, **lead, **drive} for n, lead, drive in zip(names, leads, drives, strict=True)],
        walls={"specularity": 1.0},
        angles={"polar": 4, "azimuthal": 8},
        physics={"side_jump": False},
        solver={"rtol": 1e-11},
        measure=[{"kind": "nonlocal", **dict(zip(("injector", "detector", "reference"), roles, strict=True))}],
        series={"turn": {"contact.upper.direction": [[0, 0, 1], [0, 0, -1]]}},
    )


def test_report_shows_direct_and_inverse_spin_hall_effect_and_their_reciprocity(tmp_path):
    signals = {}
    for inverse in (False, True):
        case, output = spin_hall_series(inverse), tmp_path / f"{inverse}.h5"
        engine.run_series(case, tmp_path / "points")
        found = engine.collect(case, tmp_path / "points")
        (curve,), pairs = analyses(found), reciprocities(found)
        assert curve.kind == "turn" and curve.ticks == ("z", "-z")
        signals[inverse] = curve.kinetic
        assert 0.5 < curve.kinetic[0] / curve.formula[0] < 1  # the bar is short and its contacts are open
        assert len(pairs) == 2 and all(pair.error < 1e-6 for pair in pairs)
        assert all(pair.scale == pytest.approx(abs(curve.kinetic[0]), rel=1e-6) for pair in pairs)
        found.save(output)
        printed = CliRunner().invoke(app, ["report", str(output)]).output
        assert "Reciprocity" in printed and "turn -z" in printed
    np.testing.assert_allclose(signals[True][:2], -signals[False][:2], rtol=1e-6)


def test_side_jump_is_reciprocal_to_order_alpha_squared(tmp_path):
    """And to the square of the cells at the boundary: small, but not zero."""
    case = spin_hall_series().replace(physics={"side_jump": True})
    engine.run_series(case, tmp_path / "points")
    error = max(pair.error for pair in reciprocities(engine.collect(case, tmp_path / "points")))
    assert 1e-6 < error < 1e-3


def test_fields_along_different_axes_make_curves_of_their_own(tmp_path):
    sizes = [15, 30, 45, 60]
    fields = [[0, 0, 0], *([0, B, 0] for B in sizes), *([0, 0, B] for B in sizes)]
    model = {"side_jump": False, "model": "diffusion"}
    case = lateral_valve(cells=100, physics=model, series={"field": {"field.B": fields}})
    engine.run_series(case, tmp_path / "points")
    out, inside = analyses(engine.collect(case, tmp_path / "points"))
    assert (out.label, inside.label) == ("L, B along y", "L, B along z")
    np.testing.assert_array_equal(out.x, [0, *sizes])
    np.testing.assert_array_equal(inside.x, out.x)
    assert out.kinetic[0] == inside.kinetic[0]
    for curve in (out, inside):
        standard, matrix = curve.fits
        assert (standard.kind, matrix.kind) == ("Hanle", "Hanle, matrix D")
        assert set(matrix.value) == {"tau_s", "D_T", "D_L", "polarization"} and set(curve.lines) > {"fit"}
    tables = list(series_report.tables([out, inside]))
    assert [str(cell) for cell in tables[0].columns[2].cells].count("D_L") == 2
