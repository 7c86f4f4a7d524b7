"""Starts from vectors with known images, and fluxes as sums over the products."""

import numpy as np
import pytest
from dense import mixed_device

from boltzsim.transport import rounds
from boltzsim.transport.balance import balance
from boltzsim.transport.guess import Known
from boltzsim.transport.iteration import LEFT, Iteration
from boltzsim.transport.ordinates import product
from boltzsim.transport.solution import imbalance
from boltzsim.transport.steady import Transport

ARGUMENTS, RESERVOIRS = mixed_device(2, product(4, 8))


def taught(known, vectors, A):
    """Solve A u = A v for one vector after another, each time from what is known."""
    for vector in vectors:
        residual, nothing = A @ vector, np.zeros((2, 4))
        start, entering = known.improve(np.zeros(len(vector)), residual, nothing)
        if np.linalg.norm(residual) > 1e-9:
            known.add(vector - start, residual, vector[:8].reshape(2, 4) - entering)


def test_the_combination_leaves_the_smallest_residual():
    """Against least squares over the vectors; two of them are nearly parallel, and one is known already."""
    rng = np.random.default_rng(3)
    A, u = rng.standard_normal((30, 30)), rng.standard_normal((4, 30))
    u[3] = u[2] + 1e-4 * rng.standard_normal(30)
    known, start, b = Known(8), rng.standard_normal(30), rng.standard_normal(30)
    taught(known, [*u, u[0] - 2 * u[1]], A)
    assert len(known) == 4
    residual, images = b - A @ start, A @ u.T
    best = residual - images @ np.linalg.lstsq(images, residual)[0]
    vector, entering = known.improve(start, residual, np.ones((2, 4)))
    np.testing.assert_allclose(residual, best, rtol=0, atol=1e-10)
    np.testing.assert_allclose(b - A @ vector, best, rtol=0, atol=1e-10)
    np.testing.assert_allclose(entering - 1, (vector - start)[:8].reshape(2, 4), rtol=0, atol=1e-10)
    assert np.linalg.norm(best) < 0.99 * np.linalg.norm(b - A @ start)


def test_the_last_solutions_stay_known():
    """Of a sequence in nearly the same direction, more than fit: the last ones are still found, the first ones not."""
    rng = np.random.default_rng(4)
    A, known = rng.standard_normal((40, 40)), Known(6)
    sequence = np.ones((12, 40)) + 1e-3 * rng.standard_normal((12, 40))
    taught(known, sequence, A)
    assert len(known) <= 6
    again = Known(6, known.saved())

    def missed(vector):
        residual, nothing = A @ vector, np.zeros((2, 4))
        np.testing.assert_array_equal(
            known.improve(np.zeros(40), residual.copy(), nothing)[0],
            again.improve(np.zeros(40), residual, nothing)[0],
        )
        return np.linalg.norm(residual) / np.linalg.norm(A @ vector)

    misses = [missed(vector) for vector in sequence]
    assert max(misses[-3:]) < 1e-11 and min(misses[:3]) > 1e-5


def test_nothing_is_known_at_first():
    start, residual, entering = np.ones(3), np.ones(3), np.ones((1, 4))
    same = Known(2).improve(start, residual, entering)
    assert same[0] is start and same[1] is entering


def test_a_sum_of_known_sources_needs_no_products():
    """The first sweep finds its residual, the last one what it is made of; fluxes and moments are the sums."""
    transport, known = Transport(*ARGUMENTS), Known(4)
    units = np.zeros((3, 2, 4))
    units[[0, 1, 2], [0, 1, 1], [0, 0, 2]] = 1.0
    parts = [transport.solve(unit, rtol=1e-10, known=known) for unit in units]
    weights = np.array([1.0, -0.5, 0.3])
    whole = transport.solve(np.tensordot(weights, units, 1), rtol=1e-9, known=known)
    assert (whole.products, whole.sweeps) == (0, 2) and len(known) == 3
    for name in ("phi", "flux", "entering"):
        together = sum(w * getattr(part, name) for w, part in zip(weights, parts, strict=True))
        np.testing.assert_allclose(getattr(whole, name), together, rtol=0, atol=1e-9 * np.abs(together).max())


def test_fluxes_and_balances_of_the_products_are_those_of_a_sweep():
    transport = Transport(*ARGUMENTS)
    swept, summed = (transport.solve(RESERVOIRS, rtol=1e-8, verified=v) for v in (True, False))
    assert summed.sweeps == 1 + len(summed.history)
    drive = None, transport._drives(RESERVOIRS), None
    residual, entering = transport._residual(summed.vector, drive)
    size = np.abs(swept.flux).max()
    flux = transport.terminal_flux(entering)
    np.testing.assert_allclose(summed.entering, transport.in_device_frame(entering), rtol=0, atol=1e-13 * size)
    np.testing.assert_allclose(summed.flux, transport.in_device_frame(flux), rtol=0, atol=1e-13 * size)
    created = transport._vertices.shared(transport._created(residual))
    found = imbalance(transport, lambda: None, flux, created, transport._total_sent(drive))
    np.testing.assert_allclose((summed.charge_balance, summed.spin_balance), found, rtol=0, atol=1e-13)
    assert max(found) <= 0.05e-8


def test_a_last_application_of_the_preconditioner_halves_the_error():
    """After any number of products, and without another one."""
    transport = Transport(*ARGUMENTS)
    exact = transport.solve(RESERVOIRS, rtol=1e-13).vector
    start, drive = np.zeros_like(exact), (None, transport._drives(RESERVOIRS), None)
    residual, entering = transport._residual(start, drive)
    iteration = Iteration(transport, start, residual.copy(), entering, max_products=20)
    for products in range(10):
        left, improved = (np.linalg.norm(u() - exact) for u in (iteration.vector, iteration.improved))
        assert improved < LEFT * left and len(iteration.history) == products
        iteration.advance()


def test_verified_solutions_are_balanced_and_cost_one_sweep_more_at_most():
    transport = Transport(*ARGUMENTS)
    exact = transport.solve(RESERVOIRS, rtol=1e-13)
    swept, summed = (transport.solve(RESERVOIRS, rtol=1e-8, verified=v) for v in (True, False))
    assert swept.sweeps == 2 + len(swept.history) <= summed.sweeps + 1
    for solution in (swept, summed):
        assert np.linalg.norm(solution.vector - exact.vector) < 1e-8 * np.linalg.norm(exact.vector)
    layers = balance(transport, swept.phi, swept.entering)
    for kind in ("charge", "spin"):  # what is missing layer by layer counts as well
        assert getattr(layers, kind) <= getattr(swept, f"{kind}_balance") + 1e-13 <= 0.05e-8 + 1e-13
    near = transport.solve(RESERVOIRS, start=swept.vector, rtol=1e-8)
    assert (near.products, near.sweeps) == (0, 1)


def test_images_stay_exact_when_solutions_hardly_differ():
    """What a solution has beside its start may be a billionth of it, and still has its own image and flux."""
    transport, known, rng = Transport(*ARGUMENTS), Known(8), np.random.default_rng(6)
    reservoirs = np.array(RESERVOIRS, float)
    for size in 10.0 ** -np.arange(3, 9):
        reservoirs = reservoirs + size * rng.standard_normal(reservoirs.shape)
        transport.solve(reservoirs, rtol=1e-3 * size, known=known, verified=False)
    assert len(known) >= 4
    for vector, image, flux in zip(known.vectors, known.images, known.fluxes, strict=True):
        after, expected = transport._product(vector, wanted=True)
        np.testing.assert_allclose(image, vector - after, rtol=0, atol=1e-12)
        np.testing.assert_allclose(flux.reshape(-1, 4), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("stalled", [rounds._STALLED, 0.0])
def test_rounds_in_single_precision_are_learnt_from_too(stalled, monkeypatch):
    """Their increments have images in double precision, and a source between two known ones needs hardly any product.

    So have those of products in double precision after a round that counts as failed.
    """
    monkeypatch.setattr(rounds, "SMALLEST", 0)
    monkeypatch.setattr(rounds, "_STALLED", stalled)
    transport, known, rng = Transport(*ARGUMENTS), Known(4), np.random.default_rng(7)
    sources = np.array(RESERVOIRS) * rng.standard_normal((2, *np.shape(RESERVOIRS)))
    first, _, last = (
        transport.solve(source, rtol=1e-9, known=known) for source in (*sources, sources[0] - 0.7 * sources[1])
    )
    assert first.rounds > 0 and (first.single < len(first.history)) == (stalled == 0)
    assert len(known) >= 2 and len(last.history) <= 1
    for vector, image, flux in zip(known.vectors, known.images, known.fluxes, strict=True):
        after, expected = transport._product(vector, wanted=True)
        np.testing.assert_allclose(image, vector - after, rtol=0, atol=1e-12)
        np.testing.assert_allclose(flux.reshape(-1, 4), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_a_copy_learns_nothing_and_improves_as_before():
    rng = np.random.default_rng(8)
    A, vectors, known = rng.standard_normal((30, 30)), rng.standard_normal((3, 30)), Known(8)
    taught(known, vectors[:2], A)
    copied = known.copy()
    taught(copied, vectors[2:], A)
    assert copied.complete and len(copied) == len(known) == 2
    residual, nothing = A @ (vectors[0] - 3 * vectors[1]), np.zeros((2, 4))
    copied.improve(np.zeros(30), residual, nothing)
    assert np.linalg.norm(residual) < 1e-10
