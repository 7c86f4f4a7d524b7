"""Two metals of different Fermi surface in one device, from case files: steady, in time, in both models."""

import numpy as np
import pytest

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.material.alloy import density_of_states, fermi_velocity
from boltzsim.runs.compare import compare

BILAYER = """
[material.cu]
k_F = "13.6 1/nm"
background = { tau_p = "10 fs" }
[material.pt]
k_F = "10 1/nm"
mass = 1.6
background = { tau_p = "4 fs", tau_sf = "40 fs" }
[grid]
z = { length = "60 nm", cells = 12 }
[[region]]
material = "pt"
box = { z = ["40 nm", "60 nm"] }
[[interface]]
between = ["cu", "pt"]
transmission = 0.3
polarization = 0.2
direction = [1, 0, 0]
spin_flip = 0.3
[field]
B = ["0 T", "3 T", "0 T"]
[angles]
quadrature = "double-gauss"
polar = 8
azimuthal = 8
axis = "z"
[solver]
rtol = 1e-9
[[contact]]
name = "magnet"
face = "z_min"
transmission = 0.5
polarization = 0.5
direction = [1, 0, 0]
voltage = "1 mV"
[[contact]]
name = "ground"
face = "z_max"
voltage = 0
"""
IN_TIME = """
[time]
end = "20 ps"
tolerance = 1e-4
frames = 2
"""


@pytest.fixture(scope="module")
def steady():
    return boltzsim.run(parse_case(BILAYER))


def test_long_times_are_steady(steady):
    """Each metal with its own v_F: the same potentials and currents in the end, and no charge lost on the way."""
    found = boltzsim.run(parse_case(BILAYER + IN_TIME))
    assert found.history.charge_balance.max() < 1e-12
    for name in ("current", "spin_current"):
        ours, theirs = getattr(found.terminals, name), getattr(steady.terminals, name)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3 * np.abs(theirs).max())
    for name, values in steady.fields.items():
        np.testing.assert_allclose(found.fields[name], values, rtol=0, atol=2e-3 * np.abs(values).max())


def test_current_is_the_same_in_both_metals(steady):
    """In A/m², with each metal's own 2e²N_F v_F; spin is lost."""
    charge, spin = steady.fields["charge_current"][:, 0, 0, 2], steady.fields["spin_current"][:, 0, 0, 2, 0]
    np.testing.assert_allclose(charge, steady.terminals.current[0], rtol=1e-8)
    assert np.abs(spin[-1]) < 0.2 * np.abs(spin[0])
    cu, pt = steady.case.material.values()
    assert density_of_states(pt) * fermi_velocity(pt) < 0.6 * density_of_states(cu) * fermi_velocity(cu)


def test_models_agree_on_what_they_share(steady):
    """Charge through two metals, an interface and two contacts: the models differ by their boundary layers."""
    both = compare(steady.case)
    ours, theirs = both.kinetic.terminals.current, both.diffusion.terminals.current
    np.testing.assert_allclose(theirs, ours, rtol=0.05)
