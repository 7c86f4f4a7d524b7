"""Tables and plain data of numerical errors: every number with its parts, the runs, and the cheapest grid."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.table import Table

from boltzsim.accuracy.cheapest import Choice
from boltzsim.errors import CaseError
from boltzsim.reports.tables import rows_of, table_of
from boltzsim.result import Accuracy, Result
from boltzsim.text.quantities import ABSENT, NOISE, quantity, quantity_with_error

_PARTS = ("space", "angles", "time", "iteration")


def tables(result: Result, wanted: float | None = None, choice: Choice | None = None) -> Iterator[Table | str]:
    """Numbers with their errors, the runs they come from, and what a wanted accuracy takes."""
    found = _known(result)
    parts = [part for part in _PARTS if np.any(found.columns[part])]
    rows = []
    for i, (of, name, unit) in enumerate(zip(found.of, found.quantity, found.unit, strict=True)):
        row = {key: float(values[i]) for key, values in found.columns.items()}
        if row["total"] <= NOISE * abs(row["value"]):
            continue  # given by the case
        order = f"{row['order']:.2f}" if np.isfinite(row["order"]) else ABSENT
        share = f"{100 * row['total'] / abs(row['value']):.2g} %" if row["value"] else ABSENT
        errors = [quantity(row[part], unit, 2) for part in parts]
        best = quantity(row["extrapolated"], unit)
        rows.append([of, name, quantity_with_error(row["value"], row["total"], unit), share, best, order, *errors])
    title = result.case.title or "Numbers with their numerical errors"
    yield table_of(title, "of", "quantity", "value", "error", "extrapolated", "order", *parts, rows=rows)
    runs = found.settings["runs"]
    keys = ["run", "cells", "angles", *(["steps"] if result.history else []), "products"]
    own = runs[0]["work"]
    rows = [[*(run[key] for key in keys), f"{run['work'] / own:.3g}", f"{run['seconds']:.1f} s"] for run in runs]
    yield table_of("Runs; work in products × unknowns", *keys, "work", "time", rows=rows)
    if wanted is None:
        return
    if choice is None:
        yield f"{100 * wanted:g} % is out of reach of eight times the cells, directions and steps, or these do not run"
        return
    settings = _settings(choice)
    yield (
        f"{100 * wanted:g} % takes {', '.join(f'{key} = {value}' for key, value in settings.items())}: "
        f"{choice.work:.3g} times the work, expected error {100 * choice.error:.2g} %"
    )


def data(result: Result, wanted: float | None = None, choice: Choice | None = None) -> dict[str, Any]:
    """The same as plain data."""
    found: dict[str, Any] = {"numbers": rows_of(_known(result)), **_known(result).settings}
    if wanted is not None:
        found["wanted"] = {"accuracy": wanted, "reached": choice is not None}
        if choice is not None:
            found["wanted"] |= {"set": _settings(choice), "work": choice.work, "error": choice.error}
    return found


def _known(result: Result) -> Accuracy:
    """The numerical errors of a result that must have them."""
    if result.accuracy is None:
        raise CaseError("the result has no numerical errors; run 'boltzsim converge' on its case")
    return result.accuracy


def _settings(choice: Choice) -> dict[str, Any]:
    """Keys of the case file that the choice sets."""
    case = choice.case
    found: dict[str, Any] = {f"grid.{axis}.cells": case.grid.cells(axis) for axis in case.grid.axes}
    if case.physics.model == "kinetic":
        keys = ["order"] if case.angles.quadrature == "lebedev" else ["polar", "azimuthal"]
        found |= {f"angles.{key}": getattr(case.angles, key) for key in keys}
    if case.time is not None:
        key = "tolerance" if case.time.step is None else "step"
        found[f"time.{key}"] = getattr(case.time, key) if key == "tolerance" else f'"{getattr(case.time, key):.6g} s"'
    return found
