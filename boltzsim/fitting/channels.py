"""The channel that the curves of a series belong to, as what they should show."""

from typing import Any

import numpy as np

from boltzsim.analysis.valve_device import separation
from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device.channel import channel_constants
from boltzsim.errors import CaseError, ConvergenceError


def channel_of(case: Case, entry: dict, known: dict[Any, dict[str, float]]) -> dict[str, float]:
    """Spin constants of the channel of a spin valve.

    Parameters
    ----------
    case : Case
        Any point of a curve: all have the same channel.
    entry : dict
        The `nonlocal` measure.
    known : dict
        Channels found so far, which are added to.

    Returns
    -------
    dict of str to float
        As `boltzsim.device.channel.channel_constants`; empty where the device has no channel or the channel no mode.
    """
    along, detector = separation(case, entry)[1], case.contact_named(entry["detector"])
    direction = np.abs(detector.direction) * (np.arange(3) != along)
    plane = next(axis for axis in range(3) if axis not in (along, AXES.index(detector.normal)))
    across = int(direction.argmax()) if direction.any() else plane
    grid = {axis: value for axis, value in case.grid.model_dump().items() if axis != AXES[along]}
    metals = {name: metal.model_dump() for name, metal in case.material.items()}
    key = repr((grid, metals, case.walls, case.angles, case.region, case.physics, along, across))
    if key not in known:
        try:
            known[key] = channel_constants(case, along, across)
        except (CaseError, ConvergenceError):
            known[key] = {}
    return known[key]
