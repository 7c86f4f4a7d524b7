"""Ordinates: directions p̂ and weights on the Fermi sphere, and their order in the sweeps.

Every set is normalised to Σ w = 1, so that Σ w f = ⟨f⟩ = ∫dΩ/4π f, is closed under the axis mirrors, and integrates
products of two moments of degree L with the velocity exactly (degree 2 L + 1). Other sets are refused.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from boltzsim.errors import CaseError
from boltzsim.material.harmonics import harmonics, sphere

_AXES = "xyz"


@dataclass(frozen=True)
class Ordinates:
    """Directions and weights.

    Attributes
    ----------
    directions : numpy.ndarray, shape (N, 3)
    weights : numpy.ndarray, shape (N,)
        Positive, Σ w = 1.
    """

    directions: np.ndarray
    weights: np.ndarray

    def mirror(self, axis):
        """Index of the ordinate with the component along `axis` (0, 1, 2) reversed, for every ordinate; shape (N,)."""
        from scipy.spatial import KDTree  # slow to load, and needed for faces that mirror

        flipped = self.directions.copy()
        flipped[:, axis] *= -1
        distance, image = KDTree(self.directions).query(flipped)
        if distance.max() > 1e-12:
            raise CaseError(
                f"angles: the set is not closed under the mirror of {_AXES[axis]}; choose an even `azimuthal`"
            )
        return image

    def check(self, degree):
        """Refuse the set if it cannot integrate products of two moments of this degree with the velocity.

        Raises
        ------
        CaseError
            With the degree needed.
        """
        if self.weights.min() <= 0:
            raise CaseError("angles: the set has negative weights; choose another order")
        Y, velocity = harmonics(self.directions, degree), np.c_[np.ones(len(self.weights)), self.directions]
        exact_points, exact_weights = sphere(2 * degree + 1)
        exact_Y, exact_velocity = harmonics(exact_points, degree), np.c_[np.ones(len(exact_weights)), exact_points]
        for v, u in zip(velocity.T, exact_velocity.T, strict=True):
            error = (Y.T * (self.weights * v)) @ Y - (exact_Y.T * (exact_weights * u)) @ exact_Y
            if np.abs(error).max() > 1e-12:
                raise CaseError(
                    f"angles: this set does not integrate degree {2 * degree + 1}, which scattering with moments up to "
                    f"l = {degree} needs; use more ordinates (product: polar ≥ {degree + 1}, azimuthal ≥ "
                    f"{2 * degree + 2}; double-gauss: polar ≥ {degree + 1} per half; graded: polar ≥ "
                    f"{2 * degree + 1} per half; lebedev: order ≥ {2 * degree + 1})"
                )


def product(polar, azimuthal, axis="z"):
    """Gauss-Legendre in the polar cosine (`polar` points in all) times uniform azimuths about `axis`."""
    return _about_axis(*np.polynomial.legendre.leggauss(polar), azimuthal, axis)


def double_gauss(polar, azimuthal, axis):
    """Gauss-Legendre on each half of the polar cosine (`polar` points per half) times uniform azimuths about `axis`."""
    x, w = np.polynomial.legendre.leggauss(polar)
    x = 0.5 * (1 + x)
    return _about_axis(np.r_[-x[::-1], x], np.r_[w[::-1], w] / 2, azimuthal, axis)


def graded(polar, azimuthal, axis):
    """Gauss-Legendre in t on each half, |polar cosine| = 1 - t² (`polar` points per half), times uniform azimuths.

    The levels crowd around the poles, where a carrier flies far along a thin wire without meeting its surface.
    """
    t, w = np.polynomial.legendre.leggauss(polar)
    t, w = 0.5 * (1 + t), w * 0.5 * (1 + t)
    return _about_axis(np.r_[t**2 - 1, (1 - t**2)[::-1]], np.r_[w, w[::-1]], azimuthal, axis)


def lebedev(order):
    """Lebedev set of a given order (degree of exactness).

    Raises
    ------
    CaseError
        If there is no such set or it has negative weights (orders 13, 25, 27).
    """
    from scipy.integrate import lebedev_rule  # slow to load

    try:
        directions, weights = lebedev_rule(order)
    except NotImplementedError:
        raise CaseError(
            f"angles.order = {order}: there is no Lebedev set of this order; try 11, 17, 23 or 29"
        ) from None
    if weights.min() <= 0:
        raise CaseError(f"angles.order = {order}: this Lebedev set has negative weights; try 11, 17, 23 or 29")
    return Ordinates(np.round(directions.T, 15) + 0.0, weights / weights.sum())


def _about_axis(cosine, weights, azimuthal, axis):
    phi = 2 * np.pi * (np.arange(azimuthal) + 0.5) / azimuthal
    # Rounding makes the components of an ordinate in a coordinate plane exactly zero.
    quarter = np.round(np.c_[np.cos(phi), np.sin(phi)], 15) + 0.0
    sine = np.sqrt((1 - cosine) * (1 + cosine))
    first, second = (np.outer(sine, quarter[:, k]) for k in range(2))
    along = np.repeat(cosine[:, None], azimuthal, 1)
    components = {"x": (along, first, second), "y": (second, along, first), "z": (first, second, along)}[axis]
    directions = np.stack(components, -1).reshape(-1, 3)
    return Ordinates(directions, np.repeat(weights / weights.sum() / azimuthal, azimuthal))


@dataclass(frozen=True)
class Octants:
    """The ordinates grouped for the sweeps: one block holds ordinates with the same signs along the gridded axes.

    A block has `width` slots. Short blocks are filled up with their last ordinate again, at weight zero: a repeated
    slot holds the values of a real ordinate, counts nothing, and needs no exception anywhere. An ordinate with a zero
    component is swept upwards along that axis, so that octants differ in their number of ordinates and of blocks.

    Attributes
    ----------
    ordinates : Ordinates
    axes : tuple of int
        The gridded axes, fastest first.
    index : numpy.ndarray of int, shape (blocks, width)
        Ordinate of each slot.
    repeated : numpy.ndarray of bool, shape (blocks, width)
        Whether the slot repeats the ordinate of another one.
    down : numpy.ndarray of bool, shape (blocks, len(axes))
        Whether the block is swept towards smaller coordinates; read as a binary number, axis 0 the lowest bit, the rows
        ascend.
    """

    ordinates: Ordinates
    axes: tuple
    index: np.ndarray
    repeated: np.ndarray
    down: np.ndarray

    @property
    def blocks(self):
        return self.index.shape[0]

    @property
    def width(self):
        return self.index.shape[1]

    def face_order(self, axis):
        """Corners of a face normal to gridded axis number `axis` as each block counts them, from upwind.

        Shape (blocks, corners of the face); every row is its own inverse.
        """
        transverse = [a for a in range(len(self.axes)) if a != axis]
        reversed_ = (self.down[:, transverse] * 2 ** np.arange(len(transverse))).sum(1)
        return np.arange(2 ** len(transverse)) ^ reversed_[:, None]

    @cached_property
    def cosines(self):
        """|p̂·axis| of every slot, shape (blocks, len(axes), width)."""
        values = np.abs(self.ordinates.directions[self.index][..., list(self.axes)])
        return np.ascontiguousarray(np.moveaxis(values, -1, 1))

    @cached_property
    def weights(self):
        """Weight of every slot, shape (blocks, width); 0 where an ordinate is repeated."""
        return np.where(self.repeated, 0.0, self.ordinates.weights[self.index])

    def moments(self, degree):
        """Harmonics of every slot, shape (blocks, width, (degree+1)²)."""
        return harmonics(self.ordinates.directions, degree)[self.index]


def octants(ordinates, axes, widest=32):
    """Group ordinates into sweep blocks of at most `widest` slots.

    Parameters
    ----------
    ordinates : Ordinates
    axes : tuple of int
        Gridded axes, fastest first.
    widest : int
        Largest block.

    Returns
    -------
    Octants
    """
    down = ordinates.directions[:, list(axes)] < 0
    groups = []
    for code in range(2 ** len(axes)):
        signs = np.array([bool(code >> k & 1) for k in range(len(axes))])
        groups.append((np.flatnonzero((down == signs).all(1)), signs))
    largest = max(len(members) for members, _ in groups)
    parts = -(-largest // widest)
    if len(axes) == 1 and largest > 8:
        parts += parts % 2  # both directions are swept after one another, each by an even number of threads
    multiple = 4 if largest <= 4 else 8
    width = -(-largest // parts // multiple) * multiple
    index, repeated, signs = [], [], []
    for members, sign in groups:
        for start in range(0, len(members), width):
            block = members[start : start + width]
            index.append(np.pad(block, (0, width - len(block)), "edge"))
            repeated.append(np.arange(width) >= len(block))
            signs.append(sign)
    return Octants(ordinates, tuple(axes), np.array(index), np.array(repeated), np.array(signs))
