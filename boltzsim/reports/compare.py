"""Tables and plain data of a case solved in both models, kinetic and diffusion."""

from collections.abc import Iterator

from rich.table import Table

from boltzsim.reports.tables import table_of
from boltzsim.runs.compare import Comparison, fields, numbers
from boltzsim.text.quantities import ABSENT, quantities


def tables(comparison: Comparison) -> Iterator[Table]:
    """Terminals, measures and fields of both models, in the units that `run` prints."""
    found = numbers(comparison)
    largest: dict[str, float] = {}
    for row in found:
        kind = _kind(row)
        largest[kind] = max(abs(row["kinetic"]), abs(row["diffusion"]), largest.get(kind, 0.0))
    rows = []
    for row in found:
        values = [*quantities([row[model] for model in ("kinetic", "diffusion")], row["unit"], largest[_kind(row)])]
        rows.append([row["of"], row["quantity"], *values, ABSENT if row["ratio"] is None else f"{row['ratio']:.4g}"])
    title = comparison.kinetic.case.title or "Both models"
    yield table_of(title, "of", "quantity", "kinetic", "diffusion", "diffusion / kinetic", rows=rows)
    rows = []
    for row in fields(comparison):
        apart = ABSENT if row["difference"] is None else f"{row['difference']:.2e}"
        rows.append([row["field"], f"{row['kinetic']:.3g} {row['unit']}", apart])
    yield table_of("Fields", "field", "kinetic, r.m.s.", "difference / r.m.s.", rows=rows)


def _kind(row: dict) -> str:
    """Numbers of one kind share the size below which they are rounding noise."""
    if not row["of"].startswith("contact "):
        return f"{row['of']} {row['quantity']}"
    return "spin current" if row["quantity"].startswith("spin") else row["quantity"]


def data(comparison: Comparison) -> dict:
    """The same as plain data."""
    return {"numbers": numbers(comparison), "fields": fields(comparison)}
