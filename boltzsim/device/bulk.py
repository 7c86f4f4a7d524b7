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
        As `boltzsim.limits.laboratory.laboratory`; a mean is None where some of its energies have no such constant.

    Raises
    ------
    ArithmeticError
        If a mean does not settle.
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

    mean = thermal.average(shares, Boltzmann * table.T, resonances, _SHARE * table.tolerance)
    known: dict[str, float | None] = dict(zip(keys, (mean * scale).tolist(), strict=True))
    found = at_rest | {key: None if key in unknown else value for key, value in known.items()}
    conductivity, hall = found["conductivity"], found["spin_hall_conductivity"]
    assert conductivity is not None and hall is not None
    return found | {"resistivity": 1 / conductivity, "spin_hall_angle": hall / conductivity}


def bulks(case: Case) -> dict[str, dict[str, float | None]]:
    """`bulk` of every metal of a case, by name."""
    return {name: bulk(case, name) for name in case.material}
