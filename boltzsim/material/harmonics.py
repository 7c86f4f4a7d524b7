"""Real spherical harmonics in the normalisation used everywhere: ⟨Y Y'⟩ = ∫dΩ/4π Y Y' = δ.

The flat index of (l, m) is i = l² + l + m with m = -l…l, so Y_00 = 1 and the l = 1 harmonics are √3 (y, z, x);
m < 0 goes with sin |m|φ, m > 0 with cos mφ, no Condon-Shortley sign.
"""

from collections.abc import Sequence

import numpy as np


def harmonics(directions: np.ndarray, degree: int) -> np.ndarray:
    """Real spherical harmonics of all degrees l ≤ `degree`.

    Parameters
    ----------
    directions : array_like, shape (N, 3)
        Unit vectors.
    degree : int
        Highest degree, ≥ 0.

    Returns
    -------
    numpy.ndarray, shape (N, (degree + 1)²)
        Y_i(p̂), evaluated from powers of x + iy and a Legendre recurrence in z (no singular point at the poles).
    """
    x, y, z = np.asarray(directions, float).T
    Y = np.empty((len(z), (degree + 1) ** 2))
    azimuth = np.ones(len(z), complex)  # (x + iy)^m
    diagonal = 1.0  # normalised P_mm / sin^m θ
    for m in range(degree + 1):
        if m:
            azimuth *= x + 1j * y
            diagonal *= np.sqrt((2 * m + 1) / (2 * m)) * (np.sqrt(2) if m == 1 else 1)
        below, legendre = np.zeros(len(z)), np.full(len(z), diagonal)
        for l in range(m, degree + 1):
            Y[:, l * l + l + m] = legendre * azimuth.real
            if m:
                Y[:, l * l + l - m] = legendre * azimuth.imag
            below, legendre = legendre, (z * legendre - ladder(l, m) * below) / ladder(l + 1, m)
    return Y


def parities(signs: Sequence[int], degree: int) -> np.ndarray:
    """Signs that the harmonics take where the components of their argument take some: Y(s p̂) = parity Y(p̂).

    Parameters
    ----------
    signs : sequence of int, shape (3,)
        1 or -1 for x, y, z.
    degree : int

    Returns
    -------
    numpy.ndarray, shape ((degree + 1)²,)
    """
    generic = np.array([[0.3, 0.5, np.sqrt(0.66)]])  # no harmonic vanishes there
    return np.sign(harmonics(generic * signs, degree) * harmonics(generic, degree))[0]


def ladder(l: int, m: int) -> float:
    """Coefficient of z Y_lm = ladder(l+1, m) Y_{l+1,m} + ladder(l, m) Y_{l-1,m}: √((l² - m²)/(4l² - 1))."""
    return np.sqrt((l * l - m * m) / (4 * l * l - 1))


def sphere(degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Product quadrature on the unit sphere, exact for polynomials up to `degree`.

    Parameters
    ----------
    degree : int
        Polynomial degree integrated exactly, ≥ 0.

    Returns
    -------
    directions : numpy.ndarray, shape (N, 3)
    weights : numpy.ndarray, shape (N,)
        Positive, with sum 1: Σ w f = ∫dΩ/4π f.
    """
    mu, polar = np.polynomial.legendre.leggauss(degree // 2 + 1)
    phi = 2 * np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1)
    sine = np.sqrt(1 - mu**2)
    directions = np.stack(
        [np.outer(sine, np.cos(phi)), np.outer(sine, np.sin(phi)), np.outer(mu, np.ones(degree + 1))], -1
    )
    return directions.reshape(-1, 3), np.repeat(polar / (2 * (degree + 1)), degree + 1)
