"""Whether the cells, contacts and interfaces of a case make a device.

Each function yields problems as sentences "path = value what is wrong; remedy", in the order of the file.
"""

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from boltzsim.case import cells
from boltzsim.case.boundaries import Contact, Interface
from boltzsim.case.description import Description
from boltzsim.case.messages import key_path, unknown
from boltzsim.case.shapes import VOID
from boltzsim.case.spans import cell_size, stretch_problems
from boltzsim.material import barrier
from boltzsim.units import engineering

#: Words for no metal that people write where a case has `void`.
NO_METAL_WORDS = ("air", "empty", "gap", "hole", "insulator", "none", "substrate", "vacuum")
#: No machine holds the unknowns of more cells; below it the checks of shapes take a few seconds and gigabytes.
_LARGEST = 50_000_000


def size_problems(case: Description) -> Iterator[str]:
    """Devices of shapes, interfaces or inner contacts with too many cells to look at each."""
    count = math.prod(case.grid.shape)
    if not case.is_box and count > _LARGEST:
        yield (
            f"grid needs memory for {count:,} cells, and a device with regions, interfaces or contacts inside the box "
            f"may have at most {_LARGEST:,}; lower the cells of {' or '.join(case.grid.axes)}"
        )


def region_problems(case: Description) -> Iterator[str]:
    """Problems of regions: unknown metals, stretches outside the box, shapes without cells."""
    for i, region in enumerate(case.region):
        path = f"region[{i}]"
        if region.material != VOID and region.material not in case.material:
            remedy = "; write 'void' for no metal" if region.material.lower() in NO_METAL_WORDS else ""
            yield unknown(f"{path}.material", region.material, [*case.material, VOID], "material") + remedy
        if VOID in case.material and region.material == VOID:
            yield f"material.{VOID} is taken for no metal in {path}; give that metal another name"
        if region.polygon is not None and region.mask is not None:
            yield f"{path} has a polygon and a mask; keep one of them, or write two regions"
        found = [
            problem
            for axis, stretch in region.box.stretches.items()
            for problem in stretch_problems(case, f"{path}.box.{axis}", axis, stretch)
        ]
        yield from found
        if region.shape is not None and not found:
            yield from _shape(case, path, region)


def _shape(case: Description, path: str, region: Any) -> Iterator[str]:
    kind = "polygon" if region.polygon is not None else "mask"
    uniform = [axis for axis in region.shape.plane if axis not in case.grid.axes]
    if uniform:
        yield (
            f"{path}.{kind}.plane = '{region.shape.plane}' contains the uniform axis {uniform[0]}; choose the plane of "
            f"the gridded axes {', '.join(case.grid.axes)}, or give grid.{uniform[0]} cells"
        )
    elif not cells.region_cells(case, region).any():
        across, up = (cell_size(case.grid, axis) for axis in region.shape.plane)
        yield (
            f"{path}.{kind} holds the centre of no cell ({across} × {up}) in its box; enlarge it, move it into the "
            f"box, or take more cells"
        )


def metal_problems(case: Description) -> Iterator[str]:
    """Problems of the cells together: no metal at all."""
    if not (case.material_index() != cells.NO_METAL).any():
        yield "region leaves no metal in the box; shrink the voids"


def interface_problems(case: Description) -> Iterator[str]:
    """Problems of interfaces: names, faces, transmissions; and metals of other Fermi surfaces without one."""
    found = []
    for i, interface in enumerate(case.interface):
        found += list(_interface(case, f"interface[{i}]", interface))
    if not found:
        found += [*_interface_places(case), *_fermi_surfaces(case)]
    yield from found


def _interface(case: Description, path: str, interface: Interface) -> Iterator[str]:
    if len(set(interface.between)) not in (0, 2) or len(interface.between) > 2:
        yield (
            f"{path}.between must name two different metals; inside one metal give a plane instead, for example "
            f'box = {{ x = ["40 nm", "40 nm"] }}'
        )
    for name in interface.between:
        if name not in case.material:
            yield unknown(f"{path}.between", name, case.material, "material")
    if interface.box is not None:
        for axis, stretch in interface.box.stretches.items():
            if axis not in case.grid.axes or stretch[0] < stretch[1]:
                yield from stretch_problems(case, f"{path}.box.{axis}", axis, stretch)
        planes = [axis for axis, (first, last) in interface.box.stretches.items() if first == last]
        if len(planes) > 1:
            yield f"{path}.box is a plane across {' and '.join(planes)}; one axis may have two equal ends"
    if interface.resistance_area is not None and "transmission" in interface.model_fields_set:
        yield f"{path} has a resistance_area and a transmission; keep one of them"
    if interface.is_magnetic and "direction" not in interface.model_fields_set:
        yield f"{path}.direction is missing for a magnetic interface; give for example direction = [1, 0, 0]"


def _interface_places(case: Description) -> Iterator[str]:
    """Problems of faces: interfaces without any, and transmissions beyond what a side can pass."""
    met: set[int] = set()
    kept: set[int] = set()
    for faces in cells.pairs(case):
        owner, here = cells.interface_owner(case, faces)
        met |= here
        kept |= set(owner.tolist())
    for i, interface in enumerate(case.interface):
        if i not in kept:
            where = f"where {' and '.join(interface.between)} meet" if interface.between else "in its box"
            yield (
                f"interface[{i}] lies on no face {where}: later interfaces take all of them; remove it or put it later"
                if i in met
                else f"interface[{i}] lies on no face: no two cells with metal meet {where}; move it or its metals"
            )
    for own in case.interfaces:
        interface, path = case.interface[own.number], f"interface[{own.number}]"
        largest = max(own.transmission) * (1 + abs(interface.polarization))
        if largest > 1 + 1e-12:
            lower, upper = (list(case.material)[m] for m in own.metals)
            sharvin = [barrier.sharvin_conductance(case.material[name]) for name in (lower, upper)]
            least = min(sharvin) / (1 + abs(interface.polarization))
            product = barrier.interface_resistance(least, sharvin[0], sharvin[1], interface.polarization)
            given = (
                f"resistance_area = '{interface.resistance_area * 1e15:.4g} fOhm m2'"
                if interface.resistance_area is not None
                else f"transmission = {interface.transmission:g}"
            )
            yield (
                f"{path}.{given} would pass {largest:.4g} of what arrives between '{lower}' and '{upper}', more than "
                f"all: the Sharvin conductances of the two are {sharvin[0]:.4g} and {sharvin[1]:.4g} S/m²; give a "
                f"transmission of at most {least / sharvin[0]:.4g} from '{lower}', or a resistance_area of at least "
                f"'{product * 1e15:.4g} fOhm m2'"
            )


def _fermi_surfaces(case: Description) -> Iterator[str]:
    """Metals of other k_F or mass may meet only at interfaces that spread what crosses."""
    names, index = list(case.material), case.material_index().ravel()
    metals = list(case.material.values())

    def differ(one: int, other: int) -> bool:
        return not all(
            math.isclose(getattr(metals[one], key), getattr(metals[other], key), rel_tol=1e-12)
            for key in ("k_F", "mass")
        )

    used = np.unique(index[index != cells.NO_METAL]).tolist()
    unlike = {(a, b) for a, b in combinations(used, 2) if differ(a, b)}
    if not unlike:
        return
    bare: set[tuple[int, int]] = set()
    for faces in cells.pairs(case):
        free = cells.interface_owner(case, faces)[0] < 0
        ends = np.sort(np.stack([index[faces.lower], index[faces.upper]]), axis=0)[:, free]
        bare |= {(a, b) for a, b in np.unique(ends, axis=1).T.tolist() if (a, b) in unlike}
    for a, b in sorted(bare):
        key = next(k for k in ("k_F", "mass") if getattr(metals[a], k) != getattr(metals[b], k))
        one, other = (_fermi(metals[m], key) for m in (a, b))
        yield (
            f"{key_path(('material', names[b], key))} = {other} differs from "
            f"{one} of '{names[a]}', which it touches; metals of different Fermi surfaces meet "
            f'at an interface: [[interface]] between = ["{names[a]}", "{names[b]}"] with a transmission or a '
            f"resistance_area, or give both the same {key}"
        )
    for own in case.interfaces:
        interface = case.interface[own.number]
        if tuple(sorted(own.metals)) in unlike and interface.specularity:
            one, other = (names[m] for m in own.metals)
            yield (
                f"interface[{own.number}].specularity = {interface.specularity:g} joins '{one}' and '{other}', whose "
                f"Fermi surfaces differ; what crosses between them is spread: remove specularity"
            )


def _fermi(metal: Any, key: str) -> str:
    """The Fermi wave number or the mass of a metal as a file has it."""
    return f"'{metal.k_F * 1e-9:g} 1/nm'" if key == "k_F" else f"{metal.mass:g}"


def contact_places(case: Description) -> Iterator[str]:
    """Problems of where contacts lie: over no metal, buried in it, on two Fermi surfaces, on each other."""
    if case.is_box:
        spans = [(f"contact[{i}]", contact, case.contact_cells(contact)) for i, contact in enumerate(case.contact)]
        yield from _overlaps(spans, _spans_meet)
        return
    placed = []
    for i, contact in enumerate(case.contact):
        path, found = f"contact[{i}]", cells.contact_faces(case, contact)
        metal, _ = cells.behind_contact(case, contact)
        where = contact.face if contact.at is None else f"{contact.face} at {engineering(contact.at, 'm')}"
        if contact.at is not None and not -1e-9 <= contact.at / case.grid.length(contact.normal) <= 1 + 1e-9:
            yield (
                f"{path}.at = '{engineering(contact.at, 'm')}' lies outside the box; allowed: 0 m to "
                f"{engineering(case.grid.length(contact.normal), 'm')}"
            )
        elif not metal.any():
            yield f"{path} ('{contact.name}') lies over no metal on {where}; move its span or `at` onto the metal"
        elif not len(found.cells):
            yield (
                f"{path} ('{contact.name}') is buried: on {where} the metal goes on behind all of its span; set `at` "
                f"to a coordinate at which the metal ends"
            )
        else:
            placed.append((path, contact, found))
            if case.given_contact[i].resistance_area is not None:
                yield from _one_metal(case, path, found)
    yield from _overlaps(placed, lambda one, other: np.intersect1d(one.cells, other.cells).size > 0)


def _overlaps(placed: list[tuple[str, Contact, Any]], meet: Callable[[Any, Any], bool]) -> Iterator[str]:
    """Contacts that share a part of the metal's surface: (path, contact, where it lies), and when two of these meet."""
    for (_, one, here), (path, other, there) in combinations(placed, 2):
        if one.face == other.face and meet(here, there):
            yield f"{path}.span overlaps contact '{one.name}' on {one.face}; move '{other.name}' or shorten a span"


def _spans_meet(one: dict[str, tuple[int, int]], other: dict[str, tuple[int, int]]) -> bool:
    return all(one[a][0] < other[a][1] and other[a][0] < one[a][1] for a in one)


def _one_metal(case: Description, path: str, found: cells.ContactFaces) -> Iterator[str]:
    metals = list(case.material.values())
    under = np.unique(case.material_index().ravel()[found.cells])
    sharvin = [barrier.sharvin_conductance(metals[m]) for m in under]
    if not np.allclose(sharvin, sharvin[0], rtol=1e-12):
        names = " and ".join(f"'{list(case.material)[m]}'" for m in under)
        yield (
            f"{path}.resistance_area means another transmission on each of {names}, which have different Fermi "
            f"surfaces; give one contact on each metal"
        )


def island_problems(case: Description) -> Iterator[str]:
    """Pieces of metal without an open contact, whose potential nothing fixes in a steady state."""
    if case.is_box or case.time is not None:
        return
    count, label = cells.parts(case)
    if count == 1:
        return
    touched = [label[cells.contact_faces(case, contact).cells] for contact in case.contact if contact.transmission > 0]
    lone = np.setdiff1d(np.arange(count), np.concatenate([*touched, np.zeros(0, int)]))
    for number in lone[:1]:
        own = np.flatnonzero(label == number)
        nx, ny = case.grid.shape[2], case.grid.shape[1]
        place = own[0] % nx, own[0] // nx % ny, own[0] // (nx * ny)
        where = ", ".join(
            f"{axis} = {engineering(case.grid.edges(axis)[[k, k + 1]].mean(), 'm')}"
            for axis, k in zip("xyz", place, strict=True)
            if axis in case.grid.axes
        )
        yield (
            f"region leaves {count} separate pieces of metal, and the one of {len(own)} cells at {where} has no open "
            f"contact, so that nothing fixes its potential; join it, fill it with material = '{VOID}', or give it a "
            f"contact (pieces that touch only along edges or corners are separate)"
        )
