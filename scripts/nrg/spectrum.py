"""From discrete spectra to the T-matrix: broadening, Kramers-Kronig relations and the self-energy.

A peak at ε becomes a log-Gaussian of the width σ in ln ω, symmetric in ω and ε (Weichselbaum and von Delft 2007), and
then a smear of the form -∂f/∂ω with a fraction of the temperature (Lee and Weichselbaum, PRB 94, 235127, 2016), which
lifts the gap that logarithmic scales leave below T. The broadened functions enter only through the self-energy

    Σ = I - F G⁻¹ F,    I = ⟨⟨q; q†⟩⟩,  F = ⟨⟨q; d†⟩⟩,  G = ⟨⟨d; d†⟩⟩,  q = [d, H_U]

(Kugler, PRB 105, 245132, 2022), in which most of the broadening cancels.
"""

import numpy as np

from nrg.density import BINS, bin_energies

PER_DECADE = 30
_PARITY = (1, -1, 1)  # of the spectra of G, F and I in ω, by particle-hole symmetry


def frequencies() -> np.ndarray:
    """Positive frequencies at which spectra are smooth functions, PER_DECADE to a decade."""
    energies = np.log10(bin_energies())
    return 10 ** np.arange(energies[0] + 0.5, energies[-1] - 0.5, 1 / PER_DECADE)


def broadened(weights: np.ndarray, temperature: float, width: float, smear: float) -> np.ndarray:
    """Spectra at `frequencies` from histograms.

    Parameters
    ----------
    weights : numpy.ndarray, shape (3, 2, bins)
        As from `nrg.density.spectra` at one temperature.
    temperature : float
    width : float
        σ of the log-Gaussian.
    smear : float
        Temperature of the second kernel, in units of `temperature`.

    Returns
    -------
    numpy.ndarray, shape (3, frequencies)
    """
    energy, omega = bin_energies(), frequencies()
    reach = int(6 * width / np.log(10) * BINS) + 1
    steps = np.arange(-reach, reach + 1) * np.log(10) / BINS
    kernel = np.exp(-((steps / width - width / 4) ** 2))  # steps: ln(ω/ε)
    kernel /= kernel.sum()
    scale = smear * temperature
    up, down = (_thermal((omega[:, None] - sign * energy) / scale) / scale for sign in (1, -1))
    # Far above the temperature the smear changes nothing, and it would be narrower than a bin: it fades out there.
    fade = np.clip(np.log(energy / (20 * scale)) / np.log(4), 0, 1)
    fade = fade**2 * (3 - 2 * fade)
    found = []
    for histogram, parity in zip(weights, _PARITY, strict=True):
        half = (histogram[0] + parity * histogram[1]) / 2
        smooth = np.convolve(half, kernel, "same")
        density = np.interp(omega, energy, fade * smooth / (energy * np.log(10) / BINS))
        found.append(density + (up + parity * down) @ ((1 - fade) * smooth))
    return np.array(found)


def _thermal(x: np.ndarray) -> np.ndarray:
    """-∂f/∂x of the Fermi function."""
    return 0.25 / np.cosh(np.minimum(np.abs(x) / 2, 300)) ** 2


def hilbert(spectra: np.ndarray) -> np.ndarray:
    """Retarded functions ∫dω' A(ω')/(ω - ω' + i0) at `frequencies`, of spectra that are linear between them.

    Parameters
    ----------
    spectra : numpy.ndarray, shape (3, frequencies)

    Returns
    -------
    numpy.ndarray of complex, shape (3, frequencies)
    """
    omega = frequencies()
    nodes = np.r_[-omega[::-1], omega]
    log = np.log(np.abs(omega[:, None] - nodes) + 1e-300)
    between, steps = log[:, :-1] - log[:, 1:], np.diff(nodes)
    # A linear function is its own value at ω times the integral of 1/(ω - ω'), less its slope times the step.
    lower = between * (nodes[1:] - omega[:, None]) / steps + 1
    upper = between * (omega[:, None] - nodes[:-1]) / steps - 1
    transform = np.zeros((len(omega), len(nodes)))
    transform[:, :-1] += lower
    transform[:, 1:] += upper
    full = [np.r_[parity * half[::-1], half] for half, parity in zip(spectra, _PARITY, strict=True)]
    return np.array([transform @ one for one in full]) - 1j * np.pi * spectra


def t_matrix(spectra: np.ndarray, width: float, offset: float = 0.0) -> np.ndarray:
    """T-matrix times π N_F at `frequencies`, -i for perfect scattering.

    Parameters
    ----------
    spectra : numpy.ndarray, shape (3, frequencies)
        Of G, F and I, broadened.
    width : float
        Δ of the impurity level.
    offset : float
        Taken from Im Σ: its value at ω = T = 0, where there is nothing but the error of the broadening.

    Returns
    -------
    numpy.ndarray of complex, shape (frequencies,)
    """
    omega, sigma = frequencies(), self_energy(spectra)
    band = width / np.pi * np.log(np.abs((1 + omega) / (1 - omega))) - 1j * width * (omega < 1)
    return -band.imag / (omega - band - (sigma.real + 1j * np.minimum(sigma.imag - offset, 0.0)))


def self_energy(spectra: np.ndarray) -> np.ndarray:
    """Σ at `frequencies`."""
    G, F, I = hilbert(spectra)
    return I - F * F / G
