"""Reciprocity of a linear network: current and voltage leads exchanged, magnetisations and field reversed.

For a spin Hall cross the two measurements are the direct and the inverse effect.
"""

from dataclasses import dataclass

import numpy as np

from boltzsim.analysis.labels import place
from boltzsim.case.case import Case
from boltzsim.device.key import operator_key


@dataclass(frozen=True)
class Reciprocity:
    """One device measured both ways round.

    Attributes
    ----------
    label : str
        Leads of current and voltage, and the point of the series.
    forward, exchanged : float
        R in Ω; `exchanged` has current and voltage leads exchanged, magnetisations and field reversed.
    scale : float
        Size of the magnetic signal in Ω: the largest change of `forward` among the device's magnetisations, or
        `forward` itself where nothing is magnetic.
    """

    label: str
    forward: float
    exchanged: float
    scale: float

    @property
    def error(self) -> float:
        """Difference of the two resistances over the signal."""
        return abs(self.forward - self.exchanged) / self.scale if self.scale else np.nan


def reciprocities(series) -> list[Reciprocity]:
    """Every device of a series that is there with its magnetisations and field reversed too, measured both ways.

    The current leads of a measure are its injector and the one contact with a given voltage. Onsager: with current and
    voltage leads exchanged the device of reversed magnetisations and field has the same resistance. For a spin Hall
    cross these are the direct and the inverse effect.

    Parameters
    ----------
    series : boltzsim.store.series.SeriesResult

    Returns
    -------
    list of Reciprocity
        Measures whose leads share a contact are left out.
    """
    points, found = series.points().reshape(-1), []
    conductances = series.terminals["conductance"].reshape(len(points), len(series.name), len(series.name))
    numbers = {operator_key(case): number for number, case in enumerate(points)}
    for measure in series.measures:
        if measure.kind != "nonlocal":
            continue
        leads = _leads(points[0], measure.entry)
        if leads is None:
            continue
        drive, probe = ((series.name.index(plus), series.name.index(minus)) for plus, minus in leads)
        forward = [four_terminal(G, drive, probe) for G in conductances]
        for number, case in enumerate(points):
            other = numbers.get(operator_key(_reversed(case)))
            if other is None:
                continue
            magnetic = other != number
            scale = abs(forward[number] - forward[other]) if magnetic else abs(forward[number])
            exchanged = four_terminal(conductances[other], probe, drive)
            words = [" - ".join(pair) for pair in leads]
            index = np.unravel_index(number, series.shape)
            at = ", ".join(place(axis, int(i)) for axis, i in zip(series.axes, index, strict=True))
            found.append(Reciprocity(f"{words[0]} → {words[1]}, {at}", forward[number], exchanged, scale))
    return found


def _leads(case: Case, entry: dict) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """(injector, return), (detector, reference) of a measure, or None where they are not four contacts."""
    returns = [contact.name for contact in case.contact if contact.voltage is not None]
    if len(returns) != 1 or len({entry["injector"], *returns, entry["detector"], entry["reference"]}) < 4:
        return None
    return (entry["injector"], returns[0]), (entry["detector"], entry["reference"])


def _reversed(case):
    """The case with all magnetisations and the field reversed."""
    tables = case.resolved()
    for contact in tables["contact"]:
        contact["direction"] = [-component for component in contact["direction"]]
    tables["field"]["B"] = [-component + 0.0 for component in tables["field"]["B"]]
    return type(case)(**tables)


def four_terminal(conductance: np.ndarray, current: tuple[int, int], voltage: tuple[int, int]) -> float:
    """Resistance (V_a - V_b)/I of a linear network, I from contact i to contact j, all others floating.

    Parameters
    ----------
    conductance : numpy.ndarray, shape (n, n)
        In S, rows: current into the device.
    current, voltage : tuple of int
        (i, j) and (a, b).

    Returns
    -------
    float
        In Ω. Reciprocity: exchanging the pairs and reversing magnetisations and field gives the same.
    """
    drive = np.zeros(len(conductance))
    drive[current[0]], drive[current[1]] = 1.0, -1.0
    potential = np.zeros(len(conductance))
    potential[1:] = np.linalg.solve(conductance[1:, 1:], drive[1:])
    return float(potential[voltage[0]] - potential[voltage[1]])
