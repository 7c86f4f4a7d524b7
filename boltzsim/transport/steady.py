"""The steady kinetic equation of a device: (1 - sweep∘collision) u = source, by GMRES on moments and fluxes."""

import numpy as np

from boltzsim.errors import ConvergenceError
from boltzsim.transport.equation import Equation
from boltzsim.transport.krylov import Gmres
from boltzsim.transport.solution import Solution, imbalance


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

        Returns
        -------
        Solution

        Raises
        ------
        ConvergenceError
            After `max_products` products, or when the numbers stop being finite.
        """
        drives = self._drives(reservoirs)
        source = self._field_source(field)
        start = np.zeros(self._ends[-1]) if start is None else start
        drive = (source, drives, angular)
        residual = self._product(start, *drive)[0]
        residual -= start
        sweeps = 1
        gmres = Gmres(self._defect, lambda v: self._precondition(v, self._prepared), residual)
        size = np.linalg.norm(start + self._precondition(residual, self._prepared))
        if size == 0:
            return self._finish(start, drive, 0, sweeps, np.zeros((0, 2)))[0]
        if not np.isfinite(size):
            raise ConvergenceError(
                "the source or the start of the iteration is not finite: a voltage, current, field or spin potential "
                "of the case is too large, or an earlier solution is damaged"
            )
        history, target, products = [], rtol * size, None
        while True:
            while gmres.residual_norm > target and len(history) < max_products:
                gmres.advance()
                history.append([np.nan, gmres.residual_norm / size])
                if not np.isfinite(gmres.residual_norm):
                    raise ConvergenceError("the residual is not finite", len(history), np.nan)
                if progress is not None:
                    progress(len(history), gmres.residual_norm / size)
                if watch is not None:
                    watch(lambda: start + gmres.correction())
            estimate = np.linalg.norm(self._precondition(gmres.residual(), self._prepared)) / size
            if history:
                history[-1][0] = estimate
            elif progress is not None:
                progress(0, estimate)
            if estimate > rtol and len(history) >= max_products:
                remedy = "it diverges" if estimate > 1 else "raise solver.max_products"
                raise ConvergenceError(
                    f"not converged: residual {estimate:.1e} after {len(history)} products, {rtol:.1e} wanted; "
                    f"{remedy}, and see what 'boltzsim check' warns of: such cells and metals are slow or hopeless to "
                    f"iterate",
                    len(history),
                    estimate,
                )
            if estimate > rtol and gmres.residual_norm == 0:
                raise ConvergenceError(f"the iteration stagnates at a residual of {estimate:.1e}, {rtol:.1e} wanted")
            if estimate > rtol:
                target = gmres.residual_norm * min(0.5, 0.9 * rtol / estimate)
                continue
            products = len(history) if products is None else products
            solution, lost = self._finish(
                start + gmres.correction(), drive, products, sweeps + len(history) + 1, np.array(history).reshape(-1, 2)
            )
            lost /= size
            if not lost <= 10 * rtol:
                raise ConvergenceError(
                    f"the iteration lost accuracy: true residual {lost:.1e}, {rtol:.1e} wanted", len(history), lost
                )
            balance = max(solution.charge_balance, solution.spin_balance)
            floor = lost * size > 2 * gmres.residual_norm or target < 1e-15 * size
            if balance <= 0.05 * rtol or floor or len(history) >= max_products or gmres.residual_norm == 0:
                return solution
            sweeps += 1
            target = gmres.residual_norm * max(0.03 * rtol / balance, 1e-3)

    def _finish(self, vector, drive, products, sweeps, history):
        """The solution of a Krylov vector, and the norm of its true residual."""
        if not self.contacts and not self.rate:
            vector = vector.copy()
            charge = self._split(vector)[0][:, :, 0, 0]
            shift = charge.mean()
            charge -= shift
            for part, unknown in zip(self.boundary, self._split(vector)[1:], strict=True):
                unknown -= part.equilibrium(shift)
        after, entering = self._product(vector, *drive, wanted=True)
        flux = self.terminal_flux(entering)
        after -= vector
        phi = self._split(vector)[0]
        phi = phi if np.array_equal(self.turn, np.eye(4)) else phi @ self.turn
        sent = sum(
            np.abs(moments[..., :4]).sum()
            for part, values in zip(self.boundary, drive[1], strict=True)
            for _, _, moments in part.incoming(values)
        )
        storing = self.volume * self.rates[self.grid.metal]
        stored = np.einsum("l,lcu->u", storing, np.abs(phi[:, :, 0])).max()
        balance = imbalance(self, phi, flux, self._created(after), sent, stored)
        turned = (flux @ self.turn, entering @ self.turn)
        return Solution(phi, *turned, vector, products, sweeps, history, *balance), np.linalg.norm(after)
