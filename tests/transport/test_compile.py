"""The kernel cache: never stale after an edit of any module in the chain, and dispensable on a read-only install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import boltzsim

FOLDER = "import boltzsim.transport.kernels.compile as c; print(c._FOLDER)"


def python(code, folder, **environment):
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["kernels/products.py", "sweep.py", "collision.py", "kernels/compile.py"])
def test_an_edit_of_any_kernel_source_changes_the_cache_folder(module, tmp_path):
    package = Path(boltzsim.__file__).parent
    shutil.copytree(package, tmp_path / "boltzsim", ignore=shutil.ignore_patterns("__pycache__"))
    places = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    before = python(FOLDER, tmp_path, **places)
    assert Path(before).is_relative_to(tmp_path / "cache") and python(FOLDER, tmp_path, **places) == before
    with (tmp_path / "boltzsim" / "transport" / module).open("a") as source:
        source.write("# edited\n")
    assert python(FOLDER, tmp_path, **places) != before


def test_kernels_run_without_a_place_for_the_cache(tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    code = (
        f"{FOLDER}\nimport numpy as np\nfrom boltzsim.transport.krylov import _subtract\n"
        "w = np.ones(3); _subtract(np.eye(2, 3), np.array([1.0, 2.0]), w); print(w)"
    )
    assert python(code, tmp_path, NUMBA_CACHE_DIR=str(nowhere / "cache")).split("\n") == ["None", "[ 0. -1.  1.]"]
