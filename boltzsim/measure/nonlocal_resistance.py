"""Non-local spin valves: R_NL = (V_detector - V_reference) / I_injector, and its two magnetic states."""

from collections.abc import Collection
from typing import Any

import numpy as np

from boltzsim.result import Measure, Terminals


def nonlocal_resistance(entry: Any, terminals: Terminals, driven: Collection[str] = ()) -> Measure:
    """Non-local resistance of one `[[measure]]` entry.

    Parameters
    ----------
    entry : boltzsim.case.measures.Nonlocal
        With injector, detector and reference, names of contacts.
    terminals : Terminals
    driven : collection of str
        Contacts with a given current.

    Returns
    -------
    Measure
        Value in Ω. If the reversed state of the detector is known, or that of an injector with a given current, the
        extras hold R_P (as given), R_AP (reversed) and delta_R = R_P - R_AP.
    """
    number = terminals.name.index
    current = terminals.current[number(entry.injector)]

    def resistance(voltage: np.ndarray) -> float:
        return float((voltage[number(entry.detector)] - voltage[number(entry.reference)]) / current)

    value, extra = resistance(terminals.voltage), {}
    turned = [entry.detector, *([entry.injector] if entry.injector in driven else [])]
    known = [name for name in turned if name in terminals.voltage_reversed]
    if known:
        reverse = resistance(terminals.voltage_reversed[known[0]])
        extra = {"R_P": value, "R_AP": reverse, "delta_R": value - reverse}
    return Measure(entry.kind, entry.model_dump(), value, "Ohm", extra)
