"""The shipped time of flight against the diffusion of precessing spins, without a fitted parameter but the height."""

from pathlib import Path

import numpy as np
import pytest
from scipy.constants import hbar, physical_constants

import boltzsim
from boltzsim.limits.modes import slow_mode
from boltzsim.material.alloy import fermi_velocity
from boltzsim.material.superoperators import operators

CASES = Path(boltzsim.__file__).parent.parent / "cases"


def arrivals(case, time):
    """exp(-(x-x')²/4Dt - t/τ) cos(ωt)/√t over both contacts and the pulse, unnormalised."""
    metal = case.metal
    mode, v_F = slow_mode(operators(metal)), fermi_velocity(metal)
    D, rate = mode.D_T * v_F, mode.rate * v_F
    omega = case.field.g * physical_constants["Bohr magneton"][0] * np.linalg.norm(case.field.B) / hbar
    ends = [np.linspace(*contact.span.x, 11) for contact in case.contact[1:]]
    squares = np.subtract.outer(*ends).ravel() ** 2
    pulse = np.linspace(0, case.contact[1].waveform.off, 21)
    late = np.maximum(np.subtract.outer(time, pulse), 1e-16)
    spread = np.exp(-squares / (4 * D * late[..., None])).mean(-1)
    return (spread * np.exp(-rate * late) * np.cos(omega * late) / np.sqrt(late)).mean(1)


@pytest.mark.slow
def test_arrival_of_a_precessing_packet():
    """The whole signal to 5 % of its largest value (the film ends in a reservoir 0.6 µm away), the arrival to 3 %."""
    case = boltzsim.load_case(CASES / "time_of_flight.toml")
    result = boltzsim.run(case)
    history = result.history
    signal = np.nan_to_num(history.voltage[:, 2] - history.voltage_reversed["detector"][:, 2])
    with np.errstate(under="ignore"):
        expected = arrivals(case, history.time)
    height = signal @ expected / (expected @ expected)
    assert np.abs(signal - height * expected).max() < 0.05 * np.abs(signal).max()
    assert signal.min() < -0.6 * signal.max()
    fine = np.linspace(1e-12, 30e-12, 3000)
    with np.errstate(under="ignore"):
        assert result.measures[0].value == pytest.approx(fine[arrivals(case, fine).argmax()], rel=0.03)
    assert history.charge_balance.max() < 1e-10
