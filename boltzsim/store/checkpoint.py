"""Checkpoints of steady runs in HDF5: solved sources, and how far the one at hand has come.

/       attributes: format = "boltzsim-checkpoint", format_version, version, output, began, case_sha256, sha256
/case/  toml, resolved
/state/ solved/<i>: a `Solution` and its place (magnetic state, source); current: place and Krylov vector

A checkpoint belongs to one output file and one case. It lies beside the output under the output's whole name with
".checkpoint" added, and knows that name.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from boltzsim import __version__
from boltzsim.case.case import Case
from boltzsim.errors import StoreError
from boltzsim.store.composing import composing, read_case
from boltzsim.store.hdf5 import reading, require_finite, verify
from boltzsim.store.history import read_state, write_state
from boltzsim.store.result import attributes_of
from boltzsim.transport.solution import Solution

FORMAT = "boltzsim-checkpoint"
FORMAT_VERSION = 4
_FINITE = ("phi", "flux", "entering", "vector")


def checkpoint_of(output: str | os.PathLike[str]) -> Path:
    """Path of the checkpoint of a steady run whose result will be `output`: OUT.h5.checkpoint for OUT.h5."""
    output = Path(output)
    return output.with_name(output.name + ".checkpoint")


def save(output: str | os.PathLike[str], began: str, case: Case, state: Any) -> None:
    """Write the checkpoint of a run, replacing the one before.

    Parameters
    ----------
    output : path-like
        The result file of the run.
    began : str
        When the run began, in the form of a result's attribute `created`.
    case : Case
    state : boltzsim.runs.steady.SteadyState

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    attributes = {"format": FORMAT, "format_version": FORMAT_VERSION, "version": __version__}
    attributes |= {"output": Path(output).name, "began": began, "case_sha256": case.sha256}
    vector = np.zeros(0) if state.vector is None else state.vector
    size = sum(s.phi.nbytes + s.vector.nbytes for s in state.solved.values()) + vector.nbytes
    with composing(checkpoint_of(output), attributes, case, size) as file:
        entries = [{"place": np.array(place), **asdict(solution)} for place, solution in state.solved.items()]
        current = {"place": np.array(state.place), "vector": state.vector}
        write_state(file.create_group("state"), {"solved": entries, "current": current})


def load(
    output: str | os.PathLike[str],
) -> tuple[Case, dict[tuple[int, int], Solution], tuple[int, int], np.ndarray]:
    """Read back the checkpoint of a run.

    Parameters
    ----------
    output : path-like
        The result file of the run.

    Returns
    -------
    case : Case
    solved : dict of (int, int) to Solution
    place : tuple of (int, int)
    vector : numpy.ndarray or None

    Raises
    ------
    StoreError
        If the file is damaged or no checkpoint, belongs to another output or case, or is older than a result in the
        output file.
    """
    path, output = checkpoint_of(output), Path(output)
    with reading(path, "checkpoint") as file:
        if file.attrs.get("format") != FORMAT or file.attrs["format_version"] != FORMAT_VERSION:
            raise StoreError(f"{path}: is no checkpoint that this boltzsim reads; remove it and run the case again")
        case, state = read_case(file["case"]), read_state(file["state"])
        attributes = {name: str(file.attrs[name]) for name in ("output", "began", "case_sha256")}
        solved = {tuple(entry.pop("place").tolist()): Solution(**entry) for entry in state.get("solved", [])}
        place, vector = tuple(state["current"]["place"].tolist()), state["current"].get("vector")
        verify(path, file)
    if attributes["output"] != output.name:
        raise StoreError(
            f"{path}: belongs to '{attributes['output']}'; give both files their old names, or remove the checkpoint"
        )
    if attributes["case_sha256"] != case.sha256:
        raise StoreError(f"{path}: holds another case than the one it was begun with; remove it and run the case again")
    made = attributes_of(output)
    if made is not None and str(made.get("created", "")) > attributes["began"]:
        raise StoreError(
            f"{path}: is older than the result in {output}, which stays as it is; remove the checkpoint if the result "
            f"is the one you want, or move the result away to go on with the checkpoint"
        )
    for where, solution in solved.items():
        for name in _FINITE:
            require_finite(path, f"{name} of source {where[1] + 1}", getattr(solution, name))
    if vector is not None:
        require_finite(path, "the vector of the source at hand", vector)
    return case, solved, place, vector
