"""The metals of a case as operators per length, and the Larmor vector in them."""

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.material.alloy import fermi_velocity
from boltzsim.material.superoperators import operators

_BOHR_MAGNETON = physical_constants["Bohr magneton"][0]


def materials_of(case):
    """Operators [1/m] of the case's materials, in their order."""
    return [operators(m, case.degree, case.physics.side_jump) for m in case.material.values()]


def precession_of(case):
    """Larmor vector g μ_B B / ħ v_F in 1/m, shape (3,)."""
    velocity = fermi_velocity(case.metal)
    return case.field.g * _BOHR_MAGNETON * np.array(case.field.B) / (hbar * velocity)
