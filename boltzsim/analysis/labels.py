"""Points and axes of a series in words."""

import numpy as np
from numpy.typing import ArrayLike

from boltzsim.case.series import SeriesAxis
from boltzsim.text.quantities import quantity


def turns(axis: SeriesAxis) -> bool:
    """Whether an axis of a series turns magnetisations only."""
    return all(path.endswith("direction") for path in axis.values)


def directions(axis: SeriesAxis) -> list[str]:
    """The magnetisations along an axis in words, one for every point."""
    return [" ".join(map(direction, values)) for values in zip(*axis.values.values(), strict=True)]


def direction(vector: ArrayLike) -> str:
    """The words x, -y, … for a vector along a coordinate axis, its normalised components for any other."""
    unit = np.array(vector) / np.linalg.norm(vector)
    largest = int(np.abs(unit).argmax())
    if abs(unit[largest]) < 1 - 1e-9:
        return str(np.round(unit, 3).tolist())
    return ("-" if unit[largest] < 0 else "") + "xyz"[largest]


def place(axis: SeriesAxis, index: int) -> str:
    """A point of an axis in words."""
    if turns(axis):
        return f"{axis.name} {directions(axis)[index]}"
    if axis.words:
        return f"{axis.name} {axis.words[index]}"
    return f"{axis.name} {quantity(axis.coordinate[index], axis.unit)}"
