"""From moments to what is stored: cell averages of potentials and currents in SI."""

import math
from typing import Any

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.limits.diffusion import HELICITY, streaming
from boltzsim.material.alloy import density_of_states, fermi_velocity


def fields_of(case: Case, transport: Any, phi: np.ndarray) -> dict[str, np.ndarray]:
    """Cell averages of potentials and currents, NaN where there is no metal.

    Parameters
    ----------
    case : Case
    transport : DeviceModel
    phi : numpy.ndarray, shape (cells, corners, moments, 4)
        Moments in V.

    Returns
    -------
    dict of str to numpy.ndarray
        The names of `boltzsim.result.FIELDS`, arrays (z, y, x[, 3[, 3]]); helicity in the kinetic model only.
    """
    density = phi[:, :, 0].mean(1)
    current = _current_unit(case) * transport.currents(phi).mean(1)
    found = {
        "charge_potential": density[:, 0],
        "spin_potential": density[:, 1:],
        "charge_current": current[:, :, 0],
        "spin_current": current[:, :, 1:],
    }
    if case.physics.model == "kinetic":
        potential, flow = helicity(transport, phi)
        found |= {"helicity_potential": potential, "helicity_current": _current_unit(case) * flow}
    grid = transport.grid
    return {name: grid.in_box(values).reshape(*case.grid.shape, *values.shape[1:]) for name, values in found.items()}


def helicity(transport: Any, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cell averages of helicity Σ_a ⟨p̂_a n_a⟩ and of its flow Σ_a ⟨p̂_a (W n)_a⟩.

    Parameters
    ----------
    transport : boltzsim.transport.steady.Transport
    phi : numpy.ndarray, shape (cells, corners, moments, 4)

    Returns
    -------
    potential : numpy.ndarray, shape (cells,)
        That of n = h σ·p̂ is h.
    flow : numpy.ndarray, shape (cells, 3)
    """
    moments = phi.mean(1).reshape(len(phi), -1)
    bare = np.kron(streaming(transport.degree), np.eye(4))
    rows = np.array([HELICITY @ (bare - metal.drift)[:, 4:16] for metal in transport.operators])
    flow = np.empty((len(phi), 3))
    for number, row in enumerate(rows):
        inside = transport.grid.metal == number
        flow[inside] = transport.conductance[number] * moments[inside] @ row.T
    return moments[:, 4:16] @ HELICITY, flow


def conductance_unit(case: Case) -> float:
    """2 e² N_F v_F times the lengths of the uniform axes: from ∫⟨W n⟩·dA in V m^(d-1) to A."""
    uniform = math.prod(case.grid.length(axis) for axis in AXES if axis not in case.grid.axes)
    return _current_unit(case) * uniform


def _current_unit(case: Case) -> float:
    """2 e² N_F v_F: from ⟨W n⟩ in V to A/m²."""
    material = case.metal
    return 2 * elementary_charge**2 * density_of_states(material) * fermi_velocity(material)
