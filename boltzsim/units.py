"""Quantities with units: "40 nm", "0.5 T", "1 µA", "13.6 1/nm", "inf" in; SI floats out, and back for people to read.

Bare numbers are SI; a string must carry a unit, except "inf". Everything inside the package is SI.
"""

import difflib
import math
import re
from decimal import Context, Decimal
from numbers import Real

_PREFIXES = {"T": 12, "G": 9, "M": 6, "k": 3, "": 0, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_LENGTHS = {**{f"{prefix}m": _PREFIXES[prefix] for prefix in ("", "c", "m", "u", "n", "p")}, "Å": -10}
_VOLTS = {f"{prefix}V": _PREFIXES[prefix] for prefix in ("", "k", "m", "u", "n", "p")}


def _factors(powers):
    """Factors to SI from powers of ten; through text, so that every one is the float nearest to its decimal."""
    return {unit: float(f"1e{power}") for unit, power in powers.items()}


#: Units of every dimension a case knows, as factors to SI; the first one listed is the SI unit.
DIMENSIONS = {
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
    "angle": {"rad": 1.0, "deg": math.pi / 180},
}

_EXACT = Context(prec=40, traps=[])  # what no float holds becomes inf or nan, and fails the range checks
_NUMBER = re.compile(r"\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf))\s*(.*?)\s*")


def parse(value, dimension):
    """SI value of a number or of a string with a unit.

    Parameters
    ----------
    value : float or str
        A bare number in SI, or a string such as "40 nm"; "inf" needs no unit.
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
        raise ValueError(f"is no {dimension}; write a number with a unit ({_names(units)}) or a bare number in {si}")
    unit = _spelling(match[2])
    if not unit and not match[1].endswith("inf"):
        raise ValueError(f"has no unit; add one of {_names(units)}, or write a bare number in {si}")
    unit = unit or si
    if unit in units:
        return float(_EXACT.multiply(_EXACT.create_decimal(match[1]), Decimal(repr(units[unit]))))
    other = next((name for name, known in DIMENSIONS.items() if unit in known), None)
    if other:
        raise ValueError(f"is a {other}, but a {dimension} is needed; allowed units: {_names(units)}")
    raise ValueError(f"has the unknown unit '{unit}'; allowed: {_names(units)}{did_you_mean(unit, units)}")


def is_number(value):
    """Whether a value is a real number that a float can hold, no truth value and not nan."""
    return (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and (isinstance(value, float) or abs(value) < 1e308)
        and value == value
    )


def did_you_mean(word, known):
    """The end of a message, "; did you mean 'nm'?", or nothing where no known word is near."""
    near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    if not near:
        lower = {name.lower(): name for name in known}
        near = [lower[hit] for hit in difflib.get_close_matches(str(word).lower(), lower, n=1, cutoff=0.5)]
    return f"; did you mean '{near[0]}'?" if near else ""


def engineering(value, unit, digits=4):
    """A value with the SI prefix that leaves one to three digits before the point: 1.5e-9, "A" -> "1.5 nA"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    prefixes = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T"]
    power = math.floor(math.log10(float(f"{abs(value):.{digits - 1}e}")) / 3)
    power = min(max(power, -5), 4)
    return f"{value / 1000.0**power:.{digits}g} {prefixes[power + 5]}{unit}".rstrip()


def _spelling(unit):
    """One spelling for the common ways to write a unit: µ and μ, angstrom, nm^-1, nm⁻¹, 1 / nm."""
    unit = re.sub(r"\s*/\s*", "/", unit).replace("µ", "u").replace("μ", "u").replace("Å", "Å")
    unit = re.sub(r"(?i)\bangstroms?\b", "Å", unit)
    inverse = re.fullmatch(r"(?:/)?(\w+)(?:\^?-1|⁻¹)|/(\w+)", unit)
    return f"1/{inverse[1] or inverse[2]}" if inverse else unit


def _names(units):
    return ", ".join(units)
