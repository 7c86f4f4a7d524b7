"""Equations without a unique solution, whichever factorisation meets them first."""

from contextlib import contextmanager

import numpy as np

from boltzsim.errors import ConvergenceError


@contextmanager
def unique_solution():
    """Turn a singular factor into an error of convergence.

    Raises
    ------
    ConvergenceError
        If a matrix that is factorised inside is singular.
    """
    try:
        yield
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(f"the equations of this device have no unique solution: {error}") from error
    except RuntimeError as error:
        if "singular" not in str(error):
            raise
        raise ConvergenceError(f"the equations of this device have no unique solution: {error}") from error
