"""Paths into a case: "contact.detector.span.x" names a value by keys, names or numbers of list entries, and x, y, z."""

from collections.abc import Iterator
from typing import Any

from boltzsim.axes import AXES
from boltzsim.errors import CaseError
from boltzsim.units import did_you_mean


def value_at(tables: dict[str, Any], path: str, leaf: bool = False) -> Any:
    """The value at a path; CaseError where there is none, unless only a last key is missing and `leaf`."""
    *_, (container, key) = _steps(tables, path, leaf)
    return container.get(key) if isinstance(container, dict) else container[key]


def replaced(tables: dict[str, Any], path: str, value: Any) -> Any:
    """A copy of the tables with the value at a path replaced; untouched parts are shared."""
    trail = list(_steps(tables, path, leaf=True))
    for container, key in reversed(trail):
        container = container.copy()
        container[key] = value
        value = container
    return value


def _steps(tables: dict[str, Any], path: str, leaf: bool) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) along a path; the last key may be new in a table if `leaf`."""
    here: Any = tables
    keys = path.split(".")
    for depth, key in enumerate(keys):
        so_far = ".".join(keys[: depth + 1])
        if isinstance(here, dict):
            known = list(here)
            found: Any = key if key in here or (leaf and depth == len(keys) - 1) else None
        elif isinstance(here, list):
            known = [str(e["name"]) for e in here if isinstance(e, dict) and "name" in e]
            known = known or (list(AXES) if len(here) == 3 else [str(i) for i in range(len(here))])
            found = known.index(key) if key in known else int(key) if key.isdigit() and int(key) < len(here) else None
        else:
            raise CaseError(f"{so_far} leads into a single value; end the path at {'.'.join(keys[:depth])}")
        if found is None:
            raise CaseError(f"{so_far} leads nowhere; known: {', '.join(known) or 'none'}{did_you_mean(key, known)}")
        yield here, found
        here = here.get(found, {}) if isinstance(here, dict) else here[found]
