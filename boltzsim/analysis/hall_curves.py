"""Spin Hall devices of a series beside their formulas, and the spin Hall angle that follows."""

from typing import Literal

import numpy as np

from boltzsim.analysis.curves import HallBarCurve, TurnedCurve
from boltzsim.analysis.hall_device import bar_resistances, metal, probe_delta_R
from boltzsim.analysis.labels import directions
from boltzsim.analysis.valve_device import separation, spin_constants
from boltzsim.case.case import Case
from boltzsim.case.series import SeriesAxis


def hall_curve(
    kind: Literal["bar", "turn"], axis: SeriesAxis, cases: list[Case], entry: dict, signal: np.ndarray, more: list[str]
) -> HallBarCurve | TurnedCurve:
    """A Hall bar, or a device with a magnetic contact, beside its formula.

    Parameters
    ----------
    kind : {"bar", "turn"}
        A bar whose probes are moved, or a device whose magnetisations are turned.
    axis, cases, entry, more
        As in `boltzsim.analysis.valve_curves.valve_curve`.
    signal : numpy.ndarray, shape (n,)
        R of a bar, ΔR of a device with turned magnetisations (Ω).
    """
    signal = np.array(signal)
    formula, spin = np.array([_formula(kind, case, entry) for case in cases]).T
    angle, bulk = _angle(kind, cases[0], signal, formula, spin)
    distances = np.array([separation(case, entry)[0] for case in cases])
    constants = [spin_constants(case) for case in cases]
    side = max(
        (cases[0].contact_named(entry[role]) for role in ("detector", "injector")), key=lambda c: abs(c.polarization)
    )
    widths = np.array([case.grid.length(side.normal) for case in cases])
    common = {
        "label": ", ".join([f"{entry['detector']} against {entry['reference']}", *more]),
        "kinetic": signal,
        "formula": formula,
        "distance": distances,
        "over_width": np.array([c["mean_free_path"] for c in constants]) / widths,
        "over_length": np.array([c["mean_free_path"] / c["length_T"] for c in constants]),
        "angle": angle,
        "bulk_angle": bulk,
    }
    if kind == "bar":
        return HallBarCurve(**common, unit="m", x=distances, spin=spin)
    return TurnedCurve(**common, unit=axis.unit, x=axis.coordinate, ticks=tuple(directions(axis)))


def _formula(kind, case, entry) -> tuple[float, float]:
    """The formula's signal and its spin part in Ω; nan where the formula does not apply."""
    try:
        if kind == "turn":
            signal = probe_delta_R(case, entry)
            return signal, signal
        ohmic, spin = bar_resistances(case, entry)
    except ValueError:
        return np.nan, np.nan
    return ohmic + spin, spin


def _angle(kind, case, signal, formula, spin) -> tuple[float | None, float | None]:
    """Extracted and bulk spin Hall angle, from the point where the spin part is the largest share of the signal."""
    if not (np.isfinite(spin).all() and np.any(spin)):
        return None, None
    shares = np.abs(spin / formula) if np.all(formula) else np.abs(spin)
    best, bulk = int(np.argmax(shares)), metal(case).angle
    ratio = (signal - formula + spin)[best] / spin[best]  # proportional to θ at a probe, to θ² in a Hall bar
    return float(bulk * (ratio if kind == "turn" else np.sqrt(max(ratio, 0.0)))), bulk
