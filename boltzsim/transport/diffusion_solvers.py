"""Solvers of the linear systems of the diffusion model: sparse factors, and GMRES with algebraic multigrid."""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import gmres, splu


def direct(matrix):
    """Solver by sparse factors and two steps of refinement: (source, …) -> (solution, relative residuals)."""
    factors = splu(sp.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve(source, start, rtol, most, progress):
        size = np.linalg.norm(source)
        if size == 0:
            return np.zeros_like(source), []
        u, residual, history = 0.0, source, []
        for _ in range(3):
            u = u + factors.solve(residual)
            residual = source - matrix @ u
            history.append(float(np.linalg.norm(residual) / size))
            if progress is not None:
                progress(len(history), history[-1])
        return u, history

    return solve


def multigrid(matrix):
    """Solver by GMRES with algebraic multigrid on the part that couples no components; as `direct`."""
    import pyamg  # slow to load, and needed for large devices

    entries = sp.coo_array(matrix)
    row, column = entries.coords
    own = row % 4 == column % 4
    uncoupled = sp.csr_matrix((entries.data[own], (row[own], column[own])), shape=matrix.shape)
    near = np.kron(np.ones((matrix.shape[0] // 4, 1)), np.eye(4))
    levels = pyamg.smoothed_aggregation_solver(sp.bsr_matrix(uncoupled, blocksize=(4, 4)), B=near, max_coarse=200)

    def solve(source, start, rtol, most, progress):
        size = np.linalg.norm(source)
        if size == 0:
            return np.zeros_like(source), []
        history = []

        def record(residual):
            history.append(float(residual))
            if progress is not None:
                progress(len(history), history[-1])

        u, target = start, rtol
        while len(history) < most:
            u, _ = gmres(
                matrix, source, x0=u, rtol=target, atol=0.0, restart=50, maxiter=-(-(most - len(history)) // 50),
                M=levels.aspreconditioner("V"), callback=record, callback_type="pr_norm",
            )  # fmt: skip
            residual = float(np.linalg.norm(source - matrix @ u) / size)
            history.append(residual)
            if residual <= rtol:
                break
            target *= min(0.5, 0.5 * rtol / residual)  # SciPy stops on the preconditioned residual
        return u, history

    return solve
