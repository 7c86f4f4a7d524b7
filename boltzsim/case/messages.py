"""Sentences about mistakes in a case: where, the value, what is allowed, a remedy."""

import types
from inspect import isclass
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from boltzsim.units import did_you_mean

#: Keys that earlier versions had, and the remedy.
GONE = {
    "physics.side_jump_boundary": "delete the line: walls, contacts and interfaces always use the reciprocal side-jump "
    "flux, which was 'equilibrium'"
}


def sentence(table, error):
    """One problem in our words, from one entry of pydantic's list."""
    location, value, kind, context = error["loc"], error["input"], error["type"], error.get("ctx", {})
    if location[-1] == "[key]":
        allowed = _options(context["expected"])
        path = key_path(_walk(table, location[:-2])[0] + location[-2:-1])
        return f"{path} is unknown; allowed: {', '.join(allowed)}{did_you_mean(value, allowed)}"
    where, holder, others = _walk(table, location[:-1])
    path = key_path((*where, location[-1]))
    if kind == "extra_forbidden":
        if path in GONE:
            return f"{path} = {shown(value)} is gone (see CHANGELOG.md); {GONE[path]}"
        known = _keys(holder)
        if location[-1] in {key for other in others for key in _keys(other)}:
            return f"{path} does not belong to kind = '{_tag(holder)}'; its keys: {', '.join(known)}"
        return f"{path} is unknown" + (did_you_mean(location[-1], known) or f"; known keys: {', '.join(known)}")
    if kind == "missing":
        example = (_fields(holder)[location[-1]].examples or [None])[0]
        return f"{path} is missing" + (f"; give for example {example}" if example else "")
    if kind == "union_tag_not_found":
        return f"{path}.kind is missing; choose one of {', '.join(map(_tag, _tables(_entry(holder, location[-1]))))}"
    if kind == "union_tag_invalid":
        options = {"expected": context["expected_tags"]}
        return f"{path}.kind = {shown(context['tag'])} {_complaint('literal_error', options, context['tag'])}"
    return f"{path} = {shown(value)} {_complaint(kind, context, value)}"


def _complaint(kind, context, value):
    match kind:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            allowed = _options(context["expected"])
            return f"is not allowed; choose one of {', '.join(allowed)}" + did_you_mean(value, allowed)
        case "bool_type":
            return "must be true or false"
        case "string_type":
            return "must be a string in quotes"
        case "tuple_type":
            return "must be a list" + (
                " of tables: write its header in double brackets, [[…]]" if isinstance(value, dict) else ""
            )
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be a table" + (": write its header in single brackets, […]" if isinstance(value, list) else "")
    return "is not allowed here"


def _options(expected):
    """The options in pydantic's "'a', 'b' or 'c'"."""
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def key_path(location):
    """("contact", 1, "span", "x") -> contact[1].span.x; keys that TOML would quote are quoted."""
    path = ""
    for key in location:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            bare = key.replace("_", "").replace("-", "").isalnum() and key.isascii()
            path += ("." if path else "") + (key if bare else f'"{key}"')
    return path


def shown(value):
    """A value as the case file would have it, cut where it is long."""
    match value:
        case bool():
            text = str(value).lower()
        case dict():
            text = "{ " + ", ".join(f"{key} = {shown(entry)}" for key, entry in value.items()) + " }"
        case list() | tuple():
            text = "[" + ", ".join(shown(entry) for entry in value) + "]"
        case _:
            text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def unknown(path, name, known, kind):
    """The sentence about a name that is none of those known."""
    listed = f"known: {', '.join(known)}" if known else "there is none"
    return f"{path} = '{name}' is no {kind}; {listed}{did_you_mean(name, known)}"


def _walk(table, location):
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
    path, kind, others = (), table, []
    for key in location:
        options = _tables(kind)
        if len(options) > 1:
            kind, others = next(option for option in options if _tag(option) == key), options
        else:
            path, kind, others = (*path, key), _entry(kind, key), []
    tables = _tables(kind)
    return path, tables[0] if len(tables) == 1 else kind, others


def _entry(kind, key):
    """Type of the entry of a table, list or dict."""
    tables = _tables(kind)
    return _fields(tables[0])[key].annotation if tables else get_args(kind)[1 if get_origin(kind) is dict else 0]


def _tables(kind):
    """The tables a type allows: one, several kinds, or none for lists, dicts and single values."""
    if get_origin(kind) is Annotated:
        return _tables(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [table for option in get_args(kind) for table in _tables(option)]
    return [kind] if isclass(kind) and issubclass(kind, BaseModel) else []


def _fields(table):
    """Fields of a table by the key in the file."""
    return {field.alias or name: field for name, field in table.model_fields.items()}


def _keys(table):
    return list(_fields(table))


def _tag(table):
    return get_args(table.model_fields["kind"].annotation)[0]
