"""Numbers drawn from a transient run: how fast a signal decays, when it arrives."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from boltzsim.case.case import Case
from boltzsim.measure.decay import fit_decay
from boltzsim.result import History, Measure

COMPONENTS = ("charge", "x", "y", "z")


def evaluate(entry: Any, history: History, names: Sequence[str], case: Case) -> Measure:
    """One `[[measure]]` entry of a transient run.

    Parameters
    ----------
    entry : boltzsim.case.measures.Decay or Arrival
    history : History
    names : sequence of str
        Contacts, in the order of the history.
    case : Case

    Returns
    -------
    Measure
        decay: the slow rate in 1/s; extras rate_error, rate_fast (1/s, nan if there is none), weight_slow, misfit.
        arrival: the time in s; extras height (V), and at_least (s) in place of the time where the signal is still
        largest at the end. All nan where the record holds no decay, or no signal.
    """
    signal = _signal(entry, history, list(names))
    value, extra = (_decay if entry.kind == "decay" else _arrival)(entry, history.time, signal)
    unit = {"decay": "1/s", "arrival": "s"}[entry.kind]
    return Measure(entry.kind, entry.model_dump(by_alias=True, exclude_none=True), value, unit, extra)


def _signal(entry: Any, history: History, names: list[str]) -> np.ndarray:
    """An observed component of the potential, the voltage of a contact, or its change when the magnetisation turns."""
    if entry.signal in history.observed:
        return history.observed[entry.signal][:, COMPONENTS.index(entry.component)]
    number = names.index(entry.signal)
    voltage = history.voltage[:, number]
    if entry.signal in history.voltage_reversed:
        voltage = voltage - history.voltage_reversed[entry.signal][:, number]
    return np.nan_to_num(voltage)  # voltages that follow from currents are not known at the start


def _decay(entry: Any, time: np.ndarray, signal: np.ndarray) -> tuple[float, dict[str, float]]:
    within = time >= entry.start
    try:
        found = fit_decay(time[within], signal[within], search=entry.start == 0)
    except ValueError:
        return np.nan, dict.fromkeys(("rate_error", "rate_fast", "weight_slow", "misfit"), np.nan)
    extra = {key: getattr(found, key) for key in ("rate_error", "rate_fast", "weight_slow", "misfit")}
    return found.rate, extra


def _arrival(entry: Any, time: np.ndarray, signal: np.ndarray) -> tuple[float, dict[str, float]]:
    """Time and height of the largest |signal|: the vertex of the parabola through that sample and its neighbours."""
    k = int(np.abs(signal).argmax())
    if signal[k] == 0:
        return np.nan, {"height": np.nan, "at_least": np.nan}
    if k == len(time) - 1:
        return np.nan, {"height": float(signal[k]), "at_least": float(time[k])}
    arrived, height = _vertex(time[k - 1 : k + 2], signal[k - 1 : k + 2]) if k else (time[k], signal[k])
    return float(arrived), {"height": float(height), "at_least": np.nan}


def _vertex(time: np.ndarray, signal: np.ndarray) -> tuple[float, float]:
    """Place and height of the vertex of the parabola through three samples, of which the second is the largest."""
    t, y = time - time[1], signal / signal[1]
    rise, fall = (1 - y[0]) / -t[0], (1 - y[2]) / t[2]
    curvature = -2 * (rise + fall) / (t[2] - t[0])
    if curvature == 0:
        return time[1], signal[1]
    slope = (rise * t[2] + fall * t[0]) / (t[2] - t[0])
    vertex = -slope / curvature
    return time[1] + vertex, signal[1] * (1 + slope * vertex / 2)
