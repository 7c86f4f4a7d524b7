"""How long the steps in time are: constant, or as long as their error allows; they end on the events of the drive."""

from dataclasses import dataclass

_SAFETY = 0.9
_SMALLEST, _LARGEST = 0.2, 4.0  # change from one step to the next
_WORTH = 1.5  # a new step size needs new factors: it must be this much longer
_ROUNDING = 1e-9


@dataclass
class Steps:
    """The step size and the next event.

    Attributes
    ----------
    first : float
        Step that the choice begins with, and after jumps of the drive; the step itself without tolerance.
    tolerance : float or None
        Of the relative error of a step; None keeps the steps constant, but for fitting them between events.
    size : float
        Present step.
    """

    first: float
    tolerance: float | None
    size: float

    def after_event(self):
        """An event is passed: a constant step that was shortened to end there has its length again."""
        if self.tolerance is None:
            self.size = self.first

    def fit(self, left):
        """Step to take when `left` remains to the next event: the present one, shortened to a whole fraction of it."""
        count = left / self.size
        if abs(count - round(count)) > _ROUNDING * count or round(count) < 1:
            self.size = left / int(count + 1)
        return self.size

    def judge(self, error, order):
        """Whether a step with this relative error stands; the next one becomes longer or shorter.

        Parameters
        ----------
        error : float
        order : int
            Power of the step that the error goes with.
        """
        if self.tolerance is None:
            return True
        factor = _SAFETY * (self.tolerance / max(error, 1e-300)) ** (1 / order)
        accepted = error <= self.tolerance
        if not accepted or factor > _WORTH:
            self.size *= min(max(factor, _SMALLEST), _LARGEST)
        return accepted

    def restart(self):
        """The drive jumps: begin again with the first step."""
        if self.tolerance is not None:
            self.size = min(self.size, self.first)
