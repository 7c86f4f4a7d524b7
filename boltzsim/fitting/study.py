"""Curves of one device made ready for a fit: devices in the diffusion model, what is varied, what is wanted."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from boltzsim.analysis.series import Line
from boltzsim.case.case import Case
from boltzsim.case.fit import with_values
from boltzsim.device.metal import diffusion_constants
from boltzsim.errors import CaseError
from boltzsim.fitting.problem import Free, Measured
from boltzsim.fitting.response import Quantity

#: The smallest D_L/D_T over that at which the equation makes spins diffuse uphill.
LEAST = 1.001
#: Solved curves have no noise: errors, which only weigh their points, are far below what the model misses.
PRECISE = 1e-4


class Result(NamedTuple):
    """A number made of parameters: factor × Π parameter^power."""

    powers: Mapping[str, float]
    factor: float = 1.0


class Study(NamedTuple):
    """Curves with what is varied, and the numbers that are wanted, as far as the curves depend on them."""

    curves: list[Measured]
    parameters: list[Free]
    results: dict[str, Result]


class Start(NamedTuple):
    """The device without its constants.

    Attributes
    ----------
    path : str
        Of the table of effective constants.
    values : dict of str to float
        D_T, D_L, D_c (m²/s) and tau_s (s) to start from: λ²/τ_s of the slowest modes, or those of the closure.
    lowest : float
        The smallest D_L/D_T.
    """

    path: str
    values: dict[str, float]
    lowest: float


def effective(constants: Mapping[str, float], kind: str = "") -> dict[str, float]:
    """Lengths and lifetime of the bulk, of its closure with kind "p1_", and the λ²/τ_s that belong to them."""
    found = {name: constants[kind + name] for name in ("length_L", "length_T", "tau_s")}
    found |= {f"D_{one}": found[f"length_{one}"] ** 2 / found["tau_s"] for one in "LT"}
    ratio = found["length_L"] / found["length_T"]
    return found | {"D_L/D_T": ratio**2, "length_L/length_T": ratio}


def start(case: Case, bulk: Mapping[str, float], channel: Mapping[str, float]) -> Start:
    """Where the fit of a device starts: with the constants of its channel, else with those of its metal.

    Raises
    ------
    CaseError
        If the device has several metals, or nothing in it relaxes spin.
    """
    if len(case.material) > 1:
        raise CaseError("the device has several metals; say with `boltzsim fit` which constants of which are wanted")
    name = next(iter(case.material))
    given, modes = diffusion_constants(case, name), effective(bulk)
    closure = {"D_L": given["D_L"], "D_T": given["D_T"], "tau_s": 1 / given["rate_s"] if given["rate_s"] else math.inf}
    known = {**channel, "tau_s": channel["tau_s_T"]} if "D_L" in channel else modes
    wanted = {key: known[key] for key in closure}
    if not all(map(math.isfinite, wanted.values())):
        wanted = closure
    if not math.isfinite(wanted["tau_s"]):
        raise CaseError("nothing relaxes spin in this metal: there is no lifetime to fit")
    lowest = LEAST * 2 / 3 * (given["D_L"] + given["kappa"]) / given["D_T"]
    wanted |= {"D_c": given["D_c"] / given["D_T"] * wanted["D_T"], "D_L": max(wanted["D_L"], lowest * wanted["D_T"])}
    return Start(f"material.{name}.diffusion.", wanted, lowest)


def diffusing(line: Line, begin: Start) -> tuple[Case, ...]:
    """The devices of a line of points in the diffusion model, whose constants count what walls do to spins."""
    own = {begin.path + name: begin.values[name] for name in ("D_T", "D_L", "tau_s")}
    values = {"physics.model": "diffusion", "walls.spin_flip": 0.0, **own}
    return tuple(with_values(case, values) for case in line.cases)


def measured(line: Line, name: str, cases: Sequence[Case], x: np.ndarray, unit: str, weights, terms=()) -> Measured:
    """ΔR of a line of points as a curve to be fitted; errors are `PRECISE` times the weights."""
    if "R_AP" not in line.signals:
        raise CaseError("a curve of ΔR needs both magnetic states; set detect_spin = true for the detector")
    signal, what = np.array(line.signals["delta_R"]), Quantity(line.number, "delta_R")
    error = PRECISE * np.broadcast_to(weights, signal.shape)
    return Measured(name, tuple(cases), x, signal, unit, error, what, terms)
