"""A key that names the discrete operator of a case: equal keys, equal operators."""

import json

from boltzsim.case.case import Case
from boltzsim.case.cells import contact_edge


def operator_key(case: Case, reversed_contact: str | None = None) -> str:
    """Text that is equal for cases with the same discrete operator.

    Parameters
    ----------
    case : Case
    reversed_contact : str, optional
        Name of a contact whose magnetisation is reversed.
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
    same["sizes"] = {axis: case.grid.sizes(axis).tolist() for axis in case.grid.axes if case.grid.is_graded(axis)}
    same |= {key: tables.get(key) for key in ("temperature", "region")}
    return json.dumps([same, contacts, case.solver.preconditioner], sort_keys=True)
