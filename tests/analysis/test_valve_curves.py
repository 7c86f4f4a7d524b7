"""What kind of curve a valve has along an axis of its series, from the cases alone."""

from pathlib import Path

import numpy as np
import pytest

import boltzsim
from boltzsim.analysis.valve_curves import valve_curve
from boltzsim.case.series import expand
from boltzsim.fitting.channels import channel_of

CASE = boltzsim.load_case(Path(__file__).parents[2] / "cases" / "contact_width.toml")
AXES = {
    "width": (CASE.series, "trend", np.arange(20e-9, 170e-9, 20e-9)),
    "polarization": ({"P": {"contact.injector.electrode.polarization": [0.1, 0.3]}}, "trend", [0.1, 0.3]),
    "path": ({"path": {"material.copper.resistivity": [2e-8, 4e-8]}}, "ratio", [2e-8, 4e-8]),
    "length": ({"length": {"material.copper.spin_diffusion_length": [2e-7, 4e-7]}}, "ratio", [2e-7, 4e-7]),
}


@pytest.mark.parametrize("name", AXES)
def test_ratios_to_the_formula_belong_to_axes_that_change_their_lengths(name):
    series, kind, x = AXES[name]
    (axis,), cases = expand(CASE.replace(series=series))
    signals = {"delta_R": np.ones(len(cases)), "R_P": np.ones(len(cases))}
    curve = valve_curve("ratio", axis, cases, CASE.measure[0].model_dump(), signals, [])
    assert curve.kind == kind
    np.testing.assert_allclose(curve.x, x)
    assert np.isfinite(curve.formula).all()
    if kind == "trend":
        assert curve.states and curve.name == axis.name


def test_metals_that_read_alike_have_constants_of_their_own():
    """A metal in a line has no spin diffusion length, in which these differ."""
    (axis,), cases = expand(CASE.replace(series=AXES["length"][0]))
    assert repr(cases[0].metal) == repr(cases[1].metal)
    entry, known = CASE.measure[0].model_dump(), {}
    curve = valve_curve("ratio", axis, cases, entry, {"delta_R": np.ones(2)}, [])
    assert curve.over_length[0] == pytest.approx(2 * curve.over_length[1], rel=1e-2)
    first, second = (channel_of(case, entry, known)["length_T"] for case in cases)
    assert second == pytest.approx(2 * first, rel=0.1)
