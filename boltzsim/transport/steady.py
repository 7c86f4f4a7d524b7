"""The steady kinetic equation of a device: (1 - sweep∘collision) u = source, by GMRES on moments and fluxes."""

from functools import cached_property

import numpy as np

from boltzsim.errors import ConvergenceError
from boltzsim.transport.conserving import Vertices, compensate
from boltzsim.transport.equation import Equation
from boltzsim.transport.iteration import Iteration
from boltzsim.transport.solution import Solution, imbalance

_BALANCED = 0.05  # charge and spin are balanced to this share of rtol
_REFINED = 1e-3  # so much of the error of a solution is left after one step of iterative refinement


class Transport(Equation):
    """The discrete kinetic equation, and its solution; parameters as for `Equation`."""

    def solve(
        self,
        reservoirs=None,
        field=(0, 0, 0),
        start=None,
        rtol=1e-8,
        max_products=300,
        progress=None,
        angular=None,
        watch=None,
        known=None,
        verified=True,
    ):
        """Response to reservoir potentials and a uniform field.

        Parameters
        ----------
        reservoirs : array_like, shape (contacts, 4), optional
            n_res = (charge, spin) potentials behind the contacts.
        field : array_like, shape (3,)
            E; the charge source is W·E, so that the current is +σE.
        start : numpy.ndarray, optional
            `Solution.vector` of a neighbouring problem.
        rtol : float
            Tolerance of ‖M⁻¹r‖/‖u‖; currents are balanced to 0.05 rtol of the largest one where rounding allows.
        max_products : int
        progress : callable, optional
            Called as progress(product, residual).
        angular : numpy.ndarray, optional
            Angular distribution; `rate` times it is a source (`advance` then replaces it by the solution).
        watch : callable, optional
            Called after every product with a function that gives the present iterate, a vector as `start`.
        known : boltzsim.transport.guess.Known, optional
            Vectors with known images under this operator. Their best combination improves the start, and what the
            products add to it joins them.
        verified : bool
            A last sweep finds the fluxes and the true residual. Without it they are sums over the products, which is
            enough where `advance` follows.

        Returns
        -------
        Solution

        Raises
        ------
        ConvergenceError
            After `max_products` products, or when the numbers stop being finite.
        """
        drive = (self._field_source(field), self._drives(reservoirs), angular)
        begin = np.zeros(self._ends[-1]) if start is None else start
        residual, entering = self._residual(begin, drive)
        start = begin
        if known is not None:
            start, entering = known.improve(begin, residual, entering)
            first = residual.copy()
        iteration = Iteration(self, start, residual, entering, max_products, progress, watch)
        iteration.converge(rtol)
        products, verify = len(iteration.history), verified
        if not iteration.history and start is begin:
            verify = False  # the first sweep was that of the start
        vector, residual, entering, balance, sweeps = self._balanced(iteration, rtol, drive, verify)
        history, sweeps = iteration.history, sweeps + 1
        if known is not None and history:
            known.add(iteration.correction(), first - iteration.residual(), iteration.added())
        while verify and max(balance) > _BALANCED * rtol and len(history) < max_products:
            # Rounding errors have left a residual that the products do not know: its own solution is added.
            iteration = Iteration(
                self, vector, residual, entering, max_products - len(history), progress, watch, refining=True
            )
            iteration.converge(_REFINED)
            history, sweeps, before = history + iteration.history, sweeps + 1, max(balance)
            vector = self._without_mean(iteration.vector())
            residual, entering = self._residual(vector, drive)
            balance = self._imbalance(iteration.vector, residual, entering, drive)
            if not max(balance) < before / 2:
                break
        phi, flux = self._split(vector)[0], self.terminal_flux(entering)
        if not np.array_equal(self.turn, np.eye(4)):
            phi, flux, entering = phi @ self.turn, flux @ self.turn, entering @ self.turn
        history = np.array(history).reshape(-1, 2)
        return Solution(phi, flux, entering, vector, products, sweeps + len(history), history, *balance)

    def _balanced(self, iteration, rtol, drive, verify):
        """Advance a converged iteration until it is balanced, or until rounding errors stop it.

        Returns
        -------
        vector, residual : numpy.ndarray
            The iterate and its residual, of the last sweep where it is verified, else of the products.
        entering : numpy.ndarray, shape (boundary corners, 4)
            Its flux into the boundary corners.
        balance : tuple of float
            As `imbalance`.
        sweeps : int
            Sweeps beside those of the products.

        Raises
        ------
        ConvergenceError
            If the last sweep finds a much larger residual than the products.
        """
        sweeps, wanted = 0, _BALANCED * rtol
        while True:
            residual, entering = iteration.residual(), iteration.entering()
            balance = self._imbalance(iteration.vector, residual, entering, drive)
            if max(balance) > wanted and not iteration.spent:
                iteration.advance()
                continue
            vector, expected = self._without_mean(iteration.vector()), np.linalg.norm(residual)
            if not verify:
                return vector, residual, entering, balance, sweeps
            residual, entering = self._residual(vector, drive)
            sweeps += 1
            lost = np.linalg.norm(residual) / iteration.size
            if not lost <= 10 * rtol:
                raise ConvergenceError(
                    f"the iteration lost accuracy: true residual {lost:.1e}, {rtol:.1e} wanted",
                    len(iteration.history),
                    lost,
                )
            balance = self._imbalance(iteration.vector, residual, entering, drive)
            if max(balance) <= _BALANCED * rtol or lost * iteration.size > 2 * expected or iteration.spent:
                return vector, residual, entering, balance, sweeps
            wanted *= 0.1  # the fluxes of the products have lost digits

    def _residual(self, vector, drive):
        """Residual of a Krylov vector, and its flux into the boundary corners."""
        residual, entering = self._product(vector, *drive, wanted=True)
        residual -= vector
        if not self.rate:
            compensate(self, self._vertices, residual, vector, entering)
        return residual, entering

    @cached_property
    def _vertices(self):
        return Vertices(self.grid)

    def learn(self, known, vector):
        """Add a vector with its image, which one sweep finds, to those that are known."""
        after, entering = self._product(vector, wanted=True)
        image, nothing = vector - after, np.zeros_like(entering)
        known.improve(np.zeros_like(vector), image.copy(), nothing)
        known.add(vector, image, entering)

    def _without_mean(self, vector):
        """The vector less a uniform charge potential; without contacts, in a steady state, its mean is arbitrary."""
        if self.contacts or self.rate:
            return vector
        vector = vector.copy()
        charge = self._split(vector)[0][:, :, 0, 0]
        shift = charge.mean()
        charge -= shift
        for part, unknown in zip(self.boundary, self._split(vector)[1:], strict=True):
            if unknown.size:
                unknown -= part.equilibrium(shift)
        return vector

    def _imbalance(self, iterate, residual, entering, drive):
        """Worst violations of the conservation of charge and of spin by an iterate."""
        sent = sum(np.abs(flux).sum() for _, flux in self._injected(drive[1]))
        stored = 0.0
        if self.rate:
            storing = self.volume * self.rates[self.grid.metal]
            stored = np.einsum("l,lcu->u", storing, np.abs(self._split(iterate())[0][:, :, 0])).max()
        flux = self.terminal_flux(entering)
        created = self._created(residual)
        if not self.rate:  # what one corner of a vertex gains from another is no loss
            created = self._vertices.shared(created)
        return imbalance(self, lambda: self._split(iterate())[0] @ self.turn, flux, created, sent, stored)
