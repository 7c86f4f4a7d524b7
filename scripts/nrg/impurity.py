"""One impurity: what it adds to entropy and susceptibility, and its T-matrix, averaged over shifts z of the mesh."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nrg.chain import wilson_chain
from nrg.density import spectra, thermodynamics
from nrg.shells import run
from nrg.spectrum import broadened, self_energy, t_matrix


class Impurity(NamedTuple):
    """A symmetric Anderson impurity and how finely it is computed.

    Attributes
    ----------
    repulsion, width : float
        U and Δ = π V² / 2.
    ratio : float
        Discretisation Λ.
    sites : int
        Sites of the chain; the last hopping energy should lie below all temperatures.
    keep : int
        States kept.
    shifts : int
        Number of shifts z.
    """

    repulsion: float
    width: float
    ratio: float = 3.0
    sites: int = 30
    keep: int = 350
    shifts: int = 2

    @property
    def chains(self) -> Iterator[np.ndarray]:
        """Hopping energies for every shift, that of the impurity first."""
        for number in range(self.shifts):
            hops = wilson_chain(self.sites, self.ratio, (number + 1) / self.shifts)
            yield np.r_[np.sqrt(2 * self.width / np.pi), hops]


def added(impurity: Impurity, temperatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropy and T χ = ⟨S_z²⟩ (g μ_B = 1) with the impurity less those without, each of shape (temperatures,).

    The chain without it is diagonalised in the same way with as many states kept: most errors cancel.
    """
    found = []
    for hops in impurity.chains:
        full = thermodynamics(run(impurity.repulsion, hops, impurity.keep, operators=False), temperatures)
        bare = thermodynamics(run(0.0, hops[1:], impurity.keep, operators=False), temperatures)
        found.append(np.subtract(full, bare))
    entropy, curie = np.mean(found, axis=0)
    return entropy, curie


def kondo_scale(impurity: Impurity, guess: float) -> float:
    """T_0 = 1/4χ at T = 0, from temperatures around a twentieth of a guess that is right to a factor of two."""
    temperatures = guess * np.array([0.04, 0.06, 0.08])
    _, curie = added(impurity, temperatures)
    _, at_rest = np.polyfit(temperatures**2, curie / temperatures, 1)
    return float(1 / (4 * at_rest))


def scattering(impurity: Impurity, temperatures: np.ndarray, width: float, smear: float = 0.5) -> np.ndarray:
    """T-matrix times π N_F at all temperatures and `nrg.spectrum.frequencies`.

    Parameters
    ----------
    impurity : Impurity
    temperatures : numpy.ndarray
        The first one low enough to count as T = 0: at ω = 0 there is no Im Σ but the error of the broadening, which is
        taken off at all temperatures.
    width, smear : float
        As in `nrg.spectrum.broadened`.

    Returns
    -------
    numpy.ndarray of complex, shape (temperatures, frequencies)
    """
    runs = (run(impurity.repulsion, hops, impurity.keep) for hops in impurity.chains)
    weights = np.mean([spectra(shells, temperatures) for shells in runs], axis=0)
    smooth = [broadened(one, T, width, smear) for one, T in zip(weights, temperatures, strict=True)]
    offset = float(self_energy(smooth[0])[0].imag)
    return np.array([t_matrix(one, impurity.width, offset) for one in smooth])
