"""Names that a file can hold: of contacts, observed signals, materials and the axes of a series."""

import re
from collections.abc import Iterable

#: Datasets that lie beside the axes of a stored series.
_BESIDE_AXES = {"name", "source", "polarisation", "current", "voltage", "spin_current", "conductance"}
_BESIDE_AXES |= {"products", "charge_balance", "spin_balance", "wall_time", "converged"}
_BESIDE_AXES |= {f"terminal_{name}" for name in ("current", "voltage", "spin_current", "conductance")}
_BESIDE_AXES |= {"case", "series", "terminals", "measures", "solver"}  # groups, and their root holds the axes too
_MEASURE = re.compile(r"(nonlocal|decay|arrival)_\d+(_.*)?")
#: Datasets that lie beside the observed signals of a stored run.
_BESIDE_SIGNALS = {"time", "component"}


def text_problem(path: str, name: str) -> str | None:
    """The problem of a name that is stored, printed and used in paths of a series."""
    if not name.strip():
        return f"{path} = '{name}' is empty; give a name with letters"
    if not name.isprintable():
        return f"{path} = {name!a} has characters that cannot be stored or printed; use letters, digits and spaces"
    if bad := [character for character in "./" if character in name]:
        return f"{path} = '{name}' has a '{bad[0]}', which separates the steps of a path; write '_' instead"
    return None


def signal_problem(path: str, name: str) -> str | None:
    """The problem of the name of an observed signal, which names a dataset."""
    if name in _BESIDE_SIGNALS:
        return f"{path} = '{name}' is taken in stored results; choose another name, for example '{name}_signal'"
    return text_problem(path, name)


def axis_problem(name: str, names: Iterable[str]) -> str | None:
    """The problem of the name of an axis of a series, which names datasets <name>, <name>_0, <name>_0_dim1, …"""
    path = f"series.{name}" if name.isprintable() else "series"
    if name in _BESIDE_AXES or _MEASURE.fullmatch(name):
        return f"{path} is no name for an axis, it is taken in stored series; choose another, for example '{name}_axis'"
    for other in names:
        if other != name and re.fullmatch(re.escape(other) + r"_\d+(_dim\d+)?", name):
            return f"{path} is a name under which values of the axis '{other}' are stored; choose another name"
    return text_problem(path, name)
