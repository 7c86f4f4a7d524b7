"""All that a series says: its curves, the channels they belong to, and the fits of the device to them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from boltzsim.analysis import fits
from boltzsim.analysis.cooling import Cooling
from boltzsim.analysis.curves import DistanceCurve, HanleCurve, SignalCurve, ValveCurve
from boltzsim.analysis.gratings import Dispersion, dispersions
from boltzsim.analysis.labels import place, turns
from boltzsim.analysis.series import Line, analyses, by_field, coolings, curves_of, lines, telling
from boltzsim.fitting.channels import channel_of
from boltzsim.fitting.device import DeviceFit, fit_device
from boltzsim.fitting.together import together

#: The kinds of these fits among others of a curve.
ON_DEVICE, WITH_DISTANCES = "on the device", "with distances"


@lru_cache(maxsize=1)
def evaluated(series) -> tuple[list[SignalCurve | Dispersion | Cooling], list[DeviceFit]]:
    """All curves of a series, with the channels they belong to, and the fits of the device to them.

    The last series is remembered, because its table and its figure want the same.

    Parameters
    ----------
    series : boltzsim.store.series.SeriesResult

    Returns
    -------
    curves : list
        As `boltzsim.analysis.series.analyses` finds them. Hanle curves and distances have the fit on the device as
        their last one, and as the line that is drawn.
    found : list of DeviceFit
        One for every measure, every kind of curves, and every place on the axes that neither turn anything nor are
        those of the curves; and one of kind "together" where there are both Hanle curves and distances.

    Raises
    ------
    CaseError
        If there is no measure.
    """
    curves: list[Any] = []
    known: dict[Any, dict[str, float]] = {}
    devices: dict[tuple[int, str, str], list[tuple[Line, int]]] = {}
    own = list(lines(series))
    followed = {line.axis.name for line in own if line.kind in ("hanle", "distance")}
    precessing = any(line.kind == "hanle" for line in own)
    for line in own:
        if line.kind == "distance" and precessing and np.any(line.cases[0].field.B):
            continue  # in a field spins do not decay exponentially
        made: list[Any] = curves_of(line)
        if line.kind == "hanle" or line.kind == "distance":
            channel = channel_of(line.cases[0], line.entry, known)
            made = [replace(curve, channel=channel) for curve in made]
            where = ", ".join(place(a, i) for a, i in line.fixed if not (turns(a) or a.name in followed))
            devices.setdefault((line.number, line.kind, where), []).append((line, len(curves)))
        curves += made
    found: dict[tuple[int, str, str], DeviceFit] = {}
    for (number, kind, where), measured in devices.items():
        channel = _channel([curves[number] for _, number in measured])
        fit, signals = fit_device([line for line, _ in measured], where, channel)
        found[number, kind, where] = fit
        for (line, first), signal in zip(measured, signals, strict=True):
            for k, part in enumerate(_parts(line) if fit.value else ()):
                curves[first + k] = _with_fit(curves[first + k], fit, signal[part])
    joined = []
    for (number, kind, where), fit in list(found.items()):
        distance = found.get((number, "distance", where)) if kind == "hanle" else None
        if distance and (both := together(fit, distance)):
            joined.append(both)
            for line, first in devices[number, kind, where]:
                for k in range(len(_parts(line))):
                    curves[first + k] = _beside(curves[first + k], both)
    if not curves:
        return analyses(series), []
    return [*telling(curves), *dispersions(series), *coolings(series)], [*found.values(), *joined]


def _channel(curves: Sequence[ValveCurve]) -> dict[str, float]:
    """The channel of curves of one device; spins across it in and out of its plane have lengths of their own."""
    found = dict(next((curve.channel for curve in curves if curve.state != "out of plane"), curves[0].channel))
    lengths = {curve.state: curve.channel["length_T"] for curve in curves if curve.channel and curve.state != "L"}
    return found | {f"length_{state}": length for state, length in lengths.items()}


def _parts(line: Line) -> list[np.ndarray]:
    """The points of every curve along a line."""
    return [part for part, _ in by_field(line.cases)] if line.kind == "hanle" else [np.arange(len(line.cases))]


def _with_fit(curve: HanleCurve | DistanceCurve, fit: DeviceFit, model: np.ndarray) -> HanleCurve | DistanceCurve:
    """A curve with the fit as its last one, and as the line that is drawn."""
    order = np.argsort(curve.x)
    misfit = np.linalg.norm(model - curve.kinetic) / np.linalg.norm(curve.kinetic)
    drawn = {"fit": (curve.x[order], model[order])}
    own = fits.Fit(ON_DEVICE, fit.value, fit.error, float(misfit))
    return replace(curve, fits=(*curve.fits, own), lines=curve.lines | drawn)


def _beside(curve: HanleCurve, both: DeviceFit) -> HanleCurve:
    """A Hanle curve with what it and the distances say together as its last fit."""
    own = fits.Fit(WITH_DISTANCES, both.value, both.error, curve.fits[-1].misfit)
    return replace(curve, fits=(*curve.fits, own))
