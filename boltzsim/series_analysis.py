"""What an experimenter would extract from a series, beside what is true; results of series in, numbers out.

Along an axis that moves a contact the decay of ΔR is fitted, along an axis of the field the Hanle lineshape; every
other axis gives the ratio of the kinetic ΔR to that of the diffusion formula, against mean free path over channel width
and over the spin diffusion length. Spin Hall bars are held against their formulas, and the spin Hall angle extracted.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.errors import CaseError
from boltzsim.measure import fits
from boltzsim.measure.hall import bar_resistances, metal, probe_delta_R
from boltzsim.measure.valve import magnetic_state, separation, spin_constants, valve
from boltzsim.series_gratings import dispersions
from boltzsim.units import engineering

_BOHR_MAGNETON = physical_constants["Bohr magneton"][0]


@dataclass(frozen=True)
class Curve:
    """ΔR along one axis of a series at fixed others.

    Attributes
    ----------
    kind : {"distance", "hanle", "ratio", "bar", "turn"}
        bar: a Hall bar with its probes moved; turn: a device with its magnetisations turned.
    label : str
        Magnetic state and the other axes.
    x, kinetic, formula : numpy.ndarray, shape (n,)
        Distance (m), field (T) or the axis; ΔR of the device and of the diffusion formula (Ω; nan where it fails).
    state : str
        As in `boltzsim.measure.valve.magnetic_state`.
    distance, over_width, over_length : numpy.ndarray, shape (n,)
        Distance of the contacts (m); mean free path over channel width, and over the spin diffusion length.
    unit : str
        Of x.
    fits : tuple of fits.Fit
    true : dict of str to float
        `spin_constants`, and polarization, √(P_1 P_2) of the contacts.
    extra : dict of str to tuple of float
        Further extracted quantities with uncertainties (nan: none): polarization, angle.
    notes : tuple of str
        Why a fit failed.
    ticks : tuple of str
        Names of the points of x, for magnetisations.
    fitted : tuple of numpy.ndarray
        Fine x and the fitted signal of a Hanle curve, empty without fit.
    """

    kind: str
    label: str
    state: str
    unit: str
    x: np.ndarray
    kinetic: np.ndarray
    formula: np.ndarray
    distance: np.ndarray
    over_width: np.ndarray
    over_length: np.ndarray
    fits: tuple = ()
    true: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)
    notes: tuple = ()
    ticks: tuple = ()
    fitted: tuple = ()


def analyses(series):
    """All curves of a series: ΔR where the detector has `detect_spin`, else R; decay rates of gratings.

    Parameters
    ----------
    series : boltzsim.series_store.SeriesResult

    Returns
    -------
    list of Curve, then of boltzsim.series_gratings.Dispersion

    Raises
    ------
    CaseError
        If there is no measure.
    """
    points, found = series.points(), []
    for measure in series.measures:
        if measure.kind != "nonlocal":
            continue
        signal = measure.extra.get("delta_R", measure.value)
        for number, axis in enumerate(series.axes):
            kind = _kind(axis, points, measure, number)
            if kind == "turn" and len(series.axes) > 1:
                continue
            others = [range(n) if i != number else [slice(None)] for i, n in enumerate(series.shape)]
            for index in itertools.product(*others):
                more = [
                    f"{a.name} {a.coordinate[i]:.4g}"
                    if a.unit == "1"
                    else f"{a.name} {engineering(a.coordinate[i], a.unit)}"
                    for a, i in zip(series.axes, index, strict=True)
                    if i != slice(None) and not _turns(a)
                ]
                make = _hall_curve if kind in ("bar", "turn") else _curve
                found.append(make(kind, axis, list(points[index]), measure.entry, signal[index], more))
    found += dispersions(series)
    if not found:
        raise CaseError(
            "the series measures nothing to report: add a [[measure]] of kind 'nonlocal' to the case, or of kind "
            "'decay' for a Fourier component"
        )
    return found


def _kind(axis, points, measure, number):
    """What an axis varies, a kind of curve."""
    if _turns(axis):
        return "turn"
    if any(path.startswith("field.B") for path in axis.values):
        return "hanle"
    line = points[tuple(slice(None) if i == number else 0 for i in range(points.ndim))]
    if len({round(separation(case, measure.entry)[0], 15) for case in line}) > 1:
        return "distance" if "delta_R" in measure.extra else "bar"
    return "ratio"


def _turns(axis):
    return all(path.endswith("direction") for path in axis.values)


def _curve(kind, axis, cases, entry, delta_R, more):
    distances = np.array([separation(case, entry)[0] for case in cases])
    valves = [_valve(case, entry) for case in cases]
    constants = [spin_constants(case) for case in cases]
    state = magnetic_state(cases[0], entry)
    longest = "length_L" if state == "L" else "length_T"
    coordinate = {
        "distance": lambda: distances,
        "hanle": lambda: np.array([_field(case) for case in cases]),
        "ratio": lambda: axis.coordinate,
    }[kind]()
    found, extra, notes = [], {}, []
    true = constants[0]
    if valves[0]:
        true["polarization"] = np.sqrt(abs(valves[0].injector.polarization * valves[0].detector.polarization))
    attempts = {
        "distance": [(fits.exponential, (coordinate, delta_R)), (fits.two_exponentials, (coordinate, delta_R))],
        "hanle": [(fits.hanle, (_larmor(cases), delta_R, distances[0]))],
        "ratio": [],
    }[kind]
    for fit, arguments in attempts:
        try:
            found.append(fit(*arguments))
            if kind == "hanle" and valves[0]:
                channel = valves[0].channel
                extra["polarization"] = fits.injected_polarization(found[-1], channel.states, channel.area, steps=2)
        except ValueError as error:
            notes.append(str(error))
    return Curve(
        kind=kind,
        label=", ".join([state, *more]),
        state=state,
        unit=axis.unit if kind == "ratio" else {"distance": "m", "hanle": "T"}[kind],
        x=coordinate,
        kinetic=np.array(delta_R),
        formula=np.array([v.delta_R if v else np.nan for v in valves]),
        distance=distances,
        over_width=np.array([v.mean_free_path / v.width if v else np.nan for v in valves]),
        over_length=np.array([c["mean_free_path"] / c[longest] for c in constants]),
        fits=tuple(found),
        true=true,
        extra=extra,
        notes=tuple(notes),
        fitted=_fitted(coordinate, _larmor(cases), found[0], distances[0]) if kind == "hanle" and found else (),
    )


def _hall_curve(kind, axis, cases, entry, signal, more):
    """A Hall bar or a magnetic probe on a bar beside its formula; extra: the spin Hall angle."""
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
    contact = next(c for c in cases[0].contact if c.name == entry["detector"])
    widths = np.array([case.grid.length(contact.normal) for case in cases])
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
        ticks=tuple(_directions(axis)) if kind == "turn" else (),
    )


def _directions(axis):
    """The magnetisations along an axis in words."""
    for values in zip(*axis.values.values(), strict=True):
        found = []
        for value in values:
            largest = int(np.abs(value).argmax())
            plain = abs(value[largest]) > 1 - 1e-9
            found.append(("-" if value[largest] < 0 else "") + "xyz"[largest] if plain else str(value))
        yield " ".join(found)


def _valve(case, entry):
    """The valve, or None where the diffusion formula does not apply."""
    try:
        return valve(case, entry)
    except ValueError:
        return None


def _fitted(field, omega, fit, distance):
    """Fine fields and the fitted Hanle lineshape on them."""
    fine = np.linspace(field.min(), field.max(), 201)
    rate = omega[np.abs(field).argmax()] / field[np.abs(field).argmax()]
    value = (fit.value[name] for name in ("amplitude", "tau_s", "D"))
    return fine, fits.hanle_lineshape(rate * fine, *value, distance)


def _field(case):
    """B along its largest component, with that one's sign, T."""
    B = np.array(case.field.B)
    return float(np.sign(B[np.abs(B).argmax()]) * np.linalg.norm(B))


def _larmor(cases):
    return np.array([case.field.g * _BOHR_MAGNETON * _field(case) / hbar for case in cases])
