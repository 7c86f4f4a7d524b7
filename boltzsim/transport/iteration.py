"""GMRES on the kinetic equation, with the currents of its iterate.

Currents, and the charge and spin that a residual creates, are linear in the unknowns. Those of the iterate are sums of
those that every product gives anyway, so that no sweep is needed to see whether it is balanced.
"""

import numpy as np

from boltzsim.errors import ConvergenceError
from boltzsim.transport.krylov import Gmres, norm

#: Share of an imbalance that `Iteration.improved` leaves at most, but for few devices; what a sweep finds counts.
LEFT = 0.5
_ROUNDING = 1e-15  # residuals below this share of the solution are rounding errors


class Iteration:
    """The iteration of one right-hand side.

    Parameters
    ----------
    equation : Equation
        In its precision products are made; start, residual and fluxes are in double precision.
    start : numpy.ndarray
        Krylov vector to start from.
    residual : numpy.ndarray
        Its residual.
    entering : numpy.ndarray, shape (boundary corners, 4)
        Its flux into the device.
    max_products : int
        Together with those in `history`.
    progress, watch : callable, optional
        As for `Transport.solve`.
    history : list, optional
        That of earlier iterations, which this one continues.
    least : float
        Residuals below this share of what is sought are rounding errors.

    Attributes
    ----------
    size : float
        Norm of the solution after one application of the preconditioner, which residuals are relative to.
    sought : float
        Norm of what that application adds to the start.
    history : list of [float, float]
        Residual norms after every product, preconditioned (NaN where not evaluated) and plain.

    Raises
    ------
    ConvergenceError
        If the start or the source is not finite.
    """

    def __init__(
        self,
        equation,
        start,
        residual,
        entering,
        max_products,
        progress=None,
        watch=None,
        history=None,
        least=_ROUNDING,
    ):
        self.equation, self.start, self.first, self.fluxes, self.least = equation, start, entering, [], least
        self.max_products, self.progress, self.watch = max_products, progress, watch
        self.history = [] if history is None else history
        self.gmres = _gmres(equation, residual.astype(equation.precision, copy=False), self.fluxes)
        correction = self.gmres.error()
        self.size, self.sought = float(np.linalg.norm(start + correction)), norm(correction)
        if not np.isfinite(self.size):
            raise ConvergenceError(
                "the source or the start of the iteration is not finite: a voltage, current, field or spin potential "
                "of the case is too large, or an earlier solution is damaged"
            )

    @property
    def spent(self):
        """Whether no product can lower the residual, or none is left."""
        return self.gmres.residual_norm <= self.least * self.sought or len(self.history) >= self.max_products

    def converge(self, wanted):
        """Iterate until ‖M⁻¹r‖ is at most what is wanted.

        Raises
        ------
        ConvergenceError
            If that takes more than `max_products` products or the numbers stop being finite.
        """
        if self.size == 0:
            return
        target, gmres, rtol = wanted, self.gmres, wanted / self.size
        while True:
            while gmres.residual_norm > target and len(self.history) < self.max_products:
                self.advance()
            estimate = norm(gmres.error()) / self.size
            if self.history:
                self.history[-1][0] = estimate
            elif self.progress is not None:
                self.progress(0, estimate)
            if estimate <= rtol:
                return
            if len(self.history) >= self.max_products:
                hope = "it diverges" if estimate > 1 else "solver.max_products may be raised"
                raise ConvergenceError(
                    f"not converged: residual {estimate:.1e} after {len(self.history)} products, {rtol:.1e} wanted; "
                    f"{hope}, but 'boltzsim check' names cells and metals that are slow or hopeless to iterate",
                    len(self.history),
                    estimate,
                )
            if gmres.residual_norm == 0:
                raise ConvergenceError(f"the iteration stagnates at a residual of {estimate:.1e}, {rtol:.1e} wanted")
            target = gmres.residual_norm * min(0.5, 0.9 * rtol / estimate)

    def advance(self):
        """One more product."""
        self.gmres.advance()
        left = self.gmres.residual_norm
        self.history.append([np.nan, left / self.size])
        if not np.isfinite(left):
            raise ConvergenceError("the residual is not finite", len(self.history), np.nan)
        if self.progress is not None:
            self.progress(len(self.history), left / self.size)
        if self.watch is not None:
            self.watch(self.vector)

    def vector(self):
        """The iterate."""
        return self.start + self.correction()

    def improved(self):
        """The iterate with M⁻¹ of its residual added: half a product's progress, whose fluxes only a sweep can tell."""
        vector = self.vector()
        vector += self.gmres.error()
        return vector

    def correction(self):
        """What the products have added to the start; the difference of iterate and start would lose its digits."""
        return self.gmres.correction()

    def residual(self):
        """The residual of the iterate, as the products have left it."""
        return self.gmres.residual()

    def entering(self):
        """The iterate's flux into every boundary corner."""
        return self.first + self.added()

    def added(self):
        """What the products have added to that flux."""
        return sum((y * flux for y, flux in zip(self.gmres.weights(), self.fluxes, strict=True)), 0 * self.first)


def _gmres(equation, residual, fluxes):
    """GMRES on an equation, which adds the fluxes of every product to a list.

    It knows nothing of the iteration, so that the vectors of both go with it, not at some later time.
    """

    def defect(vector):
        after, entering = equation._product(vector, wanted=True)
        fluxes.append(entering)
        return np.subtract(vector, after, out=after)

    return Gmres(defect, equation._precondition, residual, equation.bases)
