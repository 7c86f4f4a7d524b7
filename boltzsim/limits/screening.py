"""From a screened impurity to what is measured: the chain of the quantum impurity model (Eqs. S113-S165) as numbers."""

from typing import Any

import numpy as np
from scipy.constants import Boltzmann, elementary_charge
from scipy.optimize import brentq

from boltzsim.material import inelastic
from boltzsim.material.kondo import coupling_of, free_energy, kondo_resonance, resonance_at, wilson_ratio
from boltzsim.material.thermal import average

SPIN_HALF = 0.8075  # T/T_K at which the resistivity of few screened spins ½ is half of that at T = 0
COOLING = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # T/T_K of tables
EMPIRICAL = 0.22  # exponent s of the resistivity that numerical renormalisation groups give for spin ½


def chain(kondo: Any, fermi_energy: float) -> dict[str, float]:
    """Every number between a moment and its phase shift.

    Parameters
    ----------
    kondo : boltzsim.case.impurity.Kondo
    fermi_energy : float
        In J.

    Returns
    -------
    dict of str to float
        Energies in eV from ε_F, T_K in K, couplings times N_F (per spin), the phase shift in rad. The first entries
        are there only for Anderson parameters.
    """
    found: dict[str, float] = {}
    orbital, resonance = kondo.anderson, kondo.resonance(fermi_energy)
    coupling = coupling_of(resonance.temperature, fermi_energy)
    if orbital is not None:
        one, others = orbital.occupations
        found |= {"stoner": orbital.stoner, "moment": (one - others) / 2}
        found |= {"potential": orbital.potential, "spinless_potential": orbital.spinless_potential}
    exact = kondo_resonance(coupling, fermi_energy, kondo.occupation, kondo.degeneracy, weak=False)
    binding = -kondo.degeneracy * free_energy(exact, coupling, fermi_energy, kondo.occupation / kondo.degeneracy)
    return found | {
        "coupling": coupling,
        "T_K": resonance.temperature / Boltzmann,
        "T_K_exact": exact.temperature / Boltzmann,
        "level": resonance.level / elementary_charge,
        "width": resonance.width / elementary_charge,
        "phase_shift": resonance.phase_shift(),
        "degeneracy": kondo.degeneracy,
        "binding_energy": binding / elementary_charge,
        "wilson_ratio": wilson_ratio(kondo.degeneracy),
    }


def resistivity(resonance: Any, temperatures: Any) -> np.ndarray:
    """Resistivity ρ(T)/ρ(0) of dilute impurities in a host that scatters much more: the thermal average of sin²η.

    Parameters
    ----------
    resonance : KondoResonance
    temperatures : array_like
        k_B T in the unit of the resonance.

    Returns
    -------
    numpy.ndarray
    """
    at_rest = np.sin(resonance.phase_shift()) ** 2
    mean = [average(lambda e: np.sin(resonance.phase_shift(e)) ** 2, T, [resonance]) for T in np.ravel(temperatures)]
    return np.array(mean).reshape(np.shape(temperatures)) / at_rest


def half_temperature(resonance: Any) -> float:
    """k_B T at which the resistivity of `resistivity` has fallen to half of that at T = 0."""
    size = resonance.temperature
    return size * float(brentq(lambda ratio: float(resistivity(resonance, size * ratio)) - 0.5, 0.1, 30, rtol=1e-10))


def spin_half_resistivity(temperatures: Any) -> np.ndarray:
    """Resistivity ρ(T)/ρ(0) of few screened spins ½, inelastic scattering included: the thermal average of -Im t.

    Parameters
    ----------
    temperatures : array_like
        T/T_K.

    Returns
    -------
    numpy.ndarray
    """
    return np.vectorize(lambda T: float(_mean(lambda t: -t.imag, T)), otypes=[float])(temperatures)


def spin_flips(temperature: float, channel: str = "s1/2") -> float:
    """Share of the scattering events of a screened spin ½ at T/T_K that flip the spin of an electron.

    In s½ only inelastic events do, up to ⅔ for free moments. In p½ spin and orbit are tied: of a spin whose electrons
    go all ways every event, elastic or not, leaves ⅑ of what s½ would leave, so that screened moments flip 4/9.
    """
    rest = {"s1/2": 1.0, "p1/2": 1 / 9}[channel]
    loss, elastic = (float(_mean(rate, temperature)) for rate in (lambda t: -t.imag, lambda t: abs(t) ** 2))
    return (1 - rest * (elastic + inelastic.spin_kept(temperature) * (loss - elastic)) / loss) / 2


def on_cooling(kondo: Any, fermi_energy: float) -> dict[str, np.ndarray]:
    """Resistivity of few screened moments over that at T = 0, and spin flips per event, at some T/T_K.

    Parameters
    ----------
    kondo, fermi_energy
        As for `chain`.

    Returns
    -------
    dict of str to numpy.ndarray
        ratio (T/T_K) and mean_field; for one electron in a channel of two states also spin_half and empirical, with
        half-heights matched, and spin_flips.
    """
    found, ratio = kondo.resonance(fermi_energy), np.array(COOLING)
    curves = {"ratio": ratio, "mean_field": resistivity(found, found.temperature * ratio)}
    if (kondo.degeneracy, kondo.occupation) == (2, 1):
        curves |= {"spin_half": spin_half_resistivity(ratio), "empirical": empirical_resistivity(ratio / SPIN_HALF)}
        curves["spin_flips"] = np.array([spin_flips(one, kondo.channel) for one in COOLING])
    return curves


def _mean(rate: Any, temperature: float) -> Any:
    """Thermal average of a function of the T-matrix of a screened spin ½ at T/T_K."""
    return average(lambda e: rate(inelastic.t_matrix(e, temperature)), temperature, [resonance_at(1.0)], 1e-4)


def empirical_resistivity(ratio: Any, s: float = EMPIRICAL) -> np.ndarray:
    """[1 + (2^{1/s} - 1)(T/T_half)²]^{-s}: fits numerical renormalisation groups and measurements, spin ½."""
    return np.asarray((1 + (2 ** (1 / s) - 1) * np.square(ratio)) ** -s)


def curves(resonance: Any) -> dict[str, np.ndarray]:
    """Curves of the figure: phase shift and resonance over (ε - ε_F)/k_B T_K, resistivities over T/T_half."""
    energy = np.linspace(-6, 6, 241)
    shift = np.array([resonance.phase_shift(e * resonance.temperature) for e in energy])
    ratio, half = np.geomspace(0.03, 30, 41), half_temperature(resonance)
    return {
        "spin_half": spin_half_resistivity(SPIN_HALF * ratio),
        "energy": energy,
        "phase_shift": shift,
        "scattering": np.sin(shift) ** 2,
        "states": resonance.width * resonance.temperature / np.pi
        / ((energy * resonance.temperature - resonance.level) ** 2 + resonance.width**2),
        "ratio": ratio,
        "thermal": resistivity(resonance, half * ratio),
        "empirical": empirical_resistivity(ratio),
    }  # fmt: skip
