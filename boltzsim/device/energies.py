"""A device at one energy: where impurities are on resonance, the case that its electrons feel.

Kept at their values at the Fermi energy are k_F, v_F and the density of states: they vary over ε_F, which adds terms of
order k_B T/ε_F, and the thermal average of the linear ones vanishes.
"""

import numpy as np
from scipy.constants import Boltzmann

from boltzsim.case.case import Case, Material
from boltzsim.case.tables import WHOLE
from boltzsim.material import thermal
from boltzsim.material.alloy import fermi_energy
from boltzsim.material.kondo import KondoResonance
from boltzsim.material.superoperators import Operators, operators


def resonances_of(*metals: Material) -> list[KondoResonance]:
    """Resonances of all impurities that are there in some metals, energies in J."""
    return [
        impurity.kondo.resonance(fermi_energy(metal))
        for metal in metals
        for impurity in metal.impurity
        if impurity.kondo is not None and (impurity.concentration > 0 or impurity.concentration_profile is not None)
    ]


def varies_with_energy(case: Case) -> bool:
    """Whether a case needs solves at several energies: a temperature, elastic carriers, and impurities on resonance."""
    table = case.temperature
    return (
        table is not None
        and table.T > 0
        and table.carriers == "elastic"
        and bool(resonances_of(*case.material.values()))
    )


def case_at(case: Case, energy: float) -> Case:
    """The case of the electrons at an energy: phase shifts there in place of resonances, no temperature.

    Parameters
    ----------
    case : Case
    energy : float
        From the Fermi energy, in J.

    Returns
    -------
    Case
    """
    metals = {name: metal_at(metal, energy, case.kelvin).model_dump(exclude_none=True, by_alias=True)
              for name, metal in case.material.items()}  # fmt: skip
    tables = case.resolved()
    tables.pop("temperature", None)
    tables.pop("series", None)
    found = type(case)(**{**tables, "material": metals})
    found._source = case._source
    return found


def metal_at(metal: Material, energy: float, kelvin: float) -> Material:
    """A metal as electrons at an energy (J, from the Fermi energy) and a temperature (K) feel it.

    Its impurities have plain phase shifts and inelastic events, and the host is given by its times.
    """
    tables = metal.model_dump(exclude_none=True, by_alias=True)
    for key in WHOLE:
        tables.pop(key, None)
    tables["background"] = metal.background.model_dump(exclude_none=True)
    for impurity, table in zip(metal.impurity, tables["impurity"], strict=True):
        if impurity.kondo is not None:
            del table["kondo"]
            name = impurity.kondo.channel
            found = impurity.kondo.scattered(energy, Boltzmann * kelvin, fermi_energy(metal))
            table["channels"] = {**table["channels"], name: found.phase_shift}
            if found.survival < 1:
                table["inelastic"] = {"channel": name, "survival": found.survival, "spin_kept": found.spin_kept}
    return Material(**tables)


def mean_operators(case: Case, metal: Material) -> Operators:
    """Collision operators of thermalised carriers: the thermal average of those at all energies."""
    assert case.temperature is not None
    kelvin, own = case.temperature.T, operators(metal, case.degree, case.physics.side_jump)
    parts = [own.gain.size, own.gain.size + own.drift.size]

    def flat(energy: float) -> np.ndarray:
        found = operators(metal_at(metal, energy, kelvin), case.degree, case.physics.side_jump)
        return np.r_[found.gain.reshape(-1), found.drift.reshape(-1), found.loss]

    resonances = resonances_of(*case.material.values())
    mean = thermal.average(flat, Boltzmann * kelvin, resonances, 1e-3 * case.temperature.tolerance)
    gain, drift, loss = np.split(mean, parts)
    return Operators(own.degree, float(loss[0]), gain.reshape(own.gain.shape), drift.reshape(own.drift.shape))
