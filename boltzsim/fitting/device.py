"""Curves of one spin valve fitted on the device itself, with errors that say what the model and its grid leave out.

All curves of a kind have one set of constants, in the diffusion model on the grid, contacts and walls of the series:
D_T, D_L/D_T and τ_s from Hanle curves (`boltzsim.fitting.hanle`), λ_L and λ_T from distances
(`boltzsim.fitting.distances`). Solved curves have no noise, so that their scatter about the fit is what the model
misses, where it shows. What does not show moves the parameters all the same: `boltzsim.fitting.omissions` counts it.
Beside the constants found stand those of the channel itself, which come from its cross-section and from no fit
(`boltzsim.device.channel`), and those of the bulk.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from boltzsim.analysis.series import Line
from boltzsim.analysis.valve_device import spin_constants
from boltzsim.errors import CaseError, ConvergenceError
from boltzsim.fitting import distances, hanle
from boltzsim.fitting.fit import FitResult, minimum_of
from boltzsim.fitting.least_squares import Minimum
from boltzsim.fitting.omissions import bends, remarks, shifts
from boltzsim.fitting.problem import Free, Measured
from boltzsim.fitting.study import Study

_STUDIES = {"hanle": hanle.study, "distance": distances.study}


@dataclass(frozen=True)
class DeviceFit:
    """Constants of one device from all of its curves of one kind.

    Attributes
    ----------
    kind : {"hanle", "distance", "together"}
    label : str
        Values of the other axes of the series.
    curves : int
        How many curves have been fitted together.
    value : dict of str to float
        Of Hanle curves D_L, D_T (m²/s), D_L/D_T, tau_s (s), length_L, length_T (m) and polarization, of distances
        length_L, length_T, length_L/length_T and "polarization STATE", as far as curves depend on them.
    errors : dict of str to dict of str to float
        Standard error of every value from each source: scatter, and those of `boltzsim.fitting.omissions`.
    channel : dict of str to float
        `boltzsim.device.channel.channel_constants`, as far as they exist, and the polarization of the contacts.
    bulk : dict of str to float
        `boltzsim.analysis.valve_device.spin_constants` of the metal.
    notes : tuple of str
    covariance : numpy.ndarray, shape (m, m)
        Of the logarithms of all values, from all sources together.
    """

    kind: str
    label: str
    curves: int
    value: dict[str, float]
    errors: dict[str, dict[str, float]]
    channel: dict[str, float]
    bulk: dict[str, float]
    notes: tuple[str, ...]
    covariance: np.ndarray

    @property
    def error(self) -> dict[str, float]:
        """Standard error of every value, from all sources together."""
        return {name: math.hypot(*parts.values()) for name, parts in self.errors.items()}


def fit_device(
    own: Sequence[Line], label: str = "", channel: Mapping[str, float] | None = None
) -> tuple[DeviceFit, list[np.ndarray]]:
    """Fit ΔR of one device against field or distance, all curves together.

    Parameters
    ----------
    own : sequence of boltzsim.analysis.series.Line
        Lines of one measure and one kind.
    label : str
    channel : dict of str to float, optional

    Returns
    -------
    found : DeviceFit
        Without values where no fit is possible; its notes say why.
    models : list of numpy.ndarray
        The fitted ΔR at the points of every line; empty without a fit.
    """
    first, entry, kind = own[0].cases[0], own[0].entry, own[0].kind
    bulk, channel = spin_constants(first), dict(channel or {})
    truth = channel | {"polarization": first.contact_named(entry["injector"]).polarization}
    about = partial(DeviceFit, kind=kind, label=label, curves=len(own), bulk=bulk, channel=truth)
    try:
        study = _STUDIES[kind](own, bulk, channel)
        fit, best, parameters, notes = _best(study.curves, study.parameters)
    except (CaseError, ConvergenceError) as problem:
        text = problem.problems[0] if isinstance(problem, CaseError) else str(problem)
        return about(value={}, errors={}, notes=(text,), covariance=np.zeros((0, 0))), [np.zeros(0)] * len(own)
    moved, more = shifts(kind, study.curves, parameters, fit, best, entry)
    covariances = {"scatter": fit.covariance * fit.scatter**2}
    covariances |= {name: np.outer(shift, shift) for name, shift in moved.items()}
    value, gradients = _results(study, fit)
    errors = {
        name: {source: math.sqrt(max(g @ covariance @ g, 0.0)) for source, covariance in covariances.items()}
        for name, g in gradients.items()
    }
    if "D_L/D_T" in value:
        more += remarks(value["D_L/D_T"], errors["D_L/D_T"])
    for name in ("length_L", "length_T") if kind == "distance" else ():
        more += bends(name, value[name], errors[name]) if name in value else []
    relative = np.array([g / value[name] for name, g in gradients.items()])
    covariance = relative @ sum(covariances.values()) @ relative.T
    found = about(value=value, errors=errors, notes=(*notes, *fit.notes, *more), covariance=covariance)
    return found, [curve.model for curve in fit.curves]


def _best(curves: list[Measured], parameters: list[Free]) -> tuple[FitResult, Minimum, list[Free], list[str]]:
    """The fit and its parameters; where no spin diffuses along its direction, D_L is kept at D_T."""
    try:
        return *minimum_of(curves, parameters), parameters, []
    except CaseError as problem:
        if not problem.problems[0].startswith("D_L/D_T moves nothing"):
            raise
    kept = [replace(one, start=1.0, fixed=True) if one.name == "D_L/D_T" else one for one in parameters]
    return (
        *minimum_of(curves, kept),
        kept,
        ["no spin diffuses along its own direction: the curves do not depend on D_L"],
    )


def _results(study: Study, fit: FitResult) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Values by name, and their derivatives by the fitted parameters."""
    varied, value, gradient = dict(zip(fit.names, map(float, fit.value), strict=True)), {}, {}
    known = {one.name: one.start for one in study.parameters if one.fixed} | varied
    for name, (powers, factor) in study.results.items():
        if all(one in known and (known[one] > 0 or power % 1 == 0) for one, power in powers.items()):
            value[name] = factor * math.prod(known[one] ** power for one, power in powers.items())
            gradient[name] = value[name] * np.array([powers.get(one, 0.0) / known[one] for one in fit.names])
    return value, gradient
