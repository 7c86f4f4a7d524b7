"""Spin Hall devices of a series beside their formulas; the direct and the inverse effect by reciprocity."""

import numpy as np

from boltzsim.analysis.curve import Curve, Reciprocity, directions, place
from boltzsim.analysis.hall import bar_resistances, metal, probe_delta_R
from boltzsim.analysis.hall_formula import four_terminal
from boltzsim.analysis.valve import separation, spin_constants
from boltzsim.device.key import operator_key


def hall_curve(kind, axis, cases, entry, signal, more):
    """A Hall bar or a magnetic contact on a bar beside its formula; extra: the spin Hall angle.

    Parameters
    ----------
    kind : {"bar", "turn"}
    axis, cases, entry, more
        As in `boltzsim.analysis.valve_curves.valve_curve`.
    signal : numpy.ndarray, shape (n,)
        R of a bar, ΔR of a device with turned magnetisations.

    Returns
    -------
    Curve
    """
    formula, spin = [], []
    for case in cases:
        try:
            parts = (0.0, probe_delta_R(case, entry)) if kind == "turn" else bar_resistances(case, entry)
        except ValueError:
            parts = (np.nan, np.nan)
        formula.append(sum(parts))
        spin.append(parts[1])
    signal, formula, spin, extra, true = np.array(signal), np.array(formula), np.array(spin), {}, {}
    shares = np.abs(spin / formula) if np.all(formula) else np.abs(spin)
    if np.isfinite(spin).all() and np.any(spin):
        best, true = int(np.argmax(shares)), {"angle": metal(cases[0]).angle}
        ratio = (signal - formula + spin)[best] / spin[best]  # ∝ θ at a probe, θ² in a Hall bar
        extra["angle"] = (true["angle"] * (ratio if kind == "turn" else np.sqrt(max(ratio, 0.0))), np.nan)
    distances = np.array([separation(case, entry)[0] for case in cases])
    constants = [spin_constants(case) for case in cases]
    side = max(
        (cases[0].contact_named(entry[role]) for role in ("detector", "injector")), key=lambda c: abs(c.polarization)
    )
    widths = np.array([case.grid.length(side.normal) for case in cases])
    return Curve(
        kind=kind,
        label=", ".join([f"{entry['detector']} against {entry['reference']}", *more]),
        state="",
        unit="m" if kind == "bar" else axis.unit,
        x=distances if kind == "bar" else axis.coordinate,
        kinetic=signal,
        formula=formula,
        distance=distances,
        over_width=np.array([c["mean_free_path"] for c in constants]) / widths,
        over_length=np.array([c["mean_free_path"] / c["length_T"] for c in constants]),
        true=true,
        extra=extra,
        ticks=tuple(directions(axis)) if kind == "turn" else (),
        lines={"ohmic": (distances, formula - spin), "spin Hall": (distances, spin)} if kind == "bar" else {},
    )


def reciprocities(series):
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
        drive, probe = ([series.name.index(name) for name in pair] for pair in leads)
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
            at = ", ".join(place(axis, i) for axis, i in zip(series.axes, index, strict=True))
            found.append(Reciprocity(f"{words[0]} → {words[1]}, {at}", forward[number], exchanged, scale))
    return found


def _leads(case, entry):
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
