"""Modes of a channel: how spin decays along a film or wire, and relaxes in it, with its walls and its grid.

The cross-section of a device is gridded, and the channel is uniform along its axis x. With T the discrete equation of
the cross-section, collisions, streaming between the walls and the walls themselves, a steady mode n e^{-x/λ} and a
uniform mode n e^{-rt} (v_F = 1) obey

    T n = (1/λ) W_x n,        T n = r n,

so that λ is an eigenvalue of T⁻¹W_x and 1/r one of T⁻¹. The largest are found by Arnoldi's method from a uniform spin:
nothing is fitted, there are no contacts, and nothing is discrete along x.
"""

import numpy as np

from boltzsim.errors import ConvergenceError
from boltzsim.material.harmonics import harmonics
from boltzsim.transport.steady import Transport

#: Relative change of an eigenvalue between two steps at which Arnoldi's method ends, and the most steps.
SETTLED, STEPS = 1e-7, 40
#: Relative error of a response; what is new in one below ten times that is no direction of its own.
SOLVED = 1e-9
#: A mode whose total charge exceeds this share of its total spin is not one of spin alone.
CHARGED = 1e-6


class Channel(Transport):
    """A cross-section; parameters as for `Transport`, without contacts and without field."""

    def __init__(self, grid, ordinates, materials, walls):
        super().__init__(grid, ordinates, materials, walls)
        self.rates = np.ones_like(self.rates)  # an angular source counts as it is; nothing is added to the loss

    def decay_length(self, along, spin):
        """Decay length of the slowest mode e^{-x/λ} that carries a spin.

        Parameters
        ----------
        along : int
            Axis of the channel, x, which is not gridded.
        spin : int
            Component of the spin: 0, 1, 2.

        Returns
        -------
        float
            In the unit of the grid.

        Raises
        ------
        ConvergenceError
            If no mode is separated from the continuum, or charge takes part in it.
        """
        p = self.octants.ordinates.directions[self.octants.index][..., along].repeat(4, -1)[:, None, None]
        drift = [operators.drift[along] for operators in self.operators]

        def flow(angular):
            found = p * angular
            if any(map(np.any, drift)):
                found -= self._spread(np.array(drift), angular)
            return self.response(found)

        return self._largest(flow, spin)

    def relaxation(self, spin):
        """Relaxation rate of the slowest uniform mode that carries a spin, 1/length; otherwise as `decay_length`."""
        return 1 / self._largest(lambda angular: self.response(angular.copy()), spin)

    def response(self, source):
        """Angular distribution n of T n = source, which is overwritten."""
        vector = self.solve(rtol=SOLVED, angular=source, verified=False).vector  # the next sweep is the last one
        self._product(vector, None, self._drives(None), source, store=True)
        return source

    def _spread(self, matrices, angular):
        """Matrices on the moments of an angular distribution, one per material, as an angular distribution."""
        flipped = [np.arange(self.grid.corners) ^ flip for flip in self.sweep.flip]
        Y = harmonics(self.octants.ordinates.directions, self.degree)[self.octants.index]
        psi = angular.reshape(*angular.shape[:3], -1, 4)
        phi = sum(
            np.einsum("n,ni,lcnu->lciu", weights, own, values[:, corners])
            for weights, own, values, corners in zip(self.octants.weights, Y, psi, flipped, strict=True)
        )
        phi = np.einsum("lij,lcj->lci", matrices[self.grid.metal], phi.reshape(*phi.shape[:2], -1)).reshape(phi.shape)
        found = [np.einsum("ni,lciu->lcnu", own, phi)[:, corners] for own, corners in zip(Y, flipped, strict=True)]
        return np.array(found).reshape(angular.shape)

    def _largest(self, operator, spin):
        """Largest positive eigenvalue of an operator on angular distributions, in the space that a spin leads to."""
        start = np.empty(self.sweep.distribution())
        uniform = np.zeros((len(self.grid.metal), self.grid.corners, 4))
        uniform[..., 1 + spin] = 1.0
        self.isotropic(uniform, start)
        weights = np.sqrt(self.octants.weights.repeat(4, -1))[:, None, None]
        basis, upper, value = [start / np.linalg.norm(weights * start)], np.zeros((STEPS + 1, STEPS)), np.nan
        for step in range(STEPS):
            new = operator(basis[-1])
            for _ in range(2):  # twice is enough to be orthogonal to rounding
                for row, old in enumerate(basis):
                    share = float(np.vdot(weights * old, weights * new))
                    upper[row, step] += share
                    new -= share * old
            upper[step + 1, step] = np.linalg.norm(weights * new)
            values, vectors = np.linalg.eig(upper[: step + 1, : step + 1])
            real = np.where(np.abs(values.imag) < 1e-9 * np.abs(values), values.real, -np.inf)
            before, value = value, float(real.max())
            if abs(value - before) <= SETTLED * value or upper[step + 1, step] <= 10 * SOLVED * abs(value):
                break
            basis.append(new / upper[step + 1, step])
        else:
            raise ConvergenceError("no mode of spin is separated from the continuum of ballistic ones", STEPS)
        mode = sum(share * old for share, old in zip(vectors[:, real.argmax()].real, basis, strict=False))
        total = (weights**2 * mode).reshape(-1, 4).sum(0)
        if abs(total[0]) > CHARGED * np.abs(total).max():
            raise ConvergenceError("charge decays with this spin: its mode is not one of spin alone")
        return value
