"""Sentences about mistakes in a case: where, the value, what is allowed, a remedy."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from boltzsim.case.schema import entry_of, fields_of, keys_of, tables_of, tag_of, walk
from boltzsim.units import did_you_mean

#: Keys that earlier versions had, and the remedy.
GONE = {
    "physics.side_jump_boundary": "delete the line: walls, contacts and interfaces always use the reciprocal side-jump "
    "flux, which was 'equilibrium'"
}


#: Keys that people expect elsewhere or by another name, and where the matter is.
ELSEWHERE = {
    "spin_hall_angle": "the spin Hall effect follows from the channels of [[material.NAME.impurity]]; the diffusion "
    "model alone takes a number, material.NAME.diffusion.theta_sH",
    "conductivity": 'give its inverse, for example resistivity = "2 uOhm cm"',
    "spin_lifetime": "give a spin_diffusion_length, or background.tau_sf",
    "ground": 'write voltage = "0 V"',
    "grounded": 'write voltage = "0 V"',
    "magnetization": "write direction = [1, 0, 0]",
    "magnetisation": "write direction = [1, 0, 0]",
    **{f"B{axis}": f"write the vector B, or in a series the path field.B.{axis}" for axis in "xyz"},
}
ELSEWHERE["theta_sH"] = ELSEWHERE["spin_hall_angle"]


def sentence(table: type[BaseModel], error: Any) -> str:
    """One problem in our words, from one entry of pydantic's list."""
    location, value, kind, context = error["loc"], error["input"], error["type"], error.get("ctx", {})
    if kind == "value_error" and location[-1:] != ("[key]",) and tables_of(walk(table, location)[1]):
        path = key_path(walk(table, location)[0])  # entries of a table that do not go together
        return f"{path}{'.' if path else ''}{context['error']}"
    if not location:
        return f"{table.__name__} {_complaint(kind, context, value)}"
    if location[-1] == "[key]":
        allowed = _options(context["expected"])
        path = key_path(walk(table, location[:-2])[0] + location[-2:-1])
        return f"{path} is unknown; allowed: {', '.join(allowed)}{did_you_mean(value, allowed)}"
    where, holder, others = walk(table, location[:-1])
    path = key_path((*where, location[-1]))
    if kind == "extra_forbidden":
        if path in GONE:
            return f"{path} = {shown(value)} is gone (see CHANGELOG.md); {GONE[path]}"
        known = keys_of(holder)
        if location[-1] in {key for other in others for key in keys_of(other)}:
            return f"{path} does not belong to kind = '{tag_of(holder)}'; its keys: {', '.join(known)}"
        return f"{path} is unknown{elsewhere(location[-1], known)}"
    if kind == "missing":
        example = (fields_of(holder)[location[-1]].examples or [None])[0]
        return f"{path} is missing" + (f"; give for example {example}" if example else "")
    if kind == "union_tag_not_found":
        kinds = [tag_of(option) for option in tables_of(entry_of(holder, location[-1]))]
        return f"{path}.kind is missing; choose one of {', '.join(kinds)}"
    if kind == "union_tag_invalid":
        options = {"expected": context["expected_tags"]}
        return f"{path}.kind = {shown(context['tag'])} {_complaint('literal_error', options, context['tag'])}"
    tables = tables_of(entry_of(holder, location[-1])) if kind.startswith("model") and len(location) > 1 else []
    return f"{path} = {shown(value)} {_complaint(kind, context, value, *tables[:1])}"


def elsewhere(key: str, known: Iterable[str]) -> str:
    """The end of the sentence about an unknown key: where the matter is, a known key nearby, or all of them."""
    if key in ELSEWHERE:
        return f"; {ELSEWHERE[key]}"
    return did_you_mean(key, known) or f"; known keys: {', '.join(known)}"


def _complaint(kind: str, context: Any, value: Any, table: type[BaseModel] | None = None) -> str:
    """The end of a sentence that starts with the path and the value; `table` is the table that should be there."""
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
            if table and not any(isinstance(entry, dict) for entry in (value if isinstance(value, list) else [])):
                return f"must be a table with the keys {', '.join(keys_of(table))}: {{ key = value, … }}"
            return "must be a table" + (": write its header in single brackets, […]" if isinstance(value, list) else "")
    return "is not allowed here"


def _options(expected: str) -> list[str]:
    """The options in pydantic's "'a', 'b' or 'c'"."""
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def key_path(location: Iterable[str | int]) -> str:
    """("contact", 1, "span", "x") -> contact[1].span.x; keys that TOML would quote are quoted."""
    path = ""
    for key in location:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            bare = key.replace("_", "").replace("-", "").isalnum() and key.isascii()
            path += ("." if path else "") + (key if bare else f'"{key}"')
    return path


def shown(value: Any) -> str:
    """A value as the case file would have it, cut where it is long."""
    match value:
        case bool():
            text = str(value).lower()
        case int() if value.bit_length() > 1024:
            text = f"an integer of {value.bit_length()} bits"
        case dict():
            text = "{ " + ", ".join(f"{key} = {shown(entry)}" for key, entry in value.items()) + " }"
        case list() | tuple():
            text = "[" + ", ".join(shown(entry) for entry in value) + "]"
        case _:
            text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def unknown(path: str, name: str, known: Iterable[str], kind: str) -> str:
    """The sentence about a name that is none of those known."""
    known = list(known)
    listed = f"known: {', '.join(known)}" if known else "there is none"
    return f"{path} = '{name}' is no {kind}; {listed}{did_you_mean(name, known)}"
