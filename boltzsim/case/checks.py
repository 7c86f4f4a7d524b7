"""Consistency between the entries of a case, after every single value has been read.

Each function yields problems as sentences "path = value what is wrong; remedy", in the order of the file.
"""

import cmath
import math
from collections.abc import Iterable, Iterator

from scipy.constants import Boltzmann

from boltzsim.axes import AXES
from boltzsim.case.background import TIMES
from boltzsim.case.boundaries import Contact
from boltzsim.case.checks_device import (
    contact_places,
    interface_problems,
    island_problems,
    metal_problems,
    region_problems,
    size_problems,
)
from boltzsim.case.checks_time import driven_at_start, measure_problems, time_problems, waveform_currents
from boltzsim.case.description import Description
from boltzsim.case.grading import axis_problems
from boltzsim.case.messages import key_path
from boltzsim.case.names import text_problem
from boltzsim.case.series import check as check_series
from boltzsim.case.spans import lengths, stretch_problems
from boltzsim.case.tables import Material
from boltzsim.errors import CaseError
from boltzsim.material.alloy import fermi_energy, phases
from boltzsim.material.barrier import resistance_area
from boltzsim.material.inelastic import highest_temperature
from boltzsim.units import engineering

FACES = tuple(f"{axis}_{end}" for axis in AXES for end in ("min", "max"))
LEBEDEV_DEGREES = (*range(3, 33, 2), *range(35, 132, 6))
NEGATIVE_WEIGHTS = (13, 25, 27)


def problems(case: Description) -> list[str]:
    """All inconsistencies of a case; contacts, drives and times are checked only on a sound grid of sound metals."""
    found = [*_materials(case), *_grid(case)]
    if not found:
        found += size_problems(case)
    if not found:
        found += region_problems(case)
    if not (found or case.is_box):
        found += [*metal_problems(case), *interface_problems(case)]
    if not found:
        found += [*_walls(case), *_contacts(case)]
        found += [] if found else island_problems(case)
        found += [*_drives(case), *_angles(case), *time_problems(case), *measure_problems(case)]
    if case.temperature is not None and case.time is not None:
        found.append("temperature and time do not go together: runs in time know one energy; remove one of the two")
    if not found and case.series:
        found += _series(case)
    return found


def _materials(case: Description) -> Iterator[str]:
    if not case.given_material:
        yield "material has no table; describe one under [material.NAME]"
    for name, given in case.given_material.items():
        path = key_path(("material", name))
        if problem := text_problem("material", name):
            yield problem
        try:
            material = given.at(case.kelvin)
        except ValueError as error:
            yield f"{path}.{error}"
            continue
        yield from _in_table(case, path, material)
        shifts = [eta for impurity in material.impurity for eta in phases(impurity).values()]
        host = min(getattr(material.background, key) for key in TIMES)
        if material.diffusion is not None:
            if case.physics.model == "kinetic":
                yield (
                    f"{path}.diffusion drives physics.model = 'diffusion' only; set that model, or describe the metal "
                    f"by its scatterers and remove the table"
                )
        elif math.isinf(host) and all(abs(cmath.sin(eta)) < 1e-12 for eta in shifts):
            yield (
                f"{path} has no scattering; give it an impurity with a phase shift that is no multiple of pi, "
                f"or a finite background.tau_p"
            )


def _in_table(case: Description, path: str, material: Material) -> Iterator[str]:
    """Screened moments with inelastic events are known up to a multiple of their Kondo temperature."""
    for i, impurity in enumerate(material.impurity):
        if case.temperature is not None and impurity.kondo is not None and impurity.kondo.inelastic:
            kelvin = impurity.kondo.resonance(fermi_energy(material)).temperature / Boltzmann
            if highest_temperature() * kelvin < case.temperature.T:
                yield (
                    f"temperature.T = '{case.temperature.T:g} K' is more than {highest_temperature():g} times the "
                    f"Kondo temperature {kelvin:.4g} K of {path}.impurity[{i}], where kondo.inelastic ends; lower T, "
                    f"or describe free moments by background.tau_ex"
                )


def _grid(case: Description) -> Iterator[str]:
    for axis in AXES:
        entry = getattr(case.given_grid, axis)
        if entry.cells and entry.length is None:
            yield f'grid.{axis}.length is missing for {entry.cells} cells; give for example length = "400 nm"'
        else:
            yield from axis_problems(case, case.grid, axis)
    if not case.grid.axes:
        yield 'grid has no axis with cells; give at least one, for example z = { length = "40 nm", cells = 16 }'


def _walls(case: Description) -> Iterator[str]:
    walls = case.walls
    for face in FACES:
        axis, path = face[0], f"walls.{face}"
        if face in walls.symmetry and axis in walls.periodic:
            yield f"walls.symmetry = '{face}' is on the periodic axis {axis}; remove one of the two"
        elif face in walls.symmetry and axis not in case.grid.axes:
            yield f"walls.symmetry = '{face}' is on the uniform axis {axis}, which has no faces; remove it"
        if getattr(walls, face) is None:
            continue
        value = f"{path} = {getattr(walls, face):g}"
        if axis in walls.periodic:
            yield f"{value} has no effect: {axis} is periodic; remove it or take '{axis}' out of walls.periodic"
        elif axis not in case.grid.axes:
            yield f"{value} has no effect: {axis} is uniform and has no faces; remove it or give grid.{axis} cells"
        elif face in walls.symmetry:
            yield f"{value} has no effect: {face} is a symmetry plane; remove it or take '{face}' out of walls.symmetry"


def _contacts(case: Description) -> Iterator[str]:
    names: set[str] = set()
    misplaced: list[str] = []
    for i, contact in enumerate(case.contact):
        path = f"contact[{i}]"
        if problem := text_problem(f"{path}.name", contact.name):
            yield problem
        if contact.name in names:
            yield f"{path}.name = '{contact.name}' is used twice; give every contact its own name"
        names.add(contact.name)
        yield from _one_drive(path, contact)
        yield from _transmission(case, path, contact)
        misplaced += [*_face(case, path, contact)] or [*_span(case, path, contact)]
    yield from misplaced or contact_places(case)


def _face(case: Description, path: str, contact: Contact) -> Iterator[str]:
    """Problems of the face: contacts need a gridded axis with open ends, and no mirror plane."""
    path, axis = f"{path}.face = '{contact.face}'", contact.normal
    open_faces = [face for face in FACES if face[0] in case.grid.axes and face[0] not in case.walls.periodic]
    allowed = ", ".join(face for face in open_faces if face not in case.walls.symmetry) or "none in this box"
    if axis in case.walls.periodic:
        yield f"{path} is on the periodic axis {axis}, which has no faces; allowed: {allowed}"
    elif axis not in case.grid.axes:
        yield f"{path} is on the uniform axis {axis}, which has no faces; allowed: {allowed}"
    elif contact.face in case.walls.symmetry:
        yield f"{path} is a symmetry plane, which carries no contact; allowed: {allowed}"


def _span(case: Description, path: str, contact: Contact) -> Iterator[str]:
    """Problems of the span: it lies along the face, inside the box, over at least one cell."""
    for axis, stretch in contact.span.stretches.items():
        if axis == contact.normal:
            along = " and ".join(a for a in case.grid.axes if a != axis)
            remedy = f"give stretches along {along}" if along else "remove it: the contact covers the whole face"
            yield f"{path}.span.{axis} = {lengths(stretch)} points across {contact.face}; {remedy}"
        else:
            yield from stretch_problems(case, f"{path}.span.{axis}", axis, stretch)


def _one_drive(path: str, contact: Contact) -> Iterator[str]:
    given = [key for key in ("current", "voltage") if getattr(contact, key) is not None]
    given += ["floating"] if contact.floating else []
    path = f"{path} ('{contact.name}')"
    if not given:
        yield f"{path} has no drive; give one of current = '1 uA', voltage = '0 V', floating = true"
    elif len(given) > 1:
        yield f"{path} has {len(given)} drives, {' and '.join(given)}; keep exactly one of them"


def _transmission(case: Description, path: str, contact: Contact) -> Iterator[str]:
    largest = contact.transmission * (1 + abs(contact.polarization))
    if contact.resistance_area is not None:
        yield from _resistance_area(case, path, contact)
    elif largest > 1 + 1e-12:
        yield (
            f"{path}.polarization = {contact.polarization:g} with transmission = {contact.transmission:g} makes "
            f"transmission (1 ± polarization) = {largest:g}, which must lie in [0, 1]; allowed here: "
            f"|polarization| ≤ {1 / contact.transmission - 1:g}, or a smaller transmission"
        )
    if contact.transmission == 0 and contact.voltage is None:
        yield f"{path}.transmission = 0 lets no current through; raise it, or remove the contact: bare faces are walls"
    if contact.electrode is not None and any(contact.spin_voltage):
        yield f"{path}.spin_voltage stands beside an electrode, which sets the spin potential itself; remove either"
    if contact.electrode is not None and contact.transmission == 0:
        yield f"{path}.electrode has no effect behind transmission = 0; raise it, or remove the electrode"
    if contact.electrode is not None and contact.electrode.polarization == 0:
        yield (
            f"{path}.electrode.polarization = 0 makes no ferromagnet; give the polarisation of its conductivity, for "
            f"example 0.35, or leave the electrode out"
        )
    if contact.is_magnetic and "direction" not in contact.model_fields_set:
        yield f"{path}.direction is missing for a magnetic contact; give for example direction = [1, 0, 0]"
    if contact.detect_spin and not contact.is_magnetic:
        yield (
            f"{path}.detect_spin = true has no effect: '{contact.name}' has no magnetisation to reverse; give it a "
            f"polarization and a direction, or remove detect_spin"
        )


def _resistance_area(case: Description, path: str, contact: Contact) -> Iterator[str]:
    """Problems of a resistance-area product: given beside a transmission, or below that of an open contact."""
    assert contact.resistance_area is not None
    value = f"{path}.resistance_area = '{contact.resistance_area * 1e15:.4g} fOhm m2'"
    given = next(one for one in case.given_contact if one.name == contact.name)
    if "transmission" in given.model_fields_set:
        yield (
            f"{value} means transmission = {contact.transmission:.4g}, but transmission = {given.transmission:g} is "
            f"given too; keep one of them"
        )
    elif contact.transmission * (1 + abs(contact.polarization)) > 1 + 1e-12:
        largest = 1 / (1 + abs(contact.polarization))
        least = resistance_area(case.metal, largest, contact.polarization)
        yield (
            f"{value} is below {least * 1e15:.4g} fOhm m2, the least of a contact with polarization = "
            f"{contact.polarization:g} on this metal; raise it, or remove it for a transparent contact"
        )


def _drives(case: Description) -> Iterator[str]:
    field = case.drive.electric_field
    for axis, value in zip(AXES, field, strict=True):
        if value and axis in case.grid.axes and axis not in case.walls.periodic:
            yield (
                f"drive.electric_field has {engineering(value, 'V/m')} along {axis}, which ends in walls or contacts; "
                f"add '{axis}' to walls.periodic, or drive with contacts"
            )
    driven = [c for c in case.contact if c.current or c.voltage or any(c.spin_voltage)]
    if not driven and not any(field) and not driven_at_start(case):
        start = ", or start a transient run from an [initial] charge or spin" if case.time else ""
        yield (
            "contact and drive leave the device at rest; give a contact a current, voltage or spin_voltage that is "
            f"not zero, or set drive.electric_field{start}"
        )
    currents = [contact.current or 0.0 for contact in case.contact]
    if case.contact and all(contact.voltage is None or contact.transmission == 0 for contact in case.contact):
        closed = [f"'{contact.name}'" for contact in case.contact if contact.voltage is not None]
        carry = "no contact can carry it off"
        carry += f", because {' and '.join(closed)} has transmission 0" if closed else ""
        for waveform, total in waveform_currents(case).items():
            if abs(total) > 1e-9 * max(map(abs, currents)):
                which = f" with waveform.kind = '{waveform.kind}'" if waveform else ""
                yield (
                    f"contact[*].current{which} sums to {engineering(total, 'A')} and {carry} (a floating one "
                    f'carries no current); give one open contact voltage = "0 V", or make the currents sum to zero'
                )


def _angles(case: Description) -> Iterator[str]:
    angles, degree = case.angles, case.degree
    need = f"for scattering with moments up to l = {degree}"
    if angles.quadrature == "lebedev":
        allowed = [order for order in LEBEDEV_DEGREES if order > 2 * degree and order not in NEGATIVE_WEIGHTS]
        if angles.order not in allowed:
            yield (
                f"angles.order = {angles.order} has no Lebedev set, negative weights, or is too low {need}; "
                f"allowed: {', '.join(map(str, allowed))}"
            )
        return
    least = 2 * degree + 1 if angles.quadrature == "graded" else degree + 1
    if angles.polar < least:
        yield f"angles.polar = {angles.polar} is too low {need}; at least {least}"
    if angles.azimuthal < 2 * degree + 2 or angles.azimuthal % 2:
        yield f"angles.azimuthal = {angles.azimuthal} must be even and, {need}, at least {2 * degree + 2}"
    if angles.quadrature == "double-gauss" and angles.axis not in case.grid.axes:
        yield (
            f"angles.axis = '{angles.axis}' must be a gridded axis in a double-gauss set, the thinnest; "
            f"set axis = '{min(case.grid.axes, key=case.grid.length)}'"
        )


def _series(case: Description) -> Iterable[str]:
    try:
        check_series(case)
    except CaseError as error:
        return error.problems
    return ()
