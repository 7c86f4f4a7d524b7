"""From moments to what is stored: cell averages of potentials and currents in SI."""

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.axes import AXES
from boltzsim.material.alloy import density_of_states, fermi_velocity


def fields_of(case, transport, phi):
    """Cell averages of potentials and currents.

    Parameters
    ----------
    case : Case
    transport : DeviceModel
    phi : numpy.ndarray, shape (cells, corners, moments, 4)
        Moments in V.

    Returns
    -------
    dict of str to numpy.ndarray
        The names of `boltzsim.result.FIELDS`, arrays (z, y, x[, 3[, 3]]).
    """
    density = phi[:, :, 0].mean(1)
    current = _current_unit(case) * transport.currents(phi).mean(1)
    shape = case.grid.shape
    return {
        "charge_potential": density[:, 0].reshape(shape),
        "spin_potential": density[:, 1:].reshape(*shape, 3),
        "charge_current": current[:, :, 0].reshape(*shape, 3),
        "spin_current": current[:, :, 1:].reshape(*shape, 3, 3),
    }


def conductance_unit(case):
    """2 e² N_F v_F times the lengths of the uniform axes: from ∫⟨W n⟩·dA in V m^(d-1) to A."""
    uniform = np.prod([case.grid.length(axis) for axis in AXES if axis not in case.grid.axes])
    return _current_unit(case) * uniform


def _current_unit(case):
    """2 e² N_F v_F: from ⟨W n⟩ in V to A/m²."""
    material = case.metal
    return 2 * elementary_charge**2 * density_of_states(material) * fermi_velocity(material)
