"""The validation: it passes, a broken coefficient fails it, the report and the figure are complete."""

import json
import pickle

import numpy as np
import pytest
from typer.testing import CliRunner

from boltzsim import validate
from boltzsim.cli import app
from boltzsim.validate import channel, charge, decay, kondo, slabs, spinhall
from boltzsim.validate.record import Check, Family


@pytest.fixture(scope="module", autouse=True)
def remembered():
    """Each equation of some families is solved once; tests that break what is compared with it need it again."""
    places = [(charge, "_conductor"), (charge, "uniform_currents"), (spinhall, "uniform_currents")]
    with pytest.MonkeyPatch.context() as patch:
        for module, name in [*places, (decay, "measured_decay")]:
            patch.setattr(module, name, _remembering(getattr(module, name)))
        yield


def _remembering(solve):
    found = {}

    def answer(operators, *arguments):
        equation = pickle.dumps((operators, arguments))
        if equation not in found:
            found[equation] = solve(operators, *arguments)
        return found[equation]

    return answer


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """Exit code, screen and report of `boltzsim validate --quick`."""
    path = tmp_path_factory.mktemp("validation") / "report.json"
    done = CliRunner().invoke(app, ["validate", "--quick", "-o", str(path)])
    return done, path


def test_quick_validation_passes(quick):
    done, path = quick
    report = json.loads(path.read_text())
    assert [check for check in report["checks"] if not check["passed"]] == []
    assert done.exit_code == 0
    assert report["passed"] is True
    assert report["wall_time"] < 120  # under a minute on two idle cores
    assert "checks passed" in done.output
    assert {check["family"] for check in report["checks"]} >= {"charge diffusion", "Kondo point", "identities"}


def test_report_and_figure_are_complete(quick):
    _, path = quick
    report = json.loads(path.read_text())
    for check in report["checks"]:
        assert check["passed"] == ((check["deviation"] <= check["tolerance"]) != bool(check["limit"])), check["name"]
    panels = {"charge", "decay", "helicity", "anisotropy", "kondo", "spin hall"}
    assert {curve["panel"] for curve in report["curves"]} == panels
    assert path.with_suffix(".png").stat().st_size > 50_000
    names = [(check["family"], check["name"]) for check in report["checks"]]
    assert len(names) == len(set(names))


def test_the_anisotropy_changes_sign(quick):
    """Closure, exact mode and solver at (1.2, η, 0): the closure is positive, the others start negative."""
    curves = {c["label"]: c for c in json.loads(quick[1].read_text())["curves"] if c["panel"] == "anisotropy"}
    solver, closure = np.array(curves["solver"]["y"]), np.array(curves["two-moment closure"]["y"])
    assert solver[0] < 0 < solver[-1]
    assert (closure > 0).all()


def only(monkeypatch, family, figure=False):
    """Let the command run one family of checks, and draw its figure only where it is asked for."""
    monkeypatch.setattr(validate, "FAMILIES", {family.__name__: family})
    if not figure:
        monkeypatch.setattr("boltzsim.plotting.validation.draw_validation", lambda *_: None)


def fails(tmp_path):
    done = CliRunner().invoke(app, ["validate", "--quick", "--json", "-o", str(tmp_path / "report.json")])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    report = json.loads(done.output)
    assert done.exit_code == (0 if report["passed"] else 1)
    return [check["name"] for check in report["checks"] if not check["passed"]]


@pytest.mark.parametrize("factor", [0.99, 1.0])
def test_a_broken_side_jump_fails(monkeypatch, tmp_path, factor):
    """One percent less side jump, in solver and closure alike, is seen by Eq. 18; none is not."""
    whole = channel.impurity_operators
    monkeypatch.setattr(channel, "impurity_operators", lambda shifts, alpha: whole(shifts, factor * alpha))
    only(monkeypatch, spinhall)
    assert bool(fails(tmp_path)) == (factor != 1)


@pytest.mark.parametrize(("family", "coefficient"), [(charge, "D_c"), (spinhall, "D_theta_sH"), (decay, "rate_s")])
def test_a_broken_coefficient_of_the_closure_fails(monkeypatch, tmp_path, family, coefficient):
    p1 = family.p1
    monkeypatch.setattr(
        family, "p1", lambda operators: p1(operators) | {coefficient: 1.04 * p1(operators)[coefficient]}
    )
    only(monkeypatch, family)
    assert fails(tmp_path)


def test_a_broken_gain_fails(monkeypatch, tmp_path):
    """A 1 % error in the coupling of the spin density to the l = 2 tensor moves the hidden mode."""
    whole = channel.impurity_operators

    def broken(shifts, alpha):
        operators = whole(shifts, alpha)
        operators.gain[1:4, 16:] *= 1.01
        operators.gain[16:, 1:4] *= 1.01
        return operators

    monkeypatch.setattr(channel, "impurity_operators", broken)
    only(monkeypatch, kondo, figure=True)
    assert any("slow" in name for name in fails(tmp_path))


def test_a_broken_table_fails(monkeypatch, tmp_path):
    """Of the slabs that the other tables are about, nothing is asked here."""
    whole = slabs.reference
    for other in ("_transmission", "_kinetic_slab"):
        monkeypatch.setattr(slabs, other, lambda *_: None)

    def broken(name):
        table = json.loads(json.dumps(whole(name)))
        if name == "fuchs_sondheimer":
            table["table"]["k=1"]["p=0"] *= 1.01
        return table

    monkeypatch.setattr(slabs, "reference", broken)
    only(monkeypatch, slabs)
    assert fails(tmp_path) == ["film, thickness 1 mean free paths, p = 0"]


def test_what_is_no_number_fails():
    family = Family("x")
    family.relative("nan", np.nan, 1.0, 1e-3)
    assert not family.checks[0].passed
    assert Check("edge", 1.0, 1.0, 1e-3, 1e-3).passed


def test_unwritable_report_is_file_trouble(tmp_path):
    done = CliRunner().invoke(app, ["validate", "--quick", "-o", str(tmp_path / "none" / "report.json")])
    assert done.exit_code == 4
