"""Errors of thin channels against the number of directions, as a markdown table.

Run from the top folder as `PYTHONPATH=.:tests:tests/transport python scripts/ordinates.py`.
"""

from test_thin_channels import CHANNELS

from boltzsim.transport.ordinates import double_gauss, graded, product

SETS = {
    "product about z": (product, "z", ((8, 16), (16, 32), (16, 64), (32, 64))),
    "product about x": (product, "x", ((8, 16), (16, 16), (32, 16), (48, 16), (16, 64))),
    "double-gauss about z": (double_gauss, "z", ((4, 16), (8, 16), (8, 32))),
    "graded about x": (graded, "x", ((6, 8), (6, 16), (8, 16), (8, 32))),
}


def table():
    """Print one row per set."""
    exact = {name: solve(reference) for name, (solve, reference) in CHANNELS.items()}
    print("| set | levels × azimuths | ordinates | " + " | ".join(exact) + " |")
    print("|---|---|---|" + "---|" * len(exact))
    for name, (make, axis, sizes) in SETS.items():
        for polar, azimuthal in sizes:
            ordinates = make(polar, azimuthal, axis)
            errors = [f"{solve(ordinates) / exact[channel] - 1:+.2%}" for channel, (solve, _) in CHANNELS.items()]
            halves = "2 × " if make is not product else ""
            row = [name, f"{halves}{polar} × {azimuthal}", str(len(ordinates.weights)), *errors]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    table()
