"""Values of a fit in words, for a screen and for a notebook."""

from typing import Any

from boltzsim.units import engineering

_PREFIXED = {"m", "s", "V", "A", "T", "Ω"}


def fit_table(found: Any) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of a table of what was varied and what was kept (`boltzsim.fitting.fit.FitResult`)."""
    rows = []
    for name, unit, value, error in zip(found.names, found.units, found.value, found.error, strict=True):
        ends = found.intervals.get(name)
        between = " … ".join(amount(end, unit, 5) for end in ends) if ends else ""
        rows.append([name, amount(value, unit, 6), amount(error, unit, 2), between])
    rows += [[name, f"{value:.6g}", "kept", ""] for name, value in found.fixed.items()]
    return ["parameter", "value", "standard error", "68 % by profile"], rows


def amount(value: float, unit: str, digits: int) -> str:
    """A number with its unit; diffusion constants in cm²/s."""
    if unit == "m2/s":
        return f"{value * 1e4:.{digits}g} cm²/s"
    return engineering(value, unit, digits) if unit in _PREFIXED else f"{value:.{digits}g} {unit}".removesuffix(" 1")
