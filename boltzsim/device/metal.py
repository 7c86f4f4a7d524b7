"""The metals of a case as operators per length, and the Larmor vector in them.

Velocities and conductances are relative to those of `case.metal`, whose units the discrete equation has.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.case.case import Case
from boltzsim.device.energies import mean_operators
from boltzsim.material.alloy import density_of_states, fermi_velocity
from boltzsim.material.superoperators import Operators, operators

_BOHR_MAGNETON = physical_constants["Bohr magneton"][0]


def materials_of(case: Case) -> list[Operators]:
    """Operators [1/m] of the case's materials, in their order."""
    found, (velocity, conductance) = [], _carriers(case.metal)
    for metal in case.material.values():
        own = mean_operators(case, metal) if case.temperature else operators(metal, case.degree, case.physics.side_jump)
        v_F, flux = _carriers(metal)
        found.append(replace(own, velocity=v_F / velocity, conductance=flux / conductance))
    return found


def fills_box(case: Case) -> bool:
    """Whether the box holds one metal without gap or interface, as formulas for bars and channels assume."""
    return len(case.material) == 1 and int(case.material_index().min()) == 0 and not case.interfaces


def densities_of(case: Case) -> np.ndarray:
    """Density of states of every material over that of `case.metal`, shape (materials,)."""
    return np.array([density_of_states(metal) for metal in case.material.values()]) / density_of_states(case.metal)


def _carriers(metal: Any) -> tuple[float, float]:
    """v_F and N_F v_F, in SI."""
    return fermi_velocity(metal), density_of_states(metal) * fermi_velocity(metal)


def precession_of(case: Case) -> np.ndarray:
    """Larmor vector g μ_B B / ħ v_F of `case.metal` in 1/m, shape (3,)."""
    velocity = fermi_velocity(case.metal)
    return case.field.g * _BOHR_MAGNETON * np.array(case.field.B) / (hbar * velocity)
