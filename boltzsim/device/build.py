"""From a case to the discrete kinetic equation: grid, operators, boundary laws, Larmor vector."""

import numpy as np

from boltzsim.axes import AXES
from boltzsim.device.metal import materials_of, precession_of
from boltzsim.device.preflight import ordinates
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law, mirror_law
from boltzsim.transport.steady import Transport


def grid_of(case):
    """The grid of a case, lengths in m."""
    axes = case.grid.axes
    return Grid(
        axes=tuple(AXES.index(a) for a in axes),
        cells=tuple(case.grid.cells(a) for a in axes),
        spacing=tuple(case.grid.spacing(a) for a in axes),
        material=case.material_index().reshape(-1),
        periodic=tuple(a in case.walls.periodic for a in axes),
    )


def transport_of(case, reversed_contact=None, rate=0.0, like=None):
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
    laws = [
        contact_law(
            c.transmission, c.polarization * (-1 if c.name == reversed_contact else 1), c.direction,
            c.mixing_phase * (-1 if c.name == reversed_contact else 1),
        )
        for c in case.contact
    ]  # fmt: skip
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


def _walls(case):
    walls, axes = {}, case.grid.axes
    for number, axis in enumerate(axes):
        if axis in case.walls.periodic:
            continue
        for upper, face in enumerate((f"{axis}_min", f"{axis}_max")):
            mirror = face in case.walls.symmetry
            walls[number, bool(upper)] = Wall(
                1.0 if mirror else case.walls.at(face),
                mirror_law(AXES.index(axis)) if mirror else BoundaryLaw(),
                _portion(case, face, [a for a in reversed(axes) if a != axis]),
            )
    return walls


def _portion(case, face, across):
    """0 or 1 + contact number for every line of cells that ends on a face, the first gridded axis the fastest."""
    portion = np.zeros([case.grid.cells(a) for a in across], int)
    for number, contact in enumerate(case.contact):
        if contact.face == face:
            cells = case.contact_cells(contact)
            portion[tuple(slice(*cells[a]) for a in across)] = 1 + number
    return portion.reshape(-1)
