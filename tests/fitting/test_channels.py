"""The channel of a spin valve is found once for all points that share it, and for no others."""

import pytest

from boltzsim.case.case import Case
from boltzsim.fitting.channels import channel_of

TUNNEL = {"transmission": 0.001, "polarization": 0.3, "direction": [1, 0, 0]}


def valve(tau_sf, detector="400 nm"):
    """A thin film whose metals differ in their spin lifetime only, which their one line does not show."""
    return Case(
        material={"copper": {"k_F": "13.6 1/nm", "background": {"tau_p": "10 fs", "tau_sf": tau_sf}}},
        grid={"x": {"length": "600 nm", "cells": 12}, "y": {"length": "50 nm"}, "z": {"length": "30 nm", "cells": 2}},
        angles={"polar": 4, "azimuthal": 8},
        contact=[
            {"name": "one", "face": "z_max", "span": {"x": ["100 nm", "150 nm"]}, "current": "1 A", **TUNNEL},
            {"name": "two", "face": "z_max", "span": {"x": [detector, "500 nm"]}, "floating": True, **TUNNEL},
            {"name": "left", "face": "x_min", "voltage": 0},
            {"name": "right", "face": "x_max", "floating": True},
        ],
        measure=[{"kind": "nonlocal", "injector": "one", "detector": "two", "reference": "right"}],
    )


def test_metals_with_other_spin_lifetimes_have_channels_of_their_own():
    known = {}
    cases = [valve("400 ps"), valve("1600 ps"), valve("400 ps", "350 nm")]
    assert repr(cases[0].material) == repr(cases[1].material)
    short, long, farther = (channel_of(case, case.measure[0].model_dump(), known) for case in cases)
    assert len(known) == 2 and farther is short
    assert long["tau_s_L"] == pytest.approx(4 * short["tau_s_L"], rel=1e-3)
