"""A case on other grids, angular sets and time steps, with its contacts and regions where they are.

The ends of contacts and regions lie on cell edges. They stay there if every axis has k/g times its cells, where k is a
whole number and g the largest one that divides the cells of all axes and the numbers of all these edges. An end that
the case's own grid had to move to an edge is held where it was moved to. A graded axis keeps these edges on every grid.
Polygons and masks take the cells whose centre lies inside, on every grid anew: how far that changes their shape is part
of the error from space.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.case.checks import LEBEDEV_DEGREES, NEGATIVE_WEIGHTS
from boltzsim.case.grading import refined
from boltzsim.device import preflight

ONE = Fraction(1)


class Level(NamedTuple):
    """Fineness of a run against the case's own: cells per axis, directions per axis, steps per time."""

    grid: Fraction = ONE
    angles: Fraction = ONE
    time: Fraction = ONE
    rtol: Fraction = ONE

    def __str__(self) -> str:
        names = ("grid", "angles", "time steps", "tolerance")
        finer = [f"{name} × {float(value):.3g}" for name, value in zip(names, self, strict=True) if value != 1]
        return ", ".join(finer) or "as given"


def divisor(case: Case) -> int:
    """The g of the module's header: the grids that keep the device have k/g of the case's cells along every axis."""
    axes = case.grid.axes
    numbers = [case.grid.cells(axis) for axis in axes]
    boxes: list[Any] = [contact.span for contact in case.contact] + [region.box for region in case.region]
    boxes += [entry.box for entry in case.observe if entry.kind == "mean"]
    boxes += [interface.box for interface in case.interface if interface.box is not None]
    equal = [axis for axis in axes if not case.grid.is_graded(axis)]
    for box in boxes:
        stretches = ((axis, stretch) for axis, stretch in box.stretches.items() if axis in equal)
        numbers += [end for axis, stretch in stretches for end in case.grid.cell_range(axis, stretch)]
    raised = [(c.normal, c.at) for c in case.contact if c.at is not None and c.normal in equal]
    numbers += [case.grid.nearest_edge(*place) for place in raised]
    return math.gcd(*numbers)


def case_on(case: Case, level: Level) -> Case:
    """The case with the cells, directions, steps and tolerance of a level, without its series.

    Raises
    ------
    CaseError
        If there is no such grid or set: too few directions, or no Lebedev set.
    """
    tables = case.resolved()
    tables.pop("series", None)
    if level.grid != 1:
        _place(case, tables)
        for axis in case.grid.axes:
            tables["grid"][axis] |= refined(case.grid, axis, float(level.grid))
    if level.angles != 1:
        tables["angles"] |= _angles(case, float(level.angles))
    if case.time is not None and level.time != 1:
        if case.time.step is not None:
            tables["time"]["step"] = case.time.step / float(level.time)
        else:  # the error of a step is of third order in its length
            tables["time"]["tolerance"] = case.time.tolerance / float(level.time) ** 3
    tables["solver"]["rtol"] = case.solver.rtol * float(level.rtol)
    found = Case(**tables)
    found._source = case._source
    return found


def work(case: Case, level: Level) -> float:
    """Work of a level over that of the case's own run: cells × directions × steps; products hardly depend on them."""
    found = float(level.grid) ** len(case.grid.axes)
    if case.physics.model == "kinetic" and level.angles != 1:
        own, other = (len(preflight.ordinates(angles).weights) for angles in (case.angles, _sets(case, level)))
        found *= other / own
    return found * (float(level.time) if case.time is not None else 1.0)


def _sets(case: Case, level: Level) -> Any:
    return case.angles.model_copy(update=_angles(case, float(level.angles)))


def _angles(case: Case, factor: float) -> dict[str, int]:
    """Entries of [angles] with `factor` times the directions per axis.

    About the only gridded axis the distribution depends on the azimuth through its moments alone, which every allowed
    set has exactly: there only the levels count.
    """
    angles = case.angles
    if angles.quadrature == "lebedev":
        return {"order": _lebedev(angles.order * factor)}
    found = {"polar": max(1, round(angles.polar * factor))}
    if case.grid.axes != (angles.axis,):
        found["azimuthal"] = 2 * max(1, round(angles.azimuthal * factor / 2))
    return found


def _lebedev(order: float) -> int:
    """The lowest Lebedev order with positive weights that is not below a number, or the highest there is."""
    known = [degree for degree in LEBEDEV_DEGREES if degree not in NEGATIVE_WEIGHTS]
    return next((degree for degree in known if degree >= order), known[-1])


def _place(case: Case, tables: dict[str, Any]) -> None:
    """Write the ends of contacts, regions, interfaces and observed boxes as the case's own grid has moved them."""
    boxes = [entry["span"] for entry in tables["contact"]] + [entry["box"] for entry in tables.get("region", ())]
    boxes += [entry["box"] for entry in tables.get("observe", ()) if entry["kind"] == "mean"]
    boxes += [entry["box"] for entry in tables.get("interface", ()) if entry.get("box") is not None]
    for box in boxes:
        for axis in (axis for axis in AXES if box.get(axis) is not None):
            box[axis] = _moved(case, axis, box[axis])
    for contact, entry in zip(case.contact, tables["contact"], strict=True):
        if contact.at is not None:
            entry["at"] = _moved(case, contact.normal, (contact.at, contact.at))[0]


def _moved(case: Case, axis: str, stretch: tuple[float, float]) -> list[float]:
    edges = case.grid.edges(axis)
    return [float(edges[end]) for end in case.grid.cell_range(axis, stretch)]
