"""Case files as people write them: missing units, wrong brackets, byte-order marks, absurd numbers, bad names."""

import pytest
from valve import changed

from boltzsim.case.case import Case, load_case, parse_case
from boltzsim.errors import CaseError
from boltzsim.units import engineering

HEAD = """
[material.Cu]
k_F = "13.6 1/nm"
"""
HOST = '[material.Cu.background]\ntau_p = "25 fs"\ntau_sf = "7.6 ps"\n'
GRID = '[grid]\nx = { length = "400 nm", cells = 40 }\nz = { length = "40 nm", cells = 4 }\n'
ENDS = """
[[contact]]
name = "left"
face = "x_min"
voltage = "0 V"
[[contact]]
name = "right"
face = "x_max"
current = "1 uA"
"""
SLAB = HEAD + HOST + GRID + ENDS


def problem(text):
    with pytest.raises(CaseError) as error:
        parse_case(text, "slab.toml")
    text = str(error.value)
    assert all(line.startswith("slab.toml: ") for line in text.splitlines())
    assert not any(word in text.lower() for word in ("pydantic", "input should", "traceback"))
    return text


def test_the_slab_is_right():
    assert parse_case(SLAB).metal.background.tau_p == 25e-15


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('tau_p = "25 fs"', "tau_p = 25", "material.Cu.background.tau_p = 25 has no unit; did you mean '25 fs'?"),
        ('tau_p = "25 fs"', "tau_p = 2.5e-14", "tau_p = 2.5e-14 has no unit; did you mean '25 fs'? Units: s, ms, us,"),
        ('length = "400 nm"', "length = 400", "grid.x.length = 400 has no unit; did you mean '400 nm'?"),
        ('length = "400 nm"', "length = 4e-7", "grid.x.length = 4e-07 has no unit; did you mean '400 nm'?"),
        ('k_F = "13.6 1/nm"', "k_F = 13.6", "material.Cu.k_F = 13.6 has no unit; did you mean '13.6 1/nm'?"),
        ('k_F = "13.6 1/nm"', "k_F = 1.36e10", "k_F = 13600000000.0 has no unit; did you mean '1.36e+10 1/m'?"),
        ('current = "1 uA"', "current = 1e-6", "contact[1].current = 1e-06 has no unit; did you mean '1 uA'?"),
        ('voltage = "0 V"', "voltage = 0.001", "contact[0].voltage = 0.001 has no unit; did you mean '0.001 V'?"),
        ('tau_p = "25 fs"', 'tau_p = "25"', "tau_p = '25' has no unit; add one of s, ms, us, ns, ps, fs"),
        ('tau_p = "25 fs"', 'tau_p = "25,5 fs"', "tau_p = '25,5 fs' has a decimal comma; write a point, '25.5 fs'"),
        ('tau_p = "25 fs"', "tau_p = 25,5", "line 5: tau_p = 25,5 has a decimal comma; write a point, 25.5"),
        (
            'x = { length = "400 nm", cells = 40 }',
            'x = ["400 nm", 40]',
            "grid.x = ['400 nm', 40] must be a table with the keys length, cells, finest, growth: { key = value, … }",
        ),
        ('[[contact]]\nname = "left"', '[contact]\nname = "left"', "[contact] is one table, but [[contact]] starts an"),
        (
            "cells = 40",
            "cells = 1" + "0" * 5000,
            "holds a whole number of 5001 digits; write large numbers with a unit",
        ),
        (
            "cells = 40",
            "cells = 1" + "0" * 400,
            "grid.x.cells = an integer of 1329 bits is too large; at most 1000",
        ),
        ("cells = 40", "cells = " + "[" * 3000 + "]" * 3000, "is nested too deeply"),
    ],
)
def test_messages_name_the_real_mistake(right, wrong, message):
    assert right in SLAB
    assert message in problem(SLAB.replace(right, wrong, 1))


def test_a_list_is_written_in_one_way():
    inline = 'contact = [{ name = "left", face = "x_min", voltage = "0 V" }]\n'
    assert "line 1: contact = … is written beside [[contact]]; keep one of the two ways" in problem(inline + SLAB)


def test_a_table_stands_once():
    assert "[grid] stands there a second time, after line 7; put its keys together" in problem(SLAB + GRID)


def test_zero_and_infinity_need_no_unit():
    text = SLAB.replace('tau_sf = "7.6 ps"', "tau_sf = inf")
    for zero in ("0", "0.0", '"0"'):
        assert parse_case(text.replace('"0 V"', zero)).contact[0].voltage == 0


def test_a_contact_held_at_a_voltage_may_read_its_own_resistance():
    """V/I of a wire between two voltages; elsewhere the voltage of a held contact says nothing."""
    wire = SLAB.replace('current = "1 uA"', 'voltage = "1 mV"')
    measure = '[[measure]]\nkind = "nonlocal"\ninjector = "{}"\ndetector = "right"\nreference = "left"\n'
    assert parse_case(wire + measure.format("right")).measure[0].detector == "right"
    assert "measure[0].detector = 'right' is held at 1 mV" in problem(wire + measure.format("left"))


def test_currents_of_a_waveform_are_named_by_its_kind():
    text = SLAB.replace('voltage = "0 V"', "floating = true") + 'waveform = { kind = "switch", off = "1 ps" }\n'
    found = problem(text + '[time]\nend = "2 ps"\n')
    assert "contact[*].current with waveform.kind = 'switch' sums to 1 µA and no contact can carry it off" in found


def test_phase_shifts_are_bare_up_to_a_full_turn():
    impurity = '[[material.Cu.impurity]]\nconcentration = 0.02\nchannels = {{ "s1/2" = 1.2, "p1/2" = {} }}\n'
    assert parse_case(HEAD + impurity.format(-6.28) + GRID + ENDS).metal.impurity[0].channels["p1/2"] == -6.28
    assert parse_case(HEAD + impurity.format('"90 deg"') + GRID + ENDS).metal.impurity[0].channels["p1/2"] < 1.6
    found = problem(HEAD + impurity.format(90) + GRID + ENDS)
    assert """impurity[0].channels."p1/2" = 90 exceeds 2π and has no unit; did you mean '90 deg'?""" in found
    magnetic = SLAB + "polarization = 0.1\ndirection = [1, 0, 0]\nmixing_phase = 20\n"
    assert "contact[1].mixing_phase = 20 has no unit; did you mean '20 deg'?" in problem(magnetic)


def test_series_values_need_units_too():
    found = problem(SLAB + "[series.field]\nfield.B.z = [0, 1]\n")
    assert "series.field.field.B.z has the value 1, which has no unit; did you mean '1 T'?" in found
    found = problem(SLAB + "[series.size]\ncontact.left.span.z = [[0, 20], [0, 40]]\n")
    assert "series.size.contact.left.span.z has the value 20, which has no unit; did you mean '20 nm'?" in found
    found = problem(SLAB + "[series.t]\nmaterial.Cu.background.tau_p = { from = 10, to = 20, count = 2 }\n")
    assert "series.t.material.Cu.background.tau_p has the value 10, which has no unit; did you mean '10 fs'?" in found
    assert len(parse_case(SLAB + "[series.n]\nsolver.max_products = [100, 200]\n").series) == 1


def test_byte_order_marks_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "slab.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SLAB.replace("\n", "\r\n").encode())
    assert load_case(path) == parse_case(SLAB) == parse_case("\ufeff" + SLAB)
    path.write_bytes(SLAB.encode("utf-16"))
    with pytest.raises(CaseError, match="is UTF-16 text; save it as UTF-8"):
        load_case(path)
    path.write_bytes(SLAB.replace("\n", "\r").encode())
    with pytest.raises(CaseError, match="single carriage returns; save it with LF or CRLF"):
        load_case(path)


def test_python_takes_numbers_in_si_and_its_text_is_a_file():
    case = Case(
        material={"Cu": {"k_F": 13.6e9, "background": {"tau_p": 25e-15}}},
        grid={"x": {"length": 400e-9, "cells": 40}},
        contact=[{"name": "a", "face": "x_min", "voltage": 1e-3}, {"name": "b", "face": "x_max", "voltage": 0}],
        series={"field": {"field.B.z": [0, 0.5]}, "t": {"material.Cu.background.tau_p": {"from": 1e-14, "to": 2e-14,
                "count": 3}}},
    )  # fmt: skip
    assert '"tau_p" = "2.5e-14 s"' in case.toml()
    again = parse_case(case.toml())
    assert [point.resolved() for point in map(_bare, (case, again))] == [_bare(case).resolved()] * 2
    assert again.series["field"]["field.B.z"] == [0, "0.5 T"]


def _bare(case):
    return case.replace(series={})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"contact.1.name": "d\0t"},
            r"contact[1].name = 'd\x00t' has characters that cannot be stored or printed",
        ),
        ({"contact.1.name": "a\x1b[31m"}, r"contact[1].name = 'a\x1b[31m' has characters that cannot be stored"),
        (
            {"contact.1.name": "a.b"},
            "contact[1].name = 'a.b' has a '.', which separates the steps of a path",
        ),
        ({"contact.1.name": "a/b"}, "contact[1].name = 'a/b' has a '/', which"),
        ({"contact.1.name": " "}, "contact[1].name = ' ' is empty; give a name with letters"),
        ({"series": {"nonlocal_0": {"field.B.z": [0, 1]}}}, "series.nonlocal_0 is no name for an axis, it is taken in"),
        (
            {"series": {"voltage": {"field.B.z": [0, 1]}}},
            "series.voltage is no name for an axis, it is taken in",
        ),
        ({"series": {".": {"field.B.z": [0, 1]}}}, "has a '.', which separates the steps of a path"),
        (
            {"series": {"a": {"field.B.z": [0, 1]}, "a_0": {"field.B.x": [0, 1]}}},
            "series.a_0 is a name under which values of the axis 'a' are stored; choose another name",
        ),
        ({"series": {"n": {"solver.max_products": {"from": 1, "to": 2, "count": 10**6}}}}, "from 2 to 100,000"),
        (
            {"time": {"end": "1 ps"}, "observe": [{"name": "time", "kind": "mean"}]},
            "observe[0].name = 'time' is taken in",
        ),
        (
            {"time": {"end": "1 ps"}, "observe": [{"name": "component", "kind": "mean"}]},
            "'component' is taken",
        ),
        ({"time": {"end": "1 ps", "frames": 10**30}}, "time.frames = 1000000000000000000000000000000 is too large; at"),
        ({"angles": {"polar": 2000}}, "angles.polar = 2000 is too large; at most 512"),
        ({"contact.0.span": {"x": ["20 nm", 1e308]}}, "contact[0].span.x = ['20 nm', '1e+296 Tm'] leaves the box"),
        ({"region": [{"material": "vacuum"}]}, "region[0].material = 'vacuum' is no material; known: alloy"),
        (
            {"contact.1.detect_spin": True},
            "contact[1].detect_spin = true has no effect: 'left' has no magnetisation to reverse; give it a",
        ),
        (
            {"contact.2": {"name": "right", "face": "x_max", "voltage": "0 V"}},
            "measure[0].detector = 'right' is held at 0 V, so its voltage says nothing; give that contact",
        ),
        (
            {"contact.1.transmission": 0},
            "contact[*].current sums to 1 µA and no contact can carry it off, because 'left' has transmission 0",
        ),
    ],
)
def test_nonsense_is_refused_with_a_remedy(changes, message):
    with pytest.raises(CaseError) as error:
        Case(**changed(changes))
    assert message in str(error.value)
    assert "did you mean" not in str(error.value)


def test_the_largest_float_is_printed():
    assert engineering(1.7976931348623157e308, "V") == "1.798e+296 TV"


def test_far_words_are_not_suggested():
    with pytest.raises(CaseError) as error:
        Case(**changed({"gate": []}))
    assert "gate is unknown; known keys:" in str(error.value)
