"""The device of a case before it is solved: metals, voids, contacts, interfaces, magnetisations and the grid."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.transforms import Affine2D, ScaledTranslation

from boltzsim.axes import AXES
from boltzsim.case.cells import NO_METAL, contact_faces
from boltzsim.case.description import Description
from boltzsim.plotting.sheet import Sheet, write
from boltzsim.plotting.style import NARROW, PALETTE, STYLE, WIDTHS, length_scale

#: Fills of metals in the order of the case, pale beside the colours of contacts; voids stay white.
FILLS = ("#f3d3a4", "#b8c9dd", "#c9dcb5", "#dcc3d9", "#d9d2c3", "#a9cfcb")
#: Height over width beyond which a panel gives up equal scales.
FLATTEST, TALLEST = 0.12, 1.6
#: Largest height of a section below a plan, over the width of the panel.
LOW = 0.35
#: Height over width of a device that is gridded along one axis only.
STRIP = 0.15
#: Most lines of the grid along one axis; of finer grids only every second, third, … line is drawn.
LINES = 40
TRUE_WIDTH = 0.62  # share of the figure's width that one panel takes, the rest being for labels


@dataclass(frozen=True)
class Section:
    """A layer of cells across `normal`, with `across` to the right and `up` upwards; lengths in the figure's unit."""

    case: Description
    normal: str
    index: int
    across: str
    up: str
    factor: float

    def edges(self, axis: str) -> np.ndarray:
        """Cell edges; a uniform axis is one cell."""
        return self.factor * self.case.grid.edges(axis)

    def cut(self, values: np.ndarray) -> np.ndarray:
        """The layer of an array over the cells, (z, y, x), as (up, across)."""
        layer = values.take(self.index, 2 - AXES.index(self.normal))
        return layer if AXES.index(self.up) > AXES.index(self.across) else layer.T

    def faces(self, axis: str, cells: np.ndarray, upper: bool) -> np.ndarray:
        """Segments ((a, b), (c, d)) of faces at one side of cells that the layer meets, (faces, 2, 2)."""
        places = dict(zip(reversed(AXES), np.unravel_index(cells, self.case.grid.shape), strict=True))
        met = places[self.normal] == self.index
        ends = []
        for end in (0, 1):
            steps = [(int(upper) if a == axis else end) for a in (self.across, self.up)]
            ends.append([self.edges(a)[places[a][met] + s] for a, s in zip((self.across, self.up), steps, strict=True)])
        return np.moveaxis(np.array(ends), -1, 0)

    @property
    def shape(self) -> float:
        """Height over width; a device of one axis is drawn as a flat strip."""
        if len(self.case.grid.axes) == 1:
            return STRIP
        return float(np.ptp(self.edges(self.up)) / np.ptp(self.edges(self.across)))


def draw(case: Description, out: str | os.PathLike, width: str = "double") -> None:
    """Draw the device of a case to `out`, whose suffix says the kind of figure.

    Raises
    ------
    StoreError
        `out` cannot be written or has another suffix than .pdf, .png or .svg.
    """
    write(device_figure(case, width), out)


def device_figure(case: Description, width: str = "double") -> Sheet:
    """The figure of a device: one panel in one or two dimensions, a plan and two sections in three."""
    with matplotlib.rc_context(STYLE | (NARROW if width == "single" else {})):
        scale = length_scale([case.grid.length(axis) for axis in case.grid.axes])
        sections = list(_sections(case, scale[0]))
        inches = WIDTHS[width]
        highest = [TALLEST, *[LOW] * (len(sections) - 1)]
        shapes = [float(np.clip(s.shape, FLATTEST, most)) for s, most in zip(sections, highest, strict=True)]
        heights = [shape * TRUE_WIDTH * inches for shape in shapes]
        handles, columns = _legend(case), 3 if width == "double" else 2
        size = (inches, sum(heights) + 0.75 * len(sections) + 0.4 + 0.2 * -(-len(handles) // columns))
        figure = Sheet(figsize=size, layout="constrained")
        panels = figure.subplots(len(sections), squeeze=False, height_ratios=heights)[:, 0]
        for section, axes in zip(sections, panels, strict=True):
            _panel(axes, section, scale[1])
        figure.suptitle(case.title, fontsize=9, parse_math=False)
        figure.legend(handles=handles, loc="outside lower center", ncols=columns)
    return figure


def _sections(case: Description, factor: float) -> Iterator[Section]:
    """The plan of a device, and in three dimensions its sections, each where it meets most contacts."""
    gridded = case.grid.axes
    normals = {1: "zyx", 2: "zyx"}.get(len(gridded))
    if normals is None:
        planes = [(normal, _best(case, normal)) for normal in "zyx"]
    else:
        drawn = gridded if len(gridded) == 2 else (gridded[0], "y" if gridded[0] != "y" else "z")
        planes = [(next(axis for axis in AXES if axis not in drawn), 0)]
    for normal, index in planes:
        across, up = (axis for axis in AXES if axis != normal)
        if len(gridded) == 1 and across not in gridded:
            across, up = up, across
        yield Section(case, normal, index, across, up, factor)


def _best(case: Description, normal: str) -> int:
    """The layer across an axis that meets most contacts and metals, among equals the one nearest to the middle."""
    count, along = case.grid.cells(normal), 2 - AXES.index(normal)
    index = case.material_index()
    score = np.array([len(np.unique(layer)) for layer in np.moveaxis(index, along, 0)], float)
    for contact in case.contact:
        if contact.normal != normal:
            layers = np.unravel_index(contact_faces(case, contact).cells, case.grid.shape)[along]
            score[np.unique(layers)] += 10
    best = np.flatnonzero(score == score.max())
    return int(best[np.argmin(np.abs(best - (count - 1) / 2))])


def _panel(axes: Axes, section: Section, unit: str) -> None:
    case = section.case
    across, up = section.edges(section.across), section.edges(section.up)
    metals = ListedColormap([FILLS[i % len(FILLS)] for i in range(len(case.material))])
    index = section.cut(case.material_index())
    filled, empty = np.ma.masked_equal(index, NO_METAL), np.ma.masked_not_equal(index, NO_METAL)
    axes.pcolormesh(across, up, filled, cmap=metals, vmin=-0.5, vmax=len(case.material) - 0.5, rasterized=True)
    axes.vlines(_thinned(across), up[0], up[-1], color="black", linewidth=0.2, alpha=0.35)
    axes.hlines(_thinned(up), across[0], across[-1], color="black", linewidth=0.2, alpha=0.35)
    axes.pcolormesh(across, up, empty, cmap=ListedColormap(["white"]), zorder=2, rasterized=True)  # covers the grid
    _outline(axes, section)
    for faces in case.interfaces:
        if faces.axis != section.normal:
            _segments(axes, section.faces(faces.axis, faces.lower, True), color="black", linewidth=1.8, linestyle=":")
    for number, contact in enumerate(case.contact):
        _contact(axes, section, contact, PALETTE[number % len(PALETTE)])
    flat = len(case.grid.axes) == 1
    equal = FLATTEST <= section.shape <= TALLEST and not flat
    axes.set_aspect("equal" if equal else "auto")
    place = section.case.grid.edges(section.normal)[section.index : section.index + 2].mean() * section.factor
    where = (
        f"{section.normal} = {place:.4g} {unit}"
        if section.normal in case.grid.axes
        else f"uniform along {section.normal}"
    )
    axes.set_title(where + ("" if equal or flat else ", height and width on different scales"))
    axes.set(xlabel=f"{section.across} ({unit})", ylabel=f"{section.up} ({unit})")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_position(("outward", 5))
    if flat:
        axes.set(ylabel="", yticks=[])
        axes.spines["left"].set_visible(False)


def _contact(axes: Axes, section: Section, contact, colour: str) -> None:
    """Faces of a contact in the layer as a thick line, or its cells dashed where it lies parallel to the layer."""
    axis, upper, cells = contact_faces(section.case, contact)
    if axis == section.normal:
        mask = np.zeros(section.case.grid.shape, bool)
        mask.reshape(-1)[cells] = True
        seen = np.max(mask, axis=2 - AXES.index(axis))
        seen = seen if AXES.index(section.up) > AXES.index(section.across) else seen.T
        if np.array_equal(seen, section.cut(section.case.material_index()) != NO_METAL):
            return  # the whole layer lies before it
        _edges(axes, section, seen, color=colour, linewidth=1.2, linestyle="--")
        if contact.is_magnetic:
            row, column = np.nonzero(seen)
            ends = [section.edges(a)[[k.min(), k.max() + 1]] for a, k in ((section.across, column), (section.up, row))]
            _magnetisation(axes, section, contact, np.mean(ends, 1), colour)
        return
    lines = section.faces(axis, cells, upper)
    _segments(axes, lines, color=colour, linewidth=4, zorder=4)
    if len(lines) and contact.is_magnetic:
        _magnetisation(axes, section, contact, lines.reshape(-1, 2).mean(0), colour)


def _magnetisation(axes: Axes, section: Section, contact, centre: np.ndarray, colour: str) -> None:
    """An arrow along the magnetisation, or a dot (towards the reader) or cross (away) where it is across the layer."""
    vector = dict(zip(AXES, contact.direction, strict=True))
    flat = np.array([vector[section.across], vector[section.up]])
    if np.hypot(*flat) >= 0.3:
        inward = (-8.0 if contact.is_upper else 8.0) * np.array(
            [contact.normal == section.across, contact.normal == section.up], float
        )
        points = ScaledTranslation(float(centre[0]), float(centre[1]), axes.transData)  # type: ignore[arg-type]
        frame = Affine2D().scale(1 / 72) + axes.figure.dpi_scale_trans + points
        style: dict[str, Any] = {
            "arrowstyle": "-|>",
            "mutation_scale": 7,
            "shrinkA": 0,
            "shrinkB": 0,
            "linewidth": 1.3,
            "zorder": 5,
        }
        style |= {"color": colour, "transform": frame, "clip_on": False}
        axes.add_patch(FancyArrowPatch(inward - 7 * flat, inward + 7 * flat, **style))
        return
    right_handed = "xyz".index(section.up) == ("xyz".index(section.across) + 1) % 3
    towards = vector[section.normal] * (1 if right_handed else -1) > 0
    axes.plot(*centre, "o", mfc="white", mec=colour, ms=7, zorder=5, clip_on=False)
    axes.plot(*centre, "o" if towards else "x", color=colour, ms=2 if towards else 4.5, zorder=6, clip_on=False)


def _outline(axes: Axes, section: Section) -> None:
    """Lines around every metal and the walls of the device."""
    index = section.cut(section.case.material_index())
    for metal in range(len(section.case.material)):
        _edges(axes, section, np.isin(index, metal), color="black", linewidth=0.8)


def _edges(axes: Axes, section: Section, mask: np.ndarray, **style) -> None:
    """The outline of the cells of a mask (up, across)."""
    padded = np.pad(mask, 1).astype(int)
    across, up = section.edges(section.across), section.edges(section.up)
    row, column = np.nonzero(np.diff(padded, axis=1)[1:-1])
    lines = [((across[c], up[r]), (across[c], up[r + 1])) for r, c in zip(row, column, strict=True)]
    row, column = np.nonzero(np.diff(padded, axis=0)[:, 1:-1])
    lines += [((across[c], up[r]), (across[c + 1], up[r])) for r, c in zip(row, column, strict=True)]
    _segments(axes, np.array(lines), **style)


def _segments(axes: Axes, lines: np.ndarray, **style) -> None:
    if len(lines):
        axes.add_collection(LineCollection(list(lines), **style))


def _thinned(edges: np.ndarray) -> np.ndarray:
    """Cell edges, at most `LINES` of them."""
    return edges[:: -(-len(edges) // LINES)]


def _legend(case: Description) -> list[Patch | Line2D]:
    index = case.material_index()
    handles: list[Patch | Line2D] = [
        Patch(facecolor=FILLS[i % len(FILLS)], edgecolor="black", linewidth=0.5, label=_plain(name))
        for i, name in enumerate(case.material)
        if (index == i).any()
    ]
    if (index == NO_METAL).any():
        handles.append(Patch(facecolor="white", edgecolor="black", linewidth=0.5, label="void"))
    if case.interfaces:
        handles.append(Line2D([], [], color="black", linewidth=1.8, linestyle=":", label="interface"))
    for number, contact in enumerate(case.contact):
        handles.append(Line2D([], [], color=PALETTE[number % len(PALETTE)], linewidth=4, label=_plain(contact.name)))
    return handles


def _plain(name: str) -> str:
    """A name in which dollar signs stand for themselves."""
    return name.replace("$", r"\$")
