"""Files that are whole or not there: written under a temporary name in the same folder, flushed, then renamed."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from boltzsim import machine
from boltzsim.errors import StoreError


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary name in the folder of `path`; on success flush it to disk and rename it to `path`.

    Whatever happens before the rename, `path` is as it was; after an exception the temporary file is gone too.

    Raises
    ------
    StoreError
        The file cannot be written, or `path` is a pipe, a device or a socket.
    """
    target = _target(path)
    temporary = target.with_name(f".{target.name[:200]}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        machine.flush(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    machine.flush_folder(target.parent)  # the rename itself


def require_writable(path: str | os.PathLike) -> None:
    """Find out before a long run whether its result can be written.

    Raises
    ------
    StoreError
        `path` is a folder, a pipe, a device or a socket, or its folder is missing or not writable.
    """
    target = _target(path)
    if target.is_dir():
        raise StoreError(f"{path}: is a folder; name a file")
    if not target.parent.is_dir():
        raise StoreError(f"{path}: the folder {target.parent} does not exist; make it first")
    if not os.access(target.parent, os.W_OK):
        raise StoreError(f"{path}: no permission to write in the folder {target.parent}")


def _target(path: str | os.PathLike) -> Path:
    """Where a path leads, through links; only to a file, a folder, or nothing yet."""
    if "\0" in os.fspath(path):
        raise StoreError(f"{os.fspath(path)!r}: a file name cannot hold a NUL character; choose another name")
    try:
        target = Path(path).resolve()
        special = target.exists() and not target.is_file() and not target.is_dir()
        looped = target.is_symlink()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its links lead in a circle"
        raise StoreError(f"{path}: cannot be a file to write: {reason}; choose another name") from error
    if looped:
        raise StoreError(f"{path}: its links lead in a circle; choose another name")
    if special:
        raise StoreError(f"{path}: is a pipe, a device or a socket; results go to files, choose another name")
    return target
