"""Contacts as terminals of a linear network: the voltages that give every contact its voltage or its current.

    I_k = Σ_l G_kl V_l + J_k

G is the conductance matrix (rows: current into the device) and J what fields and spin potentials drive at zero
voltages.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np


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
