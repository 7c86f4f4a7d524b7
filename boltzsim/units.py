"""Quantities with units: "40 nm", "0.5 T", "1 µA", "13.6 1/nm", "inf" in; SI floats out, and back for people to read.

Bare numbers are SI; a string must carry a unit, except "inf" and "0". Everything inside the package is SI.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from numbers import Real
from typing import Any

_PREFIXES = {"T": 12, "G": 9, "M": 6, "k": 3, "": 0, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_LENGTHS = {**{f"{prefix}m": _PREFIXES[prefix] for prefix in ("", "c", "m", "u", "n", "p")}, "Å": -10}
_VOLTS = {f"{prefix}V": _PREFIXES[prefix] for prefix in ("", "k", "m", "u", "n", "p")}

_EV = 1.602176634e-19  # J, exact in the SI


def _factors(powers: Mapping[str, int]) -> dict[str, float]:
    """Factors to SI from powers of ten; through text, so that every one is the float nearest to its decimal."""
    return {unit: float(f"1e{power}") for unit, power in powers.items()}


#: Units of every dimension a case knows, as factors to SI; the first one listed is the SI unit.
DIMENSIONS: dict[str, dict[str, float]] = {
    "length": _factors(_LENGTHS),
    "time": _factors({f"{prefix}s": _PREFIXES[prefix] for prefix in ("", "m", "u", "n", "p", "f")}),
    "frequency": _factors({f"{prefix}Hz": _PREFIXES[prefix] for prefix in ("", "k", "M", "G", "T")}),
    "wave number": _factors({f"1/{unit}": -power for unit, power in _LENGTHS.items()}),
    "magnetic field": _factors({"T": 0, "mT": -3, "uT": -6, "G": -4, "Oe": -4}),
    "voltage": _factors(_VOLTS),
    "current": _factors({f"{prefix}A": _PREFIXES[prefix] for prefix in ("", "m", "u", "n", "p", "f")}),
    "electric field": _factors(
        {f"{v}/{m}": _VOLTS[v] - _LENGTHS[m] for v in ("V", "kV", "mV", "uV") for m in ("m", "cm", "um", "nm")}
    ),
    "resistivity": _factors(
        {"Ohm m": 0, "uOhm m": -6, "nOhm m": -9, "Ohm cm": -2, "mOhm cm": -5, "uOhm cm": -8, "Ohm nm": -9}
    ),
    "resistance-area product": _factors(
        {"Ohm m2": 0, "mOhm m2": -3, "uOhm m2": -6, "nOhm m2": -9, "pOhm m2": -12, "fOhm m2": -15}
        | {"Ohm cm2": -4, "uOhm cm2": -10, "nOhm cm2": -13}
        | {"MOhm um2": -6, "kOhm um2": -9, "Ohm um2": -12, "mOhm um2": -15}
    ),
    "resistance": _factors({f"{prefix}Ohm": _PREFIXES[prefix] for prefix in ("", "M", "k", "m", "u", "n")}),
    "diffusion constant": _factors({"m2/s": 0, "cm2/s": -4, "mm2/s": -6, "um2/s": -12, "nm2/s": -18, "nm2/ps": -6}),
    "angle": {"rad": 1.0, "deg": math.pi / 180},
    "temperature": _factors({"K": 0, "mK": -3, "uK": -6, "kK": 3}),
    "energy": {"J": 1.0, "eV": _EV, "meV": 1e-3 * _EV, "ueV": 1e-6 * _EV},
}

_EXACT = Context(prec=40, traps=[])  # numbers beyond a float become inf or nan, and fail the range checks
_NUMBER = re.compile(r"\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf))\s*(.*?)\s*")
_COMMA = re.compile(r"\s*([+-]?\d+),(\d+)\s*(.*?)\s*")


def parse(value: Any, dimension: str) -> float:
    """SI value of a number or of a string with a unit.

    Parameters
    ----------
    value : float or str
        A bare number in SI, or a string such as "40 nm"; "inf" and "0" need no unit.
    dimension : str
        A key of `DIMENSIONS`.

    Raises
    ------
    ValueError
        If `value` is no number, its unit is missing or unknown, or it measures something else. The message is the
        end of a sentence that starts with the key and the value.
    """
    units = DIMENSIONS[dimension]
    si, *_ = units
    if is_number(value):
        return float(value)
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"is no {dimension}; write a number with a unit: {_names(units)}")
    unit = _spelling(match[2])
    if not unit and not match[1].endswith("inf") and float(match[1]):
        raise ValueError(f"has no unit; add one of {_names(units)}")
    unit = unit or si
    if unit in units:
        return float(_EXACT.multiply(_EXACT.create_decimal(match[1]), Decimal(repr(units[unit]))))
    if comma := _COMMA.fullmatch(value):
        raise ValueError(f"has a decimal comma; write a point, '{f'{comma[1]}.{comma[2]} {comma[3]}'.strip()}'")
    other = next((name for name, known in DIMENSIONS.items() if unit in known), None)
    if other:
        raise ValueError(f"is a {other}, but a {dimension} is needed; allowed units: {_names(units)}")
    raise ValueError(f"has the unknown unit '{unit}'; allowed: {_names(units)}{did_you_mean(unit, units)}")


def is_number(value: Any) -> bool:
    """Whether a value is a real number that a float can hold, no truth value and not nan."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    return value == value if isinstance(value, float) else bool(abs(value) < 1e308)  # type: ignore[operator]


def with_likely_unit(value: float, dimension: str, likely: str | None = None) -> str:
    """A bare number with the unit its writer most likely had in mind: 25 -> "25 fs", 2.5e-14 -> "25 fs" in SI.

    Parameters
    ----------
    value : float
    dimension : str
        A key of `DIMENSIONS`.
    likely : str, optional
        The unit in which such quantities are a few or a few hundred; the SI unit if omitted. A number whose size fits
        better to SI is taken as one in SI.
    """
    units = DIMENSIONS[dimension]
    si, *_ = units
    likely = likely or si
    power = math.log10(abs(value)) if value else 0.0
    if likely == si or abs(power) <= abs(power - math.log10(units[likely])):
        return f"{value:g} {likely}"
    prefixed = si in ("m", "s", "V", "A", "T")
    return engineering(value, si).replace("µ", "u") if prefixed else f"{value:g} {si}"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The end of a message, "; did you mean 'nm'?", or nothing where no known word is near."""
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(word), lower.values(), n=1, cutoff=NEAR)
    near = near or [lower[hit] for hit in difflib.get_close_matches(str(word).lower(), lower, n=1, cutoff=NEAR)]
    return f"; did you mean '{near[0]}'?" if near else ""


#: Similarity (0 to 1) above which a known word is offered for an unknown one: one letter of three may differ.
NEAR = 0.66


def engineering(value: float, unit: str, digits: int = 4) -> str:
    """A value with the SI prefix that leaves one to three digits before the point: 1.5e-9, "A" -> "1.5 nA"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    scale, prefix = _prefix(value, digits)
    number = f"{value / scale:.{digits}g}"
    number = f"{float(number):.0f}" if "e" in number and 1 <= abs(float(number)) < 1000 else number
    return f"{number} {prefix}{unit}".rstrip()


def with_error(value: float, error: float, unit: str, prefixes: bool = True) -> str:
    """A value and its error, both to two digits of the error: "1.234 ± 0.012 µV", "0.300 ± 0.012".

    Both stand under one SI prefix; without `prefixes` under one power of ten where the value is very large or small.
    Without a finite error above 0 the value has four digits.
    """
    if not math.isfinite(value) or not 0 < error < math.inf:
        return engineering(value, unit) if prefixes else f"{value:.4g} {unit}".rstrip()
    largest = max(abs(value), error)
    scale, prefix = _prefix(largest, 4) if prefixes else (1.0, "")
    power = 0 if prefixes or 1e-4 <= largest < 1e6 else math.floor(math.log10(largest))
    scale *= 10.0**power
    places = 1 - int(f"{error / scale:.1e}".rpartition("e")[2])
    shown = " ± ".join(f"{round(number / scale, places):.{max(places, 0)}f}" for number in (value, error))
    return f"({shown})e{power} {unit}".rstrip() if power else f"{shown} {prefix}{unit}".rstrip()


def _prefix(value: float, digits: int) -> tuple[float, str]:
    """The SI prefix that leaves one to three digits before the point of a value with so many digits."""
    power = int(f"{value:.{digits - 1}e}".rpartition("e")[2]) // 3
    power = min(max(power, -5), 4)
    return 1000.0**power, ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T"][power + 5]


def _spelling(unit: str) -> str:
    """One spelling for the common ways to write a unit: µ and μ, Ω, angstrom, nm^-1, nm⁻¹, 1 / nm, Ohm*m, m²."""
    unit = re.sub(r"\s*/\s*", "/", unit).replace("µ", "u").replace("μ", "u").replace("Å", "Å")
    unit = re.sub(r"(?i)\bangstroms?\b", "Å", unit)
    if re.search(r"Ω|Ω|ohm", unit, re.IGNORECASE):
        unit = re.sub(r"(?i)Ω|Ω|ohm", "Ohm", unit)
        unit = re.sub(r"\^2|²", "2", re.sub(r"\s*[*·.\s]\s*", " ", unit))
        return re.sub(r"Ohm(?=\w)", "Ohm ", unit)
    if re.fullmatch(r"\w+?(\^2|²)/\w+", unit):
        return re.sub(r"\^2|²", "2", unit)
    inverse = re.fullmatch(r"(?:/)?(\w+)(?:\^?-1|⁻¹)|/(\w+)", unit)
    return f"1/{inverse[1] or inverse[2]}" if inverse else unit


def _names(units: Iterable[str]) -> str:
    return ", ".join(units)
