"""Results of a validation: checks with a measured and an expected value, and curves for the figure."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One number compared with the value expected.

    Attributes
    ----------
    name : str
    measured, expected : float
    deviation : float
        |measured - expected|, relative to |expected| unless the check says otherwise; of a factor, its logarithm.
    tolerance : float
        Largest deviation that passes.
    source, inputs : str
        Where a published value comes from, and what the computed one is made of.
    limit : str
        Why a published value is known to be missed; empty where it is to be met.
    """

    name: str
    measured: float
    expected: float
    deviation: float
    tolerance: float
    source: str = ""
    inputs: str = ""
    limit: str = ""

    @property
    def passed(self):
        """Whether the deviation is within the tolerance, or beyond it at a known limit; no number fails both."""
        return bool(self.deviation > self.tolerance if self.limit else self.deviation <= self.tolerance)


@dataclass(frozen=True)
class Line:
    """A curve of the figure: `kind` is "line" for theory and "points" for values found with the solver."""

    panel: str
    label: str
    x: tuple
    y: tuple
    kind: str = "line"


@dataclass
class Family:
    """Checks and curves of one subject."""

    title: str
    checks: list = field(default_factory=list)
    curves: list = field(default_factory=list)

    def relative(self, name, measured, expected, tolerance, **published):
        """Check |measured/expected - 1|; `published` are the source, inputs and limit of a `Check`."""
        self._add(name, measured, expected, abs(measured - expected) / abs(expected), tolerance, **published)

    def factor(self, name, measured, expected, largest, **published):
        """Check that measured and expected, both positive, differ by no more than a factor, by their logarithms."""
        self._add(name, measured, expected, abs(math.log(measured / expected)), math.log(largest), **published)

    def absolute(self, name, measured, expected, tolerance):
        """Check |measured - expected|."""
        self._add(name, measured, expected, abs(measured - expected), tolerance)

    def below(self, name, measured, tolerance):
        """Check that a residual or a violation, which should vanish, is below the tolerance."""
        self._add(name, measured, 0.0, abs(measured), tolerance)

    def curve(self, panel, label, x, y, kind="line"):
        """Add a line or points to a panel of the figure."""
        self.curves.append(Line(panel, label, tuple(map(float, x)), tuple(map(float, y)), kind))

    def _add(self, name, measured, expected, deviation, tolerance, **published):
        values = map(float, (measured, expected, deviation, tolerance))
        self.checks.append(Check(name, *values, **published))
