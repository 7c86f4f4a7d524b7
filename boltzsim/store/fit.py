"""The result of a fit in HDF5.

/                        format = "boltzsim-fit", version, created, title, model, chi_square, freedom, scatter
/parameters/             value, error over name, correlation over (name, other); attribute units of every one
/curves/<number>/        x, y, error, model, residual of every point; attribute name
"""

import os
from datetime import UTC, datetime
from typing import Any

import h5py
import numpy as np

from boltzsim import __version__
from boltzsim.files import replacing
from boltzsim.store.hdf5 import creating


def save(found: Any, path: str | os.PathLike[str]) -> None:
    """Write a `boltzsim.fitting.fit.FitResult` to `path`, which is replaced only by a complete file."""
    with replacing(path) as temporary, creating(temporary) as file:
        file.attrs.update({"format": "boltzsim-fit", "format_version": 1, "version": __version__})
        file.attrs["created"] = datetime.now(UTC).isoformat(timespec="seconds")
        for key in ("title", "model", "chi_square", "freedom", "scatter"):
            file.attrs[key] = getattr(found, key)
        group = file.create_group("parameters")
        names = group.create_dataset("name", data=np.array(found.names, object), dtype=h5py.string_dtype())
        names.make_scale("parameter")
        group["units"] = np.array(found.units, object).astype(h5py.string_dtype())
        for key in ("value", "error", "correlation"):
            data = group.create_dataset(key, data=getattr(found, key))
            for dimension in data.dims:
                dimension.attach_scale(names)
        for number, curve in enumerate(found.curves):
            own = file.create_group(f"curves/{number}")
            own.attrs["name"] = curve.name
            scale = own.create_dataset("x", data=curve.x)
            scale.make_scale("x")
            scale.attrs["units"] = curve.unit
            for key in ("y", "error", "model", "residual"):
                data = own.create_dataset(key, data=getattr(curve, key))
                data.attrs["units"] = "Ohm"
                data.dims[0].attach_scale(scale)
