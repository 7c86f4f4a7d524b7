"""The survey of alloys: its operators, its columns, what it finds by itself, its files and its command."""

import csv
import json
import math

import h5py
import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure
from typer.testing import CliRunner

from boltzsim.cli import app
from boltzsim.errors import StoreError
from boltzsim.limits.alloys import Alloys
from boltzsim.limits.conserved import conserved_quantities
from boltzsim.limits.diffusion import p1
from boltzsim.limits.dispersion import sector
from boltzsim.limits.modes import exact
from boltzsim.limits.survey import COLUMNS, MIN_ANISOTROPY, MIN_LENGTH, grid_shifts, random_shifts, survey
from boltzsim.material.superoperators import impurity_operators
from boltzsim.plotting.survey import draw_survey
from boltzsim.store import survey as survey_store

SP = ("s1/2", "p1/2", "p3/2")
WIDE = dict.fromkeys(SP, (-np.pi / 2, np.pi / 2))


@pytest.fixture(scope="module")
def random_alloys():
    return survey(SP, random_shifts(WIDE, 1200, seed=4))


@pytest.mark.parametrize("channels", [SP, ("p1/2",), (*SP, "d3/2", "d5/2")])
def test_alloys_have_the_operators_of_their_phase_shifts(channels):
    shifts = np.random.default_rng(2).uniform(-2, 2, (3, len(channels)))
    alloys = Alloys(channels, 0.03)
    for name in ("L", "T", "charge", 2):
        stack = alloys.sector(name, shifts)
        for i, eta in enumerate(shifts):
            alone = sector(impurity_operators(dict(zip(channels, eta, strict=True)), 0.03), name)
            assert stack.loss[i] == pytest.approx(alone.loss, rel=1e-13)
            assert stack.gain[i] == pytest.approx(alone.gain, abs=1e-12)
            assert stack.drift[i] == pytest.approx(alone.drift, abs=1e-12)
    for eta in shifts:
        expected = p1(impurity_operators(dict(zip(channels, eta, strict=True)), 0.03))
        assert p1(alloys.operators(eta)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("channels", "alpha"), [(SP, 0.0), (SP, 0.02), ((*SP, "d3/2", "d5/2"), 0.01)])
def test_columns_are_what_the_single_alloy_gives(channels, alpha):
    shifts = np.random.default_rng(8).uniform(-1.5, 1.5, (3, len(channels)))
    shifts[0, :3] = 0.6, 0.58, 0.05
    found = survey(channels, shifts, alpha)
    assert set(found.columns) == set(COLUMNS)
    for i, eta in enumerate(shifts):
        operators = impurity_operators(dict(zip(channels, eta, strict=True)), alpha)
        row = {name: values[i] for name, values in found.columns.items()}
        single, closure = exact(operators), p1(operators)
        assert row["mean_free_path"] == pytest.approx(1 / operators.loss)
        assert row["length_L"] == pytest.approx(single["decay_length_L"], rel=1e-9)
        assert row["length_T"] == pytest.approx(single["decay_length_T"], rel=1e-9)
        assert row["anisotropy"] == pytest.approx(single["decay_length_L"] / single["decay_length_T"], rel=1e-9)
        assert row["p1_anisotropy"] == pytest.approx(math.sqrt(closure["D_L"] / closure["D_T"]), rel=1e-9)
        assert row["p1_length_L"] == pytest.approx(math.sqrt(closure["D_L"] / closure["rate_s"]), rel=1e-9)
        assert row["spin_hall_angle"] == pytest.approx(closure["D_theta_sH"] / closure["D_c"], rel=1e-7, abs=1e-10)
        assert row["spin_rate"] * operators.loss == pytest.approx(single["rate"], rel=1e-9)
        assert row["spin_weight"] == pytest.approx(single["weight"], rel=1e-9)
        every = conserved_quantities(operators, below=10)
        helicity = next(quantity.rate for quantity in every if quantity.name == "helicity")
        assert row["helicity_rate"] * operators.loss == pytest.approx(helicity, rel=1e-9)
        slow = [quantity.name for quantity in conserved_quantities(operators) if quantity.name != "charge"]
        assert row["conserved"] == "; ".join(slow)


def test_the_helicity_line_is_found(random_alloys):
    """Nothing is told of it: alloys drawn from all phase shifts, sorted by what an experiment would see."""
    columns, shifts = random_alloys.columns, random_alloys.shifts
    split = np.abs(np.sin(shifts[:, 0] - shifts[:, 1]))
    strong = columns["visible"] & (columns["anisotropy"] > 1.5)
    assert strong.sum() > 5
    assert split[strong].max() < 0.4 < 0.6 < np.median(split)
    assert np.abs(np.sin(shifts[strong, 2])).max() < 0.35
    assert columns["helicity_rate"][strong].max() < 0.1 < 0.5 < np.median(columns["helicity_rate"])
    best = random_alloys.frontier()[0]
    assert columns["anisotropy"][best] == columns["anisotropy"][columns["visible"]].max()
    assert columns["conserved"][best] == "helicity"
    long = columns["length_T"] > 8 * columns["mean_free_path"]
    assert long.sum() > 50
    assert np.abs(columns["anisotropy"][long] - 1).max() < 0.02  # elsewhere long spins show no difference


def test_frontier_and_visibility_by_their_definition(random_alloys):
    columns = random_alloys.columns
    length, ratio = columns["length_T"] / columns["mean_free_path"], columns["anisotropy"]
    shorter = np.minimum(columns["length_L"], columns["length_T"]) / columns["mean_free_path"]
    assert np.array_equal(columns["visible"], (shorter >= 1.5) & (np.abs(ratio - 1) >= 0.1))
    visible = np.flatnonzero(columns["visible"])
    unbeaten = [i for i in visible if not ((length[visible] > length[i]) & (ratio[visible] > ratio[i])).any()]
    assert sorted(random_alloys.frontier()) == unbeaten
    assert len(random_alloys.frontier(3)) == 3
    stricter = survey(SP, random_alloys.shifts[visible], min_length=1.8, min_anisotropy=0.5)
    assert 0 < stricter.columns["visible"].sum() < len(visible)


def test_conserved_helicity_on_a_grid_is_infinite_and_no_frontier():
    ranges = {"s1/2": (0.2, 1.4), "p1/2": (0.2, 1.4), "p3/2": (0.0, 0.0)}
    found = survey(ranges, grid_shifts(ranges, 7))
    assert found.shifts.shape == (49, 3)
    exactly = found.shifts[:, 0] == found.shifts[:, 1]
    assert exactly.sum() == 7
    assert np.array_equal(np.isinf(found.columns["length_L"]), exactly)
    assert np.isfinite(found.columns["length_T"]).all()
    assert found.columns["visible"][exactly].all() and not found.columns["frontier"][exactly].any()


def test_conserved_spin_has_no_anisotropy():
    found = survey(("s1/2",), [[0.3], [1.0]])
    assert np.isinf(found.columns["length_T"]).all() and np.isnan(found.columns["anisotropy"]).all()
    assert not found.columns["visible"].any()


def test_processes_share_the_work_and_change_nothing(random_alloys):
    done = []
    shared = survey(SP, random_alloys.shifts, jobs=2, progress=lambda *counts: done.append(counts))
    assert done[-1] == (1200, 1200)
    for name, values in random_alloys.columns.items():
        assert np.array_equal(values, shared.columns[name], equal_nan=values.dtype.kind == "f"), name


def test_alloys_that_do_not_scatter_are_left_out():
    found = survey(SP, [[0, 0, 0], [0.1, 0.2, 0.3], [np.pi, 0, 0]])
    assert found.shifts.tolist() == [[0.1, 0.2, 0.3]]
    with pytest.raises(ValueError, match="none of the alloys scatters"):
        survey(SP, [[0, 0, 0]])


def test_the_table_in_both_formats(random_alloys, tmp_path):
    survey_store.save(random_alloys, tmp_path / "table.h5")
    survey_store.save(random_alloys, tmp_path / "table.csv")
    with xarray.open_dataset(tmp_path / "table.h5", engine="h5netcdf") as table:
        assert table["phase_shift"].dims == ("alloy", "channel")
        assert np.array_equal(table["phase_shift"], random_alloys.shifts)
        assert np.array_equal(table["length_L"], random_alloys.columns["length_L"])
        assert table["length_L"].attrs["units"] == "l0" and table.attrs["min_length"] == 1.5
    with h5py.File(tmp_path / "table.h5") as file:
        assert set(COLUMNS) < set(file)
        assert list(file["conserved"].asstr()[:]) == list(random_alloys.columns["conserved"])
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*SP, *COLUMNS]
    assert [float(row["length_T"]) for row in rows] == random_alloys.columns["length_T"].tolist()
    assert [float(row["p3/2"]) for row in rows] == random_alloys.shifts[:, 2].tolist()
    assert [row["visible"] == "1" for row in rows] == random_alloys.columns["visible"].tolist()
    with pytest.raises(StoreError, match=r"end the name in \.h5 or \.csv"):
        survey_store.save(random_alloys, tmp_path / "table.txt")


def test_the_figure_shows_the_frontier_and_names_its_alloys(random_alloys, tmp_path, monkeypatch):
    drawn = []
    savefig = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (drawn.append(self), savefig(self, *a, **k))[1])
    draw_survey(random_alloys, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    left, right = drawn[0].axes[:2]
    lines = {line.get_label(): line for line in left.lines}
    best = random_alloys.frontier()
    assert lines["frontier"].get_ydata().tolist() == random_alloys.columns["anisotropy"][best].tolist()
    (key,) = drawn[0].legends
    assert key.get_title().get_text().endswith("s1/2, p1/2, p3/2")
    shifts = ", ".join(f"{eta:.2f}" for eta in random_alloys.shifts[best[0]])
    assert key.get_texts()[0].get_text() == "1: " + shifts.replace("-", "−")
    assert "s1/2" in right.get_xlabel() and "p1/2" in right.get_ylabel()
    largest = np.nanmax(right.collections[0].get_array())
    assert largest == pytest.approx(random_alloys.columns["anisotropy"].max())
    for few in (
        survey(SP, [[0.1, 0.2, 0.3]]),
        survey(("s1/2",), [[0.3], [1.0]]),
    ):  # nothing visible, nothing to compare
        draw_survey(few, tmp_path / "few.pdf")


def call(*arguments):
    done = CliRunner().invoke(app, ["survey", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command(tmp_path):
    out = tmp_path / "found.csv"
    narrow = ("--channel", "s1/2=0.5:0.7", "--channel", "p1/2=0.5:0.7", "--channel", "p3/2=0.05")
    code, printed, _ = call(*narrow, "--alloys", 40, "--seed", 1, "-o", out, "--json")
    found = json.loads(printed)
    assert code == 0 and out.exists() and out.with_suffix(".png").exists()
    assert found["alloys"] == 40 and 0 < found["visible"] <= 40
    assert all(row["p3/2"] == 0.05 and row["conserved"] == "helicity" for row in found["frontier"])
    assert found["settings"] == {"alpha": 0, "min_length": MIN_LENGTH, "min_anisotropy": MIN_ANISOTROPY} | {
        "channels": "s1/2=0.5:0.7 p1/2=0.5:0.7 p3/2=0.05",
        "seed": 1,
    }
    again = json.loads(call(*narrow, "--alloys", 40, "--seed", 1, "-o", out, "--json")[1])
    assert again["frontier"] == found["frontier"]
    code, printed, _ = call(*narrow, "--points", 3, "-o", tmp_path / "grid.h5")
    assert code == 0 and "9 alloys" in printed and "λ_L/λ_T" in printed and "helicity" in printed
    with h5py.File(tmp_path / "grid.h5") as file:
        assert file["phase_shift"].shape == (9, 3) and file.attrs["points"] == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--channel", "s1/2=1:0"], 2, "--channel s1/2=1:0 runs backwards; write NAME=LOW:HIGH"),
        (["--channel", "s1/2=0:x"], 2, "has no number after '='"),
        (["--channel", "g1/2=0:1"], 2, "is unknown"),
        (["--channel", "s1/2=0"], 2, "none of the alloys scatters"),
        (["--points", "1000"], 2, "1,000,000,000 alloys are too many; at most 1,000,000"),
        (["-o", "table.txt"], 4, "end the name in .h5 or .csv"),
    ],
)
def test_mistakes_name_their_remedy(arguments, code, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, _, err = call(*arguments)
    assert found == code
    assert message in err
    assert list(tmp_path.iterdir()) == []
