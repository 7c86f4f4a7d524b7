"""Contacts as terminals of a linear network: the potentials that give every contact its voltage or its current.

    I_k = Σ_l G_kl V_l + J_k

G is the conductance matrix (rows: current into the device) and J what fields and spin potentials drive at zero
voltages. Behind a contact with an electrode (`boltzsim.device.electrodes`) the spin potential μ_s along the
magnetisation adjusts itself; it is eliminated, μ_s = X V + x, and with it μ_c = V - p_F μ_s.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Network(NamedTuple):
    """The device with its electrodes, seen from its terminals; currents in units of the fluxes it was made from.

    Attributes
    ----------
    conductance, offset : numpy.ndarray, shapes (n, n) and (n,)
        G and J.
    response, rest : numpy.ndarray, shapes (electrodes, n) and (electrodes,)
        X and x.
    carried : numpy.ndarray, shape (n, electrodes)
        p_F of every electrode at its contact: V = μ_c + carried μ_s.
    """

    conductance: np.ndarray
    offset: np.ndarray
    response: np.ndarray
    rest: np.ndarray
    carried: np.ndarray

    def spin_potentials(self, voltage: np.ndarray) -> np.ndarray:
        """μ_s of every electrode at given voltages (n,)."""
        return np.asarray(self.response @ voltage + self.rest)

    def weights(self, voltage: np.ndarray, others: int) -> np.ndarray:
        """Weights of all sources at given voltages: unit charge potentials, unit μ_s, then `others` of weight 1."""
        spin = self.spin_potentials(voltage)
        return np.concatenate([voltage - self.carried @ spin, spin, np.ones(others)])


def network(flux: np.ndarray, reservoirs: np.ndarray, electrodes: Sequence[Any]) -> Network:
    """Eliminate the spin potentials of the electrodes.

    Parameters
    ----------
    flux : numpy.ndarray, shape (sources, n, 4)
        Flux through every contact for a unit charge potential of each contact, a unit μ_s of each electrode, and
        further sources.
    reservoirs : numpy.ndarray, shape (sources, n, 4)
        Potentials of the contacts for every source.
    electrodes : sequence of boltzsim.device.electrodes.Electrode
    """
    n, e = flux.shape[1], len(electrodes)
    carried, condition = np.zeros((n, e)), np.zeros((e, len(flux)))
    for j, one in enumerate(electrodes):
        k = one.contact
        carried[k, j] = one.polarization
        condition[j] = flux[:, k] @ one.on_flux + one.on_charge * reservoirs[:, k, 0]
        condition[j] += one.on_spin * (reservoirs[:, k, 1:] @ one.axis)
    charge, spin, rest = np.split(condition, [n, n + e], 1)
    matrix = spin - charge @ carried
    response, rest = -np.linalg.solve(matrix, charge), -np.linalg.solve(matrix, rest.sum(1))
    by_charge, by_spin, others = np.split(flux[:, :, 0].T, [n, n + e], 1)
    by_spin = by_spin - by_charge @ carried
    return Network(by_charge + by_spin @ response, others.sum(1) + by_spin @ rest, response, rest, carried)


def fixed_voltages(contacts: Sequence[Any]) -> np.ndarray:
    """Whether each contact has a given voltage, bool (n,). Where none has, the first one is held at 0 V."""
    fixed = np.array([contact.voltage is not None for contact in contacts], bool)
    fixed[:1] |= not fixed.any()
    return fixed


def common_voltage(contacts: Sequence[Any]) -> float:
    """The voltage that all others are counted from while they are solved for: the first given one, else 0.

    Equal potentials on all contacts drive nothing. Left in, they would be subtracted from each other by a conductance
    matrix that is known to the solver's tolerance only.
    """
    return next((float(contact.voltage) for contact in contacts if contact.voltage is not None), 0.0)


def voltages(conductance: np.ndarray, offset: np.ndarray, contacts: Sequence[Any]) -> np.ndarray:
    """Voltages, above `common_voltage`, that give every contact what the case asks for.

    Parameters
    ----------
    conductance : numpy.ndarray, shape (n, n)
        G in S.
    offset : numpy.ndarray, shape (n,)
        J in A.
    contacts : sequence of Contact
        With `voltage`, `current` or `floating`. Without any voltage the first contact is at 0 V; the balance of
        charge makes its current follow from the others'.

    Returns
    -------
    numpy.ndarray, shape (n,)
        In V.
    """
    fixed = fixed_voltages(contacts)
    known = np.array([0.0 if c.voltage is None else c.voltage - common_voltage(contacts) for c in contacts])
    wanted = np.array([c.current or 0.0 for c in contacts])
    free = ~fixed
    result = np.where(fixed, known, 0.0)
    if free.any():
        right = wanted - offset - conductance @ result
        result[free] = np.linalg.solve(conductance[np.ix_(free, free)], right[free])
    return result
