"""A metal of a case in the quantities of a laboratory, at the temperature of the case.

Elastic carriers of every energy diffuse by themselves. The conductivities that a large piece of metal shows are then
means over the energies, with the weight -∂f/∂ε, and the resistivity and the spin Hall angle follow from them. Lengths,
diffusion constant and lifetime are means too: that of λ(ε) is the depth over which the spin potential of a half space
extends that is held at its surface, ∫ µ_s dz / µ_s(0). Thermalised carriers have the constants of the mean collisions.
"""

import numpy as np
from scipy.constants import Boltzmann

from boltzsim.case.case import Case
from boltzsim.device.energies import mean_operators, metal_at, resonances_of
from boltzsim.limits.laboratory import laboratory
from boltzsim.material import thermal

_SHARE = 0.1  # of the tolerance of the case
_MOST = 200  # energies; a mean that still moves then hangs on energies far out, where spins hardly relax
_SETTLED = 1e-3  # relative change with twice the energies of a mean that is given


def bulk(case: Case, name: str) -> dict[str, float | None]:
    """The keys of `boltzsim.limits.laboratory.QUANTITIES` for a metal of a case, in SI.

    Parameters
    ----------
    case : Case
    name : str
        Of the metal.

    Returns
    -------
    dict
        As `boltzsim.limits.laboratory.laboratory`; a mean is None where some of its energies have no such constant,
        or where it does not settle.
    """
    metal, table, kept = case.material[name], case.temperature, case.physics.side_jump
    resonances = resonances_of(metal)
    if table is None or table.T == 0 or not resonances:
        return laboratory(metal, kept)
    if table.carriers == "thermalised":
        return laboratory(metal, kept, mean_operators(case, metal))
    at_rest = laboratory(metal, kept)
    keys = [key for key, value in at_rest.items() if value is not None and np.isfinite(value) and value != 0]
    unknown: set[str] = set()
    scale = np.array([at_rest[key] for key in keys], float)

    def shares(energy: float) -> np.ndarray:
        found = laboratory(metal_at(metal, energy, table.T), kept)
        unknown.update(key for key in keys if (value := found[key]) is None or not np.isfinite(value))
        return np.array([0.0 if key in unknown else found[key] for key in keys], float) / scale

    def respond(energies: list[float]) -> list[np.ndarray]:
        return [shares(energy) for energy in energies]

    tolerance, mean, moved = _SHARE * table.tolerance, np.ones(len(keys)), np.full(len(keys), np.inf)
    for new, _ in thermal.means(respond, Boltzmann * table.T, resonances, tolerance, _MOST):
        mean, moved = new, np.abs(new - mean) / np.maximum(np.abs(new), 1.0)
        if (moved <= tolerance).all():
            break
    unknown.update(key for key, change in zip(keys, moved.tolist(), strict=True) if not change <= _SETTLED)
    values: list[float] = (mean * scale).tolist()
    found = at_rest | {key: None if key in unknown else value for key, value in zip(keys, values, strict=True)}
    conductivity, hall = found["conductivity"], found["spin_hall_conductivity"]
    if conductivity is None:
        return found | {"resistivity": None, "spin_hall_angle": None}
    return found | {"resistivity": 1 / conductivity, "spin_hall_angle": None if hall is None else hall / conductivity}


def bulks(case: Case) -> dict[str, dict[str, float | None]]:
    """`bulk` of every metal of a case, by name."""
    return {name: bulk(case, name) for name in case.material}
