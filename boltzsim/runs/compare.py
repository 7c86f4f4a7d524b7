"""One case in both models, kinetic and diffusion, side by side: terminals, measures and fields."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzsim.case.case import Case
from boltzsim.measure.numbers import numbers as every_number
from boltzsim.result import FIELDS, Result
from boltzsim.runs.start import Progress, run

#: A number below this share of the largest of its kind is a residual, for which no ratio is given.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Comparison:
    """The results of both models on one grid."""

    kinetic: Result
    diffusion: Result


def compare(case: Case, threads: int | None = None, progress: Progress | None = None) -> Comparison:
    """Run a case in both models, whatever its own `physics.model`.

    Parameters
    ----------
    case, threads, progress
        As `boltzsim.runs.start.run`.

    Returns
    -------
    Comparison

    Raises
    ------
    CaseError, ConvergenceError
        As `boltzsim.runs.start.run`; CaseError too where nothing relaxes the current.
    """
    physics = case.resolved()["physics"]
    models = [case.replace(physics={**physics, "model": model}) for model in ("diffusion", "kinetic")]
    diffusion, kinetic = (run(model, threads=threads, progress=progress) for model in models)
    return Comparison(kinetic, diffusion)


def numbers(comparison: Comparison) -> list[dict[str, Any]]:
    """Terminals and measures of both models.

    Returns
    -------
    list of dict
        of, quantity, unit, kinetic, diffusion, ratio (diffusion/kinetic; None where the kinetic value is a residual).
    """
    return [
        {"of": one.of, "quantity": one.quantity, "unit": one.unit, "kinetic": one.value, "diffusion": other.value}
        | {"ratio": other.value / one.value if abs(one.value) > _NEGLIGIBLE * one.largest else None}
        for one, other in zip(every_number(comparison.kinetic), every_number(comparison.diffusion), strict=True)
    ]


def fields(comparison: Comparison) -> list[dict[str, Any]]:
    """Differences between the fields that both models have.

    Returns
    -------
    list of dict
        field, unit, kinetic (root mean square), difference (root mean square, relative to it).
    """
    rows = []
    for name in comparison.diffusion.fields:
        unit, *_ = FIELDS[name]
        one, other = comparison.kinetic.fields[name], comparison.diffusion.fields[name]
        size, apart = (float(np.sqrt(np.nanmean(values**2))) for values in (one, other - one))
        rows.append({"field": name, "unit": unit, "kinetic": size, "difference": apart / size if size else None})
    return rows
