"""Series that are stopped, killed, started from scripts without a guard, or lose a process."""

import os
import signal
import subprocess
import sys
import time

import pytest
from processes import command

from boltzsim.runs import pools

SLOW = """
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
concentration = 0.02
channels = { "s1/2" = 0.1, "p1/2" = 1.5 }
[grid]
x = { length = "100 nm", cells = 10 }
[[contact]]
name = "near"
face = "x_min"
current = "1 uA"
[[contact]]
name = "far"
face = "x_max"
voltage = "0 V"
[series.field]
field.B.z = { from = "0 T", to = "1 T", count = 200 }
"""


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found]


def assert_ended(workers):
    """All of them end within a moment of the process that started them."""
    deadline = time.monotonic() + 20
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < deadline, "workers go on without the series"
        time.sleep(0.1)


def started(tmp_path, jobs):
    """A running series that has finished its first point, and its folder."""
    case = tmp_path / "slow.toml"
    case.write_text(SLOW)
    output = tmp_path / "out.h5"
    process = command("series", case, "-o", output, "--jobs", jobs, "--threads", 1)
    folder, deadline = tmp_path / "out.points", time.monotonic() + 240
    while not list(folder.glob("*.h5")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return process, folder


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the platform has none of these signals")
@pytest.mark.parametrize(
    "name, jobs",
    [
        ("SIGTERM", 1),
        ("SIGINT", 2),
        *(
            pytest.param(*stop, marks=pytest.mark.slow)
            for stop in [("SIGTERM", 2), ("SIGHUP", 2), ("SIGUSR1", 1), ("SIGINT", 1)]
        ),
    ],
)
def test_a_stopped_series_says_so_and_ends_its_workers(tmp_path, name, jobs):
    process, folder = started(tmp_path, jobs)
    workers = children(process.pid)
    process.send_signal(getattr(signal, name))
    _, told = process.communicate(timeout=60)
    assert process.returncode == 75, told
    assert "of 200 points solved" in told and "run the series again" in told
    assert_ended(workers)
    assert 0 < len(list(folder.glob("*.h5"))) < 200 and not (tmp_path / "out.h5").exists()


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc to look at processes")
def test_workers_end_when_the_series_is_killed(tmp_path):
    process, _ = started(tmp_path, 2)
    workers = children(process.pid)
    process.kill()
    process.wait()
    assert_ended(workers)


def test_a_script_with_a_guard_starts_processes(tmp_path):
    """Without one it is told so (tests/api/test_python.py)."""
    text = "import boltzsim\nfrom boltzsim.runs.series import run_series\nif __name__ == '__main__':\n"
    text += f"    print('solved', run_series(boltzsim.load_case({str(tmp_path / 'case.toml')!r}), 'points', jobs=2))\n"
    (tmp_path / "case.toml").write_text(SLOW.replace("count = 200", "count = 2"))
    (tmp_path / "sweep.py").write_text(text)
    done = subprocess.run([sys.executable, "sweep.py"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 and "solved 2" in done.stdout


def _solve_or_die(task):
    if task == "deadly":
        os._exit(9)
    return [task]


def test_a_task_that_kills_its_process_leaves_the_others():
    """Tasks that were lost with the process of another are solved after all."""
    tasks = ["a", "deadly", "b", "c"]
    with pools.in_processes(_solve_or_die, 2, lambda: None, lambda task: [f"lost {task}"]) as solve:
        assert sorted(solve(tasks)) == ["a", "b", "c", "lost deadly"]


def test_a_local_cluster_is_encrypted():
    """Nobody without the cluster's own temporary certificate can connect to it."""
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("cryptography")
    with pools.on_dask(_solve_or_die, "local", 1, lambda: None) as solve:
        assert list(solve(["a", "b"])) in (["a", "b"], ["b", "a"])
        address = distributed.default_client().scheduler.address
        assert address.startswith("tls://")
        with pytest.raises((OSError, TypeError, RuntimeError)):
            distributed.Client(address.replace("tls://", "tcp://"), timeout=2, set_as_default=False)
