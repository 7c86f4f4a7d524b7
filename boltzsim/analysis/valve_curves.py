"""Curves of spin valves: decay lengths from distances, Hanle fits, the ratio to the diffusion formula."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.analysis import fits, hanle_fit
from boltzsim.analysis.curves import DistanceCurve, HanleCurve, RatioCurve, TrendCurve
from boltzsim.analysis.valve_device import Valve, magnetic, magnetic_state, separation, spin_constants, valve
from boltzsim.case.case import Case
from boltzsim.case.series import SeriesAxis

_BOHR_MAGNETON = physical_constants["Bohr magneton"][0]


def valve_curve(
    kind: Literal["distance", "hanle", "ratio"],
    axis: SeriesAxis,
    cases: list[Case],
    entry: dict,
    signals: dict[str, np.ndarray],
    more: list[str],
) -> DistanceCurve | HanleCurve | RatioCurve | TrendCurve:
    """ΔR of one valve along an axis of a series; of a device without a formula the trend along the axis.

    So is ΔR where neither mean free path over width nor over λ changes: there is nothing to draw its ratio against.

    Parameters
    ----------
    kind : {"distance", "hanle", "ratio"}
    axis : boltzsim.case.series.SeriesAxis
    cases : list of Case
        One for every point.
    entry : dict
        The `nonlocal` measure.
    signals : dict of str to numpy.ndarray, shape (n,)
        delta_R, R_P and R_AP (Ω). Where the magnetic states are not measured delta_R is the resistance itself.
    more : list of str
        Words for the label.
    """
    distances = np.array([separation(case, entry)[0] for case in cases])
    constants = _constants(cases)
    valves = [_valve(case, entry, bulk) for case, bulk in zip(cases, constants, strict=True)]
    state, leads = magnetic_state(cases[0], entry), "{detector} against {reference}".format(**entry)
    longest = "length_L" if state == "L" else "length_T"
    bulk = constants[0] | ({"polarization": valves[0].polarization} if valves[0] else {})
    kinetic = np.array(signals["delta_R"])
    signal: dict[str, Any] = {
        "label": ", ".join([state if magnetic(cases[0], entry) else leads, *more]),
        "kinetic": kinetic,
        "formula": np.array([v.delta_R if v else np.nan for v in valves]),
        "distance": distances,
        "over_width": np.array([v.mean_free_path / v.width if v else np.nan for v in valves]),
        "over_length": np.array([c["mean_free_path"] / c[longest] for c in constants]),
    }
    changes = any(len(np.unique(np.round(signal[name], 12))) > 1 for name in ("over_width", "over_length"))
    if kind == "ratio" and not (any(valves) and changes):
        ticks = tuple(axis.words or ())
        return TrendCurve(**signal, name=axis.name, x=axis.coordinate, unit=axis.unit, ticks=ticks,
                          states="R_P" in signals)  # fmt: skip
    common = signal | {"state": state, "bulk": bulk}
    if kind == "ratio":
        return RatioCurve(**common, x=axis.coordinate, unit=axis.unit)
    if kind == "distance":
        found = _lengths(distances, kinetic)
        return DistanceCurve(**common, x=distances, unit="m", fits=tuple(found.fits), notes=found.reasons,
                             lines=found.lines)  # fmt: skip
    field = np.array([_field(case) for case in cases])
    found = _hanle(cases, field, kinetic, distances[0], valves[0], bulk)
    missing = np.full(len(field), np.nan)
    return HanleCurve(
        **common,
        x=field,
        unit="T",
        parallel=np.array(signals.get("R_P", missing)),
        antiparallel=np.array(signals.get("R_AP", missing)),
        fits=tuple(found.fits),
        notes=found.reasons,
        polarization=found.polarization,
        lines=found.lines,
    )


class _Found:
    """Fits of one curve as they come, the lines to draw, and the reasons why other fits failed."""

    def __init__(self) -> None:
        self.fits: list[fits.Fit] = []
        self.notes: list[str] = []
        self.lines: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.polarization: tuple[float, float] | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason once."""
        return tuple(dict.fromkeys(self.notes))

    def attempt(self, fit: Callable[..., fits.Fit], *arguments) -> fits.Fit | None:
        """Keep the fit and return it; return None and note the reason where it fails."""
        try:
            self.fits.append(fit(*arguments))
        except ValueError as error:
            self.notes.append(str(error))
            return None
        return self.fits[-1]


def _lengths(distances: np.ndarray, delta_R: np.ndarray) -> _Found:
    found = _Found()
    fine = np.linspace(distances.min(), distances.max(), 200)
    for fit in (fits.exponential, fits.two_exponentials):
        made = found.attempt(fit, distances, delta_R)
        if made is not None:
            found.lines = {"fit": (fine, fits.decay(made, fine))}
    return found


def _hanle(cases, field, delta_R, distance: float, device: Valve | None, bulk: dict[str, float]) -> _Found:
    """Fit the standard lineshape and the matrix formula; draw the better one, and the formula with bulk constants."""
    found, rate = _Found(), cases[0].field.g * _BOHR_MAGNETON / hbar
    fine = np.linspace(field.min(), field.max(), 201)
    standard = found.attempt(fits.hanle, rate * field, delta_R, distance)
    if standard is not None:
        amplitude, tau_s, D = (standard.value[name] for name in ("amplitude", "tau_s", "D"))
        found.lines = {"fit": (fine, fits.hanle_lineshape(rate * fine, amplitude, tau_s, D, distance))}
    if device is None:
        return found
    if standard is not None:
        try:
            channel = device.channel
            found.polarization = fits.injected_polarization(standard, channel.states, channel.area, steps=2)
        except ValueError as error:
            found.notes.append(str(error))
    strongest = int(np.abs(field).argmax())
    unit = rate * np.array(cases[strongest].field.B) / field[strongest]
    matrix = found.attempt(hanle_fit.fit, [(device, np.outer(field, unit), delta_R)])
    found.lines |= {"formula, bulk constants": (fine, hanle_fit.curve(device, np.outer(fine, unit), bulk))}
    if matrix is not None:
        found.lines["fit"] = (fine, hanle_fit.curve(device, np.outer(fine, unit), matrix.value))
    return found


def _constants(cases: list[Case]) -> list[dict[str, float]]:
    """`spin_constants` of the cases, computed once for each metal."""
    metals = [repr((case.metal.model_dump(), case.degree, case.physics.side_jump)) for case in cases]
    found = {metal: spin_constants(case) for metal, case in dict(zip(metals, cases, strict=True)).items()}
    return [found[metal] for metal in metals]


def _valve(case: Case, entry: dict, bulk: dict[str, float]) -> Valve | None:
    """The valve, or None where the diffusion formula does not apply."""
    try:
        return valve(case, entry, bulk)
    except ValueError:
        return None


def _field(case: Case) -> float:
    """Size of the field in T with the sign of its largest component."""
    B = np.array(case.field.B)
    return float(np.sign(B[np.abs(B).argmax()]) * np.linalg.norm(B))
