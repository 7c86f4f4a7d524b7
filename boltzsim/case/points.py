"""Markers of points in a plane and of the outlines they make, read as those of `boltzsim.case.markers`."""

from dataclasses import dataclass
from typing import Any

from boltzsim.case.markers import Marker, Quantity, entries_of, listed


@dataclass(frozen=True)
class Point(Marker):
    """Two quantities, across and up in a plane."""

    entry: Quantity

    @property
    def unit(self) -> str:  # type: ignore[override]
        return self.entry.unit

    entry_unit = unit  # type: ignore[assignment]

    def read(self, value: Any, in_file: bool) -> tuple[float, ...]:
        return tuple(entries_of(self.entry, listed(value, 2, "[across, up]"), in_file))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.entry.schema(), "minItems": 2, "maxItems": 2}


@dataclass(frozen=True)
class Several(Marker):
    """A list of at least `least` entries, which are points or lists of points.

    Attributes
    ----------
    words : str
        The entries in words, as in "corners [across, up]".
    """

    entry: Any
    least: int
    words: str

    @property
    def unit(self) -> str:  # type: ignore[override]
        return str(self.entry.unit)

    entry_unit = unit  # type: ignore[assignment]

    @property
    def depth(self) -> int:  # type: ignore[override]
        return int(self.entry.depth) + 1

    def read(self, value: Any, in_file: bool) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or len(value) < self.least:
            raise ValueError(f"must be a list of at least {self.least} {self.words}")
        found = []
        for number, entry in enumerate(value):
            try:
                found.append(self.entry.read(entry, in_file))
            except ValueError as error:
                raise ValueError(f"has entry {number}, which {error}") from None
        return tuple(found)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.entry.schema(), "minItems": self.least}
