"""The channel of a device: its cross-section alone, uniform along one axis, with the device's walls and grid."""

import math
from dataclasses import dataclass

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device.build import grid_of, walls_of
from boltzsim.device.metal import fills_box, media_of
from boltzsim.device.preflight import ordinates
from boltzsim.errors import CaseError
from boltzsim.material.alloy import fermi_velocity
from boltzsim.transport.channel import Channel


@dataclass(frozen=True)
class ChannelMode:
    """How one component of the spin decays along a channel, and how it relaxes there.

    Attributes
    ----------
    length : float
        Decay length λ of the slowest mode along the channel, m.
    tau_s : float
        Lifetime of the slowest mode that is uniform along the channel, s.
    """

    length: float
    tau_s: float

    @property
    def D(self) -> float:
        """λ²/τ_s in m²/s, the diffusion constant that a channel of this length and lifetime seems to have."""
        return self.length**2 / self.tau_s


def channel_mode(case: Case, along: int, spin: int) -> ChannelMode:
    """The slowest modes of one spin component in the channel of a device, from the discrete equation of its cross-section.

    Parameters
    ----------
    case : Case
        A box of one metal.
    along : int
        Axis of the channel.
    spin : int
        Component of the spin.

    Returns
    -------
    ChannelMode
        Infinite where nothing relaxes the spin.

    Raises
    ------
    CaseError
        If the device is no box of one metal, or has no cells across the channel.
    ConvergenceError
        If there is no such mode.
    """
    if not fills_box(case):
        raise CaseError("a channel has one metal from end to end, without gaps or interfaces")
    section = _cross_section(case, AXES[along])
    media = media_of(section)
    relaxes = any(np.abs(one.gain[:4, :4] - one.loss * np.eye(4))[1:, 1:].max() > 1e-12 * one.loss for one in media.operators)
    if not relaxes and not section.walls.spin_flip:
        return ChannelMode(math.inf, math.inf)
    grid = grid_of(section, media)
    channel = Channel(grid, ordinates(section.angles), media.operators, walls_of(section, grid))
    rate = fermi_velocity(section.metal) * channel.relaxation(spin)
    return ChannelMode(channel.decay_length(along, spin), 1 / rate)


def _cross_section(case: Case, along: str) -> Case:
    """The case without contacts and fields, uniform along the channel."""
    tables = case.resolved()
    left_out = ("contact", "measure", "series", "field", "observe", "time", "initial")
    tables = {key: value for key, value in tables.items() if key not in left_out}
    tables["grid"] = tables["grid"] | {along: {"length": case.grid.length(along)}}
    if not any(entry.get("cells") for axis, entry in tables["grid"].items() if axis in AXES):
        raise CaseError("the channel has no cells across it: its walls are not part of the device")
    walls = dict(tables["walls"])
    for key in ("periodic", "symmetry"):
        walls[key] = [name for name in walls.get(key, ()) if not name.startswith(along)]
    field = [1.0 if axis == along else 0.0 for axis in AXES]
    return Case(**tables | {"walls": walls, "drive": {"electric_field": field}})
