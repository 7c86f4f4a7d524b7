"""Damaged HDF5 files: bits flipped, bytes cut off and overwritten, datasets exchanged, in every kind of file we write.

A file is either read, with the numbers that were written, or refused with one message and exit code 4.
"""

import random
import tempfile
from pathlib import Path

import h5py
import numpy as np
from typer.testing import CliRunner

import boltzsim
from boltzsim.cli import app
from boltzsim.runs import series as engine
from boltzsim.store import checkpoint as checkpoints

STEADY = """
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
concentration = 0.02
channels = { "s1/2" = 0.1, "p1/2" = 1.5 }
[grid]
z = { length = "20 nm", cells = 6 }
[angles]
quadrature = "double-gauss"
polar = 4
azimuthal = 6
axis = "z"
[[contact]]
name = "near"
face = "z_min"
current = "1 uA"
[[contact]]
name = "far"
face = "z_max"
voltage = "0 V"
[[measure]]
kind = "nonlocal"
injector = "near"
detector = "near"
reference = "far"
"""
TRANSIENT = (
    STEADY.replace('current = "1 uA"', 'voltage = "1 mV"').split("[[measure]]")[0]
    + '[time]\nend = "20 fs"\nstep = "5 fs"\nkeep_state = true\n'
)
SERIES = STEADY + "[series.field]\nfield.B.z = ['0 T', '1 T']\n"


def originals(folder):
    """A steady and a transient result and a collected series: name -> path."""
    paths = {}
    for name, text in (("steady", STEADY), ("transient", TRANSIENT)):
        (folder / f"{name}.toml").write_text(text)
        paths[name] = folder / f"{name}.h5"
        boltzsim.run(boltzsim.load_case(folder / f"{name}.toml"), output=paths[name])
    (folder / "series.toml").write_text(SERIES)
    case = boltzsim.load_case(folder / "series.toml")
    paths["series"] = folder / "series.h5"
    engine.run_series(case, folder / "points")
    engine.collect(case, folder / "points").save(paths["series"])
    return paths


def damage(data, rng, path):
    """Write damaged bytes to a path."""
    data, how = bytearray(data), rng.random()
    if how < 0.4:
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif how < 0.6:
        data = data[: rng.randrange(len(data))]
    elif how < 0.8:
        at = rng.randrange(len(data))
        data[at : at + rng.randint(1, 200)] = rng.randbytes(rng.randint(1, 200))
    path.write_bytes(bytes(data))
    if how >= 0.8:
        _exchange(path, rng)


def _exchange(path, rng):
    """Delete a dataset or attribute, or put something of another type or shape in its place."""
    with h5py.File(path, "r+") as file:
        names = []
        file.visit(names.append)
        name = rng.choice(names)
        attributes = list(file[name].attrs)
        if attributes and rng.random() < 0.4:
            key = rng.choice(attributes)
            if key not in ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"):
                file[name].attrs[key] = rng.choice(["", -1, np.nan, np.arange(3.0), b"\xff\xfe"])
            return
        del file[name]
        if rng.random() < 0.6:
            file[name] = rng.choice([np.nan, -1, "word", np.zeros((0, 3)), np.zeros((2, 2, 2)), np.arange(5)])


def run(count, seed=0):
    """Read `count` damaged files with the commands that read them.

    Returns
    -------
    dict
        read, refused: how many; faults: list of (number, kind, command, what happened).
    """
    rng, runner, found = random.Random(seed), CliRunner(), {"read": 0, "refused": 0, "faults": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = originals(folder)
        whole = {kind: path.read_bytes() for kind, path in paths.items()}
        numbers = {kind: _numbers(path) for kind, path in paths.items() if kind != "series"}
        for number in range(count):
            kind = rng.choice(list(paths))
            path = folder / "damaged.h5"
            damage(whole[kind], rng, path)
            command = ["report"] if kind == "series" else rng.choice([["plot"], ["resume"]])
            for left in (*folder.glob("damaged*.png"), checkpoints.checkpoint_of(path)):
                left.unlink(missing_ok=True)
            done = runner.invoke(app, [*command, str(path)])
            wrong = done.exception is not None and not isinstance(done.exception, SystemExit)
            # 2: a result that is complete cannot be resumed, and a case that contradicts itself is a bad case
            if wrong or done.exit_code not in (0, 2, 4):
                found["faults"].append((number, kind, command, repr(done.exception) if wrong else done.output))
            elif done.exit_code == 0 and kind in numbers and not _same(numbers[kind], path):
                found["faults"].append((number, kind, command, "other numbers were read, without a word"))
            found["read" if done.exit_code == 0 else "refused"] += 1
    return found


def _numbers(path):
    result = boltzsim.open(path)
    return {**result.fields, "current": result.terminals.current, "voltage": result.terminals.voltage}


def _same(expected, path):
    """Whether a file that can be read has the numbers that were written."""
    return all(np.array_equal(values, expected[name]) for name, values in _numbers(path).items())
