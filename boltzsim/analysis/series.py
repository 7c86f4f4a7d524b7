"""Numbers that an experimenter would extract from a solved series, beside the constants of the bulk metal.

Along an axis that moves a contact the decay of ΔR is fitted, along an axis of the field the Hanle lineshape; every
other axis gives the ratio of the kinetic ΔR to that of the diffusion formula, against mean free path over channel width
and over the spin diffusion length. Spin Hall bars are held against their formulas, and the spin Hall angle extracted.
Along an axis of temperature signals stand beside resistivity, spin diffusion lengths and spin Hall angle of the metals.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from boltzsim.analysis.cooling import Cooling, cooling, is_cooling
from boltzsim.analysis.curves import SignalCurve
from boltzsim.analysis.gratings import Dispersion, dispersions
from boltzsim.analysis.hall_curves import hall_curve
from boltzsim.analysis.labels import direction, place, turns
from boltzsim.analysis.valve_curves import valve_curve
from boltzsim.analysis.valve_device import separation
from boltzsim.case.case import Case
from boltzsim.case.series import SeriesAxis
from boltzsim.errors import CaseError


def analyses(series) -> list[SignalCurve | Dispersion | Cooling]:
    """All curves of a series: ΔR where a contact of the measure has `detect_spin`, else R; decay rates of gratings.

    Signal curves come first, then dispersion relations, and last what axes of temperature show.

    Parameters
    ----------
    series : boltzsim.store.series.SeriesResult

    Returns
    -------
    list

    Raises
    ------
    CaseError
        If there is no measure.
    """
    curves = [curve for line in lines(series) for curve in curves_of(line)]
    warm = list(coolings(series))  # these have the points of all other curves
    shown = [curve for curve in telling(curves) if not warm or curve.kind != "trend"]
    found: list[SignalCurve | Dispersion | Cooling] = [*shown, *dispersions(series), *warm]
    if not found:
        raise CaseError(
            "the series measures nothing to report: add a [[measure]] of kind 'nonlocal' to the case, or of kind "
            "'decay' for a Fourier component"
        )
    return found


def coolings(series) -> Iterator[Cooling]:
    """What every line of points along an axis of temperature shows, once for each non-local measure."""
    points = series.points()
    measures = [measure for measure in series.measures if measure.kind == "nonlocal"]
    for number, axis in enumerate(series.axes):
        if not is_cooling(axis):
            continue
        others = [range(n) if i != number else [slice(None)] for i, n in enumerate(series.shape)]
        for index in itertools.product(*others):
            fixed = ", ".join(place(a, i) for a, i in zip(series.axes, index, strict=True) if isinstance(i, int))
            for measure in measures or [None]:
                leads = "{injector} → {detector}".format(**measure.entry) if len(measures) > 1 else ""
                yield cooling(axis, list(points[index]), _signals(measure, index), leads, fixed)


def _signals(measure, index):
    """R of a measure along a line of points; both magnetic states and their difference where it knows them."""
    if measure is None:
        return {}
    if "delta_R" not in measure.extra:
        return {"R": measure.value[index]}
    return {name: measure.extra[name][index] for name in ("R_P", "R_AP", "delta_R")}


Kind = Literal["hanle", "distance", "ratio", "bar", "turn"]


class Line(NamedTuple):
    """The points of a series along one of its axes, all others fixed, as one `nonlocal` measure sees them.

    Attributes
    ----------
    kind : {"hanle", "distance", "ratio", "bar", "turn"}
        That of the curve.
    axis : boltzsim.case.series.SeriesAxis
    fixed : list of (SeriesAxis, int)
        Where the line lies on the other axes.
    number : int
        Of the measure, counted from 0.
    entry : dict
        The measure.
    cases : numpy.ndarray of Case, shape (n,)
    signals : dict of str to numpy.ndarray, shape (n,)
        delta_R, and R_P and R_AP where both magnetic states are known.
    """

    kind: Kind
    axis: SeriesAxis
    fixed: list[tuple[SeriesAxis, int]]
    number: int
    entry: dict
    cases: np.ndarray
    signals: dict[str, np.ndarray]


def lines(series) -> Iterator[Line]:
    """All lines of points of a series, measure by measure and axis by axis."""
    points = series.points()
    for number, measure in enumerate(series.measures):
        if measure.kind != "nonlocal":
            continue
        signals = {"delta_R": measure.value} | measure.extra
        for k, axis in enumerate(series.axes):
            if is_cooling(axis):
                continue
            kind = _kind(axis, points, measure, k)
            if kind == "turn" and len(series.axes) > 1:
                continue
            others = [range(n) if i != k else [slice(None)] for i, n in enumerate(series.shape)]
            for index in itertools.product(*others):
                fixed = [(a, i) for a, i in zip(series.axes, index, strict=True) if isinstance(i, int)]
                chosen = {name: values[index] for name, values in signals.items()}
                yield Line(kind, axis, fixed, number, measure.entry, points[index], chosen)


def curves_of(line: Line) -> list[SignalCurve]:
    """The curves along a line of points: one, or one for each direction of the field."""
    more = [place(a, i) for a, i in line.fixed if not turns(a)]  # the state names magnetisations
    if line.kind == "bar" or line.kind == "turn":
        return [hall_curve(line.kind, line.axis, list(line.cases), line.entry, line.signals["delta_R"], more)]
    found: list[SignalCurve] = []
    everything: list[tuple[np.ndarray, list[str]]] = [(np.arange(len(line.cases)), [])]
    for part, name in by_field(line.cases) if line.kind == "hanle" else everything:
        own = {name: values[part] for name, values in line.signals.items()}
        found.append(valve_curve(line.kind, line.axis, list(line.cases[part]), line.entry, own, more + name))
    return found


def _kind(axis: SeriesAxis, points: np.ndarray, measure: Any, number: int) -> Kind:
    """Kind of the curve along an axis, by the keys that the axis varies."""
    if turns(axis):
        return "turn"
    if any(path.startswith("field.B") for path in axis.values):
        return "hanle"
    line = points[tuple(slice(None) if i == number else 0 for i in range(points.ndim))]
    if len({round(separation(case, measure.entry)[0], 15) for case in line}) > 1:
        return "distance" if "delta_R" in measure.extra else "bar"
    return "ratio"


def telling(curves: list[SignalCurve]) -> list[SignalCurve]:
    """The curves that say more than trends along other axes, or all where there are only these."""
    return [curve for curve in curves if curve.kind != "trend"] or curves


def by_field(cases: Iterable[Case]) -> Iterator[tuple[np.ndarray, list[str]]]:
    """For each line along which fields lie: the numbers of its points, and its name.

    Points without field belong to every line.
    """
    fields = np.array([case.field.B for case in cases])
    sizes = np.linalg.norm(fields, axis=1)
    left = set(np.flatnonzero(sizes))
    while left:
        unit = fields[min(left)] / sizes[min(left)]
        unit = unit * np.sign(unit[np.abs(unit).argmax()])  # a line has no sense: one name for both
        part = np.flatnonzero(np.abs(np.abs(fields @ unit) - sizes) <= 1e-9 * sizes)
        left -= set(part)
        yield part, [f"B along {direction(unit)}"]
