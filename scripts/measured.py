#!/usr/bin/env python
"""Make cases/fits/hanle.csv, data as an instrument would leave them, from the solved series of cases/hanle.toml.

    boltzsim series cases/hanle.toml -o hanle.h5
    python scripts/measured.py hanle.h5

R_P and R_AP of both magnetisations get an offset of 0.35 mΩ and Gaussian noise of 0.12 mΩ (seed 13); one point is lost.
"""

import sys
from pathlib import Path

import numpy as np

import boltzsim

FILE = Path(__file__).resolve().parent.parent / "cases" / "fits" / "hanle.csv"
NOISE, OFFSET, SEED = 0.12e-3, 0.35e-3, 13
LOST = 7, 2  # line and column of the point that is missing
DIRECTIONS = ("along", "across")  # the magnetisations of the series
HEAD = f"""# Spin valve of cases/hanle.toml, magnets along and across the channel, out-of-plane field
# Signals by the kinetic equation with an offset of {1e3 * OFFSET:g} mOhm and noise of {1e3 * NOISE:g} mOhm, seed {SEED}
"""


def main():
    series = boltzsim.open(sys.argv[1])
    rng = np.random.default_rng(SEED)
    measure, field = series.measures[0], series.axes[1].coordinate
    columns = {"T [K]": np.full(len(field), 4.2), "B [mT]": 1e3 * field}
    for number, name in enumerate(DIRECTIONS):
        for state in ("R_P", "R_AP"):
            signal = measure.extra[state][number] + OFFSET + NOISE * rng.standard_normal(len(field))
            columns[f"{state} {name} [mOhm]"] = 1e3 * signal
    rows = [[f"{values[i]:.5g}" for values in columns.values()] for i in range(len(field))]
    rows[LOST[0]][LOST[1]] = ""
    FILE.write_text(HEAD + "".join("; ".join(row) + "\n" for row in [list(columns), *rows]))


if __name__ == "__main__":
    main()
