"""The kernel cache: never stale after an edit of any module in the chain, and dispensable on a read-only install."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import boltzsim

FOLDER = "import boltzsim.transport.kernels.compile as c; print(c._FOLDER)"


def python(code, folder, **environment):
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


def test_an_edit_of_any_kernel_source_changes_the_cache_folder(tmp_path):
    package = Path(boltzsim.__file__).parent
    shutil.copytree(package, tmp_path / "boltzsim", ignore=shutil.ignore_patterns("__pycache__"))
    places = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    folders = [python(FOLDER, tmp_path, **places)]
    assert Path(folders[0]).is_relative_to(tmp_path / "cache")
    for edited in ("steady.py", "kernels/products.py", "krylov.py", "collision.py", "kernels/compile.py"):
        with (tmp_path / "boltzsim" / "transport" / edited).open("a") as source:
            source.write("# edited\n")
        folders.append(python(FOLDER, tmp_path, **places))
    assert folders[1] == folders[0]  # the first that is edited contains no kernel
    assert len(set(folders)) == len(folders) - 1


def test_kernels_run_without_a_place_for_the_cache(tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    code = (
        f"{FOLDER}\nimport numpy as np\nfrom boltzsim.transport.krylov import _subtract\n"
        "w = np.ones(3); _subtract(np.eye(2, 3), np.array([1.0, 2.0]), w); print(w)"
    )
    assert python(code, tmp_path, NUMBA_CACHE_DIR=str(nowhere / "cache")).split("\n") == ["None", "[ 0. -1.  1.]"]


def test_kernels_run_when_the_disk_under_the_cache_is_full(tmp_path):
    """No file may grow beyond 100 bytes, so that every kernel fails to be saved."""
    code = (
        f"{FOLDER}\nimport resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "import numpy as np\nfrom boltzsim.transport.krylov import _subtract\n"
        "w = np.ones(3); _subtract(np.eye(2, 3), np.array([1.0, 2.0]), w); print(w)"
    )
    folder, printed = python(code, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache")).split("\n")
    assert printed == "[ 0. -1.  1.]" and not list(Path(folder).rglob("*.nb?"))


def test_two_processes_that_save_at_once_number_their_kernels_apart(tmp_path):
    """Each reads the index before either writes it, unless one waits for the other; both variants are found again."""
    code = (
        "import sys, time, numba.core.caching as caching\n"
        "read = caching.IndexDataCacheFile._load_index\n"
        "def slowly(self):\n    found = read(self)\n    time.sleep(0.5)\n    return found\n"
        "caching.IndexDataCacheFile._load_index = slowly\n"
        "import numpy as np\nfrom boltzsim.transport.kernels.compile import kernel\n"
        "from boltzsim.transport.krylov import _subtract\n"
        "_subtract(np.eye(2, 3, dtype=sys.argv[1]), np.ones(2), np.ones(3))\n"
        "print(sum(_subtract.single.stats.cache_hits.values()))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    kinds = ("f4", "f8")
    for expected in ("0", "1"):
        both = [
            subprocess.Popen([sys.executable, "-c", code, kind], stdout=subprocess.PIPE, text=True, env=environment)
            for kind in kinds
        ]
        assert [process.communicate()[0].strip() for process in both] == [expected] * len(kinds)


def test_old_cache_folders_are_removed_but_none_that_is_used(tmp_path):
    """Of ten folders not used for two days the four used last stay, and one that a process holds; other names stay."""
    cache = tmp_path / "cache"
    old = [cache / f"{number:016x}" for number in range(10)]
    for age, folder in enumerate(old):
        folder.mkdir(parents=True)
        (folder / "kernel.nbi").touch()
        (folder / "in-use").touch()
        seconds = time.time() - 2 * 86400 - 60 * age
        os.utime(folder, (seconds, seconds))
    (cache / "notes").mkdir()
    os.utime(cache / "notes", (0, 0))
    with (old[7] / "in-use").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        own = Path(python(FOLDER, tmp_path, NUMBA_CACHE_DIR=str(cache)))
    assert {path.name for path in cache.iterdir()} == {"notes", own.name, *(old[k].name for k in (0, 1, 2, 3, 7))}
    second = Path(python(FOLDER, tmp_path, NUMBA_CACHE_DIR=str(cache)))
    assert second == own and not old[7].exists()


def test_folders_used_within_a_day_stay(tmp_path):
    cache = tmp_path / "cache"
    for number in range(10):
        (cache / f"{number:016x}").mkdir(parents=True)
    python(FOLDER, tmp_path, NUMBA_CACHE_DIR=str(cache))
    assert len(list(cache.iterdir())) == 11
