"""Angular sets: exactness, mirror closure, refusals, and their blocks."""

import tracemalloc

import numpy as np
import pytest
from scipy.special import gamma

from boltzsim.errors import CaseError
from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall
from boltzsim.transport.ordinates import Ordinates, double_gauss, graded, lebedev, octants, product
from boltzsim.transport.steady import Transport

SETS = {
    "product": (product(4, 8), 7),
    "product about x": (product(4, 8, "x"), 7),
    "double Gauss": (double_gauss(4, 8, "z"), 7),
    "double Gauss about y": (double_gauss(4, 8, "y"), 7),
    "graded": (graded(6, 8, "z"), 5),
    "graded about x": (graded(7, 10, "x"), 7),
    **{f"Lebedev {n}": (lebedev(n), n) for n in (5, 7, 11, 17, 29)},
}


def monomial_mean(a, b, c):
    """⟨x^a y^b z^c⟩ over the sphere (G. B. Folland, Am. Math. Mon. 108, 446 (2001))."""
    if a % 2 or b % 2 or c % 2:
        return 0.0
    halves = [(n + 1) / 2 for n in (a, b, c)]
    return 2 * np.prod(gamma(halves)) / gamma(sum(halves)) / (4 * np.pi)


@pytest.mark.parametrize("name", SETS)
def test_monomials_up_to_the_degree_are_exact_and_not_beyond(name):
    ordinates, degree = SETS[name]

    def worst(top):
        powers = [(a, b, top - a - b) for a in range(top + 1) for b in range(top + 1 - a)]
        x, y, z = ordinates.directions.T
        return max(abs(ordinates.weights @ (x**a * y**b * z**c) - monomial_mean(a, b, c)) for a, b, c in powers)

    assert max(worst(top) for top in range(degree + 1)) < 1e-14
    assert worst(degree + 1) > 1e-12


@pytest.mark.parametrize("name", SETS)
def test_unit_directions_positive_weights_and_exact_mirrors(name):
    ordinates, _ = SETS[name]
    np.testing.assert_allclose(np.linalg.norm(ordinates.directions, axis=1), 1, rtol=0, atol=2e-15)
    assert ordinates.weights.min() > 0
    assert abs(ordinates.weights.sum() - 1) < 1e-15 * len(ordinates.weights)
    for axis in range(3):
        image = ordinates.mirror(axis)
        np.testing.assert_array_equal(np.sort(image), np.arange(len(image)))
        np.testing.assert_allclose(ordinates.weights[image], ordinates.weights, rtol=1e-13)
        flipped = ordinates.directions * np.where(np.arange(3) == axis, -1, 1)
        np.testing.assert_allclose(ordinates.directions[image], flipped, rtol=0, atol=2e-15)


def test_mirror_images_of_many_ordinates_need_no_table_of_pairs():
    """16384 ordinates: all pairs would take gigabytes."""
    ordinates = product(128, 128)
    tracemalloc.start()
    try:
        image = ordinates.mirror(1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1000 * len(image)
    flipped = ordinates.directions * [1, -1, 1]
    np.testing.assert_allclose(ordinates.directions[image], flipped, rtol=0, atol=2e-15)


def test_half_range_of_double_gauss_is_exact():
    """⟨|μ|⟩ = 1/2 and ⟨|μ|³⟩ = 1/4, which a full-range set of the same size misses."""
    mu = np.abs(double_gauss(2, 8, "z").directions[:, 2])
    w = double_gauss(2, 8, "z").weights
    np.testing.assert_allclose([w @ mu, w @ mu**3], [1 / 2, 1 / 4], rtol=1e-14)
    full = product(4, 8)
    assert abs(full.weights @ np.abs(full.directions[:, 2]) - 0.5) > 1e-3


@pytest.mark.parametrize("order", [13, 25, 27])
def test_lebedev_sets_with_negative_weights_are_refused(order):
    with pytest.raises(CaseError, match="negative weights"):
        lebedev(order)


@pytest.mark.parametrize("order", [2, 4, 33, 200])
def test_lebedev_orders_that_do_not_exist_are_refused(order):
    with pytest.raises(CaseError, match="no Lebedev set"):
        lebedev(order)


def test_set_that_is_not_closed_under_a_mirror_is_refused():
    with pytest.raises(CaseError, match="mirror of x"):
        product(4, 7).mirror(0)


ENOUGH = {
    2: (product(3, 6), lebedev(5), double_gauss(3, 6, "z"), graded(5, 6, "y")),
    4: (product(5, 10), lebedev(9)),
    6: (lebedev(17),),
}
TOO_FEW = {
    2: (product(2, 8), product(4, 5), lebedev(3), double_gauss(2, 8, "z"), graded(4, 8, "x")),
    4: (product(4, 12), product(6, 9), lebedev(7)),
    6: (lebedev(11), product(6, 16), product(8, 13)),
}


@pytest.mark.parametrize("degree", ENOUGH)
def test_sets_are_accepted_exactly_when_they_integrate_the_moments(degree):
    """Products of two moments with the velocity: degree 2L + 1; L = 2, 4, 6 for p, d and f channels."""
    for ordinates in ENOUGH[degree]:
        ordinates.check(degree)
    for ordinates in TOO_FEW[degree]:
        with pytest.raises(CaseError, match=f"degree {2 * degree + 1}"):
            ordinates.check(degree)


def test_negative_weights_are_refused_by_the_check():
    good = lebedev(7)
    bad = Ordinates(np.r_[good.directions, good.directions], np.r_[2 * good.weights, -good.weights])
    with pytest.raises(CaseError, match="negative weights"):
        bad.check(2)


def test_transport_refuses_a_set_too_coarse_for_f_channels():
    grid = Grid((2,), (2,), (0.1,), np.zeros(2, int), (False,))
    walls = {(0, up): Wall(0.0, BoundaryLaw()) for up in (False, True)}
    with pytest.raises(CaseError, match="degree 13"):
        Transport(grid, product(4, 8), [impurity_operators({"f5/2": 1.0})], walls)


@pytest.mark.parametrize("axes", [(2,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", ["product", "double Gauss", "Lebedev 11"])
def test_blocks_hold_every_ordinate_once_with_its_signs(axes, name):
    ordinates, _ = SETS[name]
    groups = octants(ordinates, axes, widest=16)
    members = groups.index[~groups.repeated]
    np.testing.assert_array_equal(np.sort(members), np.arange(len(ordinates.weights)))
    assert groups.width <= 16
    for block in range(groups.blocks):
        components = ordinates.directions[groups.index[block]][:, list(axes)]
        np.testing.assert_array_equal(components < 0, np.broadcast_to(groups.down[block], components.shape))
        np.testing.assert_array_equal(groups.cosines[block], np.abs(components.T))
        np.testing.assert_array_equal(
            groups.weights[block], np.where(groups.repeated[block], 0, ordinates.weights[groups.index[block]])
        )
    assert abs(groups.weights.sum() - 1) < 1e-14
    assert not groups.weights[groups.repeated].any()
    octant = groups.down @ 2 ** np.arange(len(axes))
    assert (np.diff(octant) >= 0).all()
