"""Tables of series over the temperature."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.table import Table

from boltzsim.analysis.cooling import COLD, Cooling
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import ABSENT, quantities, quantity

_NAMES = {"R": "R", "R_P": "R_P", "R_AP": "R_AP", "delta_R": "ΔR"}
_METAL = {"resistivity": ("ρ", 1e8, "µΩ cm"), "length_L": ("λ_L", 1, "m"), "length_T": ("λ_T", 1, "m")}
_METAL |= {"spin_hall_angle": ("θ_sH", 1, "1"), "spin_hall_conductivity": ("σ_sH", 1, "S/m")}
_METAL |= {"anisotropy": ("D_L / D_T", 1, "1")}


def cooling_tables(found: Sequence[Cooling]) -> Iterator[Table]:
    """Signals against temperature, where they are largest, and the constants of every metal."""
    yield from _signals(found)
    yield from _peaks(found)
    metals = {(metal, one.place): one for one in reversed(found) for metal in one.metals}  # measures share them
    for (metal, place), one in reversed(metals.items()):
        values = one.metals[metal]
        columns = [quantities(size * values[key], unit) for key, (_, size, unit) in _METAL.items()]
        rows = zip([quantity(T, "K") for T in one.T], *columns, strict=True)
        title = f"{metal} against temperature" + (f", {place}" if place else "")
        yield table_of(title, "T", *(words for words, _, _ in _METAL.values()), rows=rows)
    squares = [
        [metal, place, quantity(one.T_K[metal], "K"), *(f"{c[key]:.4g}" if key in c else ABSENT for key in _METAL)]
        for (metal, place), one in reversed(metals.items())
        if (c := one.squares.get(metal))
    ]
    if squares:
        names = [words for words, _, _ in _METAL.values()]
        yield table_of(f"c of 1 + c (T/T_K)², fitted below {COLD:g} T_K", "metal", "at", "T_K", *names, rows=squares)


def _signals(found: Sequence[Cooling]) -> Iterator[Table]:
    for one in found:
        if one.signals:
            title = "Signals against temperature" + (f", {one.label}" if one.label else "")
            columns = [quantities(values, "Ω") for values in one.signals.values()]
            rows = zip([quantity(T, "K") for T in one.T], *columns, strict=True)
            yield table_of(title, "T", *(_NAMES[name] for name in one.signals), rows=rows)


def _peaks(found: Sequence[Cooling]) -> Iterator[Table]:
    rows = [
        [one.label, _NAMES[name], quantity(T, "K")]
        for one in found
        for name, T in one.peaks.items()
        if T == T  # not a number where the largest is the first or the last
    ]
    if rows:
        yield table_of("Largest signals between the ends of the temperatures", "curve", "signal", "at T", rows=rows)


def cooling_data(one: Cooling) -> dict:
    """The same as nested dicts, with the temperatures of the largest signals and the coefficients of (T/T_K)²."""
    return {"kind": one.kind, "label": one.label} | asdict(one) | {"peaks": one.peaks, "squares": one.squares}
