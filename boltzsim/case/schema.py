"""The tables of a case read as data: which keys they have, which tables lie where, and in which units values are."""

import types
from collections.abc import Iterator, Sequence
from inspect import isclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def walk(table: Any, location: Sequence[str | int]) -> tuple[tuple[str | int, ...], Any, list[type[BaseModel]]]:
    """Follow a location of pydantic's from a table.

    Returns
    -------
    path : tuple
        The keys without pydantic's tags of chosen kinds.
    kind : type
        The table that lies there, of several kinds the chosen one; the type of any other value.
    others : list of type
        The tables of the other kinds it could have been.
    """
    path: tuple[str | int, ...] = ()
    kind, others = table, list[type[BaseModel]]()
    for key in location:
        options = tables_of(kind)
        if len(options) > 1:
            kind, others = next(option for option in options if tag_of(option) == key), options
        else:
            path, kind, others = (*path, key), entry_of(kind, key), []
    tables = tables_of(kind)
    return path, tables[0] if len(tables) == 1 else kind, others


def entry_of(kind: Any, key: str | int) -> Any:
    """Type of the entry of a table, list or dict."""
    tables = tables_of(kind)
    if tables:
        return fields_of(tables[0])[str(key)].annotation
    return get_args(kind)[1 if get_origin(kind) is dict else 0]


def tables_of(kind: Any) -> list[type[BaseModel]]:
    """The tables a type allows: one, several kinds, or none for lists, dicts and single values."""
    return [option for option in _options(kind) if isclass(option) and issubclass(option, BaseModel)]


def fields_of(table: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a table by the key in the file."""
    return {field.alias or name: field for name, field in table.model_fields.items()}


def keys_of(table: type[BaseModel]) -> list[str]:
    """Keys of a table in the file."""
    return list(fields_of(table))


def tag_of(table: type[BaseModel]) -> str:
    """The value of `kind` that chooses a table among several."""
    return str(get_args(table.model_fields["kind"].annotation)[0])


def markers(kind: Any) -> list[Any]:
    """How a value of a type may be read, one marker of `boltzsim.case.markers` for each alternative."""
    if isinstance(kind, FieldInfo):
        return [*filter(_is_marker, kind.metadata)] or markers(kind.annotation)
    if get_origin(kind) is Annotated:
        return [*filter(_is_marker, kind.__metadata__)]
    if get_origin(kind) in (Union, types.UnionType):
        return [marker for option in get_args(kind) for marker in markers(option)]
    return []


def marker_at(table: type[BaseModel], keys: Sequence[str]) -> tuple[Any, bool] | None:
    """The marker of the value at a path of keys, and whether the path ends at an entry of that value's list.

    Parameters
    ----------
    table : type
    keys : sequence of str
        Keys, names or numbers of list entries, and x, y, z of a vector.

    Returns
    -------
    (Marker, bool) or None
        None where the path leads to no value that is read by a marker.
    """
    kinds: list[Any] = [table]
    for position, key in enumerate(keys):
        found = [entry for kind in kinds for entry in _step(kind, key)]
        marked = [marker for entry in found for marker in markers(entry)]
        if marked:
            left = len(keys) - position - 1
            return (marked[0], bool(left)) if left <= marked[0].depth else None
        kinds = [entry.annotation if isinstance(entry, FieldInfo) else entry for entry in found]
    return None


def unit_at(table: type[BaseModel], path: Sequence[str]) -> str:
    """SI unit of the value at a path of keys, "1" where it has none."""
    found = marker_at(table, path)
    if found is None:
        return "1"
    marker, inside = found
    return str(marker.entry_unit if inside else marker.unit)


def _step(kind: Any, key: str) -> Iterator[Any]:
    """The entries of a type at a key: the field of each table that has it, or the entries of a list or dict."""
    for option in _options(kind):
        if isclass(option) and issubclass(option, BaseModel):
            if key in fields_of(option):
                yield fields_of(option)[key]
        elif get_origin(option) is dict:
            yield get_args(option)[1]
        elif get_origin(option) in (tuple, list):
            yield get_args(option)[0]


def _options(kind: Any) -> list[Any]:
    """The alternatives of a type, without their annotations."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [option for part in get_args(kind) for option in _options(part)]
    return [kind]


def _is_marker(entry: Any) -> bool:
    return hasattr(entry, "entry_unit")
