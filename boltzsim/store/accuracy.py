"""Numerical errors in the file of a result: the group `accuracy`, one row for every number of a terminal or measure."""

import json

import h5py
import numpy as np

from boltzsim.result import ACCURACY, Accuracy
from boltzsim.store.hdf5 import names, write, write_scale

_NAMES = {"of": "contact or measure", "quantity": "number of it", "unit": "unit of the row"}


def write_accuracy(group: h5py.Group, accuracy: Accuracy) -> None:
    """Write the rows as columns over `row`; how they were found is the attribute `settings`, as JSON."""
    write_scale(group, "row", np.arange(len(accuracy.of)), "1", "row of the table")
    for name, long_name in _NAMES.items():
        write(group, name, np.array(getattr(accuracy, name), str), "", long_name, ("row",))
    for name, values in accuracy.columns.items():
        write(group, name, values, "1" if name.startswith("order") else "unit of the row", ACCURACY[name], ("row",))
    group.attrs["settings"] = json.dumps(accuracy.settings)


def read_accuracy(group: h5py.Group) -> Accuracy:
    """Read back what `write_accuracy` wrote."""
    columns = {name: group[name][()] for name in ACCURACY}
    of, quantity, unit = (names(group[name]) for name in _NAMES)
    return Accuracy(of, quantity, unit, columns, json.loads(group.attrs["settings"]))
