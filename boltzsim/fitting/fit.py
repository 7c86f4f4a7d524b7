"""Fit curves: from a description or from curves and parameters in memory to values, errors and correlations."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np

from boltzsim.case.fit import Fit, load_fit
from boltzsim.errors import CaseError
from boltzsim.fitting.least_squares import Minimum, interval, minimise
from boltzsim.fitting.problem import Free, Measured, Problem
from boltzsim.fitting.reading import curves_of, parameters_of
from boltzsim.runs.notebook import fitting
from boltzsim.text import html
from boltzsim.text.fits import fit_table


@dataclass(frozen=True, eq=False)
class FittedCurve:
    """Data and fit of one curve: x in SI, all signals in Ω; `error` is nan where it is not known."""

    name: str
    unit: str
    x: np.ndarray
    y: np.ndarray
    error: np.ndarray
    model: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        """Data less model in Ω."""
        return self.y - self.model


@dataclass(frozen=True, eq=False, repr=False)
class FitResult:
    """What a fit has found.

    Attributes
    ----------
    title, model : str
    names : tuple of str
        Of what was varied: parameters, then the curves' offsets, slopes and amplitudes as "curve.term".
    units : tuple of str
        Their SI units.
    value, error : numpy.ndarray, shape (m,)
        In SI, with one standard error.
    correlation : numpy.ndarray, shape (m, m)
    fixed : dict of str to float
        Parameters that were kept.
    intervals : dict of str to (float, float)
        Confidence intervals of 68 % from profiles of χ².
    chi_square : float
        Σ (residual / error)²; in units of the scatter where errors are not known, so that it is `freedom`.
    freedom : int
        Points less parameters.
    scatter : float
        √(χ²/freedom) with known errors: near 1 where model and errors are right. Without, the standard error of a
        point in Ω.
    notes : tuple of str
        Parameters at their bounds, and other warnings.
    curves : tuple of FittedCurve
    evaluations : int
        Evaluations of all curves.
    ended : str
        Why the search for the minimum ended, and how far from it.
    weighted : bool
        Whether the errors of the data were known.
    """

    title: str
    model: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    value: np.ndarray
    error: np.ndarray
    correlation: np.ndarray
    fixed: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    chi_square: float
    freedom: int
    scatter: float
    notes: tuple[str, ...]
    curves: tuple[FittedCurve, ...]
    evaluations: int
    ended: str
    weighted: bool

    def __getitem__(self, name: str) -> tuple[float, float]:
        """Value and standard error of what was varied."""
        number = self.names.index(name)
        return float(self.value[number]), float(self.error[number])

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the values, shape (m, m)."""
        return self.correlation * np.outer(self.error, self.error)

    def __repr__(self) -> str:
        values = [f"{name} {value} ± {error}" for name, value, error, _ in fit_table(self)[1] if error != "kept"]
        return f"<FitResult {self.title!r}: {self.model}; {', '.join(values)}>"

    def _repr_html_(self) -> str:
        return html.table(self.title or "Fit", *fit_table(self))


def fit(description: Fit | str | PathLike[str], progress: Callable[[int, float], None] | None = None) -> FitResult:
    """Fit what a file, or a `boltzsim.case.fit.Fit`, describes.

    Parameters
    ----------
    description : Fit or path-like
    progress : callable, optional
        Called as progress(evaluation, relative misfit); in a notebook a line if omitted.

    Returns
    -------
    FitResult

    Raises
    ------
    CaseError
        For mistakes in the file, in the data, and for parameters that the data do not determine.
    ConvergenceError
        If no minimum is found.
    """
    about = description if isinstance(description, Fit) else load_fit(description)
    curves = curves_of(about)
    title = about.title or about.case
    with fitting(progress) as told:
        return minimum_of(curves, parameters_of(about, curves), about.model, about.profile, title, told)[0]


def minimum_of(
    curves: Sequence[Measured],
    parameters: Sequence[Free],
    model: str = "diffusion",
    profile: Sequence[str] = (),
    title: str = "",
    progress: Callable[[int, float], None] | None = None,
) -> tuple[FitResult, Minimum]:
    """Fit curves in memory, and the residuals at the minimum with their derivatives.

    The cases must have physics.model = `model`. Otherwise as `fit`.
    """
    problem = Problem(curves, parameters, model)
    size, points = max(np.abs(curve.y).max() for curve in curves), sum(len(curve.y) for curve in curves)
    seen = 0

    def residuals(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nonlocal seen
        try:
            found = problem(x)
        except CaseError:
            if not seen:
                raise
            return np.full(points, np.nan), np.zeros((points, len(x)))  # no such device: the step will be shorter
        seen += 1
        if progress is not None:
            apart = np.linalg.norm(np.concatenate([r * s for r, s in zip(*_parts(problem, found[0]), strict=True)]))
            progress(seen, float(apart / np.linalg.norm([np.linalg.norm(curve.y) for curve in curves])))
        return found

    freedom = points - len(problem.names)
    if freedom == 0 and not problem.weighted:
        raise CaseError(
            f"{points} points for {points} parameters leave no scatter to take errors from; fit fewer, or give `error`"
        )
    known = 1.0 if problem.weighted else None
    best = minimise(residuals, problem.names, problem.start, problem.low, problem.high, known)
    spread = best.chi_square / freedom if freedom else math.nan
    rise = known or spread
    error = np.sqrt(np.diag(best.covariance) * rise)
    intervals = {
        name: interval(residuals, problem.names, best, problem.names.index(name), problem.low, problem.high, rise)
        for name in profile
    }
    units = {one.name: one.unit for one in parameters} | {
        curve.term(term): {"amplitude": "1", "offset": "Ω"}.get(term, f"Ω/{curve.unit}")
        for curve in curves
        for term in curve.terms
    }
    found = FitResult(
        title=title,
        model=model,
        names=tuple(problem.names),
        units=tuple(units[name] for name in problem.names),
        value=best.value,
        error=error,
        correlation=best.covariance / np.sqrt(np.outer(np.diag(best.covariance), np.diag(best.covariance))),
        fixed={one.name: one.start for one in parameters if one.fixed},
        intervals=intervals,
        chi_square=best.chi_square / (1.0 if problem.weighted else spread),
        freedom=freedom,
        scatter=math.sqrt(spread) * (1.0 if problem.weighted else size),
        notes=_notes(problem, best),
        curves=tuple(
            FittedCurve(
                c.name, c.unit, c.x, c.y, np.full(len(c.y), np.nan) if c.error is None else c.error, c.y + r * s
            )
            for c, r, s in zip(curves, *_parts(problem, best.residual), strict=True)
        ),
        evaluations=seen,
        ended=best.ended,
        weighted=problem.weighted,
    )
    return found, best


def _parts(problem, residuals):
    """Residuals of every curve, and its standard errors."""
    ends = np.cumsum([len(curve.y) for curve in problem.curves])[:-1]
    return np.split(residuals, ends), problem.sigma


def _notes(problem: Problem, best: Minimum) -> tuple[str, ...]:
    notes = []
    for name, value, low, high in zip(problem.names, best.value, problem.low, problem.high, strict=True):
        for bound, word in ((low, "min"), (high, "max")):
            if math.isfinite(bound) and abs(value - bound) <= 1e-6 * abs(bound):
                notes.append(f"{name} rests at its {word}; its error says nothing")
    return tuple(notes)
