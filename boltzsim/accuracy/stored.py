"""Numerical errors that an earlier study has stored, for another run of the same case."""

from os import PathLike
from typing import Any

from boltzsim.case.case import Case
from boltzsim.errors import StoreError
from boltzsim.result import Accuracy
from boltzsim.store.result import open as open_result


def stored_accuracy(path: str | PathLike[str], case: Case) -> Accuracy:
    """The numerical errors in a result of `boltzsim converge`.

    Raises
    ------
    StoreError
        If the file holds none, or those of another case: all but title, series and solver must be the same.
    """
    found = open_result(path)
    if found.accuracy is None:
        raise StoreError(f"{path}: holds no numerical errors; make them with 'boltzsim converge CASE -o {path}'")
    own, other = _compared(case), _compared(found.case)
    if own != other:
        differing = sorted(key for key in {*own, *other} if own.get(key) != other.get(key))
        raise StoreError(
            f"{path}: holds the numerical errors of another case, its {', '.join(differing)} differ; run 'boltzsim "
            f"converge' on this one"
        )
    return found.accuracy


def _compared(case: Case) -> dict[str, Any]:
    return {key: table for key, table in case.resolved().items() if key not in ("title", "series", "solver")}
