"""Damaged case files: values, keys and texts changed at random, each read as the command line reads it.

A case is either read or refused with one message; a traceback, another exit code or a hang is a fault.
"""

import copy
import json
import random
import signal
import tempfile
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from boltzsim.cli import app

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.toml"))
PATIENCE = 20  # s for one case
VALUES = [
    None, True, False, 0, -1, 1, 2, 10**4, 10**12, 10**400, 0.5, -0.5, 1e-300, 1e300, "", "nan", "inf", "-inf",
    "x_min", "1 nm", "-1 nm", "1e400 nm", "1 parsec", "1,5 nm", "0 V", "1 mV", "1e308 m", "90 deg", "é∞\u202e", "\x00",
    "\x1b[31m", "a" * 5000, "../../x", "time", "nonlocal_0", ".", [], [[]], [1], [1, 2, 3], [0, 0, 0], ["x", "y"],
    [None], {}, {"a": 1}, {"from": 0, "to": 1, "count": 10**6}, float("nan"), float("inf"),
    [[[[[[[[[[[[]]]]]]]]]]]], ["1 nm", "0 nm"],
]  # fmt: skip


def leaves(table, path=()):
    """Paths of everything in nested dicts and lists, the containers too."""
    entries = table.items() if isinstance(table, dict) else enumerate(table)
    for key, value in entries:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from leaves(value, (*path, key))


def changed(tables, rng):
    """Nested tables with one to three entries replaced, deleted, doubled or renamed."""
    tables = copy.deepcopy(tables)
    for _ in range(rng.randint(1, 3)):
        path = rng.choice(list(leaves(tables)))
        holder = tables
        for key in path[:-1]:
            holder = holder[key]
        key, how = path[-1], rng.random()
        if how < 0.5 and not isinstance(holder[key], (dict, list)):
            holder[key] = scaled(holder[key], rng)
        elif how < 0.65:
            holder[key] = rng.choice(VALUES)
        elif how < 0.8:
            del holder[key]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[rng.choice(["name", "kind", "x", "cells", "face", str(key) + "s", "", "é", "a.b"])] = holder.pop(key)
        if not tables:
            break
    return tables


def scaled(value, rng):
    """A number, with or without unit, by up to three decades larger or smaller; anything else as it is."""
    factor = 10 ** rng.uniform(-3, 3)
    if isinstance(value, str) and (parts := value.split(" ", 1))[1:]:
        try:
            return f"{float(parts[0]) * factor:.6g} {parts[1]}"
        except ValueError:
            return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if isinstance(value, int):
        return value * round(1000 * factor) // 1000
    return value * factor


def toml(value):
    """TOML text of nested values; what TOML cannot hold is written as a word, which no reader takes."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(str(k))} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if value is None:
        return "nothing"
    if isinstance(value, float) and value != value:
        return "nan"
    return json.dumps(value, ensure_ascii=False).replace("Infinity", "inf")


def damaged(text, rng):
    """The bytes of a text with some of them changed, cut off or doubled."""
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 6)):
        at, how = rng.randrange(len(data) or 1), rng.random()
        if how < 0.5 and data:
            data[at] = rng.randrange(256)
        elif how < 0.7:
            del data[at : at + rng.randint(1, 40)]
        elif how < 0.9:
            data[at:at] = data[at : at + rng.randint(1, 40)]
        else:
            data[at:at] = rng.choice([b"\xef\xbb\xbf", b"\r", b"[[", b"]]", b'"', b"=", b"9" * 5000, b"\x00"])
    return bytes(data)


def run(count, seed=0):
    """Check `count` damaged cases.

    Returns
    -------
    dict
        read, refused: how many; faults: list of (number, text, what happened).
    """
    rng, runner, found = random.Random(seed), CliRunner(), {"read": 0, "refused": 0, "faults": []}
    texts = [path.read_text() for path in CASES]
    tables = [tomllib.loads(text) for text in texts]

    def late(*_):
        raise TimeoutError(f"no answer in {PATIENCE} s")

    previous = signal.signal(signal.SIGALRM, late)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "case.toml"
            for number in range(count):
                if rng.random() < 0.7:
                    lines = (f"{json.dumps(str(k))} = {toml(v)}\n" for k, v in changed(rng.choice(tables), rng).items())
                    data = "".join(lines).encode(errors="surrogatepass")
                else:
                    data = damaged(rng.choice(texts), rng)
                path.write_bytes(data)
                signal.alarm(PATIENCE)
                done = runner.invoke(app, ["check", str(path)])
                signal.alarm(0)
                wrong = done.exception is not None and not isinstance(done.exception, SystemExit)
                if wrong or done.exit_code not in (0, 2):
                    found["faults"].append((number, data, repr(done.exception) if wrong else done.output))
                found["read" if done.exit_code == 0 else "refused"] += 1
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    return found
