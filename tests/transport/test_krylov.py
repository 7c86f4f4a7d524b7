"""GMRES against dense least squares over the Krylov space and against SciPy."""

import numpy as np
import pytest
from scipy.sparse.linalg import gmres

from boltzsim.transport.krylov import Gmres

no_preconditioner = np.positive  # writes its first argument into the second
SIZE = 6000  # more than one of the chunks in which vectors are summed


def problem(size, seed=0):
    """A non-symmetric matrix of moderate condition, a preconditioner and a right-hand side."""
    rng = np.random.default_rng(seed)
    A = np.eye(size) + 0.9 * rng.standard_normal((size, size)) / np.sqrt(size)
    return A, np.diag(1 + rng.random(size)), rng.standard_normal(size)


def test_every_iterate_minimises_the_residual_over_the_krylov_space():
    A, M, b = problem(40)
    solver = Gmres(lambda v: A @ v, lambda v, out: np.matmul(M, v, out), b)
    basis = [b]
    for k in range(12):
        solver.advance()
        AM = A @ M @ np.linalg.qr(np.array(basis).T)[0]
        best = b - AM @ np.linalg.lstsq(AM, b, rcond=None)[0]
        np.testing.assert_allclose(solver.residual_norm, np.linalg.norm(best), rtol=1e-9)
        np.testing.assert_allclose(solver.residual(), best, rtol=0, atol=1e-9)
        np.testing.assert_allclose(b - A @ solver.correction(), best, rtol=0, atol=1e-9)
        basis.append(A @ M @ basis[k])


def test_same_residuals_as_scipy():
    A, _, b = problem(200)
    norms = []
    reference, info = gmres(
        A, b, rtol=1e-10, atol=0, restart=200, callback=norms.append, callback_type="pr_norm", maxiter=200
    )
    assert info == 0
    solver = Gmres(lambda v: A @ v, no_preconditioner, b)
    for norm in norms:
        solver.advance()
        np.testing.assert_allclose(solver.residual_norm / np.linalg.norm(b), norm, rtol=1e-6)
    np.testing.assert_allclose(solver.correction(), reference, rtol=0, atol=1e-8)


def test_long_vectors_and_right_preconditioning():
    """The preconditioner is applied on the right: the residual reported is b - A u, and it needs fewer products."""
    rng = np.random.default_rng(4)
    diagonal, b = np.geomspace(1, 1e4, SIZE), rng.standard_normal(SIZE)

    def operator(v):
        return diagonal * v + 0.3 * np.roll(v, 1)

    def products(precondition):
        solver = Gmres(operator, precondition, b)
        count = 0
        while solver.residual_norm > 1e-10 * np.linalg.norm(b) and count < 60:
            solver.advance()
            count += 1
        return solver, count

    solver, count = products(lambda v, out: np.divide(v, diagonal, out))
    np.testing.assert_allclose(operator(solver.correction()), b, rtol=0, atol=2e-10 * np.linalg.norm(b))
    assert count < 30
    assert products(no_preconditioner)[1] == 60


def test_exact_after_as_many_products_as_distinct_eigenvalues():
    values = np.repeat([1.0, 2.0, 5.0], 20)
    b = np.random.default_rng(5).standard_normal(60)
    solver = Gmres(lambda v: values * v, no_preconditioner, b)
    for _ in range(3):
        solver.advance()
    assert solver.residual_norm < 1e-14 * np.linalg.norm(b)
    np.testing.assert_allclose(solver.correction(), b / values, rtol=1e-12)


@pytest.mark.parametrize("residual", [np.zeros(7), np.ones(7)])
def test_nothing_to_do(residual):
    """A zero residual stays zero; before the first product the correction is zero and the residual untouched."""
    solver = Gmres(lambda v: 2 * v, no_preconditioner, residual)
    np.testing.assert_array_equal(solver.correction(), np.zeros(7))
    np.testing.assert_allclose(solver.residual(), residual, rtol=1e-15)
    assert solver.residual_norm == np.linalg.norm(residual)
    if residual.any():  # an eigenvector: the space is exhausted at once
        solver.advance()
        np.testing.assert_allclose(solver.correction(), residual / 2, rtol=1e-15)
        assert solver.residual_norm < 1e-15


def test_basis_stays_orthonormal():
    """Classical Gram-Schmidt done twice, on a problem where once is not enough."""
    diagonal = np.geomspace(1e-6, 1.0, 300)
    solver = Gmres(lambda v: diagonal * v, no_preconditioner, np.ones(300))
    for _ in range(80):
        solver.advance()
    V = np.array(list(solver.basis))
    np.testing.assert_allclose(V @ V.T, np.eye(81), rtol=0, atol=1e-13)


def test_a_solution_hands_its_memory_on():
    """The next one works in the same memory, and the vectors of the first are gone rather than wrong."""
    A, M, b = problem(30)
    first = Gmres(lambda v: A @ v, lambda v, out: np.matmul(M, v, out), b)
    for _ in range(5):
        first.advance()
    memory = first.basis.blocks[0]
    bases = [first.basis, first.prepared]
    second, alone = (Gmres(lambda v: A @ v, lambda v, out: np.matmul(M, v, out), 2 * b, own) for own in (bases, None))
    for _ in range(5):
        second.advance()
        alone.advance()
    assert second.basis.blocks[0] is memory
    np.testing.assert_array_equal(second.correction(), alone.correction())
    with pytest.raises(IndexError):
        first.basis[0]


def test_the_error_of_an_iterate_is_its_preconditioned_residual():
    """Known without a product, and with no more applications of the preconditioner than the products need."""
    A, M, b = problem(40)
    applied = []
    solver = Gmres(lambda v: A @ v, lambda v, out: applied.append(1) or np.matmul(M, v, out), b)
    for products in range(4):
        np.testing.assert_allclose(solver.error(), M @ solver.residual(), rtol=0, atol=1e-12)
        solver.correction()
        assert len(applied) == products + 1
        solver.advance()
