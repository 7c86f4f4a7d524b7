"""Tables and plain data of a fit."""

from collections.abc import Iterator

from rich.table import Table

from boltzsim.reports.tables import table_of
from boltzsim.units import engineering

_PLAIN = {"m": "m", "s": "s", "V": "V", "A": "A", "T": "T", "Ω": "Ω"}


def tables(found) -> Iterator[Table]:
    """Values with errors, correlations, and the quality of a `boltzsim.fitting.fit.FitResult`."""
    rows = []
    for name, unit, value, error in zip(found.names, found.units, found.value, found.error, strict=True):
        ends = found.intervals.get(name)
        between = " … ".join(_shown(end, unit, 5) for end in ends) if ends else ""
        rows.append([name, _shown(value, unit, 6), _shown(error, unit, 2), between])
    rows += [[name, f"{value:.6g}", "kept", ""] for name, value in found.fixed.items()]
    yield table_of(found.title or "Fit", "parameter", "value", "standard error", "68 % by profile", rows=rows)
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


def _shown(value: float, unit: str, digits: int) -> str:
    if unit == "m2/s":
        return f"{value * 1e4:.{digits}g} cm²/s"
    return engineering(value, unit, digits) if unit in _PLAIN else f"{value:.{digits}g} {'' if unit == '1' else unit}"
