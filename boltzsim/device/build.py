"""From a case to the discrete kinetic equation: grid, operators, boundary laws, Larmor vector."""

import math
from typing import Any

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.case.cells import contact_faces
from boltzsim.device.metal import Media, media_of, precession_of
from boltzsim.device.preflight import ordinates
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, InterfaceLaw, Wall, contact_law, interface_law, mirror_law
from boltzsim.transport.steady import Transport


def grid_of(case: Case, media: Media) -> Grid:
    """The grid of a case, lengths in m; its cells have the numbers of the media."""
    axes = case.grid.axes
    return Grid(
        axes=tuple(AXES.index(a) for a in axes),
        cells=tuple(case.grid.cells(a) for a in axes),
        spacing=tuple(case.grid.sizes(a) for a in axes),
        material=media.cells,
        periodic=tuple(a in case.walls.periodic for a in axes),
        interface=_interface_numbers(case),
    )


def _interface_numbers(case: Case) -> np.ndarray | None:
    """Number of the interface on the upper face of every cell of the box along each gridded axis, -1 for none."""
    if not case.interfaces:
        return None
    numbers = np.full((math.prod(case.grid.shape), len(case.grid.axes)), -1)
    for number, faces in enumerate(case.interfaces):
        numbers[faces.lower, case.grid.axes.index(faces.axis)] = number
    return numbers


def transport_of(
    case: Case, reversed_contact: str | None = None, rate: float = 0.0, like: Any = None, grid: Grid | None = None
) -> Transport | DiffusionModel:
    """The discrete equation of a case: kinetic, or its diffusion limit.

    Parameters
    ----------
    case : Case
    reversed_contact : str, optional
        Name of a contact whose magnetisation is reversed.
    rate : float
        1/m, added to the loss in a stage of a time step (kinetic model).
    like : DeviceModel, optional
        Of the same case with other magnetisations, to share what does not depend on them.
    grid : Grid, optional
        Of a case that may have the same cells, as that of another energy has; its neighbours and lines are then shared.

    Returns
    -------
    DeviceModel
    """
    laws = contact_laws(case, reversed_contact)
    if like is not None:
        return like.with_contacts(walls_of(case, like.grid), laws)
    media = media_of(case)
    own = grid_of(case, media)
    grid = grid if grid is not None and grid.is_like(own) else own
    walls = walls_of(case, grid)
    shared = media.operators, walls, laws, precession_of(case), interface_laws(case)
    if case.physics.model == "diffusion":
        return DiffusionModel(grid, *shared)
    preconditioned = case.solver.preconditioner == "diffusion"
    return Transport(grid, ordinates(case.angles), *shared, preconditioned=preconditioned, rate=rate)


def contact_laws(case: Case, reversed_contact: str | None = None) -> list[BoundaryLaw]:
    """Laws of the contacts, one of which may be magnetised the other way."""
    laws = []
    for contact in case.contact:
        sign = -1 if contact.name == reversed_contact else 1
        turned = sign * contact.polarization, contact.direction, sign * contact.mixing_phase
        laws.append(contact_law(contact.transmission, *turned).with_spin_flip(case.walls.spin_flip))
    return laws


def interface_laws(case: Case) -> list[InterfaceLaw]:
    """Laws of the interfaces, by their numbers in the grid."""
    laws = []
    for faces in case.interfaces:
        own = case.interface[faces.number]
        magnet = own.polarization, own.direction, own.mixing_phase
        laws.append(interface_law(faces.transmission, *magnet, own.specularity, own.spin_flip))
    return laws


def walls_of(case: Case, grid: Grid) -> dict[tuple, Wall]:
    """Walls with their contacts by gridded axis, side, and True in third place where the metal ends inside the box."""
    walls: dict[tuple, Wall] = {}
    covered = [(number, contact_faces(case, contact)) for number, contact in enumerate(case.contact)]
    for number, axis in enumerate(case.grid.axes):
        for upper, face in enumerate((f"{axis}_min", f"{axis}_max")):
            contact_of = np.zeros(math.prod(case.grid.shape), int)  # by cell: 0 or 1 + contact number
            for contact, faces in covered:
                if (faces.axis, faces.upper) == (axis, bool(upper)):
                    contact_of[faces.cells] = 1 + contact
            for inner in (False, True):
                ends = grid.line_ends(number, bool(upper))[grid.exposed(number, bool(upper), inner)]
                mirror = face in case.walls.symmetry and not inner
                bare = BoundaryLaw().with_spin_flip(case.walls.spin_flip)
                law = mirror_law(AXES.index(axis)) if mirror else bare
                specularity = case.walls.specularity if inner else case.walls.at(face)
                walls[(number, bool(upper), True) if inner else (number, bool(upper))] = Wall(
                    1.0 if mirror else specularity, law, contact_of[grid.place[ends]]
                )
    return walls
