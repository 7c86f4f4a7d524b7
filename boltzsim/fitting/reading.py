"""From the description of a fit to curves and parameters: files are read, devices made, units checked."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from boltzsim.analysis.valve_device import separation
from boltzsim.case.case import Case
from boltzsim.case.columns import read_columns
from boltzsim.case.fit import DISTANCE, Curve, Fit, number_at, quantity, with_values
from boltzsim.case.schema import unit_at
from boltzsim.errors import CaseError
from boltzsim.fitting.problem import TERMS, Free, Measured
from boltzsim.fitting.response import Quantity
from boltzsim.store import series as series_store
from boltzsim.units import DIMENSIONS, parse

#: A contact may be moved by so much of the wanted distance to the nearest cell edges.
MOVED = 0.005


def curves_of(about: Fit) -> list[Measured]:
    """The curves of a fit with their devices.

    Raises
    ------
    CaseError
        For mistakes in the data, or in how they belong to the device.
    StoreError
        If a series cannot be read.
    """
    device, found = about.device(), []
    named = dict(zip(about.names(), about.curve, strict=True))
    for name, curve in zip(about.names(), about.curve, strict=True):
        path = about.beside(curve.file)
        try:
            make = _from_series if series_store.is_series(path) else _from_columns
            x, unit, y, error, cases = make(path, curve, device)
            values = {"physics.model": about.model} | about.given | curve.given
            cases = [_with(case, values, about.parameter) for case in cases]
        except CaseError as problem:
            where = "" if problem.source else f"curve '{name}': "
            raise CaseError([where + one for one in problem.problems], problem.source) from None
        low, high = _window(curve, unit)
        inside = np.isfinite(x) & np.isfinite(y) & (x >= low) & (x <= high)
        if error is not None:
            inside &= np.isfinite(error)  # a point whose error is missing is missing itself
            if not (error[inside] > 0).all():
                raise CaseError(f"curve '{name}' has an error that is not positive; give every point one", path)
        if not inside.any():
            raise CaseError(f"curve '{name}' has no point within its window; widen it", path)
        terms = tuple(term for term in TERMS if getattr(named.get(curve.shares, curve), term))
        kept = tuple(case for case, one in zip(cases, inside, strict=True) if one)
        what = Quantity(curve.measure, curve.quantity)
        errors = None if error is None else error[inside]
        found.append(Measured(name, kept, x[inside], y[inside], unit, errors, what, terms, curve.shares))
    return found


def parameters_of(about: Fit, curves: Sequence[Measured]) -> list[Free]:
    """The parameters of a fit in SI.

    Raises
    ------
    CaseError
        If a path leads nowhere in the device of a curve.
    """
    found = []
    for name, one in about.parameter.items():

        def read(value, default, one=one):
            if value is None:
                return default
            return float(value) if one.times else quantity(one.paths[0], value)

        unit = "1" if one.times else unit_at(Case, one.paths[0].split("."))
        bounds = read(one.low, -np.inf), read(one.high, np.inf)
        free = Free(name, one.paths, read(one.start, 0.0), *bounds, unit, one.times, one.fixed, one.curves)
        for curve in curves:
            if one.times is None and (one.curves is None or curve.name in one.curves):
                try:
                    for path in one.paths:
                        number_at(with_values(curve.cases[0], {path: free.start}), path)
                except CaseError as problem:
                    raise CaseError([f"parameter.{name}: {text}" for text in problem.problems]) from None
        found.append(free)
    return found


def _with(case: Case, values: dict[str, Any], parameters: Any) -> Case:
    """A case with values replaced, and with the starts of effective constants, without which it may be incomplete."""
    starts = {
        path: quantity(path, one.start)
        for one in parameters.values()
        if one.times is None
        for path in one.paths
        if ".diffusion." in path
    }
    factors = {
        path: one.start * quantity(parameters[one.times].paths[0], parameters[one.times].start)
        for one in parameters.values()
        if one.times
        for path in one.paths
    }
    return with_values(case, starts | factors | values)


def _from_series(path, curve: Curve, device):
    """x, its unit, signal and devices of one line of points of a series."""
    series = series_store.open(path)
    names = [axis.name for axis in series.axes]
    along = curve.along or (names[0] if len(names) == 1 else "")
    if along not in names:
        raise CaseError(f"along = '{along}' is no axis of the series; choose one of {', '.join(names)}", path)
    for name in curve.at:
        if name not in names:
            raise CaseError(f"at.{name} is no axis of the series; choose one of {', '.join(names)}", path)
    index = []
    for axis in series.axes:
        number = curve.at.get(axis.name, 0)
        if axis.name != along and number >= len(axis):
            raise CaseError(
                f"at.{axis.name} = {number} is beyond the last of its {len(axis)} points, counted from 0", path
            )
        index.append(slice(None) if axis.name == along else number)
    measure = series.measures[curve.measure]
    signals = {"value": measure.value} | measure.extra
    if curve.quantity not in signals:
        raise CaseError(f"quantity = '{curve.quantity}' is not stored; choose one of {', '.join(signals)}", path)
    axis, y = series.axes[names.index(along)], signals[curve.quantity][tuple(index)]
    try:
        error = np.full(len(y), parse(curve.error, "resistance")) if curve.error else None
    except (TypeError, ValueError) as problem:
        raise CaseError(f"error {problem}; a series has no column of errors", path) from None
    return axis.coordinate, axis.unit, y, error, list(series.points()[tuple(index)])


def _from_columns(path, curve: Curve, device):
    """x, its unit, signal, errors and devices of a file of columns."""
    if device is None:
        raise CaseError("case is missing: a file of columns does not say how the device is made; name its case file")
    if not curve.along:
        raise CaseError("along is missing; give the path of the value that x stands for, for example field.B.z")
    unit = "m" if curve.along == DISTANCE else unit_at(Case, curve.along.split("."))
    dimension = next((name for name, units in DIMENSIONS.items() if next(iter(units)) == unit), None)
    if dimension is None:
        raise CaseError(f"along = '{curve.along}' leads to no quantity with a unit; give for example field.B.z")
    columns = read_columns(path)
    x, y = columns.read(curve.x, dimension, "x"), columns.read(curve.y, "resistance", "the signal")
    error = _errors(columns, curve.error, len(y)) if curve.error else None
    cases = list(_points(device, curve, np.where(np.isfinite(x), x, 0.0)))
    return x, unit, y, error, cases


def _errors(columns, given: str, count: int) -> np.ndarray:
    try:
        return np.full(count, parse(given, "resistance"))
    except ValueError:
        return columns.read(given, "resistance", "the errors")


def _points(device: Case, curve: Curve, x: np.ndarray) -> Iterator[Case]:
    """The device at every x."""
    if curve.along != DISTANCE:
        for value in x:
            yield with_values(device, {curve.along: float(value)})
        return
    entry = Quantity(curve.measure).entry(device)
    now, axis = separation(device, entry.model_dump())
    name = "xyz"[axis]
    span = getattr(device.contact_named(entry.detector).span, name)
    ends = [getattr(device.contact_named(one).span, name) for one in (entry.injector, entry.detector)]
    if None in ends:
        raise CaseError(f"along = 'distance' needs injector and detector with a span along {name}")
    side = 1 if sum(ends[1]) > sum(ends[0]) else -1
    for value in x:
        moved = [end + side * (float(value) - now) for end in span]
        case = with_values(device, {f"contact.{entry.detector}.span.{name}": moved})
        reached = separation(case, entry.model_dump())[0]
        if abs(reached - value) > MOVED * value:
            raise CaseError(
                f"a distance of {value:.4g} m falls between cells, the nearest is {reached:.4g} m; take finer cells "
                f"along {name}"
            )
        yield case


def _window(curve: Curve, unit: str) -> tuple[float, float]:
    if curve.window is None:
        return -np.inf, np.inf
    dimension = next((name for name, units in DIMENSIONS.items() if next(iter(units)) == unit), None)
    try:
        low, high = (parse(end, dimension) if dimension else float(end) for end in curve.window)
    except (TypeError, ValueError) as error:
        raise CaseError(f"window {error}") from None
    return low, high
