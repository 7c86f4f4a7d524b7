"""Single precision: every part of a product, whole solutions against those in double precision, and where it ends."""

import numpy as np
import pytest
from cubes import POINTS, cubes
from cubes import RESERVOIRS as POTENTIALS
from hypothesis import given, settings
from plain_sweep import plain_sweep
from random_devices import CHECKS, arguments

from boltzsim.transport import rounds
from boltzsim.transport.balance import balance
from boltzsim.transport.grid import Grid
from boltzsim.transport.krylov import norm
from boltzsim.transport.ordinates import lebedev, octants, product
from boltzsim.transport.precision import in_single
from boltzsim.transport.steady import Transport
from boltzsim.transport.sweep import Sweep

ROUNDING = float(np.finfo(np.float32).eps)
KONDO = (0.1, np.pi / 2, 0.05)


@pytest.fixture
def always(monkeypatch):
    """Small devices count as large ones."""
    monkeypatch.setattr(rounds, "SMALLEST", 0)


def in_both(make, potentials=POTENTIALS, rtol=1e-9, **options):
    """The solutions with products in single precision and without, and the equation."""
    transport = make()
    mixed = transport.solve(potentials, rtol=rtol, **options)
    plain = make()
    plain.left_by_a_round = np.inf
    return mixed, plain.solve(potentials, rtol=rtol, **options), transport


def agree(mixed, plain, transport, rtol=1e-9):
    """Whether moments and currents are the same to tolerances, and whether currents balance as well as ever."""
    scale = np.abs(plain.phi).max()
    np.testing.assert_allclose(mixed.phi, plain.phi, rtol=0, atol=20 * rtol * scale)
    np.testing.assert_allclose(mixed.flux, plain.flux, rtol=0, atol=rtol * np.abs(plain.flux).max(initial=0.0))
    assert max(mixed.charge_balance, mixed.spin_balance) <= max(
        0.05 * rtol, plain.charge_balance, plain.spin_balance
    ), (mixed.charge_balance, mixed.spin_balance)
    assert balance(transport, mixed.phi, mixed.entering).worst <= max(
        rtol, 2 * balance(transport, plain.phi, plain.entering).worst
    )
    assert mixed.vector.dtype == mixed.phi.dtype == mixed.flux.dtype == np.float64


@pytest.mark.parametrize(
    ("axes", "cells", "precession", "ordinates"),
    [
        ((2,), (5,), 0.0, lebedev(7)),
        pytest.param((2,), (5,), 0.7, lebedev(7), marks=pytest.mark.slow),
        pytest.param((0, 2), (3, 2), 0.0, product(4, 8), marks=pytest.mark.slow),
        pytest.param((0, 2), (3, 2), 0.7, lebedev(7), marks=pytest.mark.slow),
        pytest.param((0, 1, 2), (3, 2, 2), 0.7, product(4, 8), marks=pytest.mark.slow),
        pytest.param((0, 1, 2), (3, 2, 2), 0.0, lebedev(5), marks=pytest.mark.slow),
    ],
)
def test_sweep_against_plain_numpy(axes, cells, precession, ordinates):
    """Random sources, inflow and materials, with a cell left out."""
    rng, d = np.random.default_rng(3), len(axes)
    material = rng.integers(0, 2, int(np.prod(cells)))
    material[-1] = -1
    grid, loss = Grid(axes, cells, (0.3, 0.5, 0.8)[:d], material, (False,) * d), np.array([1.0, 2.5])
    groups = octants(ordinates, axes)
    sweep = in_single(Sweep(grid, groups, 2, loss, precession))
    source, faces = rng.standard_normal(sweep.shape).astype(np.float32), sweep.faces()
    inflow = []
    for axis, face in enumerate(faces):
        lines = rng.standard_normal((len(ordinates.weights), *face.shape[1:3], 4))
        inflow.append(lines)
        for block, order in enumerate(groups.face_order(axis)):
            moved = np.moveaxis(lines[groups.index[block]], 0, 2)
            face[block] = moved[:, order].reshape(face.shape[1:])
    phi = sweep(source, faces)
    expected, _ = plain_sweep(grid, ordinates, 2, loss, precession, source.astype(float), inflow)
    assert phi.dtype == faces[0].dtype == np.float32
    np.testing.assert_allclose(phi, expected, rtol=0, atol=4 * ROUNDING * np.abs(expected).max())


def compare_parts(transport):
    """A product and a preconditioned vector in both precisions; the latter multiplies roundings by ‖M⁻¹‖."""
    vector, found = np.random.default_rng(0).standard_normal(transport._ends[-1]), []
    for equation in (transport, transport.single):
        same = vector.astype(equation.precision)
        after, entering = equation._product(same, wanted=True)
        found.append((after.copy(), entering, equation._precondition(same)))
    amplified, faces = rounds.amplification(transport.single), transport.single._faces
    for part in transport.single.boundary:
        assert part.reflect(part.leave(faces, None)).dtype == np.float32
    for one, other, errors in zip(*found, (20, 20, 20 * max(amplified, 1.0)), strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=errors * ROUNDING * np.abs(one).max(initial=1.0))


def test_every_part_of_a_product_stays_in_single_precision():
    """And agrees with double precision to a few roundings."""
    compare_parts(cubes(1, 12, 1.0, KONDO, "tunnel", alpha=0.05))


@pytest.mark.slow
@settings(max_examples=20, **CHECKS)
@given(arguments(alpha=0.05))
def test_every_part_of_random_devices_stays_in_single_precision(drawn):
    grid, ordinates, materials, walls, laws, larmor, interfaces = drawn
    compare_parts(Transport(grid, ordinates, materials, walls, laws, larmor, interfaces))


def test_both_precisions_agree(always):
    """A slab at the Kondo point: fewer sweeps in double precision, the same answer and balance."""
    mixed, plain, transport = in_both(lambda: cubes(1, 12, 1.0, KONDO, "tunnel", alpha=0.05))
    agree(mixed, plain, transport)
    assert (plain.single, plain.rounds) == (0, 0)
    assert mixed.single == len(mixed.history) > 0
    assert mixed.sweeps - mixed.single == 1 + mixed.rounds <= 4


@pytest.mark.slow
@settings(max_examples=20, **CHECKS)
@given(arguments(alpha=0.05))
def test_both_precisions_agree_on_random_devices(drawn):
    """One to three dimensions, two alloys in a field, walls, contacts, interfaces, gaps and periodic axes."""
    grid, ordinates, materials, walls, laws, larmor, interfaces = drawn
    before, rounds.SMALLEST = rounds.SMALLEST, 0
    try:
        potentials = np.array([[1, 0.3, 0.2, 0.5], [0, 0, -0.1, 0.2]])[: len(laws)]
        found = in_both(
            lambda: Transport(grid, ordinates, materials, walls, laws, larmor, interfaces),
            potentials,
            field=(0.3, 0.1, -0.2),
            max_products=1000,
        )
    finally:
        rounds.SMALLEST = before
    agree(*found, rtol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.0, 0.05])
@pytest.mark.parametrize(("dimensions", "n"), [(1, 24), (2, 8), (3, 4)])
@pytest.mark.parametrize("thickness", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
def test_both_precisions_agree_at_the_kondo_point(always, alpha, dimensions, n, thickness, ends):
    mixed, plain, transport = in_both(lambda: cubes(dimensions, n, thickness, KONDO, ends, alpha=alpha))
    agree(mixed, plain, transport)
    assert mixed.single


@pytest.mark.slow
@pytest.mark.parametrize("eta", [(0.6, 0.58, 0.05), (0.6, 0.6, 0.0)])
@pytest.mark.parametrize(("dimensions", "n"), [(1, 24), (2, 8), (3, 4)])
@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
def test_both_precisions_agree_near_conserved_helicity(always, eta, dimensions, n, ends):
    mixed, plain, transport = in_both(lambda: cubes(dimensions, n, 1.0, eta, ends, alpha=0.05))
    agree(mixed, plain, transport)
    assert mixed.single


def test_thick_devices_stay_in_double_precision(always):
    """A round in single precision resolves ε‖M⁻¹‖, (σL)² ε in a slab: 24 cells of 1 and of 100 mean free paths."""
    shares = [cubes(1, 24, thickness, KONDO, "reservoirs").left_by_a_round for thickness in (1.0, 100.0)]
    assert shares[0] < 1e-4
    assert shares[1] == np.inf
    solution = cubes(1, 24, 100.0, KONDO, "reservoirs").solve(POTENTIALS)
    assert (solution.single, solution.rounds) == (0, 0)


@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
def test_amplification_is_that_of_the_slowest_mode(ends):
    """Two steps of the power iteration find the norm of the preconditioner, as a dense matrix, from below."""
    transport = cubes(1, 6, 1.0, KONDO, ends)
    dense = np.array([transport._precondition(row) for row in np.eye(transport._ends[-1])])
    exact = np.linalg.norm(dense, 2)
    assert exact / 2 < rounds.amplification(transport.single) < 1.01 * exact


def test_small_devices_stay_in_double_precision():
    transport = cubes(1, 12, 1.0, KONDO, "tunnel")
    assert transport.left_by_a_round == np.inf
    assert transport.solve(POTENTIALS).single == 0


def test_a_round_that_fails_is_finished_in_double_precision(always):
    """The preconditioner of the single equation is spoiled: rounds find nothing, and the answer is the same."""
    mixed, plain, transport = in_both(lambda: spoiled(cubes(1, 12, 1.0, KONDO, "tunnel")))
    agree(mixed, plain, transport)
    assert 0 < mixed.single < len(mixed.history)


def spoiled(transport):
    """Products in single precision lose a tenth of what is scattered, unnoticed."""
    media = transport.single.collision.media
    transport.single.collision.media = (media[0]._replace(values=0.9 * media[0].values), *media[1:])
    return transport


def test_without_preconditioner_everything_is_in_double_precision(always):
    assert cubes(1, 4, 1.0, KONDO, "tunnel", preconditioned=False).left_by_a_round == np.inf


def test_norms_are_summed_in_double_precision():
    """Sixteen million ones and a half more: single precision stops counting at 2²⁴."""
    vector = np.ones(3 * 2**23, np.float32)
    assert norm(vector) == pytest.approx(np.sqrt(3 * 2**23), rel=1e-12)


def lost(equation):
    """Mean share of a uniform charge, of many sizes that round differently, that a product loses."""
    drives, shares = equation._drives(np.eye(1, 4).repeat(2, 0)), []
    for size in np.random.default_rng(1).uniform(1, 2, 64).astype(np.float32).astype(float):
        uniform = (size * equation.uniform()).astype(equation.precision)
        after = equation._product(uniform, drives=[size * drive for drive in drives])[0]
        shares.append(np.mean(equation._split(after)[0][:, :, 0, 0], dtype=float) / size - 1)
    return np.mean(shares)


def test_rounded_tables_lose_less_charge():
    """Than they would without the factors of `keep_charge`; what is left is lost at contacts."""
    devices = [cubes(1, 24, 1.0, eta, "tunnel") for eta in (KONDO, (0.6, 0.6, 0.0), POINTS["mixed"])]
    assert max(abs(lost(transport)) for transport in devices) < 1e-14
    raw, kept = ([lost(make(transport)) for transport in devices] for make in (in_single, lambda own: own.single))
    assert np.linalg.norm(kept) < 0.6 * np.linalg.norm(raw)


def test_parts_that_are_shared_stay_shared():
    transport = cubes(1, 4, 1.0, POINTS["mixed"], "tunnel")
    single = transport.single
    assert single.boundary[0].sides[0] is single.boundary[0].side
    assert single.preconditioner.boundary[0] is single.boundary[0]
    assert transport.sweep.precision == np.float64
    assert transport.with_contacts({}, []).single is not single
