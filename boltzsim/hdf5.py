"""HDF5 files that are whole or not there, and datasets with units, a long name and a scale on every axis."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from boltzsim.errors import CaseError, StoreError


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary name in the folder of `path`; on success flush it to disk and rename it to `path`.

    Whatever happens before the rename, `path` is as it was; after an exception the temporary file is gone too.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    with suppress(OSError):  # the rename itself; not every file system can flush a folder
        _flush(target.parent)


def require_writable(path: str | os.PathLike) -> None:
    """Find out before a long run whether its result can be written.

    Raises
    ------
    StoreError
        `path` is a folder, or its folder is missing or not writable.
    """
    target = Path(path).resolve()
    if target.is_dir():
        raise StoreError(f"{path}: is a folder; name a file")
    if not target.parent.is_dir():
        raise StoreError(f"{path}: the folder {target.parent} does not exist; make it first")
    if not os.access(target.parent, os.W_OK):
        raise StoreError(f"{path}: no permission to write in the folder {target.parent}")


@contextmanager
def reading(path: str | os.PathLike, kind: str) -> Iterator[h5py.File]:
    """Give an open file; what goes wrong with it or with what is read from it is a `StoreError` about a `kind`.

    Raises
    ------
    StoreError
        The file is missing, damaged, or not what it should be.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FileNotFoundError as error:
        raise StoreError(f"{path}: no such file") from error
    except OSError as error:
        raise StoreError(f"{path}: not a readable HDF5 file, perhaps truncated: {error}") from error
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError, CaseError) as error:
        raise StoreError(f"{path}: not a complete {kind}: {error}") from error


def write(group: h5py.Group, name: str, values: Any, units: str, long_name: str, axes: Sequence[str] = ()) -> None:
    """Dataset with units, long name and, on every axis, the scale of that name in the same group."""
    values = np.asarray(values)
    text = h5py.string_dtype() if values.dtype.kind in "UO" else None
    dataset = group.create_dataset(name, data=values.astype(object) if text else values, dtype=text)
    dataset.attrs["units"], dataset.attrs["long_name"] = units, long_name
    if axes == (name,):
        dataset.make_scale(name)
        return
    for dimension, axis in zip(dataset.dims, axes, strict=True):
        dimension.label = axis
        dimension.attach_scale(group[axis])


def write_scale(group: h5py.Group, name: str, values: Any, units: str, long_name: str) -> None:
    """A dimension scale."""
    write(group, name, values, units, long_name, (name,))


def names(dataset: h5py.Dataset) -> tuple[str, ...]:
    """The words of a dataset of text."""
    return tuple(dataset.asstr()[()])


def native(value: Any) -> Any:
    """A NumPy scalar as Python has it."""
    return value.item() if isinstance(value, np.generic) else value


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
