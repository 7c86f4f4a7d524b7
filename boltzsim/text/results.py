"""Terminals and measures in words: the rows of tables on a screen, in a notebook and beneath a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from boltzsim.text.quantities import quantities, quantity


def terminal_table(terminals: Any) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of a table of contacts (`boltzsim.result.Terminals`)."""
    largest = np.abs(terminals.spin_current).max(initial=0.0)
    currents, voltages = quantities(terminals.current, "A"), quantities(terminals.voltage, "V")
    spins = [quantities(component, "A", largest) for component in terminals.spin_current.T]
    turned = [quantities(values, "V") for values in terminals.voltage_reversed.values()]
    columns = ["contact", "current", "voltage", "spin current x", "y", "z"]
    columns += [f"voltage, {name} reversed" for name in terminals.voltage_reversed]
    if behind := terminals.electrode_spin_potential:
        columns.append("μ_s of the electrode")
        turned.append([quantity(behind[name], "V") if name in behind else "" for name in terminals.name])
    return columns, [list(row) for row in zip(terminals.name, currents, voltages, *spins, *turned, strict=True)]


MEASURES = ["measure", "of", "value", "more"]


def measure_rows(measures: Iterable[Any], units: Mapping[str, str]) -> list[list[str]]:
    """Rows under `MEASURES` of a result's measures; `units` are those of extras that differ from their measure's."""
    rows = []
    for measure in measures:
        of = ", ".join(f"{key} {value}" for key, value in measure.entry.items() if key != "kind")
        more = ", ".join(
            f"{key} {quantity(value, units.get(key, measure.unit))}"
            for key, value in measure.extra.items()
            if math.isfinite(value)
        )
        rows.append([measure.kind, of, quantity(measure.value, measure.unit), more])
    return rows
