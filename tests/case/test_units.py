"""Quantities with units, in and out."""

import math

import numpy as np
import pytest

from boltzsim.units import DIMENSIONS, engineering, parse, with_error


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("40 nm", "length", 40e-9),
        ("150nm", "length", 150e-9),
        ("2 Å", "length", 2e-10),
        ("3 angstrom", "length", 3e-10),
        (4e-8, "length", 4e-8),
        ("0.5 T", "magnetic field", 0.5),
        ("1 uA", "current", 1e-6),
        ("1 \u00b5A", "current", 1e-6),  # micro sign
        ("1 \u03bcA", "current", 1e-6),  # Greek mu
        ("13.6 1/nm", "wave number", 13.6e9),
        ("13.6 nm^-1", "wave number", 13.6e9),
        ("13.6 nm⁻¹", "wave number", 13.6e9),
        ("1.36 1/Å", "wave number", 13.6e9),
        ("2 ps", "time", 2e-12),
        ("inf", "time", math.inf),
        (math.inf, "time", math.inf),
        ("0 V/m", "electric field", 0.0),
        ("-1.5e3 V/cm", "electric field", -1.5e5),
        ("90 deg", "angle", math.pi / 2),
        ("3 mV", "voltage", 3e-3),
    ],
)
def test_units_are_read_to_the_nearest_float(text, dimension, value):
    assert parse(text, dimension) == value


@pytest.mark.parametrize(
    ("text", "dimension", "parts"),
    [
        ("40 nT", "length", ["unknown unit 'nT'", "m, cm, mm, um, nm, pm, Å"]),
        ("40 T", "length", ["is a magnetic field, but a length is needed", "nm"]),
        ("40 nmm", "length", ["unknown unit 'nmm'", "did you mean 'nm'?"]),
        ("40", "length", ["has no unit; add one of m, cm, mm, um, nm"]),
        ("forty nm", "length", ["is no length"]),
        ("1,5 nm", "length", ["has a decimal comma; write a point, '1.5 nm'"]),
        (True, "length", ["is no length"]),
        ([1], "time", ["is no time"]),
        (math.nan, "time", ["is no time"]),
        ("5 1/nm", "length", ["is a wave number, but a length"]),
    ],
)
def test_wrong_units_name_what_is_allowed(text, dimension, parts):
    with pytest.raises(ValueError) as error:
        parse(text, dimension)
    assert all(part in str(error.value) for part in parts)


def test_every_unit_has_one_meaning():
    units = [unit for known in DIMENSIONS.values() for unit in known]
    assert len(units) == len(set(units))


def test_engineering_notation_keeps_the_value():
    assert [engineering(v, "A") for v in (1e-6, -2.5e-3, 0.0, 999.96e-6, 1234.5)] == [
        "1 µA", "-2.5 mA", "0 A", "1 mA", "1.234 kA"]  # fmt: skip
    for exponent in np.linspace(-14, 12, 27):
        text = engineering(10**exponent, "A", 6)
        number, unit = text.split(" ")
        power = {"f": -15, "p": -12, "n": -9, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}[unit[:-1]]
        assert float(number) * 10.0**power == pytest.approx(10**exponent, rel=1e-5)


def test_frequencies_are_read():
    assert [parse(f"0.5 {unit}", "frequency") for unit in ("Hz", "kHz", "MHz", "GHz", "THz")] == [
        0.5, 500.0, 5e5, 5e8, 5e11]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "error", "unit", "prefixes", "shown"),
    [
        (3.304, 0.012, "", False, "3.304 ± 0.012"),
        (110.13e-15, 0.097e-15, "s", True, "110.130 ± 0.097 fs"),
        (9.997, 0.0999, "", False, "10.00 ± 0.10"),  # 0.0999 has two digits as 0.10
        (1234.5, 96.0, "cm²/s", False, "1234 ± 96 cm²/s"),
        (10875.0, 13146.0, "cm²/s", False, "11000 ± 13000 cm²/s"),
        (-0.5, 0.25, "V", True, "-500 ± 250 mV"),
        (1.2345e15, 2.3e13, "1/s", False, "(1.234 ± 0.023)e15 1/s"),
        (0.123456, 0.0, "", False, "0.1235"),
        (2.5, math.nan, "m", True, "2.5 m"),
    ],
)
def test_values_have_the_digits_that_their_errors_leave(value, error, unit, prefixes, shown):
    assert with_error(value, error, unit, prefixes) == shown
