"""Distances and Hanle curves of one device put together: lengths from the ones, lifetimes from the others.

Distances tell λ_L and λ_T far better than a field does, which turns spin currents too; only a field tells D from τ_s.
The logarithms p of D_T, D_L/D_T and τ_s from the Hanle curves, with covariance C, meet those y of the lengths, with
covariance S and y = A p, λ² = D τ_s. The best linear combination is

    p + K (y - A p),      K = C Aᵀ (A C Aᵀ + S)⁻¹.

Covariances hold all that either fit leaves out, so that neither is trusted beyond its own error.
"""

import math

import numpy as np

from boltzsim.fitting.device import DeviceFit
from boltzsim.fitting.hanle import RESULTS
from boltzsim.fitting.omissions import CERTAIN, remarks

_CONSTANTS, _LENGTHS = ("D_T", "D_L/D_T", "tau_s"), ("length_L", "length_T")


def together(hanle: DeviceFit, distance: DeviceFit) -> DeviceFit | None:
    """Constants of a device from the fits of its Hanle curves and of its distances, with errors from either.

    None where one of them is missing.
    """
    constants, lengths = (
        [n for n in names if n in one.value] for names, one in ((_CONSTANTS, hanle), (_LENGTHS, distance))
    )
    lengths = [name for name in lengths if set(RESULTS[name].powers) <= set(constants)]
    if not constants or not lengths:
        return None
    A = _powers(lengths, constants)
    C, S = _among(hanle, constants), _among(distance, lengths)
    p, y = (np.log([one.value[name] for name in names]) for one, names in ((hanle, constants), (distance, lengths)))
    apart = A @ C @ A.T + S
    K = C @ A.T @ np.linalg.inv(apart)
    best, kept = p + K @ (y - A @ p), np.eye(len(p)) - K @ A
    parts = {"Hanle curves": kept @ C @ kept.T, "distances": K @ S @ K.T}
    names = [name for name, one in RESULTS.items() if set(one.powers) <= set(constants)]
    B = _powers(names, constants)
    value = dict(zip(names, map(float, np.exp(B @ best)), strict=True))
    errors = {
        name: {source: value[name] * math.sqrt(max(row @ part @ row, 0.0)) for source, part in parts.items()}
        for name, row in zip(names, B, strict=True)
    }
    notes = remarks(value["D_L/D_T"], errors["D_L/D_T"]) if "D_L/D_T" in value else []
    misfit = math.sqrt((y - A @ p) @ np.linalg.solve(apart, y - A @ p) / len(y))
    if misfit > CERTAIN:
        notes.append(f"lengths by Hanle curves and by distances differ by {misfit:.1f} of their errors")
    return DeviceFit(
        kind="together",
        label=hanle.label,
        curves=hanle.curves + distance.curves,
        value=value,
        errors=errors,
        channel=hanle.channel,
        bulk=hanle.bulk,
        notes=tuple(notes),
        covariance=B @ sum(parts.values()) @ B.T,
    )


def _powers(names, constants):
    return np.array([[RESULTS[name].powers.get(one, 0.0) for one in constants] for name in names])


def _among(found, names):
    where = [list(found.value).index(name) for name in names]
    return found.covariance[np.ix_(where, where)]
