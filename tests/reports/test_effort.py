"""The estimate of a run's time counts its work in the precision in which the run does it."""

import numpy as np
import pytest

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.device import preflight
from boltzsim.reports import effort
from boltzsim.transport import rounds

CASE = """
angles = { polar = 4, azimuthal = 8 }
solver = { rtol = 1e-8, preconditioner = "PRECONDITIONER" }
material.metal = { k_F = "13.6 1/nm", background = { tau_p = "10 fs", tau_sf = "200 fs" } }
region = [{ material = "void", box = { x = ["40 nm", "60 nm"], z = ["20 nm", "40 nm"] } }]
contact = [{ name = "left", face = "x_min", voltage = "1 mV" }, { name = "right", face = "x_max", voltage = "0 V" }]
[grid]
x = { length = "60 nm", cells = 6 }
z = { length = "40 nm", cells = 4 }
"""


def bridge(preconditioner="diffusion", more=""):
    return parse_case(CASE.replace("PRECONDITIONER", preconditioner) + more)


@pytest.mark.parametrize(
    ("preconditioner", "above", "single"), [("diffusion", 0, True), ("diffusion", 1, False), ("none", 0, False)]
)
def test_the_precision_is_that_of_the_products(monkeypatch, preconditioner, above, single):
    """At the smallest size that takes single precision, one below it, and without a preconditioner."""
    case = bridge(preconditioner)
    monkeypatch.setattr(rounds, "SMALLEST", preflight.angular_values(case) + above)
    assert effort.precision(case) == (np.float32 if single else np.float64)
    assert (boltzsim.run(case).solver.products_single > 0) == single


def test_runs_in_time_are_in_double_precision(monkeypatch):
    monkeypatch.setattr(rounds, "SMALLEST", 0)
    assert effort.precision(bridge(more='[time]\nend = "1 fs"\nstep = "1 fs"')) == np.float64


def test_the_estimate_follows_the_precision(monkeypatch):
    """With a machine that takes a third of the time in single precision."""
    monkeypatch.setattr(effort, "_multiply_add", {np.float64: 3e-9, np.float32: 1e-9}.get)
    double = effort.run_time(bridge())
    monkeypatch.setattr(rounds, "SMALLEST", 0)
    assert effort.run_time(bridge()) == pytest.approx(double / 3)


def test_products_are_timed_in_either_precision():
    """A multiply-add takes between a hundredth of a nanosecond and a microsecond on any machine."""
    for precision in (np.float32, np.float64):
        assert 1e-11 < effort._multiply_add(precision) < 1e-6
