#!/usr/bin/env python
"""Make hanle.csv, measured data as a lock-in amplifier would leave them, from the solved series of cases/hanle.toml.

    boltzsim series cases/hanle.toml -o hanle.h5
    python cases/fits/measured.py hanle.h5

R_P and R_AP of both magnetisations get an offset of 0.35 mΩ and Gaussian noise of 0.12 mΩ (seed 13).
"""

import sys
from pathlib import Path

import numpy as np

import boltzsim

NOISE, OFFSET, SEED = 0.12e-3, 0.35e-3, 13
COLUMNS = {"along": 0, "across": 1}  # the magnetisations of the series


def main():
    series = boltzsim.open(sys.argv[1])
    rng = np.random.default_rng(SEED)
    measure, field = series.measures[0], series.axes[1].coordinate
    header, columns = ["B (mT)"], [1e3 * field]
    for name, number in COLUMNS.items():
        for state in ("P", "AP"):
            signal = measure.extra[f"R_{state}"][number] + OFFSET + NOISE * rng.standard_normal(len(field))
            header.append(f"R_{state} {name} (mOhm)")
            columns.append(1e3 * signal)
    lines = [
        "# Lock-in signals of the spin valve in cases/hanle.toml: R_P and R_AP, magnets along and across the channel,",
        f"# by the kinetic equation (boltzsim {boltzsim.__version__}) with an offset of {1e3 * OFFSET:g} mOhm and",
        f"# noise of {1e3 * NOISE:g} mOhm from numpy's default_rng({SEED}); made by measured.py",
        ", ".join(header),
        *(", ".join([f"{row[0]:.0f}", *(f"{value:.4f}" for value in row[1:])]) for row in zip(*columns, strict=True)),
    ]
    Path(__file__).with_name("hanle.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
