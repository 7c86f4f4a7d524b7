"""Synthetic results: Ohm's law and spin diffusion on the grid, current and spin injected at contacts.

No kinetic theory, but fields, terminals and measures as a run would leave them, in one, two and three dimensions.
"""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import spsolve

from boltzsim.case.case import Case
from boltzsim.result import History, Measure, Result, SolverReport, Terminals, provenance

CONDUCTIVITY, DECAY = 1e7, 60e-9  # S/m, m
ALLOY = {"k_F": "13.6 1/nm", "impurity": [{"name": "Ce", "concentration": 0.02, "channels": {"p1/2": 1.57}}]}
ALONG = {
    axis: {"transmission": 0.01, "polarization": 0.4, "direction": d}
    for axis, d in zip("xyz", np.eye(3).tolist(), strict=True)
}


def device(grid, contacts, spin_axis="x", **more):
    """A result as a run would give it: conduction with `current` at contacts, a spin potential injected with it."""
    case = Case(**{"title": "Synthetic device", **more}, material={"alloy": ALLOY}, grid=grid, contact=contacts)
    edges = {axis: case.grid.edges(axis) for axis in "xyz"}
    shape, spacing = case.grid.shape, {axis: case.grid.sizes(axis)[0] for axis in "xyz"}
    index = np.arange(np.prod(shape)).reshape(shape)
    rate, charge_source, spin_source = np.zeros(index.size), np.zeros(index.size), np.zeros(index.size)
    for contact in case.contact:
        layer = 0 if contact.face.endswith("min") else -1
        cells = {axis: slice(*ends) for axis, ends in case.contact_cells(contact).items()}
        here = index[tuple(cells.get(axis, layer) for axis in "zyx")].ravel()
        if contact.current is not None:
            density = contact.current / case.contact_area(contact) / spacing[contact.normal] / CONDUCTIVITY
            charge_source[here] += density
            spin_source[here] += contact.polarization * density
        elif contact.voltage is not None:
            rate[here] += 2 / spacing[contact.normal] ** 2
            charge_source[here] += rate[here] * contact.voltage
    laplace = sum(_second_difference(shape, i, spacing[axis]) for i, axis in enumerate("zyx"))
    charge = spsolve((laplace + sparse.diags(rate)).tocsc(), charge_source).reshape(shape)
    spin = spsolve((laplace + sparse.eye(index.size) / DECAY**2).tocsc(), spin_source).reshape(shape)
    spins = np.zeros((*shape, 3))
    spins[..., "xyz".index(spin_axis)] = spin
    spins[..., "yzx".index(spin_axis)] = 0.2 * spin * np.cos(3 * charge / np.abs(charge).max())
    fields = {
        "charge_potential": charge,
        "spin_potential": spins,
        "charge_current": _flow(case, charge),
        "spin_current": np.stack([_flow(case, spins[..., i]) for i in range(3)], axis=-1),
    }
    return Result(case, edges, fields, _terminals(case, charge), _measures(case), _report(), provenance(case, 2, 1.5))


def grating(complete=True):
    """A transient run without contacts: a spin grating along z that decays with two rates."""
    tables = {
        "title": "Spin grating",
        "walls": {"periodic": ["z"]},
        "time": {"end": "10 ps", "frames": 25},
        "initial": {"kind": "grating", "axis": "z", "spin": ["0.5 mV", 0, "1 mV"]},
        "measure": [{"kind": "decay", "signal": "grating", "component": "z"}],
    }
    case = Case(**tables, material={"alloy": ALLOY}, grid={"z": axis(300, 60)})
    time = np.concatenate([np.linspace(0, 1e-12, 20), np.linspace(1.2e-12, 10e-12, 60)])
    slow, fast = 0.3 * np.exp(-3e11 * time), 0.7 * np.exp(-2e12 * time)
    observed = np.outer(1e-3 * (slow + fast), [0, 0.5, 0, 1])
    frame_time = case.time.frame_times()
    size = 0.3 * np.exp(-3e11 * frame_time) + 0.7 * np.exp(-2e12 * frame_time)
    wave = np.cos(2 * np.pi * (np.arange(60) + 0.5) / 60)
    spins = 1e-3 * size[:, None, None, None, None] * wave[:, None, None, None] * np.array([0.5, 0, 1])
    extra = {"rate_error": 1e6, "rate_fast": 2e12, "weight_slow": 0.3, "misfit": 1e-6}
    measures = (Measure("decay", case.resolved()["measure"][0], 3e11, "1/s", extra),)
    return _transient(case, time, {"grating": observed}, frame_time, spins, measures, complete)


def pulse(device):
    """A transient run of a device with contacts: what it holds comes at 1 ps and goes again."""
    steady = device()
    tables = {**steady.case.resolved(), "time": {"end": "4 ps", "frames": 12}, "measure": []}
    tables["observe"] = [{"name": "whole", "kind": "mean"}]
    case = Case(**tables)
    time, frame_time = np.linspace(0, 4e-12, 81), case.time.frame_times()

    def course(t):
        return np.exp(-(((t - 1e-12) / 0.5e-12) ** 2))

    spins = course(frame_time)[:, None, None, None, None] * steady.fields["spin_potential"]
    observed = np.outer(course(time), [1e-6, 2e-7, 0, 0])
    result = _transient(case, time, {"whole": observed}, frame_time, spins, (), True, steady)
    return result


def _transient(case, time, observed, frame_time, spins, measures, complete, steady=None):
    """A result with a history; contacts follow the first observed component in the measure of a steady device."""
    shape, names = case.grid.shape, tuple(contact.name for contact in case.contact)
    course = np.abs(next(iter(observed.values()))).max(1)[:, None]
    course = course / course.max()
    terminals = steady.terminals if steady else Terminals((), *(np.zeros(0),) * 2, np.zeros((0, 3)), np.zeros((0, 0)))
    frames = {
        "charge_potential": np.zeros((len(frame_time), *shape)),
        "spin_potential": spins,
        "charge_current": np.zeros((len(frame_time), *shape, 3)),
        "spin_current": np.zeros((len(frame_time), *shape, 3, 3)),
    }
    course[0] = np.nan  # contacts are not known before the first step
    history = History(
        time=time,
        current=course * terminals.current,
        voltage=course * terminals.voltage,
        spin_current=course[..., None] * terminals.spin_current,
        voltage_reversed={name: course * values for name, values in terminals.voltage_reversed.items()},
        observed=observed,
        charge_balance=np.zeros(len(time)),
        frame_time=frame_time,
        frames=frames,
        complete=complete,
    )
    edges = {axis: case.grid.edges(axis) for axis in "xyz"}
    last = {name: values[-1] for name, values in frames.items()}
    assert names == terminals.name
    return Result(case, edges, last, terminals, measures, _report(), provenance(case, 2, 1.5), history)


def _second_difference(shape, axis, step):
    n = shape[axis]
    ones = [np.r_[1.0, np.full(n - 2, 2.0), 1.0] if n > 1 else np.zeros(1), np.full(n - 1, -1.0)]
    matrix = sparse.diags([ones[1], ones[0], ones[1]], [-1, 0, 1]) / step**2
    parts = [sparse.eye(m) for m in shape]
    parts[axis] = matrix
    return sparse.kron(sparse.kron(parts[0], parts[1]), parts[2])


def _flow(case, potential):
    """-σ grad, (z, y, x, 3)."""
    slopes = np.zeros((*potential.shape, 3))
    for i, axis in enumerate("zyx"):
        if potential.shape[i] > 1:
            slopes[..., 2 - i] = np.gradient(potential, case.grid.sizes(axis)[0], axis=i)
    return -CONDUCTIVITY * slopes


def _terminals(case, charge):
    """Currents of the case, returned by the first contact with a voltage; voltages of some order."""
    names = tuple(contact.name for contact in case.contact)
    current = np.array([contact.current or 0.0 for contact in case.contact])
    current[[contact.voltage is not None for contact in case.contact].index(True)] = -current.sum()
    voltage = np.linspace(charge.max(), charge.min(), len(names))
    flipped = {contact.name: 0.998 * voltage for contact in case.contact if contact.detect_spin}
    return Terminals(names, current, voltage, np.outer(current, [0.4, 0.0, 0.02]), np.eye(len(names)), flipped)


def _measures(case):
    extra = {"R_P": 1.234e-3, "R_AP": -1.1e-3, "delta_R": 2.334e-3}
    return tuple(Measure("nonlocal", entry, 1.234e-3, "Ω", extra) for entry in case.resolved()["measure"])


def _report():
    history = np.geomspace(1, 1e-9, 12)
    return SolverReport(True, 12, 36, 3, history, 0.3 * history, {"sweep": 1.0, "setup": 0.2}, 1e-13, 1e-12)


def contact(name, face, span=None, **more):
    return {
        "name": name,
        "face": face,
        "span": {axis: [f"{end} nm" for end in ends] for axis, ends in (span or {}).items()},
        **more,
    }


def axis(nanometres, cells=None):
    return {"length": f"{nanometres} nm"} | ({"cells": cells} if cells else {})


def slab():
    contacts = [
        contact("left", "z_min", current="1 uA", **ALONG["z"]),
        contact("right", "z_max", voltage=0, **ALONG["x"]),
    ]
    return device({"x": axis(1000), "y": axis(1000), "z": axis(300, 90)}, contacts)


def spin_valve(length=500, cells=160):
    """Lateral non-local spin valve: current between injector and left end, nothing on the right."""
    contacts = [
        contact("left", "x_min", voltage=0),
        contact("injector", "z_max", {"x": (100, 150)}, current="1 uA", **ALONG["x"]),
        contact("detector", "z_max", {"x": (300, 350)}, floating=True, detect_spin=True, **ALONG["y"]),
        contact("right", "x_max", floating=True),
    ]
    measure = [{"kind": "nonlocal", "injector": "injector", "detector": "detector", "reference": "right"}]
    return device({"x": axis(length, cells), "y": axis(100), "z": axis(40, 16)}, contacts, measure=measure)


def block():
    """Square device with contacts on every side, and a name that mathematics would garble."""
    contacts = [
        contact("source", "x_min", {"y": (100, 200)}, current="2 mA", **{**ALONG["x"], "direction": [1, 1, 0]}),
        contact("drain", "x_max", {"y": (150, 400)}, voltage=0),
        contact("probe_$1$", "y_max", {"x": (50, 120)}, floating=True, **{**ALONG["z"], "direction": [0, 0, -1]}),
        contact("probe_$2$", "y_max", {"x": (140, 190)}, floating=True, **ALONG["z"]),
        contact("bottom", "y_min", {"x": (200, 300)}, floating=True),
    ]
    return device({"x": axis(400, 50), "y": axis(400, 50)}, contacts, "y")


def wire():
    """Two-dimensional wire along z, drawn lying down."""
    contacts = [
        contact("low", "z_min", current="1 uA", **ALONG["y"]),
        contact("high", "z_max", voltage=0, **ALONG["z"]),
    ]
    return device({"x": axis(40, 8), "z": axis(600, 60)}, contacts, "z", title="A title of many words and $ " * 12)


def film():
    """Three-dimensional channel with two tunnel contacts on top."""
    contacts = [
        contact("left", "x_min", voltage=0),
        contact("injector", "z_max", {"x": (80, 120), "y": (20, 60)}, current="1 uA", **ALONG["x"]),
        contact("detector", "z_max", {"x": (240, 280)}, floating=True, **ALONG["y"]),
    ]
    return device({"x": axis(400, 40), "y": axis(100, 10), "z": axis(40, 8)}, contacts)


def film_without_spin():
    result = film()
    nothing = {name: 0 * result.fields[name] for name in ("spin_potential", "spin_current")}
    return Result(**{**vars(result), "fields": {**result.fields, **nothing}})


def long_valve():
    return spin_valve(5000, 500)


def one_cell():
    return device({"z": axis(40, 1)}, [contact("a", "z_min", current="1 uA"), contact("b", "z_max", voltage=0)])
