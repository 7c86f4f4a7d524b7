"""Tables and plain data of a fit."""

from collections.abc import Iterator

from rich.table import Table

from boltzsim.reports.tables import table_of
from boltzsim.text.fits import fit_table
from boltzsim.units import engineering


def tables(found) -> Iterator[Table]:
    """Values with errors, correlations, and the quality of a `boltzsim.fitting.fit.FitResult`."""
    columns, rows = fit_table(found)
    yield table_of(found.title or "Fit", *columns, rows=rows)
    pairs = [
        [one, other, f"{found.correlation[i, j]:.4f}"]
        for i, one in enumerate(found.names)
        for j, other in enumerate(found.names[:i])
    ]
    if pairs:
        yield table_of("Correlations", "of", "and", "correlation", rows=pairs)
    scatter = "√(χ²/freedom)" if found.weighted else "standard error of a point"
    size = f"{found.scatter:.4g}" if found.weighted else engineering(found.scatter, "Ω")
    quality = [["χ²", f"{found.chi_square:.5g}"], ["points less parameters", found.freedom], [scatter, size]]
    quality += [["model", found.model], ["evaluations", found.evaluations], *(["note", note] for note in found.notes)]
    yield table_of("Quality", "quantity", "value", rows=quality)


def data(found) -> dict:
    """The same, with the curves, as nested dicts and lists."""
    return {
        "title": found.title,
        "model": found.model,
        "parameters": {
            name: {"value": value, "error": error, "unit": unit}
            for name, unit, value, error in zip(found.names, found.units, found.value, found.error, strict=True)
        },
        "fixed": found.fixed,
        "intervals": found.intervals,
        "correlation": found.correlation,
        "chi_square": found.chi_square,
        "freedom": found.freedom,
        "scatter": found.scatter,
        "notes": found.notes,
        "curves": [
            {"name": one.name, "unit": one.unit, "x": one.x, "y": one.y, "error": one.error, "model": one.model}
            | {"residual": one.residual}
            for one in found.curves
        ],
    }
