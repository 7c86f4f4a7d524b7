"""The cells of a device: which metal each holds, the faces of its contacts and interfaces, and its separate parts.

Cells are numbered through (z, y, x) with x the fastest; uniform axes count as one cell. A polygon or mask takes the
cells whose centre lies inside: slanted edges become staircases.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.outlines import inside
from boltzsim.case.shapes import VOID
from boltzsim.material import barrier

#: Number of cells without metal in an index of materials.
NO_METAL = -1


class ContactFaces(NamedTuple):
    """Faces that a contact covers.

    Attributes
    ----------
    axis : str
        Normal of the faces.
    upper : bool
        Whether they lie at the upper side of their cells.
    cells : numpy.ndarray of int, shape (faces,)
        The metal cells behind them.
    """

    axis: str
    upper: bool
    cells: np.ndarray


class InterfaceFaces(NamedTuple):
    """Faces of one interface with one normal and the same two metals on its lower and upper side.

    Attributes
    ----------
    number : int
        Position of the interface in the case.
    axis : str
        Normal of the faces.
    lower, upper : numpy.ndarray of int, shape (faces,)
        The cells on both sides; across a periodic axis the last cell is the lower one.
    metals : tuple of int
        Materials of the lower and the upper side.
    transmission : tuple of float
        Share that crosses of what arrives from the lower and from the upper side.
    """

    number: int
    axis: str
    lower: np.ndarray
    upper: np.ndarray
    metals: tuple[int, int]
    transmission: tuple[float, float]


class Pairs(NamedTuple):
    """Faces between neighbouring cells along an axis: the cells on both sides, and the face's number along the axis."""

    axis: str
    lower: np.ndarray
    upper: np.ndarray
    place: np.ndarray


def material_index(case: Any) -> np.ndarray:
    """The material of each cell as an index into `list(case.material)`, `NO_METAL` for none; shape (nz, ny, nx)."""
    index = np.zeros(case.grid.shape, np.int64)
    names = list(case.material)
    for region in case.region:
        index[region_cells(case, region)] = NO_METAL if region.material == VOID else names.index(region.material)
    return index


def region_cells(case: Any, region: Any) -> np.ndarray:
    """Whether each cell belongs to a region's own shape, later regions aside; bool, shape (nz, ny, nx)."""
    found = np.zeros(case.grid.shape, bool)
    part = tuple(slice(*case.grid.cell_range(axis, getattr(region.box, axis))) for axis in reversed(AXES))
    found[part] = True
    return found if region.shape is None else found & shape_cells(case, region.shape)


def shape_cells(case: Any, shape: Any) -> np.ndarray:
    """Whether the centre of each cell lies in a polygon or mask; bool, 1 along its normal: it broadcasts over cells."""
    across, up = shape.plane
    centres = [(edges[1:] + edges[:-1]) / 2 for edges in (case.grid.edges(across), case.grid.edges(up))]
    found = np.zeros((len(centres[1]), len(centres[0])), bool)
    for outline in shape.outlines:
        found |= inside(outline, *centres)
    normal = next(axis for axis in AXES if axis not in shape.plane)
    return np.expand_dims(found, 2 - AXES.index(normal))


def contact_faces(case: Any, contact: Any) -> ContactFaces:
    """The exposed faces of metal that a contact covers; parts of its span over voids or inside metal are left out."""
    metal, exposed = behind_contact(case, contact)
    cells = np.arange(metal.size).reshape(metal.shape)
    return ContactFaces(contact.normal, contact.is_upper, cells[metal & exposed])


def behind_contact(case: Any, contact: Any) -> tuple[np.ndarray, np.ndarray]:
    """Cells behind the span of a contact that hold metal, and cells with nothing before their face; (nz, ny, nx)."""
    axis, count = contact.normal, case.grid.cells(contact.normal)
    edge = contact_edge(case, contact)
    own, beyond = (edge - 1, edge) if contact.is_upper else (edge, edge - 1)
    index = case.material_index()
    exposed = np.zeros(index.shape, bool)
    metal = np.zeros(index.shape, bool)
    if 0 <= own < count:
        across = [case.grid.cell_range(a, None if a == axis else getattr(contact.span, a)) for a in reversed(AXES)]
        part: list[Any] = [slice(*cells) for cells in across]
        part[2 - AXES.index(axis)] = own
        metal[tuple(part)] = index[tuple(part)] != NO_METAL
        part[2 - AXES.index(axis)] = beyond
        free = index[tuple(part)] == NO_METAL if 0 <= beyond < count else True
        part[2 - AXES.index(axis)] = own
        exposed[tuple(part)] = free
    return metal, exposed


def contact_edge(case: Any, contact: Any) -> int:
    """Number of the cell edge at which a contact lies along its normal."""
    if contact.at is None:
        return case.grid.cells(contact.normal) if contact.is_upper else 0
    return case.grid.nearest_edge(contact.normal, contact.at)


def pairs(case: Any) -> Iterator[Pairs]:
    """The faces between neighbouring cells, axis by axis; across a periodic axis with the number of its cells."""
    numbers = np.arange(math.prod(case.grid.shape)).reshape(case.grid.shape)
    for axis in case.grid.axes:
        along, count = 2 - AXES.index(axis), case.grid.cells(axis)
        lower, upper = np.arange(count - 1), np.arange(1, count)
        if axis in case.walls.periodic and count > 1:
            lower, upper = np.r_[lower, count - 1], np.r_[upper, 0]
        place = np.expand_dims(lower + 1, [other for other in range(3) if other != along])
        below, above = numbers.take(lower, along), numbers.take(upper, along)
        yield Pairs(axis, below.ravel(), above.ravel(), np.broadcast_to(place, below.shape).ravel())


def interface_owner(case: Any, faces: Pairs) -> tuple[np.ndarray, set[int]]:
    """Number of the interface on each face, the last of several, -1 for none; and all interfaces that meet a face."""
    index = case.material_index().ravel()
    lower, upper = index[faces.lower], index[faces.upper]
    metal = (lower != NO_METAL) & (upper != NO_METAL)
    names, owner, met = list(case.material), np.full(len(lower), -1), set()
    for number, interface in enumerate(case.interface):
        owned = metal & _in_box(case, faces, interface.box)
        if interface.between:
            one, other = (names.index(name) for name in interface.between)
            owned &= ((lower == one) & (upper == other)) | ((lower == other) & (upper == one))
        elif interface.box is None or interface.box.plane is None:
            owned &= lower != upper
        if owned.any():
            met.add(number)
            owner[owned] = number
    return owner, met


def interface_faces(case: Any) -> Iterator[InterfaceFaces]:
    """The faces of all interfaces, grouped by interface, normal and metals; a later interface takes those of others.

    What is transparent inside one metal is left out: the metal goes on there.
    """
    index = case.material_index().ravel()
    metals = list(case.material.values())
    for faces in pairs(case):
        owner, _ = interface_owner(case, faces)
        own = np.flatnonzero(owner >= 0)
        keys = np.stack([owner[own], index[faces.lower[own]], index[faces.upper[own]]])
        groups, member = np.unique(keys, axis=1, return_inverse=True)
        for group, (number, lower, upper) in enumerate(groups.T.tolist()):
            chosen = own[member.ravel() == group]
            interface = case.interface[number]
            if lower == upper and interface.is_transparent:
                continue
            conductance = interface_conductance(case, interface, metals[lower], metals[upper])
            from_below, from_above = (conductance / barrier.sharvin_conductance(metals[m]) for m in (lower, upper))
            yield InterfaceFaces(
                number,
                faces.axis,
                faces.lower[chosen],
                faces.upper[chosen],
                (lower, upper),
                (from_below, from_above),
            )


def interface_conductance(case: Any, interface: Any, lower: Any, upper: Any) -> float:
    """Conductance per area in S/m² that the transmission of an interface stands for, Sharvin resistances aside."""
    if interface.resistance_area is not None:
        one, other = (barrier.sharvin_conductance(metal) for metal in (lower, upper))
        return barrier.interface_conductance(interface.resistance_area, one, other, interface.polarization)
    first = case.material[interface.between[0]] if interface.between else lower
    return float(interface.transmission * barrier.sharvin_conductance(first))


def parts(case: Any) -> tuple[int, np.ndarray]:
    """The separate parts of the metal: their count, and for every cell the number of its own; NO_METAL for voids.

    Cells belong together where they share a face that lets electrons through; an edge or corner is not enough.
    """
    from scipy.sparse import coo_array  # slow to load, and many cases are read but not solved
    from scipy.sparse.csgraph import connected_components

    metal = case.material_index().ravel() != NO_METAL
    closed = [faces for faces in case.interfaces if max(faces.transmission) == 0]
    below, above = [], []
    for faces in pairs(case):
        joined = metal[faces.lower] & metal[faces.upper]
        for own in (own for own in closed if own.axis == faces.axis):
            joined &= ~np.isin(faces.lower, own.lower)
        below.append(faces.lower[joined])
        above.append(faces.upper[joined])
    ends = np.concatenate(below), np.concatenate(above)
    graph = coo_array((np.ones(len(ends[0]), bool), ends), shape=(len(metal), len(metal)))
    _, joined_to = connected_components(graph, directed=False)
    numbers, label = np.unique(np.where(metal, joined_to, NO_METAL), return_inverse=True)
    voids = int(numbers[0] == NO_METAL)
    return len(numbers) - voids, label.ravel() - voids


def _in_box(case: Any, faces: Pairs, box: Any) -> np.ndarray:
    """Whether faces lie in a box, on its surface included; across a plane only those on it."""
    found = np.ones(len(faces.lower), bool)
    if box is None:
        return found
    if box.plane is not None and box.plane != faces.axis:
        return np.zeros(len(faces.lower), bool)
    for axis, stretch in box.stretches.items():
        first, last = case.grid.cell_range(axis, stretch)
        if axis == faces.axis:
            wraps = faces.place == case.grid.cells(axis)
            found &= ((first <= faces.place) & (faces.place <= last)) | (wraps & (first == 0))
        else:
            stride = math.prod(case.grid.cells(a) for a in AXES[: AXES.index(axis)])
            place = faces.lower // stride % case.grid.cells(axis)
            found &= (first <= place) & (place < last)
    return found
