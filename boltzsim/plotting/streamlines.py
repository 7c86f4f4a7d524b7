"""Streamlines of the charge current."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from boltzsim.plotting.contacts import Mark, marks_in_plane
from boltzsim.plotting.plane import Plane

#: Number of lines from the feeding contacts of a two-dimensional device, each of which stands for the same current. On
#: a short contact they are at least `SPACING` points apart.
LINES, SPACING = 12, 4
#: Lines per inch in other planes, and how many of them flat ones have where there is room.
DENSITY, FEW = 6.5, 5
#: Current densities below this share of the device's typical one are not drawn.
STAGNANT = 1e-3


def draw_streamlines(axes: Axes, plane: Plane, factor: float, inches: tuple[float, float]) -> None:
    """Draw lines of the charge current in the plane; `factor` turns metres into the panel's unit.

    In a two-dimensional device they start at equal shares of the current that the contacts feed in; in slices of a
    three-dimensional one, where lines leave the plane, and without feeding contacts, they are spread evenly.
    """
    axis_pair = (plane.across, plane.up)
    edges = [plane.result.edges[axis] for axis in axis_pair]
    mesh = [np.linspace(ends[0], ends[-1], len(ends)) for ends in edges]
    flow = [_on_mesh(plane, plane.values("charge_current", axis), *mesh) for axis in axis_pair]
    typical = np.nanquantile(np.linalg.norm(plane.result.fields["charge_current"], axis=-1), 0.9)
    if typical == 0:
        return
    seeds = _seeds(plane, mesh, flow, inches) if len(plane.result.edges[plane.normal]) == 2 else np.empty((0, 2))
    how: dict[str, Any]
    if len(seeds):
        how = {"start_points": factor * seeds, "broken_streamlines": False, "maxlength": 50}
    else:
        room = np.array(inches)
        how = {"density": tuple(np.maximum(DENSITY * room, np.clip(72 * room / SPACING, 2, FEW)) / 30)}
    quiet = np.hypot(*flow) < STAGNANT * typical
    across, up = (factor * positions for positions in mesh)
    rightward, upward = (np.ma.array(component, mask=quiet) for component in flow)
    axes.streamplot(across, up, rightward, upward, color="#222222", linewidth=0.6, arrowsize=0.6, **how)


def _on_mesh(plane, values, across, up):
    """Cell values (up, across), linear on a mesh that reaches the faces, constant in the outer half cells.

    Where there is no metal nothing flows.
    """
    values = np.nan_to_num(values)
    rows = np.array([np.interp(across, plane.result.centres(plane.across), row) for row in values])
    return np.array([np.interp(up, plane.result.centres(plane.up), column) for column in rows.T]).T


def _seeds(plane, mesh, flow, inches) -> np.ndarray:
    """Points (n, 2) just inside the contacts that feed current in, at equal shares of it."""
    terminals = plane.result.terminals
    current = dict(zip(terminals.name, terminals.current, strict=True))
    fed = sum(value for value in current.values() if value > 0)
    seeds: list[tuple[float, float]] = []
    for mark in marks_in_plane(plane):
        if current[mark.name] > 0:
            points = 72 * inches[mark.side in ("left", "right")] * (mark.stretch[1] - mark.stretch[0])
            count = min(round(LINES * current[mark.name] / fed), max(1, round(points / SPACING)))
            seeds += _along(mark, count, mesh, flow)
    return np.array(seeds)


def _along(mark: Mark, count: int, mesh, flow) -> list[tuple[float, float]]:
    """`count` points along a contact at equal shares of the current through its face."""
    upright = mark.side in ("left", "right")
    along, normal = mesh[::-1] if upright else mesh
    face, inward = round(mark.depth * (len(normal) - 1)), 1 if mark.side in ("left", "bottom") else -1
    through = (flow[0].T if upright else flow[1])[face]
    places = along[0] + np.linspace(*mark.stretch, 201) * (along[-1] - along[0])
    total = np.cumsum(np.abs(np.interp(places, along, through)))
    chosen = np.interp((np.arange(count) + 0.5) / max(count, 1) * total[-1], total, places)
    depth = normal[face] + 0.3 * inward * (normal[1] - normal[0])
    return [(depth, place) if upright else (place, depth) for place in chosen]
