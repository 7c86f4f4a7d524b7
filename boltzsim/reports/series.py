"""Tables of what a series says: extracted numbers with units beside those of the bulk metal."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
from rich.table import Table

from boltzsim.analysis.cooling import Cooling
from boltzsim.analysis.curves import DistanceCurve, HanleCurve, SignalCurve, SpinHallCurve
from boltzsim.analysis.gratings import Dispersion
from boltzsim.analysis.reciprocity import Reciprocity
from boltzsim.fitting.device import DeviceFit
from boltzsim.fitting.evaluation import ON_DEVICE, WITH_DISTANCES
from boltzsim.reports.cooling import cooling_data, cooling_tables
from boltzsim.reports.gratings import grating_tables
from boltzsim.reports.on_device import device_data, device_tables
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import ABSENT, NOISE, UNKNOWN, quantities, quantity, ratio
from boltzsim.units import engineering

#: Size of ΔR relative to the largest of its curve below which the ratio to the formula says nothing: it changes sign.
CROSSING = 0.05


Found = Sequence[SignalCurve | Dispersion | Cooling]


def tables(
    found: Found,
    reciprocities: Sequence[Reciprocity] = (),
    devices: Sequence[DeviceFit] = (),
) -> Iterator[Table]:
    """Extracted numbers beside those of the channel and of the bulk, every curve point by point, reciprocity."""
    yield from grating_tables([one for one in found if isinstance(one, Dispersion)])
    yield from cooling_tables([one for one in found if isinstance(one, Cooling)])
    curves = [one for one in found if isinstance(one, SignalCurve)]
    distance = [curve for curve in curves if isinstance(curve, DistanceCurve)]
    if distance:
        channel = ["channel"] if any(curve.channel for curve in distance) else []
        columns = ["magnetisation", "fit", "decay length", "± ", "short length", "misfit", *channel]
        rows = [row for curve in distance for row in _distance_rows(curve, bool(channel))]
        yield from device_tables([one for one in devices if one.kind == "distance"])
        title = "Decay lengths by exponentials from ΔR against distance; ± is the scatter alone"
        yield table_of(title, *columns, "bulk, exact mode", "bulk, P1", rows=rows)
    rows = [row for curve in curves if isinstance(curve, HanleCurve) for row in _hanle_rows(curve)]
    yield from device_tables([one for one in devices if one.kind != "distance"])
    if rows:
        title = "Hanle curves by formulas of an infinite channel; ± is the scatter alone"
        yield table_of(title, "magnetisation", "formula", "quantity", "extracted", "±", "bulk", rows=rows)
    rows = [
        [curve.label, f"{curve.angle:.4g}", f"{curve.bulk_angle:.4g}"]
        for curve in curves
        if isinstance(curve, SpinHallCurve) and curve.angle is not None
    ]
    if rows:
        yield table_of("Spin Hall angle", "measure", "extracted", "bulk, exact", rows=rows)
    for curve in curves:
        yield _points(curve)
    if reciprocities:
        columns = ["current → voltage", "R", "R exchanged, reversed", "signal", "difference / signal"]
        rows = [
            [one.label, *(engineering(R, "Ω", 9) for R in (one.forward, one.exchanged)), engineering(one.scale, "Ω"),
             f"{one.error:.1e}" if one.scale > NOISE * abs(one.forward) else ABSENT]
            for one in reciprocities
        ]  # fmt: skip
        yield table_of("Reciprocity: leads exchanged, magnetisations and field reversed", *columns, rows=rows)


def data(
    found: Found,
    reciprocities: Sequence[Reciprocity] = (),
    devices: Sequence[DeviceFit] = (),
) -> list[dict]:
    """The same as nested dicts and lists: curves, fits on the device, reciprocities.

    Every signal curve has every key of `_KEYS`.
    """
    rows = [asdict(one) for one in reciprocities]
    for row, one in zip(rows, reciprocities, strict=True):
        row["error"] = one.error
    return [_data(one) for one in found] + device_data(devices) + rows


#: Keys of a signal curve in JSON that not every kind has, with the values that stand for nothing.
_KEYS: dict = {"state": "", "fits": (), "bulk": {}, "channel": {}, "extra": {}, "notes": (), "ticks": (), "lines": {}}


def _data(one: SignalCurve | Dispersion | Cooling) -> dict:
    if isinstance(one, Cooling):
        return cooling_data(one)
    return _dispersion(one) if isinstance(one, Dispersion) else _curve(one)


def _curve(curve: SignalCurve) -> dict:
    found = _KEYS | {"kind": curve.kind} | asdict(curve)
    if isinstance(curve, SpinHallCurve):
        angle, bulk = found.pop("angle"), found.pop("bulk_angle")
        if angle is not None:
            found |= {"extra": {"angle": (angle, np.nan)}, "bulk": {"angle": bulk}}
        found["lines"] = getattr(curve, "lines", {})
    if isinstance(curve, HanleCurve):
        polarization = found.pop("polarization")
        found["extra"] = {} if polarization is None else {"polarization": polarization}
    return found | {"true": found["bulk"]}  # the name of "bulk" in version 0.2


def _dispersion(one: Dispersion) -> dict:
    return asdict(one) | {"true": one.bulk}


def _points(curve: SignalCurve) -> Table:
    """Every point of a curve: signal, formula, their ratio, mean free path over width and λ, where they are known."""
    ticks = curve.points or [quantity(x, curve.unit) for x in curve.x]
    kinetic, formula = (quantities(values, "Ω") for values in (curve.kinetic, curve.formula))
    symbol, lengths = curve.symbol, {"ℓ / width": curve.over_width, "ℓ / λ": curve.over_length}
    columns = {"at": ticks, f"{symbol} kinetic": kinetic}
    if np.isfinite(curve.formula).any():
        largest = np.abs(curve.formula[np.isfinite(curve.formula)]).max() * CROSSING / NOISE
        ratios = [ratio(*pair, largest) for pair in zip(curve.kinetic, curve.formula, strict=True)]
        columns |= {f"{symbol} diffusive": formula, "ratio": ratios}
    columns |= {name: [_number(value) for value in values] for name, values in lengths.items() if _known(values)}
    return table_of(f"{symbol}, {curve.label}", *columns, rows=zip(*columns.values(), strict=True))


def _known(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).any())


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else UNKNOWN


def _distance_rows(curve: DistanceCurve, channel: bool) -> Iterator[list[str]]:
    polarization = "L" if curve.state == "L" else "T"
    known = [curve.channel.get(f"length_{polarization}")] if channel else []
    known += [curve.bulk[f"{kind}length_{polarization}"] for kind in ("", "p1_")]
    bulk = [quantity(length, "m", 5) for length in known]
    for fit in curve.fits:
        if fit.kind == ON_DEVICE:
            continue
        lengths = [quantity(fit.value["length"], "m", 5), quantity(fit.error["length"], "m", 2)]
        short = quantity(fit.value.get("length_short"), "m")
        yield [curve.label, fit.kind, *lengths, short, f"{fit.misfit:.1e}", *bulk]
    for note in curve.notes:
        yield [curve.label, note, *[ABSENT] * 4, *bulk]


def _hanle_rows(curve: HanleCurve) -> Iterator[list[str]]:
    bulk = curve.bulk
    lengths = [quantity(bulk[f"length_{one}"], "m", 5) for one in "LT"]
    for fit in curve.fits:
        if fit.kind in (ON_DEVICE, WITH_DISTANCES):
            continue
        error, value = fit.error, fit.value
        yield [curve.label, fit.kind, "τ_s",
               *(quantity(*pair) for pair in ((value["tau_s"], "s", 5), (error["tau_s"], "s", 2),
                                              (bulk["tau_s"], "s", 5)))]  # fmt: skip
        for name in ("D", "D_L", "D_T"):
            if name in value:
                exact = (
                    f"{bulk[name] * 1e4:.5g}"
                    if name in bulk
                    else f"L {bulk['D_L'] * 1e4:.5g}, T {bulk['D_T'] * 1e4:.5g}"
                )
                found = [f"{value[name] * 1e4:.5g} cm²/s", f"{error[name] * 1e4:.2g} cm²/s"]
                yield [curve.label, fit.kind, name, *found, f"{exact} cm²/s"]
        if "length" in value:
            found = [quantity(value["length"], "m", 5), quantity(error["length"], "m", 2)]
            yield [curve.label, fit.kind, "λ", *found, f"L {lengths[0]}, T {lengths[1]}"]
        P = (value["polarization"], error["polarization"]) if "polarization" in value else curve.polarization
        if P:
            yield [curve.label, fit.kind, "√(P₁P₂)", f"{P[0]:.4g}", f"{P[1]:.2g}", f"{bulk['polarization']:.4g}"]
    for note in curve.notes:
        yield [curve.label, note, *[ABSENT] * 4]
