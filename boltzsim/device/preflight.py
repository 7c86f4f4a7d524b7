"""Checks of a run before it starts: whether it fits in memory, and whether the theory allows its grid.

The kinetic equation with side jump is a gradient expansion for wave numbers well below k_F. Beyond, plane waves can
grow on a set of ordinates (`boltzsim.limits.stability`): a grid whose shortest wave does has nothing to converge to.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.case.shapes import VOID
from boltzsim.device.metal import densest
from boltzsim.limits.stability import growth_wavenumber
from boltzsim.machine import physical_memory
from boltzsim.material import alloy
from boltzsim.transport.ordinates import Ordinates, double_gauss, graded, lebedev, product
from boltzsim.transport.stepper import KNOWN
from boltzsim.units import engineering

STORED_VECTORS = 48  # Krylov vectors kept at most, two for every product
VALUE = 8  # bytes
_SEARCHED = 1e4  # wave numbers up to so many times the loss rate are searched for waves that grow
THICK = 1e7  # mean free paths: beyond, rounding takes digits of the current, the more the thicker the device


@dataclass(frozen=True)
class Size:
    """Size of the linear problem: corners of all cells, moments of a corner, unknowns on faces, vectors kept.

    `tables` counts the values in the tables of sweeps beyond those of equal cells.
    """

    corners: int
    moments: int
    boundary: int
    vectors: int
    tables: int

    @property
    def unknowns(self) -> int:
        """Entries of one Krylov vector."""
        return 4 * self.corners * self.moments + self.boundary

    @property
    def bytes(self) -> int:
        """Memory of all vectors, and of the tables of graded cells."""
        return VALUE * (self.unknowns * self.vectors + self.tables)


def size(case: Case) -> Size:
    """Size of a case's linear problem.

    Kept at once are at most the Krylov vectors of one source, as they are and preconditioned, and pairs of vectors and
    images from which iterations start: those of earlier stages of every magnetic state in time, those of the sources
    where a magnet is reversed.

    A Krylov vector holds 4 × (L+1)² moments on every corner of the cells with metal, L = `case.degree`, and on the
    corners of every face of the metal 4 components of what comes in, on both sides of interfaces too: one value each
    where directions are spread, one per incoming ordinate elsewhere. Where the sweep finds part of that by itself
    (`boltzsim.transport.order`) it has fewer than this counts.
    """
    axes, incoming = case.grid.axes, len(ordinates(case.angles).weights) // 2
    hollow = any(region.material == VOID for region in case.region)
    metal = case.material_index() >= 0 if hollow else None
    cells = math.prod(case.grid.shape) if metal is None else int(np.count_nonzero(metal))
    faces = [_faces(case, metal, axis, upper, incoming) for axis in axes for upper in (False, True)]
    faces += [
        2 * len(one.lower) * (incoming if case.interface[one.number].specularity else 1) for one in case.interfaces
    ]
    states = len(case.magnetic_states)
    pairs = KNOWN * states if case.time else len(case.contact) * (states > 1)
    return Size(
        corners=cells * 2 ** len(axes),
        moments=(case.degree + 1) ** 2,
        boundary=4 * sum(faces) * 2 ** (len(axes) - 1),
        vectors=min(2 * case.solver.max_products, STORED_VECTORS) + 2 * pairs,
        tables=_kinds(case) * 8 * incoming * (2 ** len(axes) + len(axes)),
    )


def _kinds(case: Case) -> int:
    """At most so many pairs of a metal and a set of sizes do cells have beside those of equal cells."""
    metals = len(case.material)
    graded = [axis for axis in case.grid.axes if case.grid.is_graded(axis)]
    sizes = math.prod(len(np.unique(case.grid.sizes(axis))) for axis in graded)
    return min(metals * sizes, math.prod(case.grid.shape)) - metals if sizes > 1 else 0


def _faces(case: Case, metal: np.ndarray | None, axis: str, upper: bool, incoming: int) -> int:
    """Values that come in through the faces of metal on one side, at the ends of the box and inside it."""
    walls, face, count = case.walls, f"{axis}_{'max' if upper else 'min'}", case.grid.cells(axis)
    each = incoming if walls.at(face) or axis in walls.periodic or face in walls.symmetry else 1
    if metal is None:
        return each * math.prod(case.grid.shape) // count
    along = 2 - AXES.index(axis)
    last = metal.take(-1 if upper else 0, along)
    first = metal.take(0 if upper else -1, along)
    own, beyond = (slice(0, -1), slice(1, None)) if upper else (slice(1, None), slice(0, -1))
    lines = np.moveaxis(metal, along, 0)
    inner = np.count_nonzero(lines[own] & ~lines[beyond])
    outer = np.count_nonzero(last)
    if axis in walls.periodic:
        outer, inner = np.count_nonzero(last & first), inner + np.count_nonzero(last & ~first)
    return each * int(outer) + (incoming if walls.specularity else 1) * int(inner)


def angular_values(case: Case) -> int:
    """Values of an angular distribution: 4 components on every corner for every ordinate."""
    return 4 * size(case).corners * len(ordinates(case.angles).weights)


def state_bytes(case: Case) -> int:
    """Memory of the angular distributions of a transient run: two for each magnetic state, 0 for a steady run.

    A contact with `detect_spin` adds a state.
    """
    if case.time is None:
        return 0
    return 2 * len(case.magnetic_states) * VALUE * angular_values(case)


def state_in_file(case: Case) -> bool:
    """Whether the angular distributions exceed half of this machine's memory and lie in a memory-mapped file."""
    return 2 * state_bytes(case) > physical_memory()


def steps(case: Case) -> int | None:
    """Steps of a transient run with a constant step, a little shorter where a drive jumps or bends; else None."""
    time = case.time
    if time is None or time.step is None:
        return None
    ends = {0.0, time.end}
    for contact in case.contact:
        ends |= set(contact.waveform.events(time.end)) if contact.waveform else set()
    return sum(math.ceil((last - first) / time.step - 1e-6) for first, last in pairwise(sorted(ends)))


@cache
def ordinates(angles: Any) -> Ordinates:
    """The directions and weights that a case's [angles] ask for, the same object for the same table."""
    match angles.quadrature:
        case "lebedev":
            return lebedev(angles.order)
        case "double-gauss":
            return double_gauss(angles.polar, angles.azimuthal, angles.axis)
        case "graded":
            return graded(angles.polar, angles.azimuthal, angles.axis)
    return product(angles.polar, angles.azimuthal, angles.axis)


def resolution(case: Case, margin: float = math.inf) -> dict[str, tuple[float, float]]:
    """Each material's growth wave number along the polar axis, where it is least, and the grid's largest, π/Δx.

    A material with a concentration profile counts as it is where the profile is highest. What grows beyond `margin`
    times the grid's largest wave number need not be found.

    Returns
    -------
    dict of str to (float, float)
        Material -> (π/Δx of the finest axis, growth wave number), both in 1/m; an infinite growth wave number where no
        plane wave grows.
    """
    nyquist = max(math.pi / case.grid.sizes(axis).min() for axis in case.grid.axes)
    angular = ordinates(case.angles)
    along = angular.directions[:, AXES.index(case.angles.axis)]
    cosines, shell = np.unique(np.round(along, 12), return_inverse=True)
    weights = np.bincount(shell, angular.weights)
    found = {}
    for name, material in case.material.items():
        metal = densest(case, material)
        beyond = min(_SEARCHED, max(1.0, margin * nyquist / metal.loss)) if metal.loss else _SEARCHED
        found[name] = nyquist, growth_wavenumber(metal, cosines, weights, beyond)
    return found


def sources(case: Case) -> int:
    """Linear solves of a run: one per contact and per electrode, one for fields and spin potentials, again for every
    reversed contact whose barrier is magnetic.
    """
    driven = any(case.drive.electric_field) or any(any(contact.spin_voltage) for contact in case.contact)
    electrodes = sum(contact.electrode is not None for contact in case.contact)
    turned = [c for c in case.contact if c.detect_spin and (c.polarization or c.mixing_phase)]
    return (len(case.contact) + electrodes + driven) * (1 + len(turned))


def require(case: Case) -> list[str]:
    """Refuse a case that cannot run here or that has no converged solution.

    Returns
    -------
    list of str
        Warnings: the grid is within a factor 2 of the limit, cells or mean free paths are smaller than 1/k_F, the
        device is too thick for the kinetic model's digits, or a contact's ends moved.

    Raises
    ------
    CaseError
        If the Krylov vectors do not fit in memory, or π/Δx exceeds a material's growth wave number.
    """
    problems = [*_memory(case)]
    resolved = resolution(case, margin=2) if case.physics.model == "kinetic" and not problems else {}
    problems = problems or [*_growth(case, resolved, 1)]
    if problems:
        raise case.error(problems)
    return [*_growth(case, resolved, 2), *_outside_theory(case), *_too_thick(case), *_moved(case)]


def _memory(case: Case) -> Iterator[str]:
    needed, available, state = size(case), physical_memory(), state_bytes(case)
    inside = 0 if state_in_file(case) else state
    if needed.bytes + inside > available:
        beside = f" beside {gigabytes(inside)} for the angular distribution" if inside else ""
        yield (
            f"grid needs {gigabytes(needed.bytes)} of memory for {needed.vectors} Krylov vectors{beside}, and this "
            f"machine has {gigabytes(available)}; lower the cells of {' or '.join(case.grid.axes)}, or "
            f"solver.max_products"
        )


def _growth(case: Case, resolved: dict[str, tuple[float, float]], margin: float) -> Iterator[str]:
    """Materials, of those in a `resolution`, whose waves grow at `margin` times the grid's largest wave number."""
    _, where = _finest(case)
    for name, (nyquist, growth) in resolved.items():
        if margin * nyquist > growth:
            shortest = engineering(2 * math.pi / growth, "m")
            yield (
                f"{where}, and the side jump of '{name}' makes waves below {shortest} grow; "
                f"take fewer cells, larger than {engineering(math.pi / growth, 'm')}, or set physics.side_jump = false"
            )


def _outside_theory(case: Case) -> Iterator[str]:
    axis, where = _finest(case)
    k_F = min(material.k_F for material in case.material.values())
    if k_F * case.grid.sizes(axis).min() < 1:
        yield f"{where}, smaller than 1/k_F = {engineering(1 / k_F, 'm')}: outside the theory; take fewer"
    for name, material in case.material.items():
        path = alloy.mean_free_path(material)
        if material.k_F * path < 1:
            yield (
                f"material.{name} has a mean free path of {engineering(path, 'm')}, smaller than 1/k_F = "
                f"{engineering(1 / material.k_F, 'm')}: no metal, outside the theory; lower its concentrations or "
                f"lengthen its tau_p, and leave cells without metal out by a region with material = 'void'"
            )


def _too_thick(case: Case) -> Iterator[str]:
    """Devices of so many mean free paths that a kinetic current is a small difference of large ones."""
    shortest = min(alloy.mean_free_path(material) for material in case.material.values())
    axis = max(case.grid.axes, key=case.grid.length)
    if case.physics.model == "kinetic" and case.grid.length(axis) > THICK * shortest:
        yield (
            f"grid.{axis}.length is {case.grid.length(axis) / shortest:.1e} mean free paths: rounding takes digits of "
            f"the currents; take physics.model = 'diffusion', which is exact there"
        )


def _finest(case: Case) -> tuple[str, str]:
    """Axis with the smallest cells, and the words for it."""
    axis = min(case.grid.axes, key=lambda axis: case.grid.sizes(axis).min())
    size = engineering(case.grid.sizes(axis).min(), "m")
    if case.grid.is_graded(axis):
        return axis, f"grid.{axis}.finest makes cells of {size}"
    return axis, f"grid.{axis}.cells = {case.grid.cells(axis)} makes cells of {size}"


def _moved(case: Case) -> Iterator[str]:
    """Ends of spans and boxes that lie inside cells."""
    boxes = [(f"contact[{i}].span", contact.span) for i, contact in enumerate(case.contact)]
    boxes += [(f"region[{i}].box", region.box) for i, region in enumerate(case.region)]
    boxes += [(f"observe[{i}].box", entry.box) for i, entry in enumerate(case.observe) if entry.kind == "mean"]
    for path, box in boxes:
        for axis, stretch in box.stretches.items():
            edges, size = case.grid.edges(axis), case.grid.sizes(axis).min()
            snapped = [edges[end] for end in case.grid.cell_range(axis, stretch)]
            if max(abs(end - wanted) for end, wanted in zip(snapped, stretch, strict=True)) > 1e-6 * size:
                ends = " … ".join(engineering(end, "m") for end in snapped)
                yield f"{path}.{axis} is moved to the nearest cell edges, {ends}"


def gigabytes(count: float) -> str:
    """Bytes as text: 1.5 GB."""
    return engineering(count, "B", 3)
