"""A key that names the discrete operator of a case: equal keys, equal operators."""

import json

from boltzsim.case.case import Case


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
        cells = sorted(case.contact_cells(contact).items())
        contacts.append([contact.face, cells, contact.transmission, contact.polarization, contact.mixing_phase, axis])
    same = {key: tables[key] for key in ("material", "grid", "walls", "field", "angles", "physics")}
    return json.dumps([same, tables.get("region"), contacts, case.solver.preconditioner], sort_keys=True)
