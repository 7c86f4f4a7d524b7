"""Hanle curves of a series fitted on the device itself, with errors that say what the model and its grid leave out.

Curves that differ in the magnetisation or in the line of the field have one set of constants: D_T, the ratio D_L/D_T,
τ_s and the polarisation of the contacts, in the diffusion model on the grid, contacts and walls of the series. Solved
curves have no noise, so that their scatter about the fit is what the model misses, where it shows. What does not show
moves the parameters all the same: `boltzsim.fitting.omissions` counts it. Beside the constants found stand those of the
channel itself, which come from its cross-section and from no fit (`boltzsim.device.channel`), and those of the bulk.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from boltzsim.analysis import fits
from boltzsim.analysis.cooling import Cooling
from boltzsim.analysis.curves import HanleCurve, SignalCurve
from boltzsim.analysis.gratings import Dispersion, dispersions
from boltzsim.analysis.labels import place, turns
from boltzsim.analysis.series import Line, analyses, by_field, coolings, curves_of, lines, telling
from boltzsim.analysis.valve_device import spin_constants
from boltzsim.case.fit import with_values
from boltzsim.device.metal import diffusion_constants
from boltzsim.errors import CaseError, ConvergenceError
from boltzsim.fitting.channels import channel_of
from boltzsim.fitting.fit import FitResult, fit_curves
from boltzsim.fitting.omissions import remarks, shifts
from boltzsim.fitting.problem import Free, Measured
from boltzsim.fitting.response import Quantity

#: The kind of these fits among others of a curve.
ON_DEVICE = "on the device"
#: The smallest D_L/D_T over that at which the equation makes spins diffuse uphill.
LEAST = 1.001


@dataclass(frozen=True)
class DeviceFit:
    """Constants of one device from all of its Hanle curves.

    Attributes
    ----------
    label : str
        Values of the other axes of the series.
    curves : int
        How many curves have been fitted together.
    value : dict of str to float
        D_L, D_T (m²/s), D_L/D_T, tau_s (s), length_L, length_T (m) and polarization, as far as curves depend on them.
    errors : dict of str to dict of str to float
        Standard error of every value from each source: scatter, and those of `boltzsim.fitting.omissions`.
    channel : dict of str to float
        `boltzsim.device.channel.channel_constants`, as far as they exist, and the polarization of the contacts.
    bulk : dict of str to float
        `boltzsim.analysis.valve_device.spin_constants` of the metal.
    notes : tuple of str
    """

    label: str
    curves: int
    value: dict[str, float]
    errors: dict[str, dict[str, float]]
    channel: dict[str, float]
    bulk: dict[str, float]
    notes: tuple[str, ...]

    @property
    def error(self) -> dict[str, float]:
        """Standard error of every value, from all sources together."""
        return {name: math.hypot(*parts.values()) for name, parts in self.errors.items()}


@lru_cache(maxsize=1)
def evaluated(series) -> tuple[list[SignalCurve | Dispersion | Cooling], list[DeviceFit]]:
    """All curves of a series, with the channels they belong to, and the fits of its Hanle curves on the device.

    The last series is remembered, because its table and its figure want the same.

    Parameters
    ----------
    series : boltzsim.store.series.SeriesResult

    Returns
    -------
    curves : list
        As `boltzsim.analysis.series.analyses` finds them. Hanle curves have the fit on the device as their last one,
        and as the line that is drawn.
    found : list of DeviceFit
        One for every measure and every place on the axes that turn nothing.

    Raises
    ------
    CaseError
        If there is no measure.
    """
    curves: list[Any] = []
    known: dict[Any, dict[str, float]] = {}
    devices: dict[tuple[int, str], list[tuple[Line, int]]] = {}
    own = list(lines(series))
    precessing = any(line.kind == "hanle" for line in own)
    for line in own:
        if line.kind == "distance" and precessing and np.any(line.cases[0].field.B):
            continue  # in a field spins do not decay exponentially
        made: list[Any] = curves_of(line)
        if line.kind == "hanle" or line.kind == "distance":
            channel = channel_of(line.cases[0], line.entry, known)
            made = [replace(curve, channel=channel) for curve in made]
        if line.kind == "hanle":
            where = ", ".join(place(axis, i) for axis, i in line.fixed if not turns(axis))
            devices.setdefault((line.number, where), []).append((line, len(curves)))
        curves += made
    found = []
    for (_, where), measured in devices.items():
        fit, signals = fit_device([line for line, _ in measured], where, curves[measured[0][1]].channel)
        found.append(fit)
        for (line, first), signal in zip(measured, signals, strict=True):
            for k, (part, _) in enumerate(by_field(line.cases) if fit.value else ()):
                curves[first + k] = _with_fit(curves[first + k], fit, signal[part])
    return ([*telling(curves), *dispersions(series), *coolings(series)], found) if curves else (analyses(series), [])


def fit_device(
    own: Sequence[Line], label: str = "", channel: Mapping[str, float] | None = None
) -> tuple[DeviceFit, list[np.ndarray]]:
    """Fit ΔR of one device against field, all curves together.

    Parameters
    ----------
    own : sequence of boltzsim.analysis.series.Line
        Lines of one measure.
    label : str
    channel : dict of str to float, optional

    Returns
    -------
    found : DeviceFit
        Without values where no fit is possible; its notes say why.
    models : list of numpy.ndarray
        The fitted ΔR at the points of every line; empty without a fit.
    """
    first, entry = own[0].cases[0], own[0].entry
    bulk = spin_constants(first)
    truth = dict(channel or {}) | {"polarization": first.contact_named(entry["injector"]).polarization}
    about = partial(DeviceFit, label=label, curves=len(own), bulk=bulk, channel=truth)
    try:
        curves, parameters = _problem(own, bulk)
        fit, parameters, notes = _best(curves, parameters)
    except (CaseError, ConvergenceError) as problem:
        text = problem.problems[0] if isinstance(problem, CaseError) else str(problem)
        return about(value={}, errors={}, notes=(text,)), [np.zeros(0)] * len(own)
    moved, more = shifts(curves, parameters, fit, entry)
    covariances = {"scatter": fit.covariance} | {name: np.outer(shift, shift) for name, shift in moved.items()}
    value, gradients = _results(fit)
    errors = {
        name: {source: math.sqrt(max(g @ covariance @ g, 0.0)) for source, covariance in covariances.items()}
        for name, g in gradients.items()
    }
    if "D_L/D_T" in value:
        more += remarks(value["D_L/D_T"], errors["D_L/D_T"])
    found = about(value=value, errors=errors, notes=(*notes, *fit.notes, *more))
    return found, [curve.model for curve in fit.curves]


def _problem(own: Sequence[Line], bulk: Mapping[str, float]) -> tuple[list[Measured], list[Free]]:
    """The curves with their devices in the diffusion model, and what is varied."""
    first = own[0].cases[0]
    if len(first.material) > 1:
        raise CaseError("the device has several metals; say with `boltzsim fit` which constants of which are wanted")
    if "R_AP" not in own[0].signals:
        raise CaseError("a Hanle curve needs both magnetic states; set detect_spin = true for the detector")
    name = next(iter(first.material))
    constants, path = diffusion_constants(first, name), f"material.{name}.diffusion."
    D_T, tau_s = bulk["D_T"], bulk["tau_s"]
    if not (math.isfinite(D_T) and math.isfinite(tau_s)):
        D_T, tau_s = constants["D_T"], 1 / constants["rate_s"] if constants["rate_s"] else math.inf
    if not math.isfinite(tau_s):
        raise CaseError("nothing relaxes spin in this metal: there is no lifetime to fit")
    lowest = LEAST * 2 / 3 * (constants["D_L"] + constants["kappa"]) / constants["D_T"]
    pair = [first.contact_named(own[0].entry[role]) for role in ("injector", "detector")]
    alike = pair[:1] if pair[0].polarization != pair[1].polarization or pair[0] is pair[1] else pair
    polarized = tuple(f"contact.{contact.name}.polarization" for contact in alike)
    most = min(1.0, *(1 / contact.transmission - 1 for contact in alike if contact.transmission > 0.5), 1.0)
    parameters = [
        Free("D_T", (path + "D_T",), D_T, 0, unit="m2/s"),
        Free("D_L/D_T", (path + "D_L",), max(bulk["D_L"] / bulk["D_T"], lowest), lowest, times="D_T"),
        Free("D_c", (path + "D_c",), constants["D_c"] / constants["D_T"], times="D_T", fixed=True),
        Free("tau_s", (path + "tau_s",), tau_s, 0, unit="s"),
        Free("polarization", polarized, pair[0].polarization, -most, most),
    ]
    start = {"physics.model": "diffusion", path + "D_T": D_T, path + "D_L": D_T, path + "tau_s": tau_s}
    curves = []
    for k, line in enumerate(own):
        cases = tuple(with_values(case, start) for case in line.cases)
        size = np.linalg.norm([case.field.B for case in line.cases], axis=1)
        signal, what = np.array(line.signals["delta_R"]), Quantity(line.number, "delta_R")
        curves.append(Measured(str(k), cases, size, signal, "T", quantity=what))
    return curves, parameters


def _best(curves: list[Measured], parameters: list[Free]) -> tuple[FitResult, list[Free], list[str]]:
    """The fit and its parameters; where no spin diffuses along its direction, D_L is kept at D_T."""
    try:
        return fit_curves(curves, parameters), parameters, []
    except CaseError as problem:
        if not problem.problems[0].startswith("D_L/D_T moves nothing"):
            raise
    kept = [replace(one, start=1.0, fixed=True) if one.name == "D_L/D_T" else one for one in parameters]
    return fit_curves(curves, kept), kept, ["no spin diffuses along its own direction: the curves do not depend on D_L"]


def _results(fit: FitResult) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Values by name, and their derivatives by the fitted parameters."""
    value = dict(zip(fit.names, map(float, fit.value), strict=True))
    unit = {name: row / value[name] for name, row in zip(fit.names, np.eye(len(fit.names)), strict=True)}
    if "D_L/D_T" in value:
        value["D_L"], unit["D_L"] = value["D_L/D_T"] * value["D_T"], unit["D_L/D_T"] + unit["D_T"]
    for one in "LT":
        if f"D_{one}" in value:
            value[f"length_{one}"] = math.sqrt(value[f"D_{one}"] * value["tau_s"])
            unit[f"length_{one}"] = (unit[f"D_{one}"] + unit["tau_s"]) / 2
    order = ("D_L", "D_T", "D_L/D_T", "tau_s", "length_L", "length_T", "polarization")
    return {n: value[n] for n in order if n in value}, {n: value[n] * unit[n] for n in order if n in value}


def _with_fit(curve: HanleCurve, fit: DeviceFit, model: np.ndarray) -> HanleCurve:
    """A curve with the fit as its last one, and as the line that is drawn."""
    order = np.argsort(curve.x)
    misfit = np.linalg.norm(model - curve.kinetic) / np.linalg.norm(curve.kinetic)
    drawn = {"fit": (curve.x[order], model[order])}
    own = fits.Fit(ON_DEVICE, fit.value, fit.error, float(misfit))
    return replace(curve, fits=(*curve.fits, own), lines=curve.lines | drawn)
