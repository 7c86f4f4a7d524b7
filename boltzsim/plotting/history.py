"""The page of a transient run: recorded signals and contacts against time, and its frames; and an animation of them."""

from __future__ import annotations

import math
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from boltzsim.plotting import frames
from boltzsim.plotting.contacts import coloured, draw_contacts, marks_in_plane
from boltzsim.plotting.plane import extent, resolved_axes
from boltzsim.plotting.sheet import Sheet
from boltzsim.plotting.style import LINES, WIDTHS, length_scale, prefixed, present, spin_label
from boltzsim.plotting.summary import draw_summary, summary_height
from boltzsim.result import History, Measure, Result

GAP = 0.1  # in
ROW = 1.9  # height of a row of panels [in]
LETTERS = 90  # longest line of the title
COMPONENTS = ("charge", "x", "y", "z")
SHARE = 1e-3  # a component below this share of the largest is not drawn
NOISE = 1e-6  # values below this share of the largest are noise, whose sign does not count
#: The axis is logarithmic if a signal starts within this share of its largest value and ends below this share.
DECAYED = 0.1
FIELDS_SHOWN = 2
FLAT = 0.4  # snapshots of smaller height over width stand in two columns, others in three
#: A movie lasts about so many seconds, at no fewer and no more frames a second than these, with so many dots an inch.
LASTS, PER_SECOND, DOTS = 8, (1, 12), 150
#: Legends stand beside panels, where they cover no data.
BESIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "handlelength": 1.5, "borderaxespad": 0.2}


def history_figure(result: Result, history: History, width: str = "double") -> Figure:
    """The figure of a transient run, not yet written: in a "single" width one column of panels, without the table."""
    full, single = WIDTHS[width], width == "single"
    rows = _rows(result, history, 1 if single else 2, full)
    heading = textwrap.wrap(result.case.title, LETTERS // (2 if single else 1))
    heading += [] if history.complete else ["NOT COMPLETE: the run goes on or was stopped"]
    top, table = GAP + 0.17 * len(heading), 0.0 if single else summary_height(result)
    height = top + sum(row.height for row in rows) + table + 2 * GAP
    bottom = (table + 2 * GAP) / height
    between = ConstrainedLayoutEngine(rect=(0, bottom, 1, 1 - bottom - top / height), w_pad=0.08, h_pad=0.06)
    page = Sheet(figsize=(full, height), layout=between)
    grid = page.add_gridspec(len(rows), 1, height_ratios=[row.height for row in rows])
    letters = (f"({chr(code)})" for code in range(ord("a"), ord("z") + 1))
    for number, row in enumerate(rows):
        cells = grid[number].subgridspec(*row.shape)
        axes = [page.add_subplot(cells[i]) for i in range(row.count)]
        row.draw(axes)
        for one in axes[:1] if row.common else axes:
            one.set_title(f"{next(letters)} {one.get_title(loc='left')}", pad=8 if row.common else None)
    if table:
        summary = page.add_axes((GAP / full, GAP / height, 1 - 2 * GAP / full, table / height))
        summary.set_in_layout(False)
        draw_summary(summary, result, full - 2 * GAP)
    page.text(0.5, 1 - GAP / height, "\n".join(heading), ha="center", va="top", fontsize=9, parse_math=False,
              in_layout=False)  # fmt: skip
    return page


@dataclass(frozen=True)
class _Row:
    """Panels side by side: number, grid, the function that draws them, height [in]; one letter for all if `common`."""

    count: int
    shape: tuple[int, int]
    draw: Callable[[list[Axes]], None]
    height: float = ROW
    common: bool = False


def _rows(result: Result, history: History, columns: int, width: float) -> list[_Row]:
    """Rows of panels from top to bottom, signals, contacts, frames, on a page of a width [in]."""
    clock = prefixed(history.time, "s")
    run: dict[str, Any] = {"result": result, "history": history, "clock": clock}
    panels = [partial(_signal, name=name, **run) for name in history.observed]
    if result.terminals.name:
        panels.append(partial(_contacts, values=history.voltage, unit="V", symbol="V", **run))
        panels.append(partial(_contacts, values=history.current, unit="A", symbol="I", **run))
    panels += [partial(_reversed, name=name, **run) for name in history.voltage_reversed]
    rows = [_row(panels[i : i + columns]) for i in range(0, len(panels), columns)]
    resolved = len(resolved_axes(result))
    if len(history.frame_time) < 2 or not resolved:
        return rows
    fields = frames.shown_fields(history)[:FIELDS_SHOWN]
    if resolved == 1:
        maps = [partial(frames.draw_space_time, field=field, **run) for field in fields]
        return rows + [_row(maps[i : i + columns]) for i in range(0, len(maps), columns)]
    plane = frames.plane_of(result)
    count, flatness = len(frames.chosen_frames(history)), frames.stretch(plane) * plane.height_over_width
    side = columns if flatness < FLAT else columns + 1
    shape = (-(-count // side), side)
    height = 0.4 + shape[0] * (0.35 + min(flatness * (width - 1.5) / side, ROW))
    for field in fields:
        draw = partial(frames.draw_snapshots, result, history, field, clock, side)
        rows.append(_Row(count, shape, draw, height, True))
    return rows


def _row(panels: Sequence[Callable[[Axes], None]]) -> _Row:
    def draw(axes: list[Axes]) -> None:
        for one, panel in zip(axes, panels, strict=True):
            panel(one)

    return _Row(len(panels), (1, len(panels)), draw)


def _signal(axes: Axes, result: Result, history: History, name: str, clock: tuple[float, str]) -> None:
    """Draw the components of an observed signal, and the slow exponential where a decay was measured."""
    record = history.observed[name]
    components = present({letter: record[:, i] for i, letter in enumerate(COMPONENTS)}, SHARE)
    factor, unit = prefixed(record, "V")
    logarithmic = bool(components) and all(map(decays, components.values()))
    axes.set(xlabel=f"time ({clock[1]})", ylabel=f"{'|signal|' if logarithmic else 'signal'} ({unit})")
    axes.set_title(name, parse_math=False)
    time = history.time
    for i, (letter, values) in enumerate(components.items()):
        colour, dash = LINES[i % len(LINES)]
        label = r"$\mu_\mathrm{c}/e$" if letter == "charge" else spin_label(letter)
        shown = factor * (np.abs(values) if logarithmic else values)
        axes.plot(clock[0] * time, shown, color=colour, linestyle=dash, label=label)
        for slow in _slow(result, name, letter, time, values):
            shown = factor * (np.abs(slow) if logarithmic else slow)
            axes.plot(clock[0] * time, shown, color=colour, linewidth=0.8, linestyle=":", label="slow part")
    if logarithmic:
        largest = factor * max(np.abs(values).max() for values in components.values())
        least = factor * min(np.abs(values[np.abs(values) > NOISE * np.abs(values).max()]).min()
                             for values in components.values())  # fmt: skip
        axes.set(yscale="log", ylim=(least / 1.5, 1.5 * largest))
    axes.set_xlim(clock[0] * time[0], clock[0] * time[-1])
    if components:
        axes.legend(**BESIDE)
    for measure in _arrivals(result, name):
        size = measure.extra["height"]
        _mark(axes, clock, measure.value, factor * (abs(size) if logarithmic else size))


def decays(values: np.ndarray) -> bool:
    """Whether a signal starts large, keeps its sign and ends small, so that its logarithm is worth drawing."""
    size = np.abs(values)
    largest, kept = size.max(), values[size > NOISE * size.max()]
    falls = size[0] > (1 - DECAYED) * largest and size[-1] < DECAYED * largest
    return bool(falls and (np.all(kept > 0) or np.all(kept < 0)))


def _slow(result, name, letter, time, values):
    """The slow exponential of every stored decay measure of a signal's component."""
    for measure in result.measures:
        if measure.kind == "decay" and (measure.entry["signal"], measure.entry["component"]) == (name, letter):
            first = int(np.searchsorted(time, measure.entry["from"]))
            weight = measure.extra["weight_slow"]
            if np.isfinite(measure.value) and np.isfinite(weight):
                yield weight * values[first] * np.exp(-measure.value * (time - time[first]))


def _contacts(
    axes: Axes, result: Result, history: History, values: np.ndarray, unit: str, symbol: str, clock: tuple[float, str]
) -> None:
    """Draw a quantity of all contacts against time in their colours."""
    factor, prefixed_unit = prefixed(values, unit)
    for i, (contact, colour) in enumerate(coloured(result)):
        axes.plot(clock[0] * history.time, factor * values[:, i], color=colour)
        axes.lines[-1].set_label(contact.name.replace("$", r"\$"))
    axes.set(xlabel=f"time ({clock[1]})", ylabel=f"${symbol}$ ({prefixed_unit})")
    axes.set_title({"V": "voltages", "I": "currents into the device"}[symbol])
    axes.set_xlim(clock[0] * history.time[0], clock[0] * history.time[-1])
    axes.legend(**BESIDE)


def _reversed(axes: Axes, result: Result, history: History, name: str, clock: tuple[float, str]) -> None:
    """Draw the change of a contact's voltage when its magnetisation is reversed."""
    number = result.terminals.name.index(name)
    values = history.voltage[:, number] - history.voltage_reversed[name][:, number]
    factor, unit = prefixed(values, "V")
    colour = {contact.name: colour for contact, colour in coloured(result)}[name]
    axes.plot(clock[0] * history.time, factor * values, color=colour)
    axes.set(xlabel=f"time ({clock[1]})", ylabel=rf"$\Delta V$ ({unit})")
    axes.set_title(f"{name}: change on reversal", parse_math=False)
    axes.set_xlim(clock[0] * history.time[0], clock[0] * history.time[-1])
    for measure in _arrivals(result, name):
        _mark(axes, clock, measure.value, factor * measure.extra["height"])


def _arrivals(result: Result, name: str) -> list[Measure]:
    """The arrival times measured on a signal."""
    return [one for one in result.measures if one.kind == "arrival" and one.entry["signal"] == name]


def _mark(axes: Axes, clock: tuple[float, str], time: float, height: float) -> None:
    """Mark an arrival on a curve, and say its time in the title."""
    if math.isfinite(time):
        axes.plot(clock[0] * time, height, "o", color="black", markerfacecolor="none", markersize=5)
        title = f"{axes.get_title(loc='left')}, largest at {clock[0] * time:.4g} {clock[1]}"
        axes.set_title(title, parse_math=False)


def animate(result: Result, history: History) -> bytes:
    """A GIF of the frames: lines along one axis; in a plane the spin potential, without spin the charge potential."""
    flat = len(resolved_axes(result)) < 2
    wide = WIDTHS["double"]
    high = 2.0 if flat else float(np.clip(frames.plane_of(result).height_over_width * (wide - 1.8), 1.6, 4.5))
    page = Sheet(figsize=(wide, high + 1.3), layout="constrained")
    axes, clock = page.add_subplot(), prefixed(history.time, "s")
    draw = _animated_lines(axes, result, history, clock) if flat else _animated_map(axes, result, history, clock, high)
    draw(0)
    page.draw_without_rendering()
    page.set_layout_engine("none")  # the layout of the first frame stays
    count = len(history.frame_time)
    animation = FuncAnimation(page, draw, frames=count, blit=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.gif"
        pace = round(np.clip(count / LASTS, *PER_SECOND))
        animation.save(path, writer=PillowWriter(fps=pace), dpi=DOTS)
        return path.read_bytes()


def _animated_lines(axes, result, history, clock):
    fields, axis = frames.shown_fields(history), (*resolved_axes(result), *result.case.grid.axes)[0]
    scale = length_scale(extent(result, axis))
    position, lines = scale[0] * result.centres(axis), []
    for i, field in enumerate(fields):
        colour, dash = LINES[i % len(LINES)]
        lines += axes.plot(position, np.zeros(len(position)), color=colour, linestyle=dash, label=field.label)
    limit = 1.05 * max((np.nanmax(np.abs(field.values)) for field in fields), default=1.0)
    least = min((np.nanmin(field.values) for field in fields), default=0.0)
    axes.set(
        xlabel=f"{axis} ({scale[1]})", ylabel="potential", ylim=(1.05 * least if least < 0 else -0.05 * limit, limit)
    )
    axes.set_xlim(scale[0] * result.edges[axis][[0, -1]])
    if fields:
        axes.legend(**BESIDE)

    def draw(number):
        for line, field in zip(lines, fields, strict=True):
            line.set_ydata(field.values[number].ravel())
        axes.set_title(f"{clock[0] * history.frame_time[number]:.4g} {clock[1]}")
        return lines

    return draw


def _animated_map(axes, result, history, clock, high):
    field, plane = frames.shown_fields(history)[0], frames.plane_of(result)
    mesh = frames.draw_snapshot(axes, result, history, field, clock, 0, contacts=False)
    axes.set_aspect("auto")
    draw_contacts(axes, marks_in_plane(plane), (WIDTHS["double"] - 1.8, high), names=True)
    frames.draw_bar(mesh, field, [axes], axes.figure)

    def draw(number):
        mesh.set_array(frames.values_in(plane, field, number))
        axes.set_title(f"{clock[0] * history.frame_time[number]:.4g} {clock[1]}")
        return [mesh]

    return draw
