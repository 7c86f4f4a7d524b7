"""From a case to the discrete kinetic equation: grid, operators, boundary laws, Larmor vector."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device.metal import materials_of, precession_of
from boltzsim.device.preflight import ordinates
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law, mirror_law
from boltzsim.transport.steady import Transport


def grid_of(case: Case) -> Grid:
    """The grid of a case, lengths in m."""
    axes = case.grid.axes
    return Grid(
        axes=tuple(AXES.index(a) for a in axes),
        cells=tuple(case.grid.cells(a) for a in axes),
        spacing=tuple(case.grid.spacing(a) for a in axes),
        material=case.material_index().reshape(-1),
        periodic=tuple(a in case.walls.periodic for a in axes),
    )


def transport_of(
    case: Case, reversed_contact: str | None = None, rate: float = 0.0, like: Any = None
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

    Returns
    -------
    DeviceModel
    """
    laws = contact_laws(case, reversed_contact)
    if like is not None:
        return like.with_contacts(_walls(case), laws)
    if case.physics.model == "diffusion":
        return DiffusionModel(grid_of(case), materials_of(case), _walls(case), laws, precession_of(case))
    return Transport(
        grid_of(case),
        ordinates(case.angles),
        materials_of(case),
        _walls(case),
        laws,
        precession_of(case),
        preconditioned=case.solver.preconditioner == "diffusion",
        rate=rate,
    )


def contact_laws(case: Case, reversed_contact: str | None = None) -> list[BoundaryLaw]:
    """Laws of the contacts, one of which may be magnetised the other way."""
    laws = []
    for contact in case.contact:
        sign = -1 if contact.name == reversed_contact else 1
        turned = sign * contact.polarization, contact.direction, sign * contact.mixing_phase
        laws.append(contact_law(contact.transmission, *turned).with_spin_flip(case.walls.spin_flip))
    return laws


def _walls(case: Case) -> dict[tuple[int, bool], Wall]:
    walls, axes = {}, case.grid.axes
    for number, axis in enumerate(axes):
        if axis in case.walls.periodic:
            continue
        for upper, face in enumerate((f"{axis}_min", f"{axis}_max")):
            mirror = face in case.walls.symmetry
            walls[number, bool(upper)] = Wall(
                1.0 if mirror else case.walls.at(face),
                mirror_law(AXES.index(axis)) if mirror else BoundaryLaw().with_spin_flip(case.walls.spin_flip),
                _portion(case, face, [a for a in reversed(axes) if a != axis]),
            )
    return walls


def _portion(case: Case, face: str, across: Sequence[str]) -> np.ndarray:
    """0 or 1 + contact number for every line of cells that ends on a face, the first gridded axis the fastest."""
    portion = np.zeros([case.grid.cells(a) for a in across], int)
    for number, contact in enumerate(case.contact):
        if contact.face == face:
            cells = case.contact_cells(contact)
            portion[tuple(slice(*cells[a]) for a in across)] = 1 + number
    return portion.reshape(-1)
