#!/usr/bin/env python
"""Measure speed: sweeps against two machine bounds, solves, memory and start-up. Medians over repeats, compiling apart.

    python scripts/bench.py [--json] [--quick]

Processor time of a run with one thread, wall time with several; compare ratios, not times, on a shared machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numba
import numpy as np

import boltzsim
from boltzsim.device.build import transport_of
from boltzsim.transport.grid import Grid
from boltzsim.transport.ordinates import octants, product
from boltzsim.transport.precision import in_single
from boltzsim.transport.sweep import Sweep

CASES = Path(__file__).resolve().parent.parent / "cases"
SWEEPS = {1: ((2,), (8000,)), 2: ((0, 2), (160, 64)), 3: ((0, 1, 2), (48, 24, 16))}


def median(action, repeats, clock=time.perf_counter):
    """Median duration of an action in s, after one run that compiles and fills caches."""
    action()
    durations = []
    for _ in range(repeats):
        began = clock()
        action()
        durations.append(clock() - began)
    return float(np.median(durations))


def sweeps(repeats):
    """ns per corner unknown (cells × 2^d corners × ordinates × 4) of one sweep with both moment products."""
    rows = []
    for d, (axes, cells) in SWEEPS.items():
        for degree in (2, 4):
            blocks = octants(product(8, 16), axes, widest=16 if d == 3 else 32)
            grid = Grid(axes, cells, (0.3,) * d, np.zeros(int(np.prod(cells)), np.int64), (False,) * d)
            sweep = Sweep(grid, blocks, degree, np.array([1.0]))
            unknowns = sweep.shape[0] * sweep.shape[1] * len(blocks.ordinates.weights) * 4
            row = {"dimensions": d, "moments": sweep.shape[2], "unknowns": unknowns}
            for name, one in (("double", sweep), ("single", in_single(sweep))):
                source = np.random.default_rng(0).standard_normal(sweep.shape).astype(one.precision)
                faces = one.faces()
                row |= timed_sweeps(name, lambda s=one, q=source, f=faces: s(q, f), unknowns, repeats)
            rows.append(row)
    return rows


def timed_sweeps(name, sweep, unknowns, repeats):
    """ns per unknown with one thread and two, and how much faster two are."""
    row = {}
    for threads in (1, 2):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        clock = time.process_time if threads == 1 else time.perf_counter
        row[f"{name}_ns_{threads}"] = median(sweep, repeats, clock) / unknowns * 1e9
    numba.set_num_threads(1)
    began = time.perf_counter()
    sweep()
    row[f"{name}_speedup"] = (time.perf_counter() - began) / (row[f"{name}_ns_2"] * unknowns * 1e-9)
    return row


def yardsticks(repeats):
    """What the machine allows: copying a large array, and the moment products of a sweep as matrix products."""
    large = np.ones(20_000_000)
    copy = np.empty_like(large)
    copying = median(lambda: np.copyto(copy, large), repeats)
    rows, ordinates, moments = 4096, 16, 9
    left, right = np.ones((rows, moments)), np.ones((moments, ordinates))
    out, back = np.empty((rows, ordinates)), np.empty((rows, moments))

    def products():
        np.matmul(left, right, out=out)
        np.matmul(out, right.T, out=back)

    square = np.ones((512, 512))
    return {
        "copy_GB_per_s": 16 * large.size / copying / 1e9,
        "products_ns_per_unknown": median(products, repeats, time.process_time) / (rows * ordinates) * 1e9,
        "matmul_GFlop_per_s": 2 * 512**3 / median(lambda: square @ square, repeats, time.process_time) / 1e9,
    }


def solve(case):
    """Time to solution of a case's first source, its products and the preconditioner's share, in either precision."""
    set_up(case)  # compile
    began = time.perf_counter()
    transport = set_up(case)
    setup = time.perf_counter() - began
    share = [0.0]
    for equation in (transport, transport.single):
        equation.preconditioner = timed(equation.preconditioner, share)
    potentials = np.eye(len(case.contact), 1) * np.eye(1, 4)
    transport.solve(potentials, rtol=0.5)  # compile
    share[0], began = 0.0, time.perf_counter()
    solution = transport.solve(potentials)
    seconds = time.perf_counter() - began
    unknowns = solution.phi.shape[0] * solution.phi.shape[1] * len(transport.octants.ordinates.weights) * 4
    return {
        "unknowns": unknowns,
        "setup_s": setup,
        "solve_s": seconds,
        "products": solution.products,
        "sweeps": solution.sweeps,
        "in_single": solution.single,
        "rounds": solution.rounds,
        "preconditioner_share": share[0] / seconds,
        "balance": max(solution.charge_balance, solution.spin_balance),
        "krylov_GiB": sum(
            block.nbytes for one in (transport, transport.single) for basis in one.bases for block in basis.blocks
        )
        / 2**30,
        "peak_GiB": peak_memory(),
    }


def set_up(case):
    """The discrete equation, and the preconditioner in the precision of its products, made at its first use."""
    transport = transport_of(case)
    used = transport.single if np.isfinite(transport.left_by_a_round) else transport
    used._precondition(np.zeros_like(used._applied))
    return transport


def peak_memory():
    """Largest memory of this process so far in GiB; `resource` would count that of the process which started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def timed(preconditioner, share):
    """A preconditioner that adds up the time it takes in share[0]."""

    class Timed(type(preconditioner)):
        def __call__(self, *arguments):
            start = time.perf_counter()
            super().__call__(*arguments)
            share[0] += time.perf_counter() - start

    preconditioner.__class__ = Timed
    return preconditioner


def whole(case):
    """Time, sweeps and memory of a run to 1e-8: set-up and all sources, reversed contacts too."""
    report = boltzsim.run(case.replace(solver={"rtol": 1e-8})).solver
    return {
        "run_s": sum(report.wall_time.values()),
        "run_sweeps": report.products_total,
        "run_peak_GiB": peak_memory(),
    }


def isolated(part, name, cells):
    """`solve` or `whole` in a process of its own, so that the peak memory is its own."""
    command = [sys.executable, __file__, "--one", part, name, *map(str, cells)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def sized(name, cells):
    """A shipped case on another grid."""
    case = boltzsim.load_case(CASES / f"{name}.toml")
    grid = case.resolved()["grid"]
    for axis, number in zip(case.grid.axes, cells, strict=bool(cells)):
        grid[axis]["cells"] = number
    return case.replace(grid=grid)


def solves(quick):
    """Shipped cases, and three sizes of a valve in two and three dimensions."""
    sizes = [
        (path.stem, ())
        for path in sorted(CASES.glob("*.toml"))
        if path.stem in ("slab", "crossed_media", "spin_hall_bar")
    ]
    sizes += [("nlsv_longitudinal", cells) for cells in ((80, 8), (160, 16), (320, 32))]
    sizes += [("nlsv_3d", cells) for cells in ((24, 6, 4), (48, 12, 8), (96, 24, 16))[: 2 if quick else 3]]
    return [
        {"case": name, "cells": cells, **isolated("solve", name, cells), **isolated("whole", name, cells)}
        for name, cells in sizes
    ]


def startup():
    """Wall time of whole commands, the second run each: kernels are in the cache."""
    commands = {
        "--help": ["--help"],
        "check slab": ["check", CASES / "slab.toml"],
        "run slab": ["run", CASES / "slab.toml"],
    }
    timings = {}
    for name, arguments in commands.items():
        command = [sys.executable, "-m", "boltzsim", *map(str, arguments)]
        timings[name] = median(lambda c=command: subprocess.run(c, capture_output=True, check=True), 3)
    return timings


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, without the largest solve")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        part, name, *cells = options.one
        print(json.dumps({"solve": solve, "whole": whole}[part](sized(name, [int(n) for n in cells]))))
        return
    repeats = 5 if options.quick else 15
    report = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "yardsticks": yardsticks(repeats),
        "sweeps": sweeps(repeats),
        "solves": solves(options.quick),
        "startup_s": startup(),
    }
    if options.json:
        print(json.dumps(report, indent=1))
        return
    for name, part in report.items():
        print(f"\n{name}")
        for row in part if isinstance(part, list) else [part]:
            print(
                "  "
                + "  ".join(
                    f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
                )
            )


if __name__ == "__main__":
    main()
