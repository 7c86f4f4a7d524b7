"""The numerical renormalisation group of scripts/nrg against free electrons, the Bethe ansatz and Fermi liquids."""

import numpy as np
import pytest
from nrg.chain import wilson_chain
from nrg.density import spectra, thermodynamics
from nrg.impurity import Impurity, added, kondo_scale
from nrg.shells import run
from nrg.spectrum import frequencies, hilbert
from scipy.linalg import eigh_tridiagonal


def free(hops, temperatures):
    """Entropy and T χ of free electrons of both spins on a chain."""
    x = np.abs(eigh_tridiagonal(np.zeros(len(hops) + 1), hops, eigvals_only=True)) / temperatures[:, None]
    fermi = np.exp(-x) / (1 + np.exp(-x))
    return 2 * (np.log1p(np.exp(-x)) + x * fermi).sum(axis=1), (fermi * (1 - fermi)).sum(axis=1) / 2


def bethe(repulsion, width):
    """T_0 = 1/4χ of the symmetric Anderson model in a wide band: χ of the Bethe ansatz (Zlatić and Horvatić 1983)."""
    u = repulsion / (np.pi * width)
    x = np.linspace(-40, 40, 20001)
    rest = np.trapezoid(np.exp(-(x**2) / (2 * u)) / (1 + (np.pi * u / 2 + 1j * x) ** 2), x).real
    chi = np.sqrt(np.pi / (2 * u)) * np.exp(np.pi**2 * u / 8 - 1 / (2 * u)) + rest / np.sqrt(2 * np.pi * u)
    return np.pi * width / (2 * chi)


def test_chain_has_the_density_of_states_of_the_band():
    """Averaged over shifts, ⟨⟨f; f†⟩⟩ at iy is that of a flat band, arctan(1/y), but for what happens at the edges."""
    y = np.geomspace(1e-3, 0.1, 5)
    found = []
    for shift in (np.arange(4) + 0.5) / 4:
        energies, vectors = eigh_tridiagonal(np.zeros(20), wilson_chain(20, 3.0, shift))
        found.append((vectors[0] ** 2 * y[:, None] / (y[:, None] ** 2 + energies**2)).sum(axis=1))
    assert (np.abs(np.mean(found, axis=0) - np.arctan(1 / y)) < 0.2 * y).all()


def test_few_sites_are_exact():
    """Without truncation: entropy, T χ and the spectrum of free electrons, here a chain of four sites."""
    hops = np.array([0.3, 0.7, 0.4])
    shells = run(0.0, hops, 10**6)
    T = np.array([0.05, 0.4, 3.0])
    for found, expected in zip(thermodynamics(shells, T), free(hops, T), strict=True):
        assert found == pytest.approx(expected, rel=1e-9)
    energies, vectors = eigh_tridiagonal(np.zeros(4), hops)
    for weights in spectra(shells, T):
        assert weights[0].sum() == pytest.approx(1)
        up = np.sort(weights[0, 0][weights[0, 0] > 1e-9])
        assert up == pytest.approx(np.sort(vectors[0, energies > 0] ** 2), abs=1e-9)


def test_interaction_on_two_sites_is_exact():
    """Impurity and one site: the singlet of lowest energy, and the sum rules of all spectra."""
    U, V, T = 0.8, 0.3, np.array([0.02, 0.3])
    shells = run(U, np.array([V]), 10**6)
    ground = min(shells[-1].energy[0, 0]) + shells[-1].shift + shells[0].shift
    assert ground == pytest.approx(U / 4 - np.sqrt(U**2 / 16 + 4 * V**2), abs=1e-12)
    for weights in spectra(shells, T):
        assert weights.sum(axis=(1, 2)) == pytest.approx([1, 0, U**2 / 4], abs=1e-12)


def test_resonant_level_without_interaction():
    """U = 0: entropy and T χ of a level of half-width Δ in a wide band."""
    width = 0.01
    temperatures = width * np.array([0.3, 1.0, 3.0])
    entropy, curie = added(Impurity(0.0, width, sites=12, keep=150, shifts=2), temperatures)
    x = np.linspace(-60, 60, 40001)
    density = width / np.pi / ((x * temperatures[:, None]) ** 2 + width**2) * temperatures[:, None]
    one = np.logaddexp(x / 2, -x / 2) - x / 2 * np.tanh(x / 2)  # entropy of one level at x
    assert entropy == pytest.approx(np.trapezoid(2 * density * one, x), abs=0.02)
    assert curie == pytest.approx(np.trapezoid(density / (8 * np.cosh(x / 2) ** 2), x), abs=0.002)


def test_broadening_keeps_weight_and_kramers_kronig_is_exact_for_a_lorentzian():
    omega = frequencies()
    lorentzian = 0.1 / np.pi / (omega**2 + 0.01)
    found = hilbert(np.array([lorentzian, 0 * omega, lorentzian]))[0]
    inside = (omega > 1e-4) & (omega < 3)
    assert found[inside] == pytest.approx(1 / (omega[inside] + 0.1j), rel=2e-3)


@pytest.mark.slow
def test_local_moment_is_screened():
    """Entropy from ln 4 over ln 2 to 0, χ of the Bethe ansatz, Wilson's number, Friedel's sum rule, and the T² law."""
    width = 0.004
    impurity = Impurity(4 * np.pi * width, width, sites=34, keep=500, shifts=2)
    T_0 = kondo_scale(impurity, bethe(impurity.repulsion, width))
    assert pytest.approx(bethe(impurity.repulsion, width), rel=0.03) == T_0
