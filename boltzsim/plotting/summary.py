"""Terminals and measures as a table beneath the panels."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes

from boltzsim.plotting.contacts import coloured
from boltzsim.plotting.measures import resistance
from boltzsim.plotting.style import NEGLIGIBLE, ROUNDING, in_lines, in_words, text_width
from boltzsim.result import EXTRA_UNITS, Measure, Result
from boltzsim.text.results import described, unbalanced

LINE, GUTTER = 0.17, 0.22  # in
#: Indent of a measure's numbers [in], and the room that a line of them may take [points].
INDENT, ROOM = 0.2, 420
#: Longest line that says what a measure is, in letters.
LETTERS = 100
#: Symbols of a measure's numbers.
SYMBOLS = {
    "R_NL": r"$R_\mathrm{NL}$",
    "R_P": r"$R_\mathrm{P}$",
    "R_AP": r"$R_\mathrm{AP}$",
    "delta_R": r"$\Delta R = R_\mathrm{P} - R_\mathrm{AP}$",
}


def summary_height(result: Result) -> float:
    """Height of the table [in]."""
    return LINE * (_rows(result) + len(_measures(result)) + 0.5 * bool(result.measures))


def _rows(result):
    """Rows of the table of terminals: a heading and one for each; none without contacts."""
    return len(result.terminals.name) + bool(result.terminals.name)


def draw_summary(axes: Axes, result: Result, width: float) -> None:
    """Draw the terminals in the colours of their contacts, then the measures, on axes of `width` inches."""
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(summary_height(result), 0))
    colours = {contact.name: colour for contact, colour in coloured(result)}
    bottom = _rows(result)
    for row, (left, entry, parse_math) in enumerate(_measures(result), start=bottom):
        _write(axes, left, row + 0.5 * bool(bottom), entry, parse_math)
    if not bottom:
        return
    left = 0.0
    for heading, column in _terminals(result).items():
        right = left + max(text_width(heading, parse_math=True), *map(text_width, column)) / 72
        place, align = (right, "right") if left else (0.0, "left")
        _write(axes, place, 0, heading, ha=align, parse_math=True)
        for row, entry in enumerate(column, start=1):
            _write(axes, place, row, entry, ha=align, color=colours.get(entry, "black") if left == 0 else "black")
        left = right + GUTTER
    for row, thickness in ((0, 0.8), (1, 0.5), (bottom, 0.8)):
        axes.plot([0, left - GUTTER], [LINE * row] * 2, color="black", linewidth=thickness, clip_on=False)


def _write(axes, left, row, entry, parse_math=False, **style):
    axes.text(left, LINE * (row + 0.5), entry, va="center_baseline", parse_math=parse_math, **style)


def _terminals(result: Result) -> dict[str, list[str]]:
    """Columns of the table by heading."""
    terminals = result.terminals
    largest = np.abs(terminals.spin_current).max(initial=0)
    # where only spin flows, charge currents are its rounding
    noise = max(ROUNDING * largest, unbalanced(result))
    beside = max(np.abs(terminals.current).max(initial=0), noise / NEGLIGIBLE)
    columns = {
        "contact": list(terminals.name),
        "$I$": _quantities(terminals.current, "A", beside),
        "$V$": _quantities(terminals.voltage, "V"),
    }
    if terminals.voltage_reversed:
        own = {name: values[terminals.name.index(name)] for name, values in terminals.voltage_reversed.items()}
        changes = {name: terminals.voltage[terminals.name.index(name)] - value for name, value in own.items()}
        columns[r"$\Delta V$ on reversal"] = [
            in_words(changes[name], "V") if name in changes else "" for name in terminals.name
        ]
    for letter, values in zip("xyz", terminals.spin_current.T, strict=True):
        if np.abs(values).max(initial=0) > NEGLIGIBLE * largest:
            columns[rf"$I_{{\mathrm{{s}},{letter}}}$"] = _quantities(values, "A", largest)
    return columns


def _quantities(values, unit: str, largest: float | None = None) -> list[str]:
    largest = np.abs(values).max(initial=0) if largest is None else largest
    return [in_words(value, unit) if abs(value) > NEGLIGIBLE * largest else f"0 {unit}" for value in values]


def _number(result: Result, measure: Measure, name: str, value: float) -> str:
    error = result.error(described(measure.entry), name)
    if measure.kind == "nonlocal" and error is None:
        return resistance(value, result, measure.entry["injector"])
    return in_words(value, EXTRA_UNITS.get(name, measure.unit), error)


def _measures(result: Result) -> list[tuple[float, str, bool]]:
    """Lines that say what each measure is, and its numbers: left end [in], words, and whether they have mathematics."""
    lines = []
    for measure in result.measures:
        entry = ", ".join(f"{key} = {value}" for key, value in measure.entry.items() if key != "kind")
        numbers = [
            f"{SYMBOLS.get(name, name)} = {_number(result, measure, name, value)}"
            for name, value in measure.extra.items()
            if np.isfinite(value) and name != "R_P"  # the value itself
        ]
        symbol = SYMBOLS["R_P" if "R_P" in measure.extra else "R_NL"] if measure.kind == "nonlocal" else ""
        value = " = ".join(filter(None, [symbol, _number(result, measure, measure.kind, measure.value)]))
        lines += [(0.0, line, False) for line in textwrap.wrap(f"{measure.kind} ({entry})", LETTERS)]
        lines += [(INDENT, line, True) for line in in_lines([value, *numbers], ROOM).split("\n")]
    return lines
