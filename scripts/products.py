"""Operator products to 1e-8 as a markdown table: alloys of README against the thickness of the cells.

Run from the top folder as `PYTHONPATH=.:tests:tests/transport python scripts/products.py [1] [2] [3]` (dimensions).
"""

import sys

from cubes import POINTS, RESERVOIRS, THICKNESS, cubes
from test_slow_odd_modes import ALLOYS

CELLS = {1: 48, 2: 24, 3: 8}


def table(dimensions):
    """Print one row per alloy and kind of ends."""
    alloys = dict(POINTS)
    for name, channels in ALLOYS.items():
        if "d3/2" not in channels:
            alloys[name] = tuple(channels.get(channel, 0) for channel in ("s1/2", "p1/2", "p3/2"))
    print("| phase shifts | | " + " | ".join(f"{d}D" for d in dimensions) + " |")
    print("|---|---|" + "---|" * len(dimensions))
    for name, eta in alloys.items():
        for ends in ("reservoirs", "tunnel"):
            columns = []
            for d in dimensions:
                solutions = (cubes(d, CELLS[d], t, eta, ends).solve(RESERVOIRS, rtol=1e-8) for t in THICKNESS)
                columns.append(" ".join(str(solution.products) for solution in solutions))
            print(f"| {name} {eta} | {ends} | " + " | ".join(columns) + " |", flush=True)


if __name__ == "__main__":
    table([int(d) for d in sys.argv[1:]] or [1, 2, 3])
