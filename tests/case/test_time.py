"""Transient cases: what they read, what follows from it, and what is refused."""

import json
import math

import numpy as np
import pytest
from pydantic import TypeAdapter
from transient_cases import GRATING, LEFT_ON, TABLES, grating
from valve import DELETE, VALVE, changed

from boltzsim.case.case import Case, parse_case
from boltzsim.case.schema import unit_at
from boltzsim.case.series import expand
from boltzsim.case.waveform import Waveform
from boltzsim.errors import CaseError


def waveform(**keys):
    return TypeAdapter(Waveform).validate_python(keys)


def test_a_grating_is_read_with_its_defaults():
    case = grating()
    time, start = case.time, case.initial
    assert (time.end, time.step, time.tolerance, time.first_step) == (20e-12, None, 1e-5, None)
    assert (time.frames, time.keep_state) == (20, False)
    assert (start.kind, start.axis, start.periods, start.phase) == ("grating", "z", 2.0, 0.0)
    assert (start.charge, start.spin) == (0.0, (0.0, 0.0, 1e-3))
    assert (case.measure[0].signal, case.measure[0].component, case.measure[0].start) == ("grating", "z", 1e-12)
    assert case.observe == ()


def test_a_grating_is_observed_unless_a_fourier_component_is():
    assert [(e.name, e.kind, e.axis, e.periods, e.phase) for e in grating({"initial.phase": "90 deg"}).observed] == [
        ("grating", "fourier", "z", 2.0, math.pi / 2)
    ]
    mean = {"name": "middle", "kind": "mean", "box": {"z": ["90 nm", "110 nm"]}}
    assert [entry.name for entry in grating({"observe": [mean]}).observed] == ["middle", "grating"]
    wave = {"name": "wave", "kind": "fourier", "axis": "z", "periods": 0}
    case = grating({"observe": [wave], "measure": []})
    assert [entry.name for entry in case.observed] == ["wave"]


def test_transient_cases_come_back_from_their_resolved_form_and_their_text():
    for case in (parse_case(GRATING), Case(**changed(LEFT_ON))):
        again = Case(**json.loads(json.dumps(case.resolved(), allow_nan=False)))
        assert again == case and again.observed == case.observed
        assert parse_case(again.toml()) == case
    assert grating().resolved()["measure"] == [
        {"kind": "decay", "signal": "grating", "component": "z", "from": 1e-12},
    ]


def test_frames_start_at_zero_and_end_at_the_end():
    assert grating({"time.frames": 4}).time.frame_times() == pytest.approx([0, 5e-12, 10e-12, 15e-12, 20e-12])
    assert grating({"time.frames": ["1 ps", 3e-12]}).time.frame_times().tolist() == [0, 1e-12, 3e-12, 20e-12]
    assert grating({"time.frames": ["0 s", "20 ps"]}).time.frame_times().tolist() == [0, 20e-12]


def test_switches_are_on_between_their_times():
    wave = waveform(kind="switch", on="1 ps", off="3 ps")
    assert [wave.factor(t) for t in (0, 0.99e-12, 1e-12, 2.99e-12, 3e-12, 9e-12)] == [0, 0, 1, 1, 0, 0]
    assert wave.events(10e-12) == [1e-12, 3e-12]
    assert wave.events(2e-12) == [1e-12] and wave.events(1e-12) == []
    always = waveform(kind="switch")
    assert (always.factor(0.0), always.factor(1.0), always.events(1.0)) == (1.0, 1.0, [])


def test_sinusoids_have_frequency_phase_and_offset():
    wave = waveform(kind="sinusoid", frequency="0.5 THz", phase="30 deg", offset=2.0)
    assert wave.factor(0.0) == pytest.approx(2.5, rel=1e-15)
    assert wave.factor(0.5e-12) == pytest.approx(2 + math.sin(math.pi / 2 + math.pi / 6), rel=1e-15)
    assert wave.events(1.0) == []


def test_tables_are_linear_between_their_times_and_constant_outside():
    wave = waveform(kind="table", time=["1 ps", "2 ps", "4 ps"], factor=[0, 1.0, -1])
    times = np.array([0, 1, 1.5, 2, 3, 4, 9]) * 1e-12
    np.testing.assert_allclose([wave.factor(t) for t in times], [0, 0, 0.5, 1, 0, -1, -1], atol=1e-15)
    assert wave.events(3e-12) == [1e-12, 2e-12]


def test_files_lie_beside_the_case(tmp_path):
    case = parse_case(GRATING, tmp_path / "case.toml")
    assert case.beside("steady.h5") == tmp_path / "steady.h5"
    assert case.replace(title="other").beside("steady.h5") == tmp_path / "steady.h5"
    assert grating().beside("steady.h5").parts == ("steady.h5",)


def test_series_vary_times_waves_and_waveforms():
    case = grating({"series": {"q": {"initial": {"periods": [1, 2, 3]}}, "spin": {"initial": {"spin": [
        [0, 0, "1 mV"], ["1 mV", 0, 0]]}}}})  # fmt: skip
    (q, spin), cases = expand(case)
    assert q.coordinate.tolist() == [1, 2, 3] and len(spin) == 2
    assert [(c.initial.periods, c.observed[0].periods) for c in cases] == [
        (p, p) for p in (1.0, 2.0, 3.0) for _ in "LT"
    ]
    off = {"series": {"pulse": {"contact": {"injector": {"waveform": {"off": ["1 ps", "2 ps"]}}}}}}
    (pulse,), cases = expand(Case(**changed(LEFT_ON | off)))
    assert (pulse.unit, pulse.coordinate.tolist()) == ("s", [1e-12, 2e-12])
    units = {
        "time.end": "s", "time.step": "s", "initial.phase": "rad", "initial.spin.z": "V", "initial.charge": "V",
        "initial.width.x": "m", "contact.a.waveform.frequency": "Hz", "initial.periods": "1", "time.tolerance": "1",
        "time.frames.0": "s", "contact.a.spin_voltage": "V", "contact.a.waveform.time.0": "s",
    }  # fmt: skip
    units |= {"measure.0.from": "s", "time.frames": "1", "solver.rtol": "1", "material.a.channels.p1/2": "1"}
    units |= {"material.a.impurity.Ce.channels.p1/2": "rad", "field.B": "T", "field.B.z": "T", "grid.x.length": "m"}
    units |= {"contact.a.span.x": "m", "contact.a.span.x.0": "m", "contact.a.resistance_area": "Ohm m2"}
    assert {path: unit_at(Case, path.split(".")) for path in units} == units


def test_prescribed_currents_may_follow_one_waveform_together():
    pulse = {"kind": "switch", "off": "1 ps"}
    contacts = [
        {"name": "a", "face": "x_min", "current": "1 uA", "waveform": pulse},
        {"name": "b", "face": "x_max", "current": "-1 uA", "waveform": pulse},
    ]
    tables = {"time": {"end": "1 ps"}, "contact": contacts, "measure": []}
    assert Case(**changed(tables)).contact[0].waveform == Case(**changed(tables)).contact[1].waveform
    with pytest.raises(CaseError, match=r"contact\[\*\]\.current with waveform\.kind = 'switch' sums to 1 µA"):
        Case(**changed(tables | {"contact": [contacts[0], {**contacts[1], "waveform": {"kind": "switch"}}]}))


def test_a_transient_case_may_start_away_from_rest_without_drive():
    assert not grating().contact
    assert grating({"initial": {"kind": "result", "file": "steady.h5"}, "measure": []}).initial.file == "steady.h5"
    with pytest.raises(CaseError, match=r"leave the device at rest.*or start a transient run from an \[initial\]"):
        grating({"initial.spin": [0, 0, 0]})


def test_schema_has_every_kind_with_its_keys():
    schema = Case.model_json_schema()
    json.dumps(schema, allow_nan=False)
    kinds = {
        "initial": {"uniform", "grating", "packet", "result"},
        "observe": {"fourier", "mean"},
        "measure": {"nonlocal", "decay", "arrival"},
    }
    for key, expected in kinds.items():
        entry = schema["properties"][key]
        union = entry["items"] if "items" in entry else entry["anyOf"][0]
        assert set(union["discriminator"]["mapping"]) == expected
    assert schema["$defs"]["DecayMeasure"]["properties"]["from"]["default"] == "0 s"
    assert schema["$defs"]["Samples"]["required"] == ["kind", "time", "factor"]
    assert all(not schema["$defs"][name]["additionalProperties"] for name in ("Time", "Grating", "Switch", "Mean"))


GRATING_MISTAKES = [
    ("time.ende is unknown; did you mean 'end'?", {"time.ende": 1}),
    ('time.end is missing; give for example end = "20 ps"', {"time.end": DELETE}),
    ("time.end = '1 nm' is a length, but a time is needed; allowed units: s,", {"time.end": "1 nm"}),
    ("time.step = '30 ps' exceeds time.end = '20 ps'; take a shorter one", {"time.step": "30 ps"}),
    ("time.first_step = '30 ps' exceeds time.end", {"time.first_step": "30 ps"}),
    ("time.first_step has no effect on constant steps", {"time.step": "1 ps", "time.first_step": "1 ps"}),
    ("time.tolerance = 0.001 has no effect on constant steps", {"time.step": "1 ps", "time.tolerance": 1e-3}),
    ("time.tolerance = 1 must lie in (0, 1)", {"time.tolerance": 1}),
    ("time.tolerance = 1e-09 is finer than stages solved to solver.rtol = 1e-08 show", {"time.tolerance": 1e-9}),
    ("time.frames = 0 must be a whole number, at least 1, or a list of times", {"time.frames": 0}),
    ("time.frames = ['2 ps', '1 ps'] must increase from each time to the next", {"time.frames": ["2 ps", "1 ps"]}),
    ("time.frames = ['-1 ps'] must be at least 0 and finite", {"time.frames": ["-1 ps"]}),
    ("time.frames = [] must be a list of times, at least one", {"time.frames": []}),
    ("time.frames = '25 ps' is beyond time.end = '20 ps'; remove it or run longer", {"time.frames": ["1 ps", "25 ps"]}),
    ("time.keep_state = 1 must be true or false", {"time.keep_state": 1}),
    ("physics.model = 'diffusion' has no time: only the steady", {"physics": {"model": "diffusion"}}),
    ("initial.kind = 'grate' is not allowed; choose one of uniform, grating,", {"initial.kind": "grate"}),
    ("initial.kind is missing; choose one of uniform, grating, packet, result", {"initial.kind": DELETE}),
    ("initial = 'grating' must be a table", {"initial": "grating"}),
    ('initial.axis is missing; give for example axis = "z"', {"initial.axis": DELETE}),
    ("initial.axis does not belong to kind = 'uniform'; its keys: charge, spin, kind", {"initial.kind": "uniform"}),
    ("initial.wavelength is unknown; known keys: charge, spin, kind, axis,", {"initial.wavelength": 1}),
    ("initial.perods is unknown; did you mean 'periods'?", {"initial.perods": 1}),
    ("initial.charge does not belong to kind = 'result'", {"initial": {"kind": "result", "file": "a", "charge": 0}}),
    ('initial.file is missing; give for example file = "steady.h5"', {"initial": {"kind": "result"}}),
    ("initial.spin = [1] must be a list of 3 values", {"initial.spin": [1]}),
    ("initial.axis = 'x' is a uniform axis; choose one of z, or give grid.x cells", {"initial.axis": "x"}),
    ("initial.periods = 0.3 does not fit the box; give a multiple of 0.5", {"initial.periods": 0.3}),
    ("initial.periods = 0.5 does not fit the periodic axis z; give a whole number", {"initial.periods": 0.5}),
    ("initial.periods = 33 is not resolved by 64 cells; at most 32, or raise grid.z.cells", {"initial.periods": 33}),
    ("initial.periods = 0 must be greater than 0", {"initial.periods": 0}),
    (
        "initial.width.z is missing beside initial.centre.z; give both",
        {"initial": {"kind": "packet", "charge": 1, "centre": {"z": "10 nm"}, "width": {}}},
    ),
    (
        "initial.centre = {} gives no axis; give for example centre =",
        {"initial": {"kind": "packet", "charge": 1, "centre": {}, "width": {}}},
    ),
    (
        "initial.centre.x is a uniform axis; choose one of z, or give grid.x cells",
        {"initial": {"kind": "packet", "charge": 1, "centre": {"x": "10 nm"}, "width": {"x": "10 nm"}}},
    ),
    (
        "initial.centre.z = '500 nm' lies outside the box; allowed: ['0 m', '400 nm']",
        {"initial": {"kind": "packet", "charge": 1, "centre": {"z": "500 nm"}, "width": {"z": "10 nm"}}},
    ),
    (
        "initial.width.z = '1 nm' is below a cell of 6.25 nm; widen it or raise grid.z.cells",
        {"initial": {"kind": "packet", "charge": 1, "centre": {"z": "100 nm"}, "width": {"z": "1 nm"}}},
    ),
    (
        "initial.width.z = 0 must be greater than 0",
        {"initial": {"kind": "packet", "charge": 1, "centre": {"z": "100 nm"}, "width": {"z": 0}}},
    ),
    (
        "observe[0].box does not belong to kind = 'fourier'; its keys: name, kind, axis, periods, phase",
        {"observe": [{"name": "a", "kind": "fourier", "axis": "z", "box": {}}]},
    ),
    (
        "observe[0].box.z = ['300 nm', '500 nm'] leaves the box",
        {"observe": [{"name": "a", "kind": "mean", "box": {"z": ["300 nm", "500 nm"]}}]},
    ),
    (
        "observe[0].periods = 1.5 does not fit the periodic axis z",
        {"observe": [{"name": "a", "kind": "fourier", "axis": "z", "periods": 1.5}]},
    ),
    (
        "observe[1].name = 'a' is taken by another observe entry; give every signal its own name",
        {"observe": [{"name": "a", "kind": "mean"}, {"name": "a", "kind": "mean"}]},
    ),
    (
        "the initial grating is recorded as 'grating', the name of another observe entry; rename that one",
        {"observe": [{"name": "grating", "kind": "mean"}]},
    ),
    (
        "observe[0].name = 'a/b' has a '/', which separates the steps of a path; write '_' instead",
        {"observe": [{"name": "a/b", "kind": "mean"}]},
    ),
    (
        "measure[0].signal = 'grate' is no observed signal; known: grating; did you mean 'grating'?",
        {"measure.0.signal": "grate"},
    ),
    ("measure[0].component = 'w' is not allowed; choose one of charge, x, y, z", {"measure.0.component": "w"}),
    ('measure[0].component is missing; give for example component = "z"', {"measure.0.component": DELETE}),
    ("measure[0].from = '30 ps' leaves nothing before time.end = '20 ps'", {"measure.0.from": "30 ps"}),
    ("measure[0].start is unknown; known keys: kind, signal, component, from", {"measure.0.start": 0}),
    ("measure[0].injector does not belong to kind = 'decay'; its keys:", {"measure.0.injector": "a"}),
    (
        "measure[0].component is missing for the observed 'grating'; choose one of charge, x, y, z",
        {"measure": [{"kind": "arrival", "signal": "grating"}]},
    ),
    (
        "measure[0].signal = 'detector' is no observed signal and no contact; known: grating",
        {"measure": [{"kind": "arrival", "signal": "detector"}]},
    ),
    ("measure[0].kind = 'decay' is drawn from a transient run; add [time]", {"time": DELETE}),
    ("initial needs a transient run; add [time] with an end, or remove it", {"time": DELETE}),
    (
        "observe[0] needs a transient run; add [time] with an end",
        {"time": DELETE, "observe": [{"name": "a", "kind": "mean"}]},
    ),
]

CONTACT_MISTAKES = [
    ("contact[0].waveform needs a transient run; add [time]", {"time": DELETE}),
    (
        "contact[2].waveform has nothing to act on: 'right' is floating; drive the contact, or remove it",
        {"contact.2.waveform": {"kind": "switch"}},
    ),
    ("contact[1].waveform has nothing to act on: 'left' has only zeros", {"contact.1.waveform": {"kind": "switch"}}),
    (
        "contact[0].waveform.off = '1 ps' is not after on = '2 ps'; switch off later",
        {"contact.0.waveform.on": "2 ps"},
    ),
    (
        "contact[0].waveform.factor does not belong to kind = 'switch'; its keys: kind, on, off",
        {"contact.0.waveform.factor": [1]},
    ),
    (
        "contact[0].waveform has 1 times and 2 factors; give one factor for each time",
        {"contact.0.waveform": {"kind": "table", "time": [0], "factor": [0, 1]}},
    ),
    (
        "contact[0].waveform.time = ['1 ps', '1 ps'] must increase from each time to the next",
        {"contact.0.waveform": {"kind": "table", "time": ["1 ps", "1 ps"], "factor": [0, 1]}},
    ),
    (
        "contact[0].waveform.factor = ['1 V'] must be a number",
        {"contact.0.waveform": {"kind": "table", "time": [0], "factor": ["1 V"]}},
    ),
    (
        "contact[0].waveform.frequency = '1 ps' is a time, but a frequency is needed; allowed units: Hz, kHz, MHz,",
        {"contact.0.waveform": {"kind": "sinusoid", "frequency": "1 ps"}},
    ),
    (
        'contact[0].waveform.frequency is missing; give for example frequency = "0.5 THz"',
        {"contact.0.waveform": {"kind": "sinusoid"}},
    ),
    (
        "contact[0].waveform.kind = 'pulse' is not allowed; choose one of switch, sinusoid, table",
        {"contact.0.waveform": {"kind": "pulse"}},
    ),
    (
        "observe[0].name = 'left' is taken by another contact; give every signal its own name",
        {"observe": [{"name": "left", "kind": "mean"}]},
    ),
    (
        "measure[0].component = 'z' has no effect: the signal of a contact is its voltage; remove it",
        {"measure.0.component": "z"},
    ),
    (
        "measure[0].kind = 'nonlocal' is drawn from a steady solution; remove it, or [time]",
        {"measure": VALVE["measure"]},
    ),
]


def test_the_cases_that_mistakes_are_made_in_are_right():
    assert grating().time and Case(**changed(LEFT_ON)).contact[0].waveform


@pytest.mark.parametrize(
    ("tables", "message", "changes"),
    [(TABLES, *entry) for entry in GRATING_MISTAKES] + [(changed(LEFT_ON), *entry) for entry in CONTACT_MISTAKES],
)
def test_mistakes_are_named_with_a_remedy(tables, message, changes):
    with pytest.raises(CaseError) as error:
        Case(**changed(changes, tables))
    assert any(message in problem for problem in error.value.problems), str(error.value)
    assert not any(word in str(error.value).lower() for word in ("input should", "pydantic", "union_tag", "discrim"))
