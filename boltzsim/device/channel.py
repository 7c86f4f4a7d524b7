"""The channel of a device: its cross-section alone, uniform along one axis, with the device's walls and grid."""

import math

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device.build import grid_of, walls_of
from boltzsim.device.metal import fills_box, media_of
from boltzsim.device.preflight import ordinates
from boltzsim.errors import CaseError
from boltzsim.limits.diffusion import CONSERVED
from boltzsim.material.alloy import fermi_velocity
from boltzsim.transport.channel import Channel


def channel_constants(case: Case, along: int, across: int) -> dict[str, float]:
    """Spin constants of the channel of a device, from the discrete equation of its cross-section, walls included.

    Parameters
    ----------
    case : Case
        A box of one metal.
    along : int
        Axis of the channel.
    across : int
        The other spin component that is wanted.

    Returns
    -------
    dict of str to float
        For spin along ("L") and across ("T") the channel: decay lengths length_L, length_T (m) of the slowest modes
        along it, lifetimes tau_s_L, tau_s_T (s) of the slowest uniform ones, and λ²/τ_s, the diffusion constants D_L
        and D_T (m²/s) that such a channel seems to have. Infinite lengths and lifetimes, and no constants, where
        nothing relaxes spin.

    Raises
    ------
    CaseError
        If the device is no box of one metal, or has no cells across the channel, so that it has no walls.
    ConvergenceError
        If there is no such mode.
    """
    if not fills_box(case):
        raise CaseError("a channel has one metal from end to end, without gaps or interfaces")
    section = _cross_section(case, AXES[along])
    media = media_of(section)
    lost = max(np.abs((one.lambda_ / one.loss)[1:4, 1:4]).max() for one in media.operators)
    found: dict[str, float] = {}
    if lost < CONSERVED and not section.walls.spin_flip:
        return found | {f"{key}_{one}": math.inf for key in ("length", "tau_s") for one in "LT"}
    grid = grid_of(section, media)
    channel = Channel(grid, ordinates(section.angles), media.operators, walls_of(section, grid))
    for one, spin in (("L", along), ("T", across)):
        length, rate = channel.decay_length(along, spin), fermi_velocity(section.metal) * channel.relaxation(spin)
        found |= {f"length_{one}": length, f"tau_s_{one}": 1 / rate, f"D_{one}": length**2 * rate}
    return found


def _cross_section(case: Case, along: str) -> Case:
    """The case without contacts and fields, uniform along the channel."""
    tables = case.resolved()
    left_out = ("contact", "measure", "series", "field", "observe", "time", "initial")
    tables = {key: value for key, value in tables.items() if key not in left_out}
    uniform = {along: {"length": case.grid.length(along)}}
    equal = {axis: {"length": case.grid.length(axis), "cells": case.grid.cells(axis)} for axis in case.grid.axes}
    tables["grid"] = tables["grid"] | equal | uniform
    if not any(entry.get("cells") for axis, entry in tables["grid"].items() if axis in AXES):
        raise CaseError("the channel has no cells across it: its walls are not part of the device")
    walls = dict(tables["walls"])
    for key in ("periodic", "symmetry"):
        walls[key] = [name for name in walls.get(key, ()) if not name.startswith(along)]
    field = [1.0 if axis == along else 0.0 for axis in AXES]
    section = Case(**tables | {"walls": walls, "drive": {"electric_field": field}})
    graded = {axis: tuple(case.grid.sizes(axis)) for axis in section.grid.axes if case.grid.is_graded(axis)}
    vars(section)["grid"] = section.grid.with_sizes(graded)  # which follow from the contacts
    return section
