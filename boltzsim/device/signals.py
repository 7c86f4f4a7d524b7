"""Observed signals of a transient run: linear functionals of the density, charge and the three spins side by side."""

from typing import Any

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.transport.grid import Grid


class Signals:
    """The `[[observe]]` entries of a case as weights on the corner densities.

    Parameters
    ----------
    case : Case
    grid : Grid
        Its discrete grid.
    """

    def __init__(self, case: Case, grid: Grid) -> None:
        share = grid.corner_volume[:, None] / (grid.corner_volume.sum() * grid.corners)
        self.weights = {entry.name: share * _weights(case, grid, entry, share) for entry in case.observed}

    def __call__(self, phi: np.ndarray) -> dict[str, np.ndarray]:
        """Values by name, arrays (4,) in V, of moments (cells, corners, moments, 4)."""
        return {name: np.einsum("lc,lcu->u", w, phi[:, :, 0]) for name, w in self.weights.items()}


def wave(case: Case, grid: Grid, entry: Any) -> np.ndarray:
    """cos(2π periods r/length + phase) at the corners, (cells, corners)."""
    along = grid.corner_points()[grid.axes.index(AXES.index(entry.axis))]
    return np.cos(2 * np.pi * entry.periods * along / case.grid.length(entry.axis) + entry.phase)


def _weights(case: Case, grid: Grid, entry: Any, share: np.ndarray) -> np.ndarray:
    """Weights of the density whose mean over the metal is the signal; `share` is that of every corner in the metal."""
    if entry.kind == "fourier":
        return (2.0 if entry.periods else 1.0) * wave(case, grid, entry)
    inside = np.zeros(case.grid.shape)
    inside[tuple(slice(*case.grid.cell_range(a, getattr(entry.box, a))) for a in reversed(AXES))] = 1.0
    inside = inside.reshape(-1, 1)[grid.place]
    if not inside.any():
        raise case.error(f"observe: the box of '{entry.name}' holds no metal; move it to where the device is")
    return np.repeat(inside, grid.corners, 1) / (share * inside).sum() / grid.corners
