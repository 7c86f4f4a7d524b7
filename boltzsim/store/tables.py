"""Results and series as tables of other libraries: datasets of xarray, data frames of pandas."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np

from boltzsim.errors import StoreError
from boltzsim.result import Result
from boltzsim.store import result as store_result
from boltzsim.store import series as store_series
from boltzsim.store.series import SeriesResult


def to_xarray(found: Result | SeriesResult, group: str | None = None) -> Any:
    """What xarray reads from the file of a result or a series, without a file.

    Parameters
    ----------
    found : Result or SeriesResult
    group : str, optional
        A group of the file, for example "frames" of a transient run; the root if omitted, which has the fields, the map
        of materials, the terminals and the measures.

    Returns
    -------
    xarray.Dataset
        With coordinates in SI; every variable has the attributes `units` and `long_name`.

    Raises
    ------
    StoreError
        If xarray or h5netcdf is not installed, or there is no such group.
    """
    xarray = _library("xarray", "h5netcdf")
    image = store_result.image_of(found) if isinstance(found, Result) else store_series.image_of(found)
    try:
        with xarray.open_dataset(image, engine="h5netcdf", group=group) as data:
            return data.load()
    except OSError:
        raise StoreError(f"group = {group!r} is not in it; name a group of its file, such as fields or time") from None


def to_dataframe(found: Result | SeriesResult) -> Any:
    """Numbers of a result or a series in rows.

    Parameters
    ----------
    found : Result or SeriesResult

    Returns
    -------
    pandas.DataFrame
        Of a result a row for each contact; of a series a row for each point, with its axes, its measures and the
        currents and voltages of the contacts. `attrs["units"]` has the SI units by column.

    Raises
    ------
    StoreError
        If pandas is not installed.
    """
    pandas = _library("pandas")
    columns = _contacts(found) if isinstance(found, Result) else _points(found)
    frame = pandas.DataFrame({name: values for name, (values, _) in columns.items()})
    frame.attrs["units"] = {name: unit for name, (_, unit) in columns.items()}
    return frame.set_index("contact") if isinstance(found, Result) else frame


def _contacts(result: Result) -> dict[str, tuple[Any, str]]:
    terminals = result.terminals
    columns: dict[str, tuple[Any, str]] = {"contact": (list(terminals.name), "")}
    columns |= {"current": (terminals.current, "A"), "voltage": (terminals.voltage, "V")}
    columns |= {f"spin_current_{a}": (terminals.spin_current[:, i], "A") for i, a in enumerate("xyz")}
    columns |= {f"voltage_{name}_reversed": (values, "V") for name, values in terminals.voltage_reversed.items()}
    return columns


def _points(series: SeriesResult) -> dict[str, tuple[Any, str]]:
    places = np.indices(series.shape).reshape(len(series.shape), -1)
    columns: dict[str, tuple[Any, str]] = {}
    for axis, index in zip(series.axes, places, strict=True):
        columns[axis.name] = (np.array(axis.words or axis.coordinate)[index], axis.unit)
    for name, values, unit in series.numbers():
        columns[name] = (values.reshape(-1), unit)
    for quantity, unit in (("current", "A"), ("voltage", "V")):
        for i, contact in enumerate(series.name):
            columns[f"{quantity}_{contact}"] = (series.terminals[quantity][..., i].reshape(-1), unit)
    return columns


def _library(*names: str) -> ModuleType:
    """The first of some optional libraries, all of which are needed."""
    try:
        first, *_ = [importlib.import_module(name) for name in names]
    except ImportError as error:
        raise StoreError(f"this needs the package {error.name}; install boltzsim[xarray]") from None
    return first


Result.to_xarray = SeriesResult.to_xarray = to_xarray
Result.to_dataframe = SeriesResult.to_dataframe = to_dataframe
