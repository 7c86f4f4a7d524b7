"""Text files as others write them."""

import os
from pathlib import Path

from boltzsim.errors import CaseError


def decoded(path: str | os.PathLike) -> str:
    """Text of a file, UTF-8 with or without a byte-order mark.

    Raises
    ------
    CaseError
        If it is no UTF-8.
    OSError
        If the file cannot be read.
    """
    raw = Path(path).read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        found = "UTF-16 text" if utf16 else f"not UTF-8 text (byte {error.start})"
        raise CaseError(f"is {found}; save it as UTF-8", path) from None
