"""Consistency of times, waveforms, starts, signals and measures, after every single value has been read.

As in `boltzsim.case.checks`: problems are sentences "path = value what is wrong; remedy", in the order of the file.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from boltzsim.axes import AXES
from boltzsim.case.description import Description
from boltzsim.case.messages import unknown
from boltzsim.case.names import signal_problem
from boltzsim.case.spans import cell_size, stretch_problems
from boltzsim.case.waveform import Waveform
from boltzsim.units import engineering


def time_problems(case: Description) -> Iterable[str]:
    """Problems of [time], [initial], waveforms and [[observe]]."""
    if case.time is None:
        return _without_time(case)
    return [*_time(case), *_waveforms(case), *_initial(case), *_observed(case)]


def driven_at_start(case: Description) -> bool:
    """Whether a case starts away from equilibrium."""
    start = case.initial
    return start is not None and (start.kind == "result" or start.charge != 0 or any(start.spin))


def measure_problems(case: Description) -> Iterator[str]:
    """Problems of [[measure]]."""
    for i, measure in enumerate(case.measure):
        path = f"measure[{i}]"
        if measure.kind == "nonlocal":
            yield from _nonlocal(case, path, measure)
        elif case.time is None:
            yield f"{path}.kind = '{measure.kind}' is drawn from a transient run; add [time], or remove the measure"
        elif measure.kind == "decay":
            yield from _decay(case, path, measure)
        else:
            yield from _arrival(case, path, measure)


def _without_time(case: Description) -> Iterator[str]:
    needs = "needs a transient run; add [time] with an end, or remove it"
    if case.initial is not None:
        yield f"initial {needs}"
    for i, contact in enumerate(case.contact):
        if contact.waveform is not None:
            yield f"contact[{i}].waveform {needs}"
    for i in range(len(case.observe)):
        yield f"observe[{i}] {needs}"


def _time(case: Description) -> Iterator[str]:
    time = case.time
    assert time is not None
    if case.physics.model == "diffusion":
        yield (
            "physics.model = 'diffusion' has no time: only the steady equations of the diffusion model are solved; "
            "remove [time], or set physics.model = 'kinetic'"
        )
    for key in ("step", "first_step"):
        value = getattr(time, key)
        if value is not None and value > time.end:
            yield f"time.{key} = '{_s(value)}' exceeds time.end = '{_s(time.end)}'; take a shorter one"
    if time.step is not None and time.first_step is not None:
        yield "time.first_step has no effect on constant steps; remove it, or time.step"
    if time.step is not None and time.tolerance != type(time).model_fields["tolerance"].default:
        yield f"time.tolerance = {time.tolerance:g} has no effect on constant steps; remove it, or time.step"
    if time.step is None and time.tolerance < 10 * case.solver.rtol:
        yield (
            f"time.tolerance = {time.tolerance:g} is finer than stages solved to solver.rtol = {case.solver.rtol:g} "
            f"show; at least {10 * case.solver.rtol:g}, or lower solver.rtol"
        )
    late = [t for t in time.frame_times() if t > time.end]
    if late:
        yield f"time.frames = '{_s(late[-1])}' is beyond time.end = '{_s(time.end)}'; remove it or run longer"


def _waveforms(case: Description) -> Iterator[str]:
    for i, contact in enumerate(case.contact):
        wave, path = contact.waveform, f"contact[{i}].waveform"
        if wave is None:
            continue
        if contact.floating:
            yield f"{path} has nothing to act on: '{contact.name}' is floating; drive the contact, or remove it"
        elif not (contact.current or contact.voltage or any(contact.spin_voltage)):
            yield f"{path} has nothing to act on: '{contact.name}' has only zeros; drive the contact, or remove it"
        if wave.kind == "switch" and wave.on >= wave.off:
            yield f"{path}.off = '{_s(wave.off)}' is not after on = '{_s(wave.on)}'; switch off later"
        if wave.kind == "table" and len(wave.time) != len(wave.factors):
            yield f"{path} has {len(wave.time)} times and {len(wave.factors)} factors; give one factor for each time"


def _initial(case: Description) -> Iterator[str]:
    start = case.initial
    if start is None:
        return
    if start.kind == "grating":
        yield from _wave(case, "initial", start)
    if start.kind == "packet":
        yield from _packet(case, start)


def _wave(case: Description, path: str, wave: Any) -> Iterator[str]:
    """Problems of a cosine: it runs along cells, fits the box, and is resolved."""
    if wave.axis not in case.grid.axes:
        yield _uniform(case, f"{path}.axis = '{wave.axis}'", wave.axis)
        return
    cells, value = case.grid.cells(wave.axis), f"{path}.periods = {wave.periods:g}"
    if wave.periods % 0.5:
        yield f"{value} does not fit the box; give a multiple of 0.5"
    elif wave.axis in case.walls.periodic and wave.periods % 1:
        yield f"{value} does not fit the periodic axis {wave.axis}; give a whole number"
    elif 2 * wave.periods > cells:
        yield f"{value} is not resolved by {cells} cells; at most {cells / 2:g}, or raise grid.{wave.axis}.cells"


def _packet(case: Description, start: Any) -> Iterator[str]:
    centre, width = ({a: getattr(table, a) for a in AXES if getattr(table, a) is not None}
                     for table in (start.centre, start.width))  # fmt: skip
    if not centre and not width:
        yield "initial.centre = {} gives no axis; give for example centre = { x = '100 nm' }, width = { x = '10 nm' }"
    for axis in AXES:
        if (axis in centre) != (axis in width):
            given, missing = ("centre", "width") if axis in centre else ("width", "centre")
            yield f"initial.{missing}.{axis} is missing beside initial.{given}.{axis}; give both or none of them"
        elif axis in centre and axis not in case.grid.axes:
            yield _uniform(case, f"initial.centre.{axis}", axis)
        elif axis in centre:
            length = case.grid.length(axis)
            if not 0 <= centre[axis] <= length:
                where = f"initial.centre.{axis} = '{_m(centre[axis])}'"
                yield f"{where} lies outside the box; allowed: ['0 m', '{_m(length)}']"
            if width[axis] < case.grid.sizes(axis).max():
                where = f"initial.width.{axis} = '{_m(width[axis])}'"
                yield f"{where} is below a cell of {cell_size(case.grid, axis)}; widen it or raise grid.{axis}.cells"


def _observed(case: Description) -> Iterator[str]:
    names = {contact.name: "contact" for contact in case.contact}
    for i, entry in enumerate(case.observed):
        path, added = f"observe[{i}]", i >= len(case.observe)
        taken = names.get(entry.name)
        if taken and added:
            yield f"the initial grating is recorded as 'grating', the name of another {taken}; rename that one"
        elif taken:
            yield f"{path}.name = '{entry.name}' is taken by another {taken}; give every signal its own name"
        if problem := signal_problem(f"{path}.name", entry.name):
            yield problem
        names.setdefault(entry.name, "observe entry")
        if entry.kind == "fourier" and not added:
            yield from _wave(case, path, entry)
        elif entry.kind == "mean":
            for axis, stretch in entry.box.stretches.items():
                yield from stretch_problems(case, f"{path}.box.{axis}", axis, stretch)


def _nonlocal(case: Description, path: str, measure: Any) -> Iterator[str]:
    contacts = {contact.name: contact for contact in case.contact}
    if case.time is not None:
        yield f"{path}.kind = 'nonlocal' is drawn from a steady solution; remove it, or [time]"
        return
    for role in ("injector", "detector", "reference"):
        name = getattr(measure, role)
        if name not in contacts:
            yield unknown(f"{path}.{role}", name, contacts, "contact")
    if measure.detector == measure.reference:
        yield f"{path}.reference = '{measure.reference}' is the detector itself; name another contact"
    detector = contacts.get(measure.detector)
    if detector is not None and detector.voltage is not None and measure.detector != measure.injector:
        yield (
            f"{path}.detector = '{measure.detector}' is held at {engineering(detector.voltage, 'V')}, so its voltage "
            f"says nothing; give that contact floating = true instead of a voltage"
        )
    injector = contacts.get(measure.injector)
    if injector is not None and (injector.floating or injector.current == 0):
        yield (
            f"{path}.injector = '{measure.injector}' carries no current to divide by; "
            f"name a contact with a current or voltage"
        )


def _decay(case: Description, path: str, measure: Any) -> Iterator[str]:
    names = [entry.name for entry in case.observed]
    if measure.signal not in names:
        yield unknown(f"{path}.signal", measure.signal, names, "observed signal")
    assert case.time is not None
    if measure.start >= case.time.end:
        yield f"{path}.from = '{_s(measure.start)}' leaves nothing before time.end = '{_s(case.time.end)}'; fit earlier"


def _arrival(case: Description, path: str, measure: Any) -> Iterator[str]:
    observed, contacts = [entry.name for entry in case.observed], [contact.name for contact in case.contact]
    if measure.signal in contacts:
        if measure.component is not None:
            where = f"{path}.component = '{measure.component}'"
            yield f"{where} has no effect: the signal of a contact is its voltage; remove it"
    elif measure.signal not in observed:
        yield unknown(f"{path}.signal", measure.signal, [*observed, *contacts], "observed signal and no contact")
    elif measure.component is None:
        yield f"{path}.component is missing for the observed '{measure.signal}'; choose one of charge, x, y, z"


def waveform_currents(case: Description) -> dict[Waveform | None, float]:
    """Sums of the prescribed currents by waveform: all that follow one rise and fall together. Waveform -> A."""
    sums: dict[Waveform | None, list[float]] = {}
    for contact in case.contact:
        sums.setdefault(contact.waveform, []).append(contact.current or 0.0)
    return {wave: math.fsum(currents) for wave, currents in sums.items()}


def _uniform(case: Description, path: str, axis: str) -> str:
    return f"{path} is a uniform axis; choose one of {', '.join(case.grid.axes)}, or give grid.{axis} cells"


def _s(value: float) -> str:
    return engineering(value, "s")


def _m(value: float) -> str:
    return engineering(value, "m")
