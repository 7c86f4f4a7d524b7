"""Curves, parameters and nuisance terms put together: from the numbers that are varied to residuals and derivatives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from boltzsim.case.case import Case
from boltzsim.case.fit import with_values
from boltzsim.errors import CaseError
from boltzsim.fitting.response import DiffusionResponse, KineticResponse, Quantity

#: Terms of a curve beside the device: signal = amplitude × R + offset + slope x.
TERMS = ("amplitude", "offset", "slope")


@dataclass(frozen=True, eq=False)
class Measured:
    """A curve to be fitted.

    Attributes
    ----------
    name : str
    cases : tuple of Case
        The device at every point.
    x, y : numpy.ndarray, shape (n,)
        Abscissa in SI and signal in Ω.
    unit : str
        SI unit of x.
    error : numpy.ndarray, shape (n,), or None
        Standard errors of y in Ω; where None, all points count alike and the scatter tells.
    quantity : Quantity
    terms : tuple of str
        Those of `TERMS` that are fitted.
    shares : str
        Name of the curve whose terms these are; its own if empty.
    """

    name: str
    cases: tuple[Case, ...]
    x: np.ndarray
    y: np.ndarray
    unit: str = "1"
    error: np.ndarray | None = None
    quantity: Quantity = field(default_factory=Quantity)
    terms: tuple[str, ...] = ()
    shares: str = ""

    def term(self, name: str) -> str:
        """Name under which a term is varied."""
        return f"{self.shares or self.name}.{name}"


@dataclass(frozen=True)
class Free:
    """A parameter: values of a case that are fitted, or a factor on those of another parameter.

    Attributes
    ----------
    name : str
    paths : tuple of str
    start, low, high : float
        In SI; a factor where `times` is set.
    unit : str
        SI unit.
    times : str or None
        Name of the parameter on which this is a factor.
    fixed : bool
    curves : tuple of str or None
        Curves on which it acts.
    """

    name: str
    paths: tuple[str, ...]
    start: float
    low: float = -np.inf
    high: float = np.inf
    unit: str = "1"
    times: str | None = None
    fixed: bool = False
    curves: tuple[str, ...] | None = None


class Problem:
    """Residuals of several curves as functions of what is varied.

    Parameters
    ----------
    curves : sequence of Measured
    parameters : sequence of Free
    model : {"diffusion", "kinetic"}

    Attributes
    ----------
    names : list of str
        What is varied: free parameters, then terms of the curves as "curve.term", once where curves share them.
    start, low, high : numpy.ndarray
    weighted : bool
        Whether the errors of all points are known.
    """

    def __init__(self, curves: Sequence[Measured], parameters: Sequence[Free], model: str = "diffusion") -> None:
        self.curves, self.parameters = tuple(curves), tuple(parameters)
        self._response = DiffusionResponse() if model == "diffusion" else KineticResponse()
        free = [one for one in parameters if not one.fixed]
        terms = {curve.term(term): float(term == "amplitude") for curve in curves for term in curve.terms}
        self.names = [*(one.name for one in free), *terms]
        sizes = {curve.name: np.abs(curve.y).max() for curve in curves}
        self.start = np.array([*(one.start for one in free), *terms.values()])
        self.low = np.array([one.low for one in free] + [-np.inf] * len(terms))
        self.high = np.array([one.high for one in free] + [np.inf] * len(terms))
        outside = [n for n, s, a, b in zip(self.names, self.start, self.low, self.high, strict=True) if not a <= s <= b]
        if outside:
            raise CaseError(f"parameter.{outside[0]}.start lies outside its bounds; start between min and max")
        known = [curve.error is not None for curve in curves]
        self.weighted = all(known)
        if any(known) and not self.weighted:
            raise CaseError(
                f"curve '{curves[known.index(False)].name}' has no errors and others have; give all or none"
            )
        common = max(sizes.values()) or 1.0
        self.sigma = [np.full(len(c.y), common) if c.error is None else c.error for c in curves]

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals over the standard errors (n,), and their derivatives (n, m)."""
        residuals, slopes = [], []
        for (model, slope), curve, sigma in zip(self.models(x), self.curves, self.sigma, strict=True):
            residuals.append((model - curve.y) / sigma)
            slopes.append(slope / sigma[:, None])
        return np.concatenate(residuals), np.concatenate(slopes)

    def models(self, x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """The model of every curve in Ω, and its derivatives by all that is varied."""
        self._response.forget()
        varied = dict(zip(self.names, x, strict=True))
        return [self._model(curve, varied) for curve in self.curves]

    def placed(self, curve: Measured, x: np.ndarray) -> dict[str, float]:
        """Values of the devices of a curve by path."""
        return self._placed(curve, dict(zip(self.names, x, strict=True)))[0]

    def amplitude(self, curve: Measured, x: np.ndarray) -> float:
        """Factor on the resistances of a curve."""
        return dict(zip(self.names, x, strict=True)).get(curve.term("amplitude"), 1.0)

    def _model(self, curve: Measured, varied: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        values, directions = self._placed(curve, varied)
        cases = [with_values(case, values) for case in curve.cases]
        used = [name for name in self.names if directions.get(name)]
        R, gradient = self._response(cases, curve.quantity, [directions[name] for name in used])
        terms = {term: varied.get(curve.term(term), term == "amplitude") for term in TERMS}
        slope = np.zeros((len(R), len(self.names)))
        slope[:, [self.names.index(name) for name in used]] = terms["amplitude"] * gradient
        for term, change in (("amplitude", R), ("offset", 1.0), ("slope", curve.x)):
            if term in curve.terms:
                slope[:, self.names.index(curve.term(term))] = change
        return terms["amplitude"] * R + terms["offset"] + terms["slope"] * curve.x, slope

    def _placed(self, curve, varied):
        """Values of the case by path, and for every parameter how they change with it."""
        acting = [one for one in self.parameters if one.curves is None or curve.name in one.curves]
        number = {one.name: varied.get(one.name, one.start) for one in self.parameters}
        values, directions = {}, {}
        for one in acting:
            base = number[one.times] if one.times else 1.0
            values |= dict.fromkeys(one.paths, float(number[one.name] * base))
        for one in acting:
            directions.setdefault(one.name, {}).update(
                dict.fromkeys(one.paths, number[one.times] if one.times else 1.0)
            )
            if one.times:
                directions.setdefault(one.times, {}).update(dict.fromkeys(one.paths, number[one.name]))
        return values, directions
