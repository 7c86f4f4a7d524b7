"""Polygons in a plane: whether they are simple, their area and perimeter, and which points they hold.

A polygon is its corners, an array (corners, 2) in m, closed from the last to the first.
"""

from collections.abc import Sequence

import numpy as np

_ROUNDING = 1e-12  # of the squared size of a polygon: twice the area of a triangle below it is none


def fault(corners: Sequence[Sequence[float]]) -> str | None:
    """The reason why a polygon is not simple, in words, or None: equal corners, or edges that touch or cross."""
    points = np.array(corners, float)
    ends, count = np.roll(points, -1, axis=0), len(points)
    least = _ROUNDING * np.ptp(points, axis=0).max() ** 2
    for i in range(count):
        if np.array_equal(points[i], ends[i]):
            return f"its corners {i} and {(i + 1) % count} are the same point"
        later = np.arange(i + 1, count)
        neighbours = np.isin(later, ((i + 1) % count, (i - 1) % count))
        meet = _meet(points[i], ends[i], points[later], ends[later], least) & ~neighbours
        if meet.any():
            j = later[np.argmax(meet)]
            return f"its edges from corners {i} and {j} meet"
        onward = ends[(i + 1) % count] - ends[i]
        along = ends[i] - points[i]
        if abs(_cross(along, onward)) <= least and along @ onward < 0:
            return f"it turns back on itself at corner {(i + 1) % count}"
    return None if abs(signed_area(points)) > least else "it encloses no area"


def signed_area(corners: Sequence[Sequence[float]] | np.ndarray) -> float:
    """Area in m², positive where the corners run from the first axis of the plane towards the second."""
    across, up = np.array(corners, float).T
    return float(across @ np.roll(up, -1) - up @ np.roll(across, -1)) / 2


def perimeter(corners: Sequence[Sequence[float]] | np.ndarray) -> float:
    """Length of the closed line in m."""
    points = np.array(corners, float)
    return float(np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1).sum())


def inside(corners: Sequence[Sequence[float]] | np.ndarray, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Whether the points of a mesh lie inside a polygon, by the parity of the edges that a ray to the right crosses.

    Parameters
    ----------
    corners : array_like, shape (corners, 2)
    across : numpy.ndarray, shape (n,)
        First coordinates of the mesh.
    up : numpy.ndarray, shape (m,)
        Second coordinates of the mesh.

    Returns
    -------
    numpy.ndarray of bool, shape (m, n)
        A point on a left or lower edge counts as inside, on a right or upper one as outside, so that polygons that
        share an edge share no point.
    """
    points = np.array(corners, float)
    found = np.zeros((len(up), len(across)), bool)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        rows = np.flatnonzero((y0 <= up) != (y1 <= up))
        crossing = x0 + (up[rows] - y0) * ((x1 - x0) / (y1 - y0)) if len(rows) else up[rows]
        found[rows] ^= across[None, :] < crossing[:, None]
    return found


def _meet(a, b, c, d, least):  # type: ignore[no-untyped-def]
    """Whether the segment from a to b shares a point with the segments from c to d."""
    one, other = _cross(b - a, c - a), _cross(b - a, d - a)
    three, four = _cross(d - c, a - c), _cross(d - c, b - c)
    one, other, three, four = (np.where(np.abs(v) <= least, 0.0, v) for v in (one, other, three, four))
    apart = (np.maximum(a, b) < np.minimum(c, d)).any(-1) | (np.maximum(c, d) < np.minimum(a, b)).any(-1)
    return (one * other <= 0) & (three * four <= 0) & ~apart


def _cross(one, other):  # type: ignore[no-untyped-def]
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
