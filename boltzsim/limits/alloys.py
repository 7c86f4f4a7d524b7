"""Operators of many alloys at once: gain and drift are a quadratic form in the amplitudes of the channels.

With f_a = e^{iη_a} sin η_a the amplitude of channel a, t is linear in the f_a, so that for one impurity species

    gain = Σ_a |f_a|² G_aa + Σ_{a<b} [Re(f_a f_b*) R_ab + Im(f_a f_b*) I_ab],

and the loss and the drift likewise (Eqs. 1-3 of Huang, Tokatly and Cazalilla). The matrices G, R, I are read once off
the operators of a few alloys; an alloy is then a sum of small matrices in every symmetry sector.
"""

from dataclasses import replace
from functools import cached_property
from itertools import combinations

import numpy as np

from boltzsim.limits.dispersion import sector
from boltzsim.material.scattering import highest_degree
from boltzsim.material.superoperators import Operators, impurity_operators

QUARTER, HALF = np.pi / 4, np.pi / 2
FIRST = 16  # moments with l ≤ 1


class Alloys:
    """All alloys with one impurity species and the same scattering channels, in units v_F = Γ = l0 = 1.

    Parameters
    ----------
    channels : sequence of str
        Names of the channels, "s1/2" … "f7/2".
    alpha : float
        Side-jump parameter 2x/3π, the same for all.
    """

    def __init__(self, channels, alpha=0.0):
        self.channels = tuple(channels)
        self.alpha = alpha
        self._pairs = list(combinations(range(len(self.channels)), 2))
        self._sectors = {}

    def operators(self, shifts):
        """Operators of one alloy on the moments l ≤ 1, which the two-moment closure reads.

        Parameters
        ----------
        shifts : array_like, shape (c,)
            Phase shifts of the channels in radians.

        Returns
        -------
        boltzsim.material.superoperators.Operators
        """
        terms = self._terms(np.atleast_2d(shifts))[0]
        gain = np.tensordot(terms, self._gains[:, :FIRST, :FIRST], 1)
        drift = np.tensordot(terms, self._drifts[:, :, :FIRST, :FIRST], 1)
        return Operators(1, float(terms @ self._losses), gain, drift)

    def sector(self, name, shifts):
        """One symmetry sector of a stack of alloys.

        Parameters
        ----------
        name : str or int
            As for `boltzsim.limits.dispersion.sector`.
        shifts : array_like, shape (N, c)
            Phase shifts in radians.

        Returns
        -------
        boltzsim.limits.dispersion.Sector
            With loss of shape (N,), gain and drift of shape (N, d, d).
        """
        if name not in self._sectors:
            basis = [sector(Operators(self._degree, *parts), name) for parts in self._basis]
            gains, drifts = (np.array([getattr(one, part) for one in basis]) for part in ("gain", "drift"))
            self._sectors[name] = basis[0], gains, drifts
        shape, gains, drifts = self._sectors[name]
        terms = self._terms(np.asarray(shifts, float))
        return replace(
            shape, loss=terms @ self._losses, gain=np.tensordot(terms, gains, 1), drift=np.tensordot(terms, drifts, 1)
        )

    def _terms(self, shifts):
        """Values |f_a|² of every channel, then Re and Im of f_a f_b* of every pair, shape (N, c²)."""
        f = np.exp(1j * shifts) * np.sin(shifts)
        products = [f[:, a] * f[:, b].conj() for a, b in self._pairs]
        return np.stack([*(np.abs(f.T) ** 2), *(p.real for p in products), *(p.imag for p in products)], axis=1)

    @cached_property
    def _basis(self):
        """Operators (loss, gain, drift) that multiply each of the terms."""
        alone = [self._known({name: HALF}) for name in self.channels]  # f = i
        real, imaginary = [], []
        for a, b in self._pairs:
            one, other = self.channels[a], self.channels[b]
            both = self._known({one: HALF, other: HALF})  # f_a f_b* = 1
            real.append([x - y - z for x, y, z in zip(both, alone[a], alone[b], strict=True)])
            turned = self._known({one: QUARTER, other: HALF})  # f_a f_b* = (1 - i)/2, |f_a|² = 1/2
            rest = zip(turned, alone[a], alone[b], real[-1], strict=True)
            imaginary.append([-2 * (x - y / 2 - z - r / 2) for x, y, z, r in rest])
        return [*alone, *real, *imaginary]

    def _known(self, shifts):
        found = impurity_operators(dict.fromkeys(self.channels, 0.0) | shifts, self.alpha)
        return found.loss, found.gain, found.drift

    @property
    def _degree(self):
        return max(2, 2 * highest_degree(self.channels))

    @cached_property
    def _losses(self):
        return np.array([loss for loss, _, _ in self._basis])

    @cached_property
    def _gains(self):
        return np.array([gain for _, gain, _ in self._basis])

    @cached_property
    def _drifts(self):
        return np.array([drift for _, _, drift in self._basis])
