"""Numbers as people read them: units, rounding noise as 0, and the infinite, the absent and the unknown told apart.

In tables an infinite value is "inf", an absent one "—" and an unknown one "not known"; in JSON they are the
string "inf", a missing key, and null.
"""

import math
from collections.abc import Iterable

import numpy as np

from boltzsim.units import engineering, with_error

#: A number below this share of the largest of its kind is rounding noise: it is shown as 0 and has no ratio. Sums over
#: a million cells and directions in double precision leave about 1e-13.
NOISE = 1e-11
ABSENT = "—"
UNKNOWN = "not known"
#: Units that take an SI prefix.
PREFIXED = {"V", "A", "S", "Ω", "Ω m", "Ω m²", "s", "m", "T", "Hz", "V/m"}
_SPELLED = {"ohm": "Ω", "Ohm": "Ω", "Ohm m": "Ω m", "Ohm m2": "Ω m²", "m2/s": "m²/s"}


def spelled(unit: str) -> str:
    """A unit of a case file as people print it: "Ω m²" for "Ohm m2"."""
    return _SPELLED.get(unit, unit)


def quantity(value: float | None, unit: str, digits: int = 4) -> str:
    """A number with its unit and an SI prefix where the unit takes one; None is absent and nan unknown."""
    if value is None:
        return ABSENT
    if math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    unit = spelled(unit)
    if unit in PREFIXED:
        return engineering(float(value), unit, digits)
    return f"{value:.{digits}g} {unit}".removesuffix(" 1").strip()


def quantity_with_error(value: float, error: float | None, unit: str) -> str:
    """A number as `quantity` shows it, with its numerical error where that is known and not zero."""
    if error is None or not math.isfinite(value) or error <= NOISE * abs(value):
        return quantity(value, unit)
    unit = spelled(unit)
    return with_error(value, error, unit, unit in PREFIXED).removesuffix(" 1")


def quantities(
    values: Iterable[float], unit: str, largest: float | None = None, errors: Iterable[float | None] | None = None
) -> list[str]:
    """Numbers of one kind, with `errors` where known; those below `NOISE` of the largest are shown as 0."""
    shown = without_noise(np.asarray(list(values), float), largest)
    known = [None] * len(shown) if errors is None else errors
    return [quantity_with_error(value, error, unit) for value, error in zip(shown, known, strict=True)]


def without_noise(values: np.ndarray, largest: float | None = None) -> np.ndarray:
    """A copy in which numbers below `NOISE` of the largest magnitude (of `values` if not given) are 0."""
    values = np.array(values, float)
    known = np.abs(values[np.isfinite(values)])
    if largest is None:
        largest = float(known.max(initial=0.0))
    values[np.abs(values) <= NOISE * largest] = 0.0
    return values


def ratio(one: float, other: float, largest: float, digits: int = 4) -> str:
    """one/other; absent where `other` crosses zero, that is where it is noise beside `largest`."""
    if not (math.isfinite(one) and math.isfinite(other)) or abs(other) <= NOISE * largest:
        return ABSENT
    return f"{one / other:.{digits}g}"


def plain(value):
    """A value as JSON has it: arrays become lists, infinite numbers the strings "inf" and "-inf", nan null."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
