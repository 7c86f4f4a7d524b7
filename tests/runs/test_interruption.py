"""The first Ctrl-C counts at any moment: in a callback that ignores exceptions, in a compilation, before a product."""

import ctypes
import signal
import subprocess
import sys
import threading

import numba
import numpy as np
import pytest
from numba.core import event

import boltzsim
from boltzsim.errors import Stopped
from boltzsim.runs import interruption, steady
from boltzsim.runs.start import resume, run
from boltzsim.store.checkpoint import checkpoint_of

CASE = {
    "material": {"a": {"k_F": 1.36e10, "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2, "p1/2": 0.3}}]}},
    "grid": {"z": {"length": 2e-8, "cells": 4}},
    "contact": [{"name": "a", "face": "z_min", "voltage": 1e-3}, {"name": "b", "face": "z_max", "voltage": 0.0}],
    "angles": {"polar": 4, "azimuthal": 6},
}


@pytest.fixture(scope="module")
def case():
    return boltzsim.Case(**CASE)


@pytest.fixture(autouse=True)
def handlers():
    """Whatever happens, the handlers are those from before."""
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    assert interruption.asked() is None


def plainly(number=signal.SIGINT):
    signal.raise_signal(number)


def in_a_callback(number=signal.SIGINT):
    """From C, which cannot pass an exception on."""
    ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))()


def while_compiling(number=signal.SIGINT):
    class Listener(event.Listener):
        def on_start(self, event):
            signal.raise_signal(number)

        def on_end(self, event):
            pass

    with event.install_listener("numba:compile", Listener()):
        numba.njit(lambda x: x + 1)(1)


MOMENTS = [plainly, in_a_callback, while_compiling]


class At:
    """Progress that sends a signal at one product."""

    def __init__(self, moment, source=1, product=1):
        self.moment, self.place, self.sent = moment, (source, product), 0

    def __call__(self, phase, source, sources, product, residual):
        if (source, product) == self.place and not self.sent:
            self.sent += 1
            self.moment()


@pytest.mark.parametrize("moment", MOMENTS)
def test_without_an_output_the_run_is_interrupted(case, moment):
    progress = At(moment)
    with pytest.raises(KeyboardInterrupt):
        run(case, progress=progress)
    assert progress.sent == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_with_an_output_it_leaves_a_checkpoint(case, moment, tmp_path):
    out = tmp_path / "out.h5"
    with pytest.raises(Stopped, match=r"0 of 2 sources solved, checkpoint in .*; go on with 'boltzsim resume"):
        run(case, output=out, progress=At(moment))
    assert checkpoint_of(out).exists() and not out.exists()
    found = resume(out)
    np.testing.assert_allclose(found.terminals.current, run(case).terminals.current, rtol=1e-7)
    assert not checkpoint_of(out).exists()


@pytest.mark.parametrize("moment", MOMENTS)
def test_while_the_operator_is_built(case, moment, tmp_path, monkeypatch):
    """Before the first product there is nothing to keep but the case, which is enough to go on."""
    build = steady.Reuse.operator

    def interrupted(*arguments):
        moment()
        return build(*arguments)

    monkeypatch.setattr(steady.Reuse, "operator", interrupted)
    with pytest.raises(Stopped, match="0 of 2 sources"):
        run(case, output=tmp_path / "out.h5")
    monkeypatch.undo()
    assert resume(tmp_path / "out.h5").solver.converged


@pytest.mark.parametrize("moment", MOMENTS)
def test_in_time(case, moment, tmp_path):
    timed = case.replace(time={"end": "4 fs", "step": "1 fs"})
    with pytest.raises(Stopped, match="stopped at t = "):
        run(timed, output=tmp_path / "out.h5", progress=At(moment, 2))
    assert resume(tmp_path / "out.h5").history.complete


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_other_signals_stop_a_run_with_an_output(case, number, tmp_path):
    with pytest.raises(Stopped):
        run(case, output=tmp_path / "out.h5", progress=At(lambda: in_a_callback(number)))


def test_the_second_one_does_not_wait(case, tmp_path):
    def twice():
        plainly()
        with pytest.raises(KeyboardInterrupt):
            plainly()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(case, output=tmp_path / "out.h5", progress=At(twice))
    assert not checkpoint_of(tmp_path / "out.h5").exists()


def test_signals_that_the_shell_ignores_stay_ignored(case, tmp_path):
    """As nohup does with SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(case, output=tmp_path / "out.h5", progress=At(lambda: plainly(signal.SIGHUP))).solver.converged
    finally:
        signal.signal(signal.SIGHUP, before)


def test_runs_from_several_threads_wait_for_each_other(case):
    """Kernels of two threads at a time end the process with some of Numba's threading layers."""
    inside, most, results = [0], [0], []

    def progress(*_):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        inside[0] -= 1

    def solve():
        results.append(run(case, threads=1, progress=progress).terminals.current)

    threads = [threading.Thread(target=solve) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] and len(results) == 3
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize(
    "moment",
    [
        "class Import:\n def find_spec(self, name, *_):\n  if name == 'boltzsim.cli': raise KeyboardInterrupt()\n"
        "sys.meta_path.insert(0, Import())",
        "class Callback:\n    def __del__(self): raise KeyboardInterrupt\n"
        "import boltzsim.cli\ndef command():\n    del boltzsim.callback\n    raise KeyboardInterrupt\n"
        "boltzsim.callback, boltzsim.cli.main = Callback(), command",
    ],
)
def test_the_command_is_interrupted_without_a_traceback(moment):
    code = f"import sys\n{moment}\nfrom boltzsim.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
