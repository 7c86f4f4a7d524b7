"""A key that names the discrete operator of a case, and which cases are best solved one after the other."""

import json
from collections.abc import Sequence
from itertools import chain

from boltzsim.case.case import Case
from boltzsim.case.cells import contact_edge


def operator_key(case: Case, reversed_contact: str | None = None, opposite: bool = False) -> str:
    """Text that is equal for cases with the same discrete operator.

    Parameters
    ----------
    case : Case
    reversed_contact : str, optional
        Name of a contact whose magnetisation is reversed.
    opposite : bool
        Whether opposite fields B make no difference, nor rounding errors of a field.
    """
    tables = case.resolved()
    contacts = []
    for contact in case.contact:
        sign = -1 if contact.name == reversed_contact else 1
        magnetic = contact.polarization != 0 or contact.mixing_phase != 0  # an electrode is outside the operator
        axis = [sign * m + 0.0 for m in contact.direction] if magnetic else None
        place = [contact.face, contact_edge(case, contact), sorted(case.contact_cells(contact).items())]
        contacts.append([place, contact.transmission, contact.polarization, contact.mixing_phase, axis])
    same = {key: tables[key] for key in ("material", "grid", "walls", "interface", "field", "angles", "physics")}
    if opposite:
        B = [float(f"{component:.9e}") + 0.0 for component in case.field.B]
        same["field"] = [max(B, [0.0 - component for component in B]), case.field.g]
    same["sizes"] = {axis: case.grid.sizes(axis).tolist() for axis in case.grid.axes if case.grid.is_graded(axis)}
    same |= {key: tables.get(key) for key in ("temperature", "region")}
    return json.dumps([same, contacts, case.solver.preconditioner], sort_keys=True)


def shared(cases: Sequence[Case]) -> list[list[int]]:
    """Groups of cases that save most when they are solved one after the other, in the order of their first ones.

    Cases with the same operator share it. Those in the opposite field follow, since a mirror or a half turn of a device
    often reverses its field and nothing else: their solutions are then images of each other.

    Parameters
    ----------
    cases : sequence of Case

    Returns
    -------
    list of list of int
        Numbers of the cases.
    """
    groups: dict[str, dict[str, list[int]]] = {}
    for number, case in enumerate(cases):
        group = groups.setdefault(operator_key(case, opposite=True), {})
        group.setdefault(operator_key(case), []).append(number)
    return [list(chain.from_iterable(group.values())) for group in groups.values()]
