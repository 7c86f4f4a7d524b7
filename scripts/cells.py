"""Errors of a valve with narrow contacts against the number of cells, equal and graded, as a markdown table.

Run from the top folder as `PYTHONPATH=.:tests python scripts/cells.py`; it takes ten minutes.
"""

import time

import narrow_contacts

import boltzsim

FINEST = narrow_contacts.graded(360, 48, 0.5, 1.4**0.25)
GRIDS = {
    "equal": [narrow_contacts.uniform(fineness) for fineness in (2, 4, 8, 16)],
    "graded": [narrow_contacts.graded(*grid) for grid in ((70, 10, 4), (90, 12, 2), (140, 20, 2, 1.4**0.5))],
}


def table():
    """Print one row per grid."""
    exact = narrow_contacts.numbers(boltzsim.run(narrow_contacts.valve(*FINEST)))
    print(
        "| cells | along × across | number | finest | error of R | error of ΔR | time |\n|---|---|---|---|---|---|---|"
    )
    for kind, grids in GRIDS.items():
        for x, z in grids:
            case, began = narrow_contacts.valve(x, z), time.perf_counter()
            found = narrow_contacts.numbers(boltzsim.run(case))
            seconds = time.perf_counter() - began
            errors = [f"{one / other - 1:+.2%}" for one, other in zip(found, exact, strict=True)]
            finest = f"{1e9 * case.grid.sizes('x').min():.3g} nm"
            number = x["cells"] * z["cells"]
            row = [kind, f"{x['cells']} × {z['cells']}", f"{number:,}", finest, *errors, f"{seconds:.0f} s"]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    table()
