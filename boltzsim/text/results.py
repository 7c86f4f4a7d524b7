"""Terminals and measures in words: the rows of tables on a screen, in a notebook and beneath a figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from boltzsim.text.quantities import NOISE, quantities, quantity_with_error

#: The numerical error of a number, by what it is of and its name as in `boltzsim.measure.numbers`; None if unknown.
Error = Callable[[str, str], float | None]


def unknown(of: str, quantity: str) -> None:
    """The error of numbers whose errors nobody has looked for."""


def described(entry: Mapping[str, Any]) -> str:
    """An entry of `[[measure]]` as tables name it: all but its kind."""
    return ", ".join(f"{key} {value}" for key, value in entry.items() if key != "kind")


def unbalanced(result: Any) -> float:
    """Charge current in A by which the currents of all contacts may miss zero: no smaller one is known."""
    terminals, share = result.terminals, result.solver.terminal_balance
    if not math.isfinite(share):
        return 0.0
    return share * max(np.abs(values).max(initial=0.0) for values in (terminals.current, terminals.spin_current))


def terminal_table(terminals: Any, error: Error = unknown, noise: float = 0.0) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of a table of contacts (`boltzsim.result.Terminals`), with numerical errors where known.

    Charge currents up to `noise` are shown as 0.
    """
    largest = np.abs(terminals.spin_current).max(initial=0.0)
    charge = max(np.abs(terminals.current).max(initial=0.0), noise / NOISE)
    kinds = {"current": (terminals.current, "A", charge), "voltage": (terminals.voltage, "V", None)}
    for axis, values in zip("xyz", terminals.spin_current.T, strict=True):
        kinds[f"spin current {axis}"] = (values, "A", largest)
    for name, values in terminals.voltage_reversed.items():
        kinds[f"voltage, {name} reversed"] = (values, "V", None)
    contacts = [f"contact {name}" for name in terminals.name]
    shown = {
        kind: quantities(values, unit, size, [error(contact, kind) for contact in contacts])
        for kind, (values, unit, size) in kinds.items()
    }
    if behind := terminals.electrode_spin_potential:
        kind = "μ_s of the electrode"
        shown[kind] = [
            quantity_with_error(behind[name], error(contact, kind), "V") if name in behind else ""
            for name, contact in zip(terminals.name, contacts, strict=True)
        ]
    heads = {"spin current y": "y", "spin current z": "z"}
    columns = ["contact", *(heads.get(kind, kind) for kind in shown)]
    return columns, [list(row) for row in zip(terminals.name, *shown.values(), strict=True)]


#: Names of a measure's numbers in tables, where they are not those of files.
SYMBOLS = {"delta_R": "ΔR"}
MEASURES = ["measure", "of", "value", "more"]


def measure_rows(measures: Iterable[Any], units: Mapping[str, str], error: Error = unknown) -> list[list[str]]:
    """Rows under `MEASURES` of a result's measures; `units` are those of extras that differ from their measure's."""
    rows = []
    for measure in measures:
        of = described(measure.entry)
        more = ", ".join(
            f"{SYMBOLS.get(key, key)} {quantity_with_error(value, error(of, key), units.get(key, measure.unit))}"
            for key, value in measure.extra.items()
            if math.isfinite(value)
        )
        value = quantity_with_error(measure.value, error(of, measure.kind), measure.unit)
        rows.append([measure.kind, of, value, more])
    return rows
