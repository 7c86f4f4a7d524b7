"""Checkpoints of steady runs in HDF5: solved sources, and how far the one at hand has come.

/       attributes: format = "boltzsim-checkpoint", format_version, version
/case/  toml, resolved
/state/ solved/<i>: a `Solution` and its place (magnetic state, source); current: place and Krylov vector
"""

import os
from dataclasses import asdict
from typing import Any

import numpy as np

from boltzsim import __version__
from boltzsim.case.case import Case
from boltzsim.errors import StoreError
from boltzsim.store.hdf5 import reading
from boltzsim.store.history import read_state, write_state
from boltzsim.store.result import composing, read_case
from boltzsim.transport.steady import Solution

FORMAT = "boltzsim-checkpoint"
FORMAT_VERSION = 1


def save(path: str | os.PathLike[str], case: Case, state: Any) -> None:
    """Write a checkpoint, replacing the one before.

    Parameters
    ----------
    path : path-like
    case : Case
    state : boltzsim.runs.steady.SteadyState

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    attributes = {"format": FORMAT, "format_version": FORMAT_VERSION, "version": __version__}
    size = sum(s.phi.nbytes + s.vector.nbytes for s in state.solved.values()) + state.vector.nbytes
    with composing(path, attributes, case, size) as file:
        entries = [{"place": np.array(place), **asdict(solution)} for place, solution in state.solved.items()]
        current = {"place": np.array(state.place), "vector": state.vector}
        write_state(file.create_group("state"), {"solved": entries, "current": current})


def load(path: str | os.PathLike[str]) -> tuple[Case, dict[tuple[int, int], Solution], tuple[int, int], np.ndarray]:
    """Read back what `save` wrote.

    Returns
    -------
    case : Case
    solved : dict of (int, int) to Solution
    place : tuple of (int, int)
    vector : numpy.ndarray

    Raises
    ------
    StoreError
        If the file is damaged or no checkpoint.
    """
    with reading(path, "checkpoint") as file:
        if file.attrs.get("format") != FORMAT or file.attrs["format_version"] > FORMAT_VERSION:
            raise StoreError(f"{path}: is no checkpoint that this boltzsim reads")
        case, state = read_case(file["case"]), read_state(file["state"])
    solved = {tuple(entry.pop("place").tolist()): Solution(**entry) for entry in state.get("solved", [])}
    return case, solved, tuple(state["current"]["place"].tolist()), state["current"]["vector"]
