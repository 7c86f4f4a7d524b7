"""Errors of a valve with narrow contacts against the number of cells, equal and graded, as a markdown table.

Run from the top folder as `PYTHONPATH=.:tests python scripts/cells.py`; it takes five minutes of one core.
"""

import time

import narrow_contacts

import boltzsim

FINEST = narrow_contacts.graded(360, 48, 0.5, 1.4**0.25)
GRIDS = {
    "equal": [narrow_contacts.uniform(fineness) for fineness in (4, 8, 16)],
    "graded": [
        narrow_contacts.graded(*grid)
        for grid in ((70, 10, 4), (90, 12, 2), (140, 20, 2, 1.4**0.5), (180, 24, 1, 1.4**0.5))
    ],
}


def table():
    """Print one row per grid."""
    exact = narrow_contacts.numbers(boltzsim.run(narrow_contacts.valve(*FINEST)))
    print("| cells | along × across | number | finest | growth | error of R | error of ΔR | time |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for kind, grids in GRIDS.items():
        for x, z in grids:
            case, began = narrow_contacts.valve(x, z), time.process_time()
            found = narrow_contacts.numbers(boltzsim.run(case))
            seconds = time.process_time() - began
            errors = [f"{one / other - 1:+.3%}" for one, other in zip(found, exact, strict=True)]
            sizes = f"{1e9 * case.grid.sizes('x').min():.3g} nm", f"{x['growth']:.3g}" if "growth" in x else ""
            number = f"{x['cells'] * z['cells']:,}"
            row = [kind, f"{x['cells']} × {z['cells']}", number, *sizes, *errors, f"{seconds:.1f} s"]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    table()
