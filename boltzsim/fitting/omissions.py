"""How far the parameters of a fit on the device move by what the diffusion model and its grid leave out.

A change δR of the curves that the model misses moves the parameters of least squares by

    δp = -(JᵀJ)⁻¹ Jᵀ δR,      J the derivatives of the curves.

window     the constants that the smaller half of the fields, or the farther half of the distances, gives, less those
           of all
grid       δR of half the cell size, times 4/3 for a method of second order, and times `SAFETY` because the curves have
           errors of their own cells, of the same order
currents   δR of spin currents that a field turns by ωτ, which the diffusion equation leaves out
flight     within a mean free path ℓ of contacts and walls spins fly: what arrives is smeared along the channel by ℓ²/3,
           δR = (ℓ²/3) ∂²R/∂d² for either contact, by the formula of a channel, or of a slab between both contacts by
           slabs a little thicker and thinner
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from boltzsim.analysis.valve_device import separation, valve
from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.case.fit import with_values
from boltzsim.case.grading import refined
from boltzsim.fitting.fit import FitResult
from boltzsim.fitting.least_squares import Minimum
from boltzsim.fitting.problem import Free, Measured, Problem
from boltzsim.fitting.response import DiffusionResponse
from boltzsim.material.alloy import mean_free_path

#: Points of the smaller fields must be so many more than the parameters.
SPARE = 2
#: Of an error that two grids tell, one of them that of the curves themselves (Roache's grid convergence index).
SAFETY = 3.0
#: D_L and D_T are said to differ where D_L/D_T differs from 1 by so many of its standard errors.
CERTAIN = 2.0
#: An error of D_L/D_T above this part of it asks for another experiment.
LARGE = 0.2
#: A decay length of which near and far distances say things that differ by more than this part of it is none.
BENT = 0.05
#: Why an error of D_L/D_T is large, by its largest source.
REASONS = {
    "scatter": "the curves do not have the shape that the diffusion equation gives them",
    "window": "small fields and large ones do not agree",
    "grid": "the cells are too large",
    "currents": "the field turns spin currents too, which the diffusion equation does not know",
    "flight": "spins fly too far between collisions for the diffusion equation",
    "distances": "the distances do not tell the decay lengths well",
    "Hanle curves": "the Hanle curves do not tell it well",
}


def shifts(
    kind: str, curves: Sequence[Measured], parameters: Sequence[Free], fit: FitResult, best: Minimum, entry: dict
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Changes of the fitted parameters by what is left out.

    Parameters
    ----------
    kind : {"hanle", "distance"}
    curves, parameters : sequence of Measured, of Free
        As they were fitted.
    fit : boltzsim.fitting.fit.FitResult
    best : boltzsim.fitting.least_squares.Minimum
    entry : dict
        The `nonlocal` measure.

    Returns
    -------
    found : dict of str to numpy.ndarray, shape (m,)
        By source.
    notes : list of str
        Sources that could not be counted, with the reason.
    """
    problem, slope = Problem(curves, parameters), best.slope
    scale = np.linalg.norm(slope, axis=0)
    inverse = np.linalg.pinv(slope / scale) / scale[:, None]
    placed = [[with_values(case, problem.placed(curve, fit.value)) for case in curve.cases] for curve in curves]
    sizes = [problem.amplitude(curve, fit.value) for curve in curves]

    def moved(changed: Sequence[np.ndarray]) -> np.ndarray:
        pairs = zip(changed, sizes, fit.curves, problem.sigma, strict=True)
        return -inverse @ np.concatenate([(size * new - old.model) / sigma for new, size, old, sigma in pairs])

    found, notes = {}, []
    far = kind == "distance"
    inside = np.concatenate([c.x >= np.median(c.x) if far else c.x <= max(c.x) / 2 for c in curves])
    if far or inside.sum() >= len(scale) + SPARE:
        found["window"] = -np.linalg.lstsq(slope[inside] / scale, best.residual[inside], rcond=None)[0] / scale
    else:
        notes.append("too few small fields to say how the constants depend on the largest")
    finer = [[with_values(case, _finer(case)) for case in cases] for cases in placed]
    found["grid"] = SAFETY * 4 / 3 * moved(_signals(DiffusionResponse(), finer, curves))
    if any(np.any(case.field.B) for cases in placed for case in cases):
        if any(contact.electrode for contact in placed[0][0].contact):
            notes.append("contacts have electrodes: what currents that the field turns change is not counted")
        else:
            found["currents"] = moved(_signals(DiffusionResponse(turning=True), placed, curves))
    try:
        here = [curve.model / size for curve, size in zip(fit.curves, sizes, strict=True)]
        spread = [_spread(*one, entry) for one in zip(placed, curves, here, strict=True)]
        found["flight"] = moved([R + 2 * more for R, more in zip(here, spread, strict=True)])
    except ValueError:
        notes.append("the formula of a channel does not apply: what spins in flight change is not counted")
    return found, notes


def remarks(ratio: float, parts: Mapping[str, float]) -> list[str]:
    """Sentences on whether D_L/D_T can be told from 1, and on the experiment that tells it better.

    Parameters
    ----------
    ratio : float
        D_L/D_T.
    parts : dict of str to float
        Its standard error by source.
    """
    error, found = math.hypot(*parts.values()), []
    if abs(ratio - 1) < CERTAIN * error:
        found.append(f"D_L/D_T - 1 = {ratio - 1:.2g} ± {error:.2g}: the error is too large to tell which is larger")
    if error > LARGE * ratio:
        reason = REASONS[max(parts, key=lambda source: parts[source])]
        found.append(f"D_L/D_T is uncertain: {reason}; trust λ_L and λ_T of ΔR against distance without field instead")
    return found


def bends(name: str, length: float, parts: Mapping[str, float]) -> list[str]:
    """A sentence where a decay length depends on the distances; `parts` are its standard errors by source."""
    bend = math.hypot(parts["scatter"], parts["window"])
    if bend <= BENT * length:
        return []
    where = f"{name.replace('length_', 'λ_')} is {100 * bend / length:.0f} % longer or shorter far away than near by"
    return [f"{where}: spins decay with more than one length there; take greater distances"]


def _signals(response, cases, curves):
    return [response(own, curve.quantity, [])[0] for own, curve in zip(cases, curves, strict=True)]


def _finer(case: Case) -> dict[str, float]:
    """Twice as many cells along every axis."""
    return {
        f"grid.{axis}.{key}": value for axis in case.grid.axes for key, value in refined(case.grid, axis, 2).items()
    }


def _spread(cases: Sequence[Case], curve: Measured, here: np.ndarray, entry: dict) -> np.ndarray:
    """(ℓ²/3) ∂²R/∂d² of every point; `here` is R."""
    axis = AXES[separation(cases[0], entry)[1]]
    far = "reference" if entry["detector"] == entry["injector"] else "detector"
    if {cases[0].contact_named(entry[role]).normal for role in ("injector", far)} != {axis}:
        return np.array([smeared(case, entry) for case in cases])
    key, lengths = f"grid.{axis}.length", np.array([case.grid.length(axis) for case in cases])
    step = lengths.min() / 50
    sizes = [[with_values(c, {key: a + k * step}) for c, a in zip(cases, lengths, strict=True)] for k in (1, -1)]
    thick, thin = (DiffusionResponse()(own, curve.quantity, [])[0] for own in sizes)
    return mean_free_path(cases[0].metal) ** 2 / 3 * (thick - 2 * here + thin) / step**2


def smeared(case: Case, entry: dict) -> float:
    """(ℓ²/3) ∂²ΔR/∂d² of a spin valve in the diffusion model, by the formula of a channel, Ω.

    Raises
    ------
    ValueError
        If the formula does not apply to the device.
    """
    constants: Any = next(iter(case.material.values())).diffusion
    device = valve(case, entry, {"D_L": constants.D_L, "D_T": constants.D_T, "tau_s": constants.tau_s})
    step = device.distance / 100
    far, here, near = (replace(device, distance=device.distance + k * step).delta_R for k in (1, 0, -1))
    return device.mean_free_path**2 / 3 * (far - 2 * here + near) / step**2
