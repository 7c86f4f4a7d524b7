"""Typed errors of the package; the command line turns them into exit codes."""

from collections.abc import Iterable


class CaseError(Exception):
    """A mistake in a case: every problem found, each naming the key, the value, what is allowed and a remedy.

    Parameters
    ----------
    problems : str or sequence of str
        One sentence per problem, starting with the key's full path.
    source : str, optional
        The file the case was read from; it stands before every problem.
    """

    def __init__(self, problems: str | Iterable[str], source: object = None) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        self.source = source
        where = f"{source}: " if source else ""
        super().__init__("\n".join(where + problem for problem in self.problems))


class ConvergenceError(Exception):
    """The iteration did not reach its tolerance.

    Parameters
    ----------
    message : str
    products : int, optional
        Operator products done.
    residual : float, optional
        Relative residual reached.
    """

    def __init__(self, message: str, products: int | None = None, residual: float | None = None) -> None:
        self.products = products
        self.residual = residual
        super().__init__(message)


class StoreError(Exception):
    """A result file cannot be written or read; the message names the file and the reason."""


class Stopped(Exception):
    """A run was stopped in good order and left a checkpoint it can be resumed from."""
