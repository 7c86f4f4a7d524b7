"""The frames of a transient run: a map of space and time in one dimension, snapshots of a plane in more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, Normalize, SymLogNorm
from matplotlib.ticker import MaxNLocator

from boltzsim.plotting.contacts import draw_bars, draw_footprints, draw_interfaces, draw_materials
from boltzsim.plotting.maps import CHARGE_COLOURS, SPIN_COLOURS, STEPS, bar_label, centred_norm, label_decades
from boltzsim.plotting.plane import ARRAY_AXIS, Place, Plane, extent, resolved_axes
from boltzsim.plotting.style import length_scale, prefixed, present, spin_label
from boltzsim.result import History, Result

SNAPSHOTS = 6
#: A field is shown if its largest value is at least this share of the largest of all.
SHARE = 1e-3
#: Least height over width of a snapshot; flatter planes are stretched.
FLATTEST = 0.12


@dataclass(frozen=True)
class Shown:
    """A field over the frames: values (frames, z, y, x) in a prefixed unit, their label, colours and norm."""

    values: np.ndarray
    label: str
    colours: str | Colormap
    norm: Normalize


def shown_fields(history: History) -> list[Shown]:
    """Components of the spin potential that are not negligible, the largest first, then the charge potential.

    Spin components share their colours, so that they can be compared.
    """
    frames = history.frames
    fields = {"charge": frames["charge_potential"]}
    fields |= {letter: frames["spin_potential"][..., i] for i, letter in enumerate("xyz")}
    fields = present(fields, SHARE)
    spins = [values for name, values in fields.items() if name != "charge"]
    found = []
    for name, values in sorted(fields.items(), key=lambda item: (item[0] == "charge", -np.nanmax(np.abs(item[1])))):
        together = [values] if name == "charge" else spins
        factor, unit = prefixed(together, "V")
        norm = centred_norm(factor * np.array(together))
        symbol = r"$\mu_\mathrm{c}/e$" if name == "charge" else spin_label(name)
        colours = CHARGE_COLOURS if name == "charge" else SPIN_COLOURS
        found.append(Shown(factor * values, bar_label(symbol, unit, norm), colours, norm))
    return found


def draw_space_time(axes: Axes, result: Result, history: History, field: Shown, clock: tuple[float, str]) -> None:
    """Draw a field over position (to the right) and time (upwards); a frame extends halfway to its neighbours."""
    (axis,) = resolved_axes(result)
    scale = length_scale(extent(result, axis))
    time = clock[0] * history.frame_time
    edges = np.concatenate([time[:1], (time[1:] + time[:-1]) / 2, time[-1:]])
    values = field.values.reshape(len(time), -1)
    mesh = axes.pcolormesh(scale[0] * result.edges[axis], edges, values, cmap=field.colours, norm=field.norm,
                           rasterized=True)  # fmt: skip
    axes.set(
        xlabel=f"{axis} ({scale[1]})",
        ylabel=f"time ({clock[1]})",
        title=field.label.rpartition("\n")[2].rpartition(" (")[0],
    )
    draw_bar(mesh, field, [axes], axes.figure)


def draw_snapshots(
    result: Result, history: History, field: Shown, clock: tuple[float, str], columns: int, panels: list[Axes]
) -> None:
    """Draw a field at chosen frames in the plane across the shortest axis, to scale or stretched, in common colours."""
    for place, (axes, number) in enumerate(zip(panels, chosen_frames(history), strict=True)):
        draw_snapshot(axes, result, history, field, clock, number)
        if place % columns:
            axes.set(ylabel="", yticklabels=[])
        if place + columns < len(panels):
            axes.set(xlabel="", xticklabels=[])
    if (high := stretch(plane_of(result))) > 1:
        panels[0].set_title(f"{panels[0].get_title(loc='left')}, height × {high:.2g}", pad=8)
    draw_bar(panels[0].collections[0], field, panels, panels[0].figure)


def draw_snapshot(
    axes: Axes,
    result: Result,
    history: History,
    field: Shown,
    clock: tuple[float, str],
    number: int,
    contacts: bool = True,
) -> QuadMesh:
    """Draw a field at one frame in the plane across the shortest axis, with bars of `contacts`; returns the mesh."""
    plane = plane_of(result)
    scale = length_scale([extent(result, axis) for axis in (plane.across, plane.up)])
    across, up = (scale[0] * result.edges[axis] for axis in (plane.across, plane.up))
    mesh = axes.pcolormesh(across, up, values_in(plane, field, number), cmap=field.colours, norm=field.norm,
                           rasterized=True)  # fmt: skip
    time = clock[0] * history.frame_time[number]
    axes.set(xlabel=f"{plane.across} ({scale[1]})", ylabel=f"{plane.up} ({scale[1]})", aspect=stretch(plane))
    axes.set_title(f"{time:.4g} {clock[1]}", pad=8)
    if contacts:
        draw_bars(axes, plane)
    draw_materials(axes, plane, scale[0])
    draw_interfaces(axes, plane, scale[0])
    draw_footprints(axes, plane)
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=STEPS))
    axes.yaxis.set_major_locator(MaxNLocator(3 if plane.height_over_width > 2 * FLATTEST else 1, steps=STEPS))
    return mesh


def values_in(plane: Plane, field: Shown, number: int) -> np.ndarray:
    """Values of a frame in a plane, (up, across)."""
    return plane.cut(field.values[number])


def plane_of(result: Result) -> Plane:
    """The plane across the uniform or shortest axis, through the middle."""
    resolved = resolved_axes(result)
    normal = min("xyz", key=lambda axis: (axis in resolved, extent(result, axis)))
    return Plane.through(result, Place.middle(result, normal))


def stretch(plane: Plane) -> float:
    """Factor by which the height of a snapshot is stretched."""
    return max(1.0, FLATTEST / plane.height_over_width)


def chosen_frames(history: History) -> list[int]:
    """Frames for snapshots, the first and the last among them."""
    count = len(history.frame_time)
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, SNAPSHOTS))})


def line_of(result: Result, field: Shown, number: int) -> np.ndarray:
    """Values of a frame along the only resolved axis."""
    return np.moveaxis(field.values[number], ARRAY_AXIS[resolved_axes(result)[0]], -1).ravel()


def draw_bar(mesh, field, panels, figure):
    bar = figure.colorbar(mesh, ax=panels, label=field.label, pad=0.02, aspect=15)
    bar.outline.set_linewidth(0.5)
    if isinstance(field.norm, SymLogNorm):
        label_decades(bar, field.norm, (0, 1.0))
