"""Contacts around a panel: a coloured bar on the face, the name, and the magnetisation of a ferromagnet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.transforms import Affine2D, ScaledTranslation

from boltzsim.case.cells import NO_METAL, contact_edge
from boltzsim.plotting.plane import Place, Plane, covered, extent, is_whole, span
from boltzsim.plotting.style import PALETTE, text_width
from boltzsim.result import Result

SIDES = ("left", "right", "bottom", "top")
BAR, GAP, LINE, UPRIGHT_LINE, ARROW = 4.5, 2.5, 10.5, 14.0, 13.0  # points


@dataclass(frozen=True)
class Mark:
    """A contact on one side of a panel: its ends as shares of the side, and its magnetisation as the reader sees it.

    `depth` is the share of the panel at which its face lies across the side, 0 or 1 at an end of the box.
    """

    name: str
    colour: str
    side: str
    stretch: tuple[float, float]
    magnetisation: tuple[float, float, float] | None
    depth: float


def marks_in_plane(plane: Plane) -> list[Mark]:
    """Contacts that the plane meets, on the sides where it meets them."""
    marks = []
    for contact, colour in coloured(plane.result):
        if contact.normal == plane.normal:
            continue
        if plane.place.meets(covered(plane.result, contact, plane.normal)):
            ends = ("left", "right") if contact.normal == plane.across else ("bottom", "top")
            along = plane.up if contact.normal == plane.across else plane.across
            magnetisation = plane.in_plane(contact.direction) if contact.is_magnetic else None
            stretch, depth = _shares(plane.result, contact, along), _depth(plane.result, contact)
            marks.append(Mark(contact.name, colour, ends[contact.is_upper], stretch, magnetisation, depth))
    return marks


def marks_on_line(result: Result, axis: str) -> list[Mark]:
    """Contacts at the two ends of a one-dimensional device; magnetisation along `axis` points right, x or z up."""
    up = "x" if axis == "z" else "z"
    normal = next(other for other in "xyz" if other not in (axis, up))
    plane = Plane(result, axis, up, Place.middle(result, normal))
    return [
        Mark(contact.name, colour, "right" if contact.is_upper else "left", (0.0, 1.0),
             plane.in_plane(contact.direction) if contact.is_magnetic else None, _depth(result, contact))
        for contact, colour in coloured(result) if contact.normal == axis
    ]  # fmt: skip


def coloured(result: Result):
    """Pairs (contact, colour) in the order of the case."""
    return [(contact, PALETTE[i % len(PALETTE)]) for i, contact in enumerate(result.case.contact)]


def draw_contacts(axes: Axes, marks: list[Mark], inches: tuple[float, float], names: bool) -> dict[str, float]:
    """Bars outside the panel, with names and magnetisation arrows if wanted; axis lines and title give way to them.

    Returns the room taken on each side in points.
    """
    room = dict.fromkeys(SIDES, 0.0)
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for mark in marks:
        _bar(axes, mark)
        room[mark.side] = max(room[mark.side], BAR + GAP)
        if names:
            level = _name(axes, mark, 72 * inches[mark.side in ("left", "right")], taken)
            room[mark.side] = max(room[mark.side], BAR + GAP + (level + 1) * _line(mark.side))
    for side in ("left", "bottom"):
        if room[side]:
            axes.spines[side].set_position(("outward", room[side]))
    axes.set_title(axes.get_title(loc="left"), pad=room["top"] + 4)
    return room


def draw_footprints(axes: Axes, plane: Plane) -> None:
    """Dashed outlines of the contacts on parts of the faces parallel to the plane."""
    for contact, colour in coloured(plane.result):
        if contact.normal == plane.normal and not all(
            is_whole(plane.result, contact, axis) for axis in (plane.across, plane.up)
        ):
            (left, right), (low, high) = (_shares(plane.result, contact, axis) for axis in (plane.across, plane.up))
            style = {"fill": False, "edgecolor": colour, "linestyle": (0, (3, 2)), "clip_on": False}
            axes.add_patch(Rectangle((left, low), right - left, high - low, transform=axes.transAxes, **style))


def draw_bars(axes: Axes, plane: Plane) -> None:
    """Bars of the contacts alone, for small panels."""
    for mark in marks_in_plane(plane):
        _bar(axes, mark)


def draw_materials(axes: Axes, plane: Plane, factor: float) -> None:
    """Lines along the faces between cells of different materials; `factor` turns metres into the panel's unit."""
    index = plane.cells(plane.result.case.material_index())
    across, up = (factor * plane.result.edges[axis] for axis in (plane.across, plane.up))
    style: dict[str, Any] = {"color": "black", "linewidth": 0.6, "zorder": 2.5}
    row, column = np.nonzero(np.diff(index, axis=1))
    axes.vlines(across[column + 1], up[row], up[row + 1], **style)
    row, column = np.nonzero(np.diff(index, axis=0))
    axes.hlines(up[row + 1], across[column], across[column + 1], **style)


def draw_interfaces(axes: Axes, plane: Plane, factor: float) -> None:
    """Dotted lines along the faces of interfaces; `factor` turns metres into the panel's unit."""
    edges = plane.result.edges
    shape = [len(edges[axis]) - 1 for axis in "zyx"]
    across, up = (factor * edges[axis] for axis in (plane.across, plane.up))
    style: dict[str, Any] = {"color": "black", "linewidth": 1.8, "linestyle": ":", "zorder": 2.6}
    for faces in plane.result.case.interfaces:
        lower = np.zeros(shape, bool)
        lower.reshape(-1)[faces.lower] = True
        row, column = np.nonzero(plane.cells(lower))
        if faces.axis == plane.across:
            axes.vlines(across[column + 1], up[row], up[row + 1], **style)
        elif faces.axis == plane.up:
            axes.hlines(up[row + 1], across[column], across[column + 1], **style)


def draw_walls(axes: Axes, plane: Plane) -> None:
    """Outline of the metal at the ends of the box: walls solid, periodic faces dashed, symmetry planes dash-dotted."""
    walls, metal = plane.result.case.walls, plane.cells(plane.result.case.material_index()) != NO_METAL
    for side in SIDES:
        upright, last = side in ("left", "right"), side in ("right", "top")
        axis, along = (plane.across, plane.up) if upright else (plane.up, plane.across)
        face = f"{axis}_{'max' if last else 'min'}"
        dash = "--" if axis in walls.periodic else "-." if face in walls.symmetry else "-"
        edges = plane.result.edges[along]
        shares = (edges - edges[0]) / (edges[-1] - edges[0])
        row = metal.take(-1 if last else 0, 1 if upright else 0)
        for first, end in np.flatnonzero(np.diff(np.pad(row.astype(int), 1))).reshape(-1, 2):
            points = zip(_point(side, shares[first]), _point(side, shares[end]), strict=True)
            axes.plot(*points, dash, color="black", linewidth=0.7, transform=axes.transAxes, clip_on=False, zorder=3)
        axes.spines[side].set_visible(side in ("left", "bottom"))


def _shares(result, contact, axis) -> tuple[float, float]:
    start, whole = result.edges[axis][0], extent(result, axis)
    first, last = span(result, contact, axis)
    return (first - start) / whole, (last - start) / whole


def _depth(result, contact) -> float:
    edges = result.edges[contact.normal]
    return float((edges[contact_edge(result.case, contact)] - edges[0]) / (edges[-1] - edges[0]))


def _bar(axes, mark):
    """A bar of `BAR` points along the outside of the face."""
    ends = [(mark.depth, share) if mark.side in ("left", "right") else (share, mark.depth) for share in mark.stretch]
    across, up = BAR / 144 * _outward(mark.side)
    shift = ScaledTranslation(across, up, axes.figure.dpi_scale_trans)
    axes.plot(
        *zip(*ends, strict=True), color=mark.colour, linewidth=BAR, solid_capstyle="butt", clip_on=False,
        transform=axes.transAxes + shift,
    )  # fmt: skip


def _name(axes, mark, side_length, taken) -> int:
    """Name and magnetisation in the first row, counted outward, where they overlap no other; returns the row."""
    upright = mark.side in ("bottom", "top")
    text = text_width(mark.name)
    length = text + (ARROW if mark.magnetisation else 0)
    centre = sum(mark.stretch) / 2 * side_length
    here = (centre - length / 2 - 4, centre + length / 2 + 4)
    level = 0
    while any(here[0] < high and low < here[1] for low, high in taken.get((mark.side, level), [])):
        level += 1
    taken.setdefault((mark.side, level), []).append(here)

    across, high = _point(mark.side, sum(mark.stretch) / 2)
    anchor = ScaledTranslation(across, high, axes.transAxes)
    points = Affine2D().scale(1 / 72) + axes.figure.dpi_scale_trans + anchor
    away = (BAR + GAP + (level + 0.5) * _line(mark.side)) * _outward(mark.side)
    along = np.array([1.0, 0.0]) if upright else np.array([0.0, 1.0])
    place = away - along * (length - text) / 2
    axes.text(
        *place, mark.name, color=mark.colour, ha="center", va="center_baseline" if upright else "center",
        rotation=0 if upright else 90, rotation_mode="default", transform=points, parse_math=False, clip_on=False,
    )  # fmt: skip
    if mark.magnetisation:
        _arrow(axes, away + along * (length - ARROW + 4) / 2, mark, points)
    return level


def _arrow(axes, centre, mark, frame):
    """Magnetisation: an arrow, or a dot (towards the reader) or cross (away) in a circle."""
    *flat, towards = mark.magnetisation
    style = {"color": mark.colour, "transform": frame, "clip_on": False}
    if math.hypot(*flat) >= 0.3:
        half = 5 * np.array(flat) / math.hypot(*flat)
        axes.add_patch(FancyArrowPatch(centre - half, centre + half, arrowstyle="-|>", mutation_scale=6, shrinkA=0,
                                       shrinkB=0, linewidth=1.1, **style))  # fmt: skip
        return
    axes.add_patch(Circle(centre, 3.6, fill=False, linewidth=0.9, **style))
    if towards > 0:
        axes.add_patch(Circle(centre, 0.9, **style))
    else:
        stroke = np.array([-2.4, 2.4])
        for slope in (-1, 1):
            axes.plot(centre[0] + stroke, centre[1] + slope * stroke, linewidth=0.9, **style)


def _line(side):
    """Height of a row of names, with room for an arrow across it at the sides."""
    return LINE if side in ("bottom", "top") else UPRIGHT_LINE


def _point(side, share):
    """Position of a share of a side, in shares of the panel."""
    return {"left": (0, share), "right": (1, share), "bottom": (share, 0), "top": (share, 1)}[side]


def _outward(side):
    return np.array({"left": (-1.0, 0.0), "right": (1.0, 0.0), "bottom": (0.0, -1.0), "top": (0.0, 1.0)}[side])
