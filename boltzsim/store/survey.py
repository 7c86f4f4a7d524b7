"""A survey of alloys as a table: HDF5 (.h5) with units and names, or text (.csv), by the file's name.

    /                   attributes: format = "boltzsim-survey", format_version, version, created, alpha and the criteria
    /alloy, /channel    scales: the alloys' numbers and the names of the channels
    /phase_shift        (alloy, channel) [rad]
    /<column>           (alloy), the columns of `boltzsim.limits.survey.COLUMNS`

A row of the text holds the phase shifts, under the names of their channels, and the columns in the same order and
units.
"""

import csv
import io
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from boltzsim import __version__
from boltzsim.errors import StoreError
from boltzsim.files import replacing
from boltzsim.limits.survey import COLUMNS, Survey
from boltzsim.store.hdf5 import creating, write, write_scale

FORMATS = (".h5", ".csv")
FORMAT_VERSION = 1


def save(survey: Survey, path: str | os.PathLike[str]) -> None:
    """Write a survey, whole or not at all.

    Raises
    ------
    StoreError
        The name ends in something else than .h5 or .csv, or the file cannot be written.
    """
    suffix = require_format(path)
    data = _hdf5(survey) if suffix == ".h5" else _text(survey)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def require_format(path: str | os.PathLike[str]) -> str:
    """The suffix of a table's name; a StoreError if no table can have it."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise StoreError(f"{path}: unknown kind of table {suffix!r}; end the name in {' or '.join(FORMATS)}")
    return suffix


def _hdf5(survey: Survey) -> bytes:
    image = io.BytesIO()
    with creating(image) as file:
        file.attrs.update({"format": "boltzsim-survey", "format_version": FORMAT_VERSION, "version": __version__})
        file.attrs.update(survey.settings | {"created": datetime.now(UTC).isoformat(timespec="seconds")})
        write_scale(file, "alloy", np.arange(len(survey.shifts)), "1", "number of the alloy")
        write_scale(file, "channel", list(survey.channels), "", "scattering channel")
        write(file, "phase_shift", survey.shifts, "rad", "phase shift", ("alloy", "channel"))
        for name, values in survey.columns.items():
            values = values.astype(np.int8) if values.dtype == bool else values
            write(file, name, values, *COLUMNS[name], ("alloy",))
    return image.getvalue()


def _text(survey: Survey) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([*survey.channels, *survey.columns])
    columns = [values.astype(int) if values.dtype == bool else values for values in survey.columns.values()]
    writer.writerows(
        [*shifts, *row] for shifts, row in zip(survey.shifts.tolist(), zip(*columns, strict=True), strict=True)
    )
    return lines.getvalue().encode()
