"""The steady kinetic equation of a device: (1 - sweep∘collision) u = source, by GMRES on moments and fluxes."""

from copy import copy
from functools import cached_property

import numpy as np

from boltzsim.errors import ConvergenceError
from boltzsim.transport.balance import balance
from boltzsim.transport.boundary import Face
from boltzsim.transport.conserving import Vertices, compensate
from boltzsim.transport.equation import Equation
from boltzsim.transport.iteration import LEFT, Iteration
from boltzsim.transport.precision import in_single, keep_charge, keep_reflected
from boltzsim.transport.rounds import Reached, left_by_a_round, refine
from boltzsim.transport.solution import SENT, Solution, imbalance
from boltzsim.transport.symmetry import Form

_BALANCED = 0.05  # charge and spin are balanced to this share of rtol, by what a residual creates and layer by layer
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
        control = {"max_products": max_products, "progress": progress, "watch": watch}
        begin = np.zeros(self._ends[-1]) if start is None else start
        residual, entering = self._residual(begin, drive)
        start = begin
        if known is not None:
            start, entering = known.improve(begin, residual, entering)
        reached = Reached(start, residual, entering)
        learning = None if known is None or known.complete else known
        if verified and np.isfinite(self.left_by_a_round):
            first = residual if learning is None else residual.copy()  # the next sweep overwrites it
            refine(self, reached, drive, rtol, _BALANCED * rtol, self.left_by_a_round, control)
            self._memory.clear()  # of a large device, whose Krylov vectors take a third of all memory
            if learning is not None and reached.rounds and reached.history:
                first -= reached.residual
                learning.add(reached.vector - start, first, reached.entering - entering)
        if self.rate and not verified:
            self._without_products(reached, rtol, drive)
        in_rounds = len(reached.history)
        if not reached.converged:
            self._in_double(reached, drive, rtol, control, learning, verified, reached.vector is begin)
        vector, history = reached.vector, np.array(reached.history).reshape(-1, 2)
        phi, flux = self._split(vector)[0], self.terminal_flux(reached.entering)
        phi, flux, entering = (self.in_device_frame(values) for values in (phi, flux, reached.entering))
        return Solution(
            phi,
            flux,
            entering,
            vector,
            reached.products,
            1 + reached.sweeps + len(history),
            history,
            *reached.balance,
            in_rounds,
            reached.rounds,
        )

    def _without_products(self, reached, rtol, drive):
        """See whether the start is good enough, which the preconditioner need not tell where few scatter in a step.

        A residual is swept and scattered again and again, and each time the share loss/(loss + rate) of it is left.
        """
        scattered = max(1 + m.loss / own for m, own in zip(self.materials, self.rates, strict=True))
        if scattered * np.linalg.norm(reached.residual) <= rtol * np.linalg.norm(reached.vector):
            reached.balance = self._imbalance(lambda: reached.vector, reached.residual, reached.entering, drive)
            reached.converged = max(reached.balance) <= _BALANCED * rtol

    def _in_double(self, reached, drive, rtol, control, learning, verified, untouched):
        """Products in double precision until residual and balance are as wanted.

        `learning` is None or what the solution is added to; `untouched` says that the first sweep was that of the
        start, whose residual needs no other.
        """
        history, wanted = reached.history, _BALANCED * rtol
        first = reached.residual if learning is None else reached.residual.copy()  # the next sweep overwrites it
        iteration = Iteration(self, reached.vector, first, reached.entering, history=history, **control)
        iteration.converge(rtol * iteration.size)
        reached.products, made = len(history), bool(iteration.fluxes)
        verified = verified and (made or not untouched)
        self._balance(reached, iteration, rtol, drive, verified)
        if learning is not None and made:
            learning.add(iteration.correction(), first - iteration.residual(), iteration.added())
        while verified and max(reached.balance) > wanted and len(history) < control["max_products"]:
            # Rounding errors have left a residual that the products do not know: its own solution is added.
            before = max(reached.balance)
            iteration = Iteration(self, reached.vector, reached.residual, reached.entering, history=history, **control)
            iteration.converge(_REFINED * iteration.sought)
            self.verify(reached, iteration.improved(), drive)
            if not max(reached.balance) < before / 2:
                break

    def verify(self, reached, vector, drive):
        """Replace what was reached by a vector, with what a sweep in double precision finds of it."""
        reached.vector = self._without_mean(vector)
        reached.residual, reached.entering = self._residual(reached.vector, drive)
        reached.balance = self._imbalance(lambda: reached.vector, reached.residual, reached.entering, drive)
        if not self.rate:
            reached.balance = tuple(np.maximum(reached.balance, self._missing(reached, drive)).tolist())
        reached.sweeps += 1

    def advance_to_balance(self, iteration, wanted, drive):
        """Advance a converged iteration until it is balanced, or until rounding errors stop it.

        Returns the residual of the iterate, its flux into the boundary corners and its balance, as the products know
        them.
        """
        while True:
            residual, entering = iteration.residual(), iteration.entering()
            balance = self._imbalance(iteration.vector, residual, entering, drive)
            if max(balance) <= wanted or iteration.spent:
                return residual, entering, balance
            iteration.advance()

    def _balance(self, reached, iteration, rtol, drive, verified):
        """Advance a converged iteration until it is balanced, which a sweep may confirm, or rounding errors stop it.

        Raises
        ------
        ConvergenceError
            If that sweep finds a much larger residual than the products.
        """
        wanted = _BALANCED * rtol
        if not verified:
            reached.residual, reached.entering, reached.balance = self.advance_to_balance(iteration, wanted, drive)
            reached.vector = self._without_mean(iteration.vector())
            return
        wanted /= LEFT
        while True:
            residual, *_ = self.advance_to_balance(iteration, wanted, drive)
            expected = np.linalg.norm(residual)
            self.verify(reached, iteration.improved(), drive)
            lost = np.linalg.norm(reached.residual) / iteration.size
            if not lost <= 10 * rtol:
                raise ConvergenceError(
                    f"the iteration lost accuracy: true residual {lost:.1e}, {rtol:.1e} wanted",
                    len(iteration.history),
                    lost,
                )
            confirmed = max(reached.balance) <= _BALANCED * rtol
            if confirmed or lost * iteration.size > 2 * expected or iteration.spent:
                return
            wanted *= 0.1  # improving it has left more, or the fluxes of the products have lost digits

    def _residual(self, vector, drive):
        """Residual of a Krylov vector, and its flux into the boundary corners."""
        residual, entering = self._product(vector, *drive, wanted=True)
        residual -= vector
        if not self.rate:
            compensate(self, self._vertices, residual, vector, entering)
        return residual, entering

    def with_contacts(self, walls, contacts):
        """The same device with other laws of its contacts.

        Everything else is shared, also the diffusion operators of the preconditioner. This is meant for laws that
        differ in the sign of a polarisation only.

        Parameters
        ----------
        walls : dict
            As given to `Equation`.
        contacts : sequence of BoundaryLaw

        Returns
        -------
        Transport
        """
        other = self._bounded(self._parts(walls, contacts))
        if "single" in vars(self):
            parts = in_single(other.boundary)
            keep_reflected(other.boundary, parts)
            other.single = self.single._bounded(parts)
        return other

    def _bounded(self, parts):
        """The same equation with other parts of the boundary."""
        other = copy(self)
        for made in ("single", "form"):
            vars(other).pop(made, None)
        other.boundary = parts
        if self.preconditioner is not None:
            other.preconditioner = copy(self.preconditioner)
            other.preconditioner.boundary = parts
        return other

    @cached_property
    def single(self):
        """The same equation in single precision."""
        memory, self._memory = self._memory, {}
        single = in_single(self)
        keep_charge(self, single)
        self._memory = single._memory = memory
        return single

    @cached_property
    def form(self):
        """What solutions of this equation can be moved with, within the device or to another one."""
        own = (self.grid, self.octants, self.degree, self.operators, self.contacts, self.precession, self.turn)
        return Form(*own, self.boundary, self.order.far_end, self._shapes)

    def returned(self, vector, reservoirs=None, field=(0, 0, 0)):
        """What laws return of a solution where a sweep finds some of it, so that it is no unknown; one sweep tells.

        Parameters
        ----------
        vector : numpy.ndarray
            `Solution.vector`, for the sources that it solves.
        reservoirs, field
            As for `solve`.
        """
        _, leaving = self._swept(vector, self._field_source(field), self._drives(reservoirs))
        parts = zip(self.boundary, leaving, strict=True)
        found = [np.ravel(part.returned(flux)) for part, flux in parts if isinstance(part, Face) and part.awaited]
        return np.concatenate([np.zeros(0), *found])

    @cached_property
    def left_by_a_round(self):
        """Share of a residual that a round of products in single precision leaves; infinite where none pays."""
        return left_by_a_round(self)

    @cached_property
    def _vertices(self):
        return Vertices(self.grid)

    def learn(self, known, vector):
        """Add a vector with its image, which one sweep finds, to those that are known."""
        after, entering = self._product(vector, wanted=True)
        image, nothing = vector - after, np.zeros_like(entering)
        known.improve(np.zeros_like(vector), image.copy(), nothing)
        known.add(vector.copy(), image, entering)

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

    def _missing(self, reached, drive):
        """What the independent balance finds missing of charge and spin, relative as in `_imbalance`."""
        phi, entering = self.in_device_frame(self._split(reached.vector)[0]), self.in_device_frame(reached.entering)
        found = balance(self, phi, entering, least=SENT * self._total_sent(drive))
        return np.array([found.charge, found.spin])

    def _total_sent(self, drive):
        """Flux that all reservoirs send in."""
        return sum(np.abs(flux).sum() for _, flux in self._injected(drive[1]))

    def _imbalance(self, iterate, residual, entering, drive):
        """Worst violations of the conservation of charge and of spin by an iterate."""
        stored = 0.0
        if self.rate:
            storing = self.volume * self.rates[self.grid.metal]
            stored = np.einsum("l,lcu->u", storing, np.abs(self._split(iterate())[0][:, :, 0])).max()
        flux = self.terminal_flux(entering)
        created = self._created(residual)
        if not self.rate:  # what one corner of a vertex gains from another is no loss
            created = self._vertices.shared(created)
        sent = self._total_sent(drive)
        return imbalance(self, lambda: self.in_device_frame(self._split(iterate())[0]), flux, created, sent, stored)
