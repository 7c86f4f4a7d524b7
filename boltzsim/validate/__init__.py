"""Validation: the solver against the diffusion limit, exact modes, reference tables and identities.

One module per family; each has `validate(quick)`, which returns a `boltzsim.validate.record.Family` of checks and of
curves for the figure. Nothing here knows a case: all of it runs on the transport code, in units v_F = Γ = l0 = 1.
"""

from boltzsim.validate import anisotropy, charge, decay, helicity, identities, kondo, published, slabs, spinhall
from boltzsim.validate.record import Check, Family, Line

__all__ = ["FAMILIES", "Check", "Family", "Line", "validate"]

FAMILIES = {
    "charge": charge,
    "decay": decay,
    "helicity": helicity,
    "anisotropy": anisotropy,
    "kondo": kondo,
    "spinhall": spinhall,
    "identities": identities,
    "slabs": slabs,
    "published": published,
}


def validate(quick=False, progress=None):
    """Run every family of checks.

    Parameters
    ----------
    quick : bool
        Fewer points of every ladder and table.
    progress : callable, optional
        Called as progress(family) before each family.

    Returns
    -------
    list of Family
    """
    found = []
    for name, family in FAMILIES.items():
        if progress is not None:
            progress(name)
        found.append(family.validate(quick))
    return found
