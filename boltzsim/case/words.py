"""Cases and materials in words: a line for the prompt of Python, a table for a notebook."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from boltzsim.axes import AXES
from boltzsim.case.messages import shown
from boltzsim.material import alloy
from boltzsim.text import html
from boltzsim.text.quantities import quantity

_LISTED = 6  # names in a line; the rest is counted


def case_line(case: Any) -> str:
    """A case in one line: title, grid, metals, contacts, points of its series."""
    parts = [f"{_lengths(case)} in {_cells(case)} cells", f"metals {_names(case.material)}"]
    if case.contact:
        parts.append(f"contacts {_names(contact.name for contact in case.contact)}")
    if case.series:
        parts.append(f"series over {_names(case.series)}")
    return f"<Case {case.title!r}: {'; '.join(parts)}>"


def case_table(case: Any) -> str:
    """A case as a table in HTML: grid, metals, contacts with their drives, measures and series."""
    rows = [["grid", f"{axis}: {_axis(case, axis)}"] for axis in AXES if _axis(case, axis)]
    rows += [[f"metal {name}", ", ".join(_metal(material))] for name, material in case.material.items()]
    rows += [[f"contact {contact.name}", ", ".join(_contact(contact))] for contact in case.contact]
    if any(case.field.B):
        rows.append(["magnetic field", ", ".join(quantity(part, "T") for part in case.field.B)])
    for measure in case.resolved().get("measure", []):
        entries = ", ".join(f"{key} {shown(value)}" for key, value in measure.items() if key != "kind")
        rows.append([f"measure {measure['kind']}", entries])
    rows += [[f"series {name}", ", ".join(paths)] for name, paths in case.series.items()]
    return html.table(case.title or "Case", [], rows)


def material_line(material: Any) -> str:
    """A metal in one line."""
    return f"<Material {'; '.join(_metal(material))}>"


def material_table(material: Any) -> str:
    """A metal as a table in HTML: host and impurities."""
    rows = [["host", ", ".join(_metal(material))]]
    for impurity in material.impurity:
        shifts = ", ".join(f"{channel} {eta:.4g} rad" for channel, eta in impurity.channels.items())
        rows.append([impurity.name, f"{impurity.concentration:g} per carrier; {shifts}"])
    return html.table("Material", [], rows)


def _metal(material: Any) -> Iterator[str]:
    yield f"k_F {material.k_F * 1e-9:.4g} 1/nm"
    if material.given_background.varies:
        yield "a host that varies with temperature"
    else:
        path = alloy.mean_free_path(material)
        yield f"mean free path {quantity(path, 'm')}" if math.isfinite(path) else "nothing scatters"
    for impurity in material.impurity:
        yield f"impurity {impurity.name} {100 * impurity.concentration:.4g} %"


def _contact(contact: Any) -> Iterator[str]:
    yield contact.face
    yield f"transmission {contact.transmission:g}"
    if contact.polarization:
        yield f"polarization {contact.polarization:g} along ({_numbers(contact.direction)})"
    if contact.floating:
        yield "floating"
    elif contact.voltage is None:
        yield quantity(contact.current, "A")
    else:
        yield quantity(contact.voltage, "V")


def _numbers(vector: Iterable[float]) -> str:
    return ", ".join(f"{part:.4g}" for part in vector)


def _axis(case: Any, axis: str) -> str:
    table = getattr(case.grid, axis)
    length = quantity(table.length, "m") if table.length else ""
    return f"{length} in {table.cells} cells" if table.cells else length and f"{length}, uniform"


def _lengths(case: Any) -> str:
    return " × ".join(
        quantity(getattr(case.grid, axis).length, "m") for axis in AXES if getattr(case.grid, axis).length
    )


def _cells(case: Any) -> str:
    return " × ".join(str(case.grid.cells(axis)) for axis in case.grid.axes)


def _names(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
