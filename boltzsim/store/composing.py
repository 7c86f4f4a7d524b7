"""New files: composed in memory with the case they belong to, sealed with a digest, and put in place as a whole."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py

from boltzsim.case.case import Case, parse_case
from boltzsim.errors import CaseError, StoreError
from boltzsim.files import replacing
from boltzsim.store.hdf5 import creating, write

_LARGE = 2**28  # bytes of a state that is written straight to the disk


@contextmanager
def composing(
    path: str | os.PathLike, attributes: dict[str, Any], case: Case, state_bytes: int = 0
) -> Iterator[h5py.File]:
    """Give an HDF5 file with root attributes and the case to fill in; `path` is replaced only by the complete file.

    The file is composed in memory, a copy of its arrays: on a full disk HDF5 brings down the whole process. With a
    state that is too large for that, the space is looked for first.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    with replacing(path) as temporary:
        if state_bytes > _LARGE:
            free = shutil.disk_usage(temporary.parent).free
            if free < state_bytes + _LARGE:
                raise StoreError(f"{path}: the state takes {state_bytes} bytes and the disk has {free}; make room")
        image = temporary if state_bytes > _LARGE else io.BytesIO()
        with filling(image, attributes, case) as file:
            yield file
        if isinstance(image, io.BytesIO):
            temporary.write_bytes(image.getbuffer())


@contextmanager
def filling(image: io.BytesIO | os.PathLike, attributes: dict[str, Any], case: Case) -> Iterator[h5py.File]:
    """Give a new HDF5 file, in memory or on the disk, with root attributes and the case, to fill in and be sealed."""
    with creating(image) as file:
        file.attrs.update(attributes)
        _write_case(file.create_group("case"), case)
        yield file


def link_root(file: h5py.File, groups: dict[str, str]) -> None:
    """Hard-link the datasets of some groups into the root, scales under their own names, others after a prefix."""
    for group, prefix in groups.items():
        for name, dataset in file[group].items():
            shown = name if dataset.is_scale else prefix + name
            if shown not in file:
                file[shown] = dataset


def _write_case(group: h5py.Group, case: Case) -> None:
    write(group, "toml", case.toml(), "", "case file")
    write(group, "resolved", json.dumps(case.resolved()), "", "case with its defaults, SI units (JSON)")


def read_case(group: h5py.Group) -> Case:
    """The case as it was written; as it was resolved, should a default or a rule for its text have changed since."""
    resolved = json.loads(group["resolved"].asstr()[()])
    try:
        case = parse_case(group["toml"].asstr()[()])
    except CaseError:
        return Case(**resolved)
    return case if case.resolved() == resolved else Case(**resolved)
