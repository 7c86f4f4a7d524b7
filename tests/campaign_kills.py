"""Runs that are killed at random moments and resumed until they end: the numbers are those of an undisturbed run."""

import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from campaign_files import STEADY, TRANSIENT

import boltzsim
from boltzsim.store.checkpoint import checkpoint_of

KINDS = {
    "steady": STEADY.replace("cells = 6", "cells = 3000").replace("20 nm", "2 um")
    + '[solver]\ncheckpoint = "0.01 s"\n',
    "transient": TRANSIENT.replace('step = "5 fs"', 'step = "0.5 fs"') + '[solver]\ncheckpoint = "0.01 s"\n',
    "series": STEADY + "[series.field]\nfield.B.z = { from = '0 T', to = '2 T', count = 9 }\n",
}
SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1")
EXITS = {0, 75, 130}


def _finish(kind, case, output, rng, found, kills):
    """Start and resume a run, killing it until it has been killed often enough; returns the kills used."""
    used, first = 0, True
    while True:
        verb = "series" if kind == "series" else "run" if first else "resume"
        arguments = [verb, str(output)] if verb == "resume" else [verb, str(case), "-o", str(output)]
        process = subprocess.Popen(
            [sys.executable, "-m", "boltzsim", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if used < kills:
            try:
                process.wait(rng.uniform(0.3, 4.0))
            except subprocess.TimeoutExpired:
                process.send_signal(getattr(signal, rng.choice(SIGNALS)))
                used += 1
        _, told = process.communicate(timeout=300)
        if "Traceback" in told or not (process.returncode in EXITS or process.returncode < 0):
            found["faults"].append((kind, arguments, process.returncode, told[-2000:]))
            return used
        if process.returncode == 0 or (
            kind != "series" and _complete(output)
        ):  # the kill may have come after the result
            return used
        first = kind != "series" and not (output.exists() or checkpoint_of(output).exists())


def _complete(output):
    """Whether a run has left its whole result."""
    if not output.is_file() or checkpoint_of(output).exists():
        return False
    history = boltzsim.open(output).history
    return history is None or history.complete


def run(count, seed=0):
    """Kill runs of all kinds `count` times in all.

    Returns
    -------
    dict
        kills, runs: how many; faults: list of what went wrong.
    """
    rng, found = random.Random(seed), {"kills": 0, "runs": 0, "faults": []}
    with tempfile.TemporaryDirectory() as name:
        folder, expected = Path(name), {}
        for kind, text in KINDS.items():
            (folder / f"{kind}.toml").write_text(text)
            if kind != "series":
                expected[kind] = boltzsim.run(boltzsim.load_case(folder / f"{kind}.toml")).terminals.current
        while found["kills"] < count:
            kind = rng.choice(list(KINDS))
            output = folder / f"{found['runs']}.h5"
            used = _finish(kind, folder / f"{kind}.toml", output, rng, found, min(5, count - found["kills"]))
            found["kills"] += used
            found["runs"] += 1
            if kind in expected and output.exists():
                current = boltzsim.open(output).terminals.current
                if not np.allclose(current, expected[kind], rtol=1e-6, atol=0):
                    found["faults"].append((kind, "other numbers", current, expected[kind]))
            if checkpoint_of(output).exists():
                found["faults"].append((kind, "a checkpoint is left", output))
    return found
