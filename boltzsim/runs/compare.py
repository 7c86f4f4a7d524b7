"""One case in both models, kinetic and diffusion, side by side: terminals, measures and fields."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
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
    kinetic, diffusion = comparison.kinetic, comparison.diffusion
    rows = []
    for quantity, unit, pick in (
        ("current", "A", lambda t: t.current),
        ("voltage", "V", lambda t: t.voltage),
        *((f"spin current {a}", "A", lambda t, a=a: t.spin_current[:, a]) for a in range(3)),
        *(
            (f"voltage, {name} reversed", "V", lambda t, name=name: t.voltage_reversed[name])
            for name in kinetic.terminals.voltage_reversed
        ),
    ):
        one, other = pick(kinetic.terminals), pick(diffusion.terminals)
        pool = kinetic.terminals.spin_current if quantity.startswith("spin") else one
        largest = np.abs(pool).max(initial=0.0)
        named = quantity[:-1] + AXES[int(quantity[-1])] if quantity.startswith("spin") else quantity
        for name, a, b in zip(kinetic.terminals.name, one, other, strict=True):
            rows.append(_row(f"contact {name}", named, unit, a, b, largest))
    behind, other = kinetic.terminals.electrode_spin_potential, diffusion.terminals.electrode_spin_potential
    largest = max(map(abs, behind.values()), default=0.0)
    for name, value in behind.items():
        rows.append(_row(f"contact {name}", "μ_s of the electrode", "V", value, other[name], largest))
    for one, other in zip(kinetic.measures, diffusion.measures, strict=True):
        of = ", ".join(f"{key} {value}" for key, value in one.entry.items() if key != "kind")
        pairs = {one.kind: (one.value, other.value)} | {key: (one.extra[key], other.extra[key]) for key in one.extra}
        for quantity, (a, b) in pairs.items():
            rows.append(_row(of, quantity, one.unit, a, b, abs(a)))
    return rows


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


def _row(of: str, quantity: str, unit: str, kinetic: float, diffusion: float, largest: float) -> dict[str, Any]:
    ratio = float(diffusion / kinetic) if abs(kinetic) > _NEGLIGIBLE * largest else None
    return {"of": of, "quantity": quantity, "unit": unit, "kinetic": float(kinetic), "diffusion": float(diffusion)} | {
        "ratio": ratio
    }
