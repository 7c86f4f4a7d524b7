"""Tables and plain data of a case solved in both models, kinetic and diffusion."""

from boltzsim.reports.tables import grid_of
from boltzsim.runs.compare import fields, numbers
from boltzsim.units import engineering


def tables(comparison):
    """Tables for the screen."""
    rows = []
    for row in numbers(comparison):
        values = [engineering(row[model], row["unit"]) for model in ("kinetic", "diffusion")]
        rows.append([row["of"], row["quantity"], *values, "" if row["ratio"] is None else f"{row['ratio']:.4g}"])
    title = comparison.kinetic.case.title or "Both models"
    yield grid_of(title, "of", "quantity", "kinetic", "diffusion", "diffusion / kinetic", rows=rows)
    rows = []
    for row in fields(comparison):
        apart = "" if row["difference"] is None else f"{row['difference']:.2e}"
        rows.append([row["field"], f"{row['kinetic']:.3g} {row['unit']}", apart])
    yield grid_of("Fields", "field", "kinetic, r.m.s.", "difference / r.m.s.", rows=rows)


def data(comparison):
    """The same as plain data."""
    return {"numbers": numbers(comparison), "fields": fields(comparison)}
