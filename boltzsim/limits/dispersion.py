"""Exact dispersion relation of plane modes, on the finite set of moments that collisions and side jump read.

A mode n = v(p̂) e^{-bz - st} of the kinetic equation (v_F = 1) obeys (a - bμ) v = Y·(gain - b drift_z) φ, a = loss - s,
μ = p̂_z, so that its moments φ obey the small exact problem

    [1 - K(a, b) (gain - b drift_z)] φ = 0,        K_ij(a, b) = ⟨Y_i Y_j / (a - bμ)⟩.

s = 0, b = κ: steady decay along z. b = -iq: temporal decay of the Fourier mode e^{iqz} (Eqs. 1-3 of Huang et al.).
Rotation about z conserves J_z and leaves sectors of dimension ≤ 4 (degree + 1). K is a sum of Legendre functions of the
second kind and is evaluated to rounding right up to the continuum a/b ∈ [-1, 1].
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander

from boltzsim.material.harmonics import harmonics

_NODES, _WEIGHTS = leggauss(64)
_HALF = 2**-0.5
_SPINOR = {"c": [1, 0, 0, 0], "z": [0, 0, 0, 1j], "+": [0, 1j * _HALF, -_HALF, 0], "-": [0, 1j * _HALF, _HALF, 0]}


@dataclass(frozen=True)
class Sector:
    """Operators restricted to one symmetry sector of rotations about z, dimension d; of one alloy or of a stack of N.

    Attributes
    ----------
    loss : float or numpy.ndarray, shape (N,)
    gain, drift : numpy.ndarray, shape (d, d) or (N, d, d)
        Gain and z component of the side-jump velocity, real.
    kernel : numpy.ndarray, shape (2 degree + 1, d, d)
        Legendre coefficients in μ of the azimuthal average of Y_i Y_j.
    labels : tuple of (int, int, int)
        Component (azimuthal and spin factor), l and |m| of each state; states of different components are orthogonal
        at every μ.
    density : int or None
        Index of the state that is the uniform density (spin in "L" and "T", charge in "charge"), None if there is none.
    signs : numpy.ndarray, shape (d,)
        The diagonal of S on these states, 1 for charge and -1 for spin: S gain and S drift are symmetric.
    """

    loss: float
    gain: np.ndarray
    drift: np.ndarray
    kernel: np.ndarray
    labels: tuple
    density: int | None
    signs: np.ndarray

    @property
    def streaming(self):
        """Matrix elements of μ = p̂_z between the states, shape (d, d)."""
        return self.kernel[1] / 3

    @property
    def degrees(self):
        """Degree l of every state, shape (d,)."""
        return np.array([l for _, l, _ in self.labels])

    def green(self, a, b):
        """K(a, b) = ⟨Y_i Y_j / (a - bμ)⟩ for arrays a, b of shape (N,): (N, d, d)."""
        a, b = np.broadcast_arrays(np.atleast_1d(a), b)
        return np.tensordot(resolvent(a, b, len(self.kernel) - 1), self.kernel, axes=1)

    def matrix(self, a, b):
        """Dispersion matrices 1 - K(a, b) (gain - b drift) for arrays a, b of shape (N,): (N, d, d)."""
        b = np.atleast_1d(b)
        return np.eye(len(self.labels)) - self.green(a, b) @ (self.gain - b[:, None, None] * self.drift)

    def determinant(self, a, b):
        """Determinants of the dispersion matrices, shape (N,)."""
        return np.linalg.det(self.matrix(a, b))


def sector(operators, name):
    """Sector of the operators by name or by J_z.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    name : str or int
        "L" (J_z = 0, odd under mirrors through z: spin density along z), "charge" (J_z = 0, even: charge density), "T"
        (J_z = 1: spin density across z), or any J_z > 0.

    Returns
    -------
    Sector
    """
    labels, states, kernel, density, signs = _states(name, operators.degree)
    gain, drift = ((states.conj().T @ part @ states).real for part in (operators.gain, operators.drift[2]))
    return Sector(operators.loss, gain, drift, kernel, labels, density, signs)


@cache
def _states(name, degree):
    """Labels, flat vectors, kernel, index of the density and signs of a sector, the same for all operators."""
    M = 1 if name == "T" else name
    components = {  # of one |m| each: (m, spin state, coefficient)
        "L": [[(0, "z", 1)], [(-1, "+", _HALF), (1, "-", _HALF)]],
        "charge": [[(0, "c", 1)], [(-1, "+", _HALF), (1, "-", -_HALF)]],
    }.get(name) or [[(M, "c", 1)], [(M, "z", 1)], [(M - 1, "+", 1)], [(M + 1, "-", 1)]]
    orders = [abs(terms[0][0]) for terms in components]
    labels = [(c, l, m) for c, m in enumerate(orders) for l in range(m, degree + 1)]
    states = np.stack([_state(components[c], l, degree) for c, l, _ in labels], axis=1)
    nodes, weights = leggauss(2 * degree + 1)
    legendre = legvander(nodes, 2 * degree) * (2 * np.arange(len(nodes)) + 1)
    polar = profiles(nodes, labels)
    kernel = np.einsum("pk,p,cpi,cpj->kij", legendre, weights / 2, polar, polar, optimize=True)
    density = [i for i, (_, l, _) in enumerate(labels) if l == 0]
    signs = np.array([1.0 if components[c][0][1] == "c" else -1.0 for c, _, _ in labels])
    return tuple(labels), states, kernel, density[0] if density else None, signs


def stacked(block):
    """The sector of one alloy as a stack of one."""
    return replace(block, loss=np.array([block.loss]), gain=block.gain[None], drift=block.drift[None])


def profiles(cosines, labels):
    """Normalised associated Legendre functions (½∫P² dμ = 1) of each state at μ, zero off its component.

    Returns
    -------
    numpy.ndarray, shape (components, N, d)
    """
    cosines = np.asarray(cosines, float)
    meridian = np.stack([np.sqrt(1 - cosines**2), np.zeros_like(cosines), cosines], axis=1)
    Y = harmonics(meridian, max(l for _, l, _ in labels))
    values = np.zeros((labels[-1][0] + 1, len(cosines), len(labels)))
    for i, (component, l, m) in enumerate(labels):
        values[component, :, i] = Y[:, l * l + l + m] * (_HALF if m else 1)
    return values


def resolvent(a, b, degree):
    """Legendre moments ½∫ P_k(μ)/(a - bμ) dμ, k ≤ degree, of complex a, b with a/b off [-1, 1].

    Far from the cut by Gauss-Legendre quadrature, near it from Q_0 by upward recurrence (stable there).

    Returns
    -------
    numpy.ndarray, shape (N, degree + 1)
    """
    weighted = legvander(_NODES, degree) * (_WEIGHTS / 2)[:, None]
    moments = (1 / (a[:, None] - b[:, None] * _NODES)) @ weighted
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        z = a / b
        near = np.abs(z + np.sqrt(z - 1 + 0j) * np.sqrt(z + 1 + 0j)) < 1.5
    if near.any():
        z = z[near]
        Q = [np.log((z + 1) / (z - 1)) / 2]
        Q.append(z * Q[0] - 1)
        for k in range(1, degree):
            Q.append(((2 * k + 1) * z * Q[k] - k * Q[k - 1]) / (k + 1))
        moments[near] = np.stack(Q[: degree + 1], axis=1) / b[near, None]
    return moments


def _state(terms, l, degree):
    """Flat vector of Σ coefficient × e^{imφ} P_l^|m| ⊗ spin state in the real harmonic basis, shape (4n,)."""
    state = np.zeros(((degree + 1) ** 2, 4), complex)
    for m, spin, coefficient in terms:
        amplitude = coefficient * np.array(_SPINOR[spin])
        centre = l * l + l
        if m == 0:
            state[centre] += amplitude
        else:
            state[centre + abs(m)] += amplitude * _HALF
            state[centre - abs(m)] += amplitude * _HALF * 1j * np.sign(m)
    return state.ravel()
