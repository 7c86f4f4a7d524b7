"""Size of the time steps: constant, or as large as their error allows. Steps always end at the events of the drive."""

from dataclasses import dataclass

_SAFETY = 0.9
_SMALLEST, _LARGEST = 0.02, 4.0  # limits of the factor from one step to the next
_WORTH = 1.5  # a new step size costs new factors, so that it must be larger by this factor
_ROUNDING = 1e-9


@dataclass
class Steps:
    """The step size and the next event.

    Attributes
    ----------
    first : float
        First step, at the start and after jumps of the drive; without tolerance the size of all steps.
    tolerance : float or None
        Largest relative error of a step. None keeps the steps constant, except where events shorten them.
    size : float
        Present step.
    """

    first: float
    tolerance: float | None
    size: float

    def after_event(self):
        """Restore the length of a constant step that was shortened to end on an event."""
        if self.tolerance is None:
            self.size = self.first

    def fit(self, left):
        """Step to take when `left` remains to the next event: the present one, shortened to a whole fraction of it."""
        count = left / self.size
        if abs(count - round(count)) > _ROUNDING * count or round(count) < 1:
            self.size = left / int(count + 1)
        return self.size

    def judge(self, error, order):
        """Accept or reject a step by its relative error, and choose the size of the next one.

        Parameters
        ----------
        error : float
        order : int
            Power of the step size to which the error is proportional.
        """
        if self.tolerance is None:
            return True
        factor = _SAFETY * (self.tolerance / max(error, 1e-300)) ** (1 / order)
        accepted = error <= self.tolerance
        if not accepted or factor > _WORTH:
            self.size *= min(max(factor, _SMALLEST), _LARGEST)
        return accepted

    def restart(self):
        """Begin again with the first step, after a jump of the drive."""
        if self.tolerance is not None:
            self.size = min(self.size, self.first)
