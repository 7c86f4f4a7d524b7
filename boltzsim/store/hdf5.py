"""HDF5 files opened for reading, and datasets with units, a long name and a scale on every axis.

Nothing that a flipped bit or another program changes goes unnoticed. The structure of a file (groups, types, shapes,
attributes) carries the checksums of HDF5's newer formats, arrays carry the Fletcher checksum of every chunk, and the
root attribute `sha256` is a digest of names, attributes and all values that are no arrays of numbers. Before HDF5 reads
any of it, the digest of all bytes that follows the HDF5 part is compared: HDF5 has no checksum on texts, and a flipped
bit among them can make it read forever. Programs that open a file for writing cut this last digest off. Links to other
files are refused: a result holds all that it says.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, BinaryIO

import h5py
import numpy as np

from boltzsim.errors import CaseError, StoreError

LIBRARY = ("v110", "v110")  # the oldest format in which the structure of a file has checksums
DIGEST = "sha256"
_END = b"boltzsim sha256 "
END_LENGTH = len(_END) + 64  # bytes of the last digest
_PIECE = 2**20  # bytes read at a time
_COMPARED: deque[tuple] = deque(maxlen=256)  # files whose last digest this process has compared
_SETTLED = 2.0  # seconds: clocks of file systems do not tell changes apart that follow each other faster
_SCALES = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"}  # how HDF5 links axes to scales


@contextmanager
def reading(path: str | os.PathLike, kind: str) -> Iterator[h5py.File]:
    """Give an open file; what goes wrong with it or with what is read from it is a `StoreError` about a `kind`.

    Raises
    ------
    StoreError
        The file is missing, locked, damaged, leads to other files, or is not what it should be.
    """
    try:
        with h5py.File(path, "r") as file:
            _compare_end(path)
            for _ in _objects(path, file):
                pass
            yield file
    except FileNotFoundError as error:
        raise StoreError(f"{path}: no such file") from error
    except OSError as error:
        raise StoreError(f"{path}: {_trouble(error)}") from error
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        MemoryError,
        RuntimeError,
        TypeError,
    ) as error:
        raise StoreError(f"{path}: not a complete {kind}: {error or type(error).__name__}") from error
    except (ValueError, CaseError) as error:
        problems = str(error).replace("\n", "; ")
        raise StoreError(f"{path}: not a complete {kind}: {problems}") from error


def _trouble(error: OSError) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, BlockingIOError) or error.errno == errno.ENOLCK or "unable to lock file" in text:
        return (
            "is locked, another program has it open for writing; close it there and try again, or set "
            "HDF5_USE_FILE_LOCKING=FALSE where the file system knows no locks"
        )
    if isinstance(error, PermissionError | IsADirectoryError):
        return f"cannot be read: {(error.strerror or text).lower()}"
    if "read data" in text.lower() or "checksum" in text.lower() or "filter returned failure" in text:
        return f"is damaged, a checksum does not match: {text}"
    return f"not a readable HDF5 file, perhaps truncated: {text}"


@contextmanager
def creating(image: io.BytesIO | str | os.PathLike) -> Iterator[h5py.File]:
    """Give a new HDF5 file, in memory or on the disk, to fill in; at the end it gets both of its digests."""
    with h5py.File(image, "w", libver=LIBRARY) as file:
        yield file
        seal(file)
    with nullcontext(image) if isinstance(image, io.BytesIO) else open(image, "r+b") as raw:
        raw.write(_END + _digest_of_bytes(raw, raw.seek(0, os.SEEK_END)))


def _compare_end(path: str | os.PathLike) -> None:
    """Compare the bytes of a file with the digest at its end, if there is one; once while the file stays the same."""
    with open(path, "rb") as raw:
        about = os.fstat(raw.fileno())
        identity = about.st_dev, about.st_ino, about.st_size, about.st_ctime_ns
        if identity in _COMPARED:
            return
        length = max(raw.seek(0, os.SEEK_END) - END_LENGTH, 0)
        raw.seek(length)
        found = raw.read()
        if found.startswith(_END) and found != _END + _digest_of_bytes(raw, length):
            raise StoreError(f"{path}: is damaged: the digest at its end does not match")
    if time.time() - about.st_ctime > _SETTLED:
        _COMPARED.append(identity)


def _digest_of_bytes(raw: BinaryIO, length: int) -> bytes:
    digest = hashlib.sha256()
    raw.seek(0)
    for start in range(0, length, _PIECE):
        digest.update(raw.read(min(_PIECE, length - start)))
    return digest.hexdigest().encode()


def seal(file: h5py.File) -> None:
    """Put the digest of a finished file into its attributes."""
    file.attrs[DIGEST] = _digest(file.filename, file)


def verify(path: str | os.PathLike, file: h5py.File) -> None:
    """Compare an open file with its digest; files from before there were digests have none.

    Raises
    ------
    StoreError
        If anything was changed since the file was written.
    """
    sealed = file.attrs.get(DIGEST)
    if sealed is not None and sealed != _digest(path, file):
        raise StoreError(f"{path}: is damaged, or was changed after it was written: its digest does not match")


def _digest(path: str | os.PathLike, file: h5py.File) -> str:
    digest = hashlib.sha256()
    digest.update(_attributes(file))
    for name, entry in _objects(path, file):
        digest.update(name.encode() + b"\0" + _attributes(entry))
        if isinstance(entry, h5py.Dataset):
            digest.update(repr((entry.dtype.str, entry.shape)).encode())
            if not entry.fletcher32:
                digest.update(_bytes(entry[()]))
    return digest.hexdigest()


def _attributes(entry: Any) -> bytes:
    names = sorted(set(entry.attrs) - _SCALES - {DIGEST})
    return b"".join(name.encode() + b"\0" + _bytes(entry.attrs[name]) for name in names)


def _bytes(value: Any) -> bytes:
    value = np.asarray(value)
    if value.dtype.kind in "OSU":
        return repr([v.decode() if isinstance(v, bytes) else str(v) for v in value.ravel()]).encode()
    return value.dtype.str.encode() + value.tobytes()


def _objects(path: str | os.PathLike, file: h5py.File) -> Iterator[tuple[str, Any]]:
    """Names and objects of everything in a file, which must lie in it; groups are no members of each other."""
    left, seen = [("", file["/"])], set()
    while left:
        where, group = left.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            raise StoreError(f"{path}: not a complete file: {where} is a group that it lies in")
        seen.add(address)
        for name in sorted(group):
            own = f"{where}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise StoreError(f"{path}: {own} leads to another place; a result holds all that it says, copy it in")
            entry = group[name]
            if isinstance(entry, h5py.Dataset) and (entry.external is not None or entry.is_virtual):
                raise StoreError(f"{path}: {own} lies in another file; a result holds all that it says, copy it in")
            if isinstance(entry, h5py.Group):
                left.append((own, entry))
            yield own, entry


def require_finite(path: str | os.PathLike, what: str, values: Any) -> None:
    """Refuse to go on from numbers that are none.

    Raises
    ------
    StoreError
        Where one is infinite or NaN.
    """
    count = np.size(values) - np.count_nonzero(np.isfinite(values))
    if count:
        raise StoreError(f"{path}: {what} holds {count} numbers that are not finite; run its case again")


def write(group: h5py.Group, name: str, values: Any, units: str, long_name: str, axes: Sequence[str] = ()) -> None:
    """Dataset with units, long name and, on every axis, the scale of that name in the same group."""
    values = np.asarray(values)
    text = h5py.string_dtype() if values.dtype.kind in "UO" else None
    dataset = create(group, name, values.astype(object) if text else values, text)
    dataset.attrs["units"], dataset.attrs["long_name"] = units, long_name
    if axes == (name,):
        dataset.make_scale(name)
        return
    for dimension, axis in zip(dataset.dims, axes, strict=True):
        dimension.label = axis
        dimension.attach_scale(group[axis])


def create(group: h5py.Group, name: str, values: np.ndarray, text: np.dtype | None = None) -> h5py.Dataset:
    """Dataset, with a checksum in every chunk where it is an array of numbers.

    Raises
    ------
    ValueError
        If HDF5 would take the name for a path.
    """
    if name in ("", ".") or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} cannot name a dataset; choose a name without '/', NUL, and other than '.'")
    checked = text is None and np.ndim(values) > 0 and np.size(values) > 0
    return group.create_dataset(name, data=values, dtype=text, fletcher32=checked or None)


def write_scale(group: h5py.Group, name: str, values: Any, units: str, long_name: str) -> None:
    """A dimension scale."""
    write(group, name, values, units, long_name, (name,))


def names(dataset: h5py.Dataset) -> tuple[str, ...]:
    """The words of a dataset of text."""
    return tuple(dataset.asstr()[()])


def native(value: Any) -> Any:
    """A NumPy scalar as Python has it."""
    return value.item() if isinstance(value, np.generic) else value
