"""The numerical renormalisation group of scripts/nrg against free electrons, the Bethe ansatz and Fermi liquids."""

import numpy as np
import pytest
from nrg.chain import wilson_chain
from nrg.density import spectra, thermodynamics
from nrg.impurity import Impurity, added, kondo_scale, scattering
from nrg.shells import run
from nrg.spectrum import broadened, frequencies, hilbert
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
    """U = 0, from a level of half-width Δ in a wide band to a chain, and from the chain to states kept."""
    width = 0.01
    temperatures = width * np.array([0.5, 1.0, 3.0])
    impurity = Impurity(0.0, width, sites=12, keep=400, shifts=1)
    (hops,) = impurity.chains
    entropy, curie = np.subtract(free(hops, temperatures), free(hops[1:], temperatures))
    x = np.linspace(-60, 60, 40001)
    density = width / np.pi / ((x * temperatures[:, None]) ** 2 + width**2) * temperatures[:, None]
    one = np.logaddexp(x / 2, -x / 2) - x / 2 * np.tanh(x / 2)  # entropy of one level at x
    assert entropy == pytest.approx(np.trapezoid(2 * density * one, x), abs=0.01)
    assert curie == pytest.approx(np.trapezoid(density / (8 * np.cosh(x / 2) ** 2), x), abs=0.001)
    found = added(impurity, temperatures)
    assert found[0] == pytest.approx(entropy, abs=0.02)
    assert found[1] == pytest.approx(curie, abs=0.0015)


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
    impurity = Impurity(4 * np.pi * width, width, sites=32, keep=400, shifts=2)
    known = bethe(impurity.repulsion, width)
    scale = kondo_scale(impurity, known)
    assert scale == pytest.approx(known, rel=0.03)
    temperatures = scale * np.array([0.002, 0.05, 0.413, 30.0, 5000.0])
    entropy, curie = added(impurity, temperatures)
    assert entropy[1] == pytest.approx(np.pi**2 / 6 * 0.05, rel=0.06)  # Wilson ratio 2
    assert curie[2] == pytest.approx(0.0701, rel=0.03)  # Wilson's number
    assert entropy[3] / np.log(2) == pytest.approx(1.0, abs=0.05)
    assert entropy[4] / np.log(4) == pytest.approx(1.0, abs=0.05)
    weights = np.mean([spectra(run(impurity.repulsion, hops, 400), temperatures[:1])[0] for hops in impurity.chains], 0)
    at_rest = broadened(weights, temperatures[0], 0.3, 0.5)[0, 0]
    assert np.pi * width * at_rest == pytest.approx(1.0, abs=0.01)  # Friedel
    cold, warm = scattering(impurity, temperatures[:2], 0.2, 0.3)
    T_K = 4 / np.pi * scale
    assert 1 + warm[0].imag == pytest.approx(np.pi**2 / 2 * (temperatures[1] / T_K) ** 2, rel=0.1)
    i = np.searchsorted(frequencies(), 0.05 * T_K)
    assert 1 + cold[i].imag == pytest.approx(1.5 * (frequencies()[i] / T_K) ** 2, rel=0.1)
    assert -cold[i].imag - abs(cold[i]) ** 2 == pytest.approx(0.5 * (frequencies()[i] / T_K) ** 2, rel=0.2)
