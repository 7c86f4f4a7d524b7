"""HDF5 files opened for reading, and datasets with units, a long name and a scale on every axis."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np

from boltzsim.errors import CaseError, StoreError


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
