"""Files that are whole or not there: written under a temporary name in the same folder, flushed, then renamed."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from boltzsim.errors import StoreError


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


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
