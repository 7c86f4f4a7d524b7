"""Runs whose disk is full or read-only: results, checkpoints, points of a series, and the kernel cache.

The disks are small file systems in memory, mounted for the attack; where the system does not allow that (it takes the
rights of the administrator on Linux), the attack says so and counts nothing. A run must end with its result, or with
exit code 4 and one message, and an earlier result must still be there, whole.
"""

import os
import random
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from campaign_files import SERIES, STEADY, TRANSIENT

import boltzsim

KINDS = {
    "steady": STEADY.replace("cells = 6", "cells = 400") + '[solver]\ncheckpoint = "0.01 s"\n',
    "transient": TRANSIENT.replace("cells = 6", "cells = 400") + '[solver]\ncheckpoint = "0.01 s"\n',
    "series": SERIES,
}
PATIENCE = 300  # s for one run, which may have to compile its kernels


def run(count, seed=0):
    """Run `count` cases with a full or read-only disk under their output or under the kernel cache.

    Returns
    -------
    dict
        finished, refused: how many; faults: list of (kind, what the disk held, exit code, message).
    """
    rng, found = random.Random(seed), {"finished": 0, "refused": 0, "faults": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not _can_mount(folder):
            print("disks: this system lets nobody mount a file system here, so no disk was filled", flush=True)
            return found
        whole = {}
        for kind, text in KINDS.items():
            (folder / f"{kind}.toml").write_text(text)
            if kind != "series":
                boltzsim.run(boltzsim.load_case(folder / f"{kind}.toml"), output=folder / f"{kind}.h5")
                whole[kind] = (folder / f"{kind}.h5").read_bytes()
        for _ in range(count):
            kind = rng.choice(list(KINDS))
            under, full = rng.choice(["output", "output", "cache"]), rng.random() < 0.7
            old = whole.get(kind) if under == "output" and rng.random() < 0.5 else None
            size = (len(old) if old else 0) + int(10 ** rng.uniform(3.7, 6.5))
            with _disk(folder / "disk", size) as disk:
                output = (disk if under == "output" else folder) / f"out-{kind}.h5"
                if old:
                    output.write_bytes(old)
                if not full:
                    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
                done = _boltzsim(kind, folder, output, disk if under == "cache" else None)
                fault = _fault(done, under, output, old)
                if fault:
                    state = f"{'full' if full else 'read-only'} disk of {size} bytes under the {under}"
                    found["faults"].append((kind, state, done.returncode, fault, done.stderr[-2000:]))
                found["finished" if done.returncode == 0 else "refused"] += 1
                if under == "cache" and output.is_file():
                    output.unlink()
    return found


def _boltzsim(kind, folder, output, cache):
    verb = "series" if kind == "series" else "run"
    command = [sys.executable, "-m", "boltzsim", verb, str(folder / f"{kind}.toml"), "-o", str(output)]
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": str(cache)} if cache else {})}
    return subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, env=environment
    )


def _fault(done, under, output, old):
    """A sentence about what went wrong, or None."""
    if "Traceback" in done.stderr:
        return "a traceback"
    if done.returncode not in ((0,) if under == "cache" else (0, 4)):
        return "this exit code says something else"
    if done.returncode and not done.stderr.strip():
        return "no message"
    if done.returncode and old and output.read_bytes() != old:
        return "the earlier result is lost"
    if done.returncode == 0 and "series" not in output.name:
        boltzsim.open(output)  # which compares the digest
    return None


def _can_mount(folder):
    try:
        with _disk(folder / "trial", 2**16):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def _disk(place, size):
    """A file system of `size` bytes in memory."""
    place.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True, stderr=subprocess.DEVNULL
    )
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
