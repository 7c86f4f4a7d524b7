"""The metals of a case as operators per length, and the Larmor vector in them.

Velocities and conductances are relative to those of `case.metal`, whose units the discrete equation has.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.case.case import Case
from boltzsim.device.energies import mean_operators
from boltzsim.errors import CaseError
from boltzsim.limits.diffusion import p1
from boltzsim.limits.effective import CONSTANTS, effective_operators
from boltzsim.material.alloy import density_of_states, fermi_velocity
from boltzsim.material.superoperators import Operators, operators

_BOHR_MAGNETON = physical_constants["Bohr magneton"][0]


def materials_of(case: Case) -> list[Operators]:
    """Operators [1/m] of the case's materials, in their order; of effective constants where a material has them.

    Raises
    ------
    CaseError
        If effective constants are impossible, or incomplete in a metal that nothing else describes.
    """
    found, (velocity, conductance) = [], _carriers(case.metal)
    for name, metal in case.material.items():
        if metal.diffusion is not None:
            own = _effective(case, name, metal)
        elif case.temperature:
            own = mean_operators(case, metal)
        else:
            own = operators(metal, case.degree, case.physics.side_jump)
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


def diffusion_constants(case: Case, name: str) -> dict[str, float]:
    """Constants of the diffusion model of one material: those of its table `diffusion`, the others of the closure.

    Returns
    -------
    dict of str to float
        D_c, D_L, D_T, kappa, D_theta_sH in m²/s and rate_s in 1/s.

    Raises
    ------
    CaseError
        If a constant is neither given nor follows from scatterers.
    """
    metal = case.material[name]
    velocity, given, found = fermi_velocity(metal), metal.diffusion, dict.fromkeys(CONSTANTS, math.nan)
    bare = mean_operators(case, metal) if case.temperature else operators(metal, case.degree, case.physics.side_jump)
    if bare.loss > 0:
        found |= {key: velocity * value for key, value in p1(bare).items() if key in found}
    elif given is not None:
        found |= {"kappa": 0.0, "D_theta_sH": 0.0}
    if given is not None:
        found |= {key: getattr(given, key) for key in ("D_c", "D_L", "D_T", "kappa") if getattr(given, key) is not None}
        found["rate_s"] = found["rate_s"] if given.tau_s is None else 1 / given.tau_s
        if given.theta_sH is not None:
            found["D_theta_sH"] = given.theta_sH * found["D_c"]
    missing = [key.replace("rate_s", "tau_s") for key, value in found.items() if not math.isfinite(value)]
    if missing:
        raise CaseError(
            f"material.{name}.diffusion.{missing[0]} is missing, and the metal's scatterers do not give it; give all "
            f"of D_c, D_L, D_T and tau_s, or describe the scatterers too"
        )
    return found


def _effective(case: Case, name: str, metal: Any) -> Operators:
    velocity = fermi_velocity(metal)
    constants = {key: value / velocity for key, value in diffusion_constants(case, name).items()}
    try:
        return effective_operators(constants, case.degree)
    except ValueError as error:
        raise CaseError(f"material.{name}.diffusion: the constants {error}") from None


def precession_of(case: Case) -> np.ndarray:
    """Larmor vector g μ_B B / ħ v_F of `case.metal` in 1/m, shape (3,)."""
    velocity = fermi_velocity(case.metal)
    return case.field.g * _BOHR_MAGNETON * np.array(case.field.B) / (hbar * velocity)
