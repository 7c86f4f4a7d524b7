"""Distances and Hanle curves put together: each says what it knows, and neither is trusted beyond its error."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from boltzsim import load_case
from boltzsim.fitting.device import DeviceFit
from boltzsim.fitting.evaluation import evaluated
from boltzsim.fitting.fit import fit
from boltzsim.fitting.hanle import RESULTS
from boltzsim.fitting.together import together
from boltzsim.runs.series import collect, run_series

CASES = Path(__file__).parents[2] / "cases"
TRUE = {"D_T": 2.0, "D_L/D_T": 4.0, "tau_s": 0.5}
made = partial(DeviceFit, label="", curves=2, errors={}, channel={}, bulk={}, notes=())


def of(constants, name):
    return math.prod(constants[one] ** power for one, power in RESULTS[name].powers.items())


def hanle(constants, covariance):
    """A fit with these constants; `covariance` is that of their logarithms."""
    names = [name for name in RESULTS if name != "polarization"]
    B = np.array([[RESULTS[name].powers.get(one, 0) for one in TRUE] for name in names])
    value = {name: of(constants, name) for name in names}
    return made(kind="hanle", value=value, covariance=B @ covariance @ B.T)


def distances(error):
    value = {name: of(TRUE, name) for name in ("length_L", "length_T")}
    return made(kind="distance", value=value, covariance=error**2 * np.eye(2))


def test_exact_lengths_correct_constants_that_err_as_they_say():
    """An error along one line in (D_T, D_L/D_T, τ_s) is found by the lengths, on which it works."""
    along = np.array([-0.4, 0.3, 0.2])
    wrong = {name: TRUE[name] * math.exp(x) for name, x in zip(TRUE, along, strict=True)}
    found = together(hanle(wrong, np.outer(along, along) + 1e-10 * np.eye(3)), distances(1e-6))
    for name, true in TRUE.items():
        assert found.value[name] == pytest.approx(true, rel=1e-3)
        assert found.error[name] < 1e-3 * true
    assert found.kind == "together" and set(found.errors["D_L"]) == {"Hanle curves", "distances"}


def test_lengths_say_nothing_of_the_lifetime_alone():
    """Independent errors: λ fixes D τ_s, so that what is not known of τ_s is not known of D either."""
    found = together(hanle(TRUE, np.diag([0.3, 0.3, 0.3]) ** 2), distances(1e-6))
    assert found.error["length_L"] < 2e-6 * found.value["length_L"]
    assert found.error["D_T"] / found.value["D_T"] == pytest.approx(0.3 / math.sqrt(2), rel=1e-3)
    assert found.error["tau_s"] / found.value["tau_s"] == pytest.approx(0.3 / math.sqrt(2), rel=1e-3)
    bad = together(hanle(TRUE, np.diag([1e-3, 1e-3, 1e-3]) ** 2), distances(10.0))
    assert bad.value == pytest.approx({name: of(TRUE, name) for name in bad.value})


def test_lengths_that_do_not_agree_are_named():
    off = TRUE | {"tau_s": 1.0}
    found = together(hanle(off, 1e-4 * np.eye(3)), distances(0.01))
    assert any("by Hanle curves and by distances differ by" in note for note in found.notes)
    assert together(made(kind="hanle", value={}, covariance=np.zeros((0, 0))), distances(0.01)) is None


@pytest.mark.slow
def test_the_valve_near_conserved_helicity_tells_its_anisotropy(tmp_path, monkeypatch):
    """One case: λ from distances, τ_s from fields, and both together; by `boltzsim fit` too."""
    case = load_case(CASES / "anisotropy_valve.toml")
    run_series(case, tmp_path / "points")
    series = collect(case, tmp_path / "points")
    far, field, both = sorted(evaluated(series)[1], key=lambda one: ("distance", "hanle", "together").index(one.kind))
    for found in (far, field, both):
        print(found.kind, {name: (found.value[name], found.error[name]) for name in found.value}, found.notes)
    bulk = far.bulk
    for name, relative in (("length_L", 0.05), ("length_T", 0.005)):
        for found in (far, both):
            assert abs(found.value[name] - bulk[name]) < 2 * found.error[name] < 2 * relative * bulk[name]
    true = (bulk["length_L"] / bulk["length_T"]) ** 2
    assert abs(both.value["D_L/D_T"] - true) < 2 * both.error["D_L/D_T"] < 4
    assert field.error["D_L/D_T"] > 2 * both.error["D_L/D_T"]
    for name, exact in (("D_T", bulk["length_T"] ** 2 / bulk["tau_s"]), ("tau_s", bulk["tau_s"])):
        assert abs(both.value[name] - exact) < 3 * both.error[name]
    series.save(tmp_path / "anisotropy.h5")
    text = (CASES / "fits" / "anisotropy.toml").read_text()
    (tmp_path / "fit.toml").write_text(text.replace("../../anisotropy.h5", str(tmp_path / "anisotropy.h5")))
    ratio, error = fit(tmp_path / "fit.toml")["D_L/D_T"]
    print("boltzsim fit:", ratio, error)
    assert abs(ratio / true - 1) < 0.15 and error < 0.05 * ratio
