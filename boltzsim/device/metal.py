"""The metals of a case as operators per length, and the Larmor vector in them.

Velocities and conductances are relative to those of `case.metal`, whose units the discrete equation has.
"""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.axes import AXES
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


class Media(NamedTuple):
    """The metals of a device, one for every composition that cells have.

    Attributes
    ----------
    cells : numpy.ndarray of int, shape (cells of the box,)
        Medium of every cell; -1 where there is no metal.
    operators : list of Operators
        Of every medium, 1/m.
    """

    cells: np.ndarray
    operators: list[Operators]


def media_of(case: Case) -> Media:
    """The media of a case: its materials, those with a concentration profile once for every level of it.

    Operators are linear in concentrations: those of a level are the material's and shares of one per impurity.
    """
    index, found = case.material_index().reshape(-1), materials_of(case)
    chosen = index.copy()
    for number, metal in enumerate(case.material.values()):
        graded = [impurity for impurity in metal.impurity if impurity.concentration_profile is not None]
        inside = np.flatnonzero(index == number)
        if not graded or not len(inside):
            continue
        excess = np.array([_excess(case, impurity)[inside] for impurity in graded])
        levels, level = np.unique(excess, axis=1, return_inverse=True)
        chosen[inside] = len(found) + level.ravel()
        shares = [_pure(case, metal, impurity) for impurity in graded]
        for amounts in levels.T:
            found.append(_raised(found[number], list(zip(amounts, shares, strict=True))))
    used, compact = np.unique(chosen[chosen >= 0], return_inverse=True)
    if len(used) < len(found) and len(found) > len(case.material):  # materials that no cell has left as they are
        chosen[chosen >= 0] = compact.ravel()
        found = [found[k] for k in used]
    return Media(chosen, found)


def densest(case: Case, metal: Any) -> Operators:
    """Operators [1/m] of a metal where its impurities are densest: every profile at its plane."""
    graded = [impurity for impurity in metal.impurity if impurity.concentration_profile is not None]
    more = [(impurity.concentration_profile.value, _pure(case, metal, impurity)) for impurity in graded]
    return _raised(operators(metal, case.degree, case.physics.side_jump), more)


def _raised(base: Operators, more: list[tuple[float, Operators]]) -> Operators:
    """Operators with further concentrations, each times those of one impurity per carrier."""
    if not more:
        return base
    loss = base.loss + sum(x * share.loss for x, share in more)
    gain = base.gain + sum(x * share.gain for x, share in more)
    gain[0, 0] = loss  # charge is conserved to the bit
    drift = base.drift + sum(x * share.drift for x, share in more)
    return replace(base, loss=float(loss), gain=gain, drift=drift)


def _excess(case: Case, impurity: Any) -> np.ndarray:
    """What the profile of an impurity adds to its concentration in every cell of the box."""
    profile, shape = impurity.concentration_profile, case.grid.shape
    along = 2 - AXES.index(profile.axis)
    means = profile.means(case.grid.edges(profile.axis))
    return np.broadcast_to(np.expand_dims(means, [a for a in range(3) if a != along]), shape).reshape(-1)


def _pure(case: Case, metal: Any, impurity: Any) -> Operators:
    """What one impurity per carrier would add to the operators of a metal, which are linear in concentrations."""
    share = 0.01
    alone = impurity.model_copy(update={"concentration": share, "concentration_profile": None})
    bare = type(metal)(k_F=metal.k_F, mass=metal.mass, impurity=(alone,))
    own = mean_operators(case, bare) if case.temperature else operators(bare, case.degree, case.physics.side_jump)
    return replace(own, loss=own.loss / share, gain=own.gain / share, drift=own.drift / share)


def fills_box(case: Case) -> bool:
    """Whether the box holds one metal without gap or interface, as formulas for bars and channels assume."""
    if any(impurity.concentration_profile for metal in case.material.values() for impurity in metal.impurity):
        return False
    return len(case.material) == 1 and int(case.material_index().min()) == 0 and not case.interfaces


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
        found |= {"D_theta_sH": 0.0}
    if given is not None:
        swapping = _swapping(found)
        found |= {key: getattr(given, key) for key in ("D_c", "D_L", "D_T") if getattr(given, key) is not None}
        found["kappa"] = swapping * found["D_T"] - found["D_L"] if given.kappa is None else given.kappa
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


def _swapping(constants: dict[str, float]) -> float:
    """(D_L + κ)/D_T of the scatterers, 1 without: given D_L and D_T leave this part of the flow as it is shared there.

    D_L + κ = D_2 and 2 D_T = D_1 + D_2 do not know D_0, in which D_L differs.
    """
    ratio = (constants["D_L"] + constants["kappa"]) / constants["D_T"]
    return ratio if math.isfinite(ratio) else 1.0


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
