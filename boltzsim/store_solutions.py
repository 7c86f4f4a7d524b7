"""Checkpoints of steady runs in HDF5: solved sources, and how far the one at hand has come.

/       attributes: format = "boltzsim-checkpoint", format_version, version
/case/  toml, resolved
/state/ solved/<i>: a `Solution` and its place (magnetic state, source); current: place and Krylov vector
"""

from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from boltzsim.errors import StoreError
from boltzsim.hdf5 import reading
from boltzsim.store import composing, read_case
from boltzsim.store_history import read_state, write_state
from boltzsim.transport.solution import Solution

FORMAT = "boltzsim-checkpoint"
FORMAT_VERSION = 1


def save(path, case, solved, current):
    """Write a checkpoint, replacing the one before.

    Parameters
    ----------
    path : path-like
    case : Case
    solved : dict of (int, int) to Solution
        By number of the magnetic state and of the source.
    current : tuple of ((int, int), numpy.ndarray)
        The source at hand and its best vector.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    attributes = {"format": FORMAT, "format_version": FORMAT_VERSION, "version": version("boltzsim")}
    place, vector = current
    size = sum(solution.phi.nbytes + solution.vector.nbytes for solution in solved.values()) + vector.nbytes
    with composing(path, attributes, case, size) as file:
        entries = [{"place": np.array(key), **asdict(solution)} for key, solution in solved.items()]
        state = {"solved": entries, "current": {"place": np.array(place), "vector": vector}}
        write_state(file.create_group("state"), state)


def load(path):
    """Case, solved and current as given to `save`.

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
    return case, solved, (tuple(state["current"]["place"].tolist()), state["current"]["vector"])
