"""Result files: never half written, and damaged or foreign ones are refused with a reason."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from stored import CASE, assert_same, random_result

from boltzsim import files, machine
from boltzsim.case.case import parse_case
from boltzsim.errors import StoreError
from boltzsim.store import result as store
from boltzsim.store.hdf5 import END_LENGTH


@pytest.fixture
def case():
    return parse_case(CASE)


@pytest.fixture
def result(case):
    return random_result(case)


@pytest.mark.parametrize("step", ["_write_solver", "flush"])
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(result, case, tmp_path, monkeypatch, step, failure):
    result.save(tmp_path / "out.h5")
    names, old = set(tmp_path.iterdir()), (tmp_path / "out.h5").read_bytes()

    def fail(*_):
        raise failure("stop")

    monkeypatch.setattr({"_write_solver": store, "flush": machine}[step], step, fail)
    for target in ("out.h5", "new.h5"):
        with pytest.raises(failure):
            random_result(case, seed=2).save(tmp_path / target)
    assert set(tmp_path.iterdir()) == names and (tmp_path / "out.h5").read_bytes() == old
    monkeypatch.undo()
    random_result(case, seed=2).save(tmp_path / "out.h5")
    assert set(tmp_path.iterdir()) == names and (tmp_path / "out.h5").read_bytes() != old


CHILD = """
import os, resource, sys
sys.path.insert(0, {tests!r})
from stored import CASE, random_result
from boltzsim import files, machine
from boltzsim.store import result as store
from boltzsim.case.case import parse_case
from boltzsim.errors import StoreError
if sys.argv[1] == "composing":
    store._write_solver = lambda *_: os._exit(9)
elif sys.argv[1] == "writing":
    def write_half(path, data):
        with path.open("wb") as file:
            file.write(bytes(data)[: len(data) // 2])
            file.flush()
            os._exit(9)
    files.Path.write_bytes = write_half
elif sys.argv[1] == "renaming":
    os.replace = lambda *_: os._exit(9)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    random_result(parse_case(CASE), seed=2).save({folder!r} + "/out.h5")
except StoreError as error:
    print(error)
    sys.exit(4)
"""


def run_child(how, folder):
    script = CHILD.format(tests=os.path.dirname(os.path.dirname(__file__)), folder=str(folder))
    return subprocess.run([sys.executable, "-c", script, how], capture_output=True, text=True)


@pytest.mark.parametrize("moment", ["composing", "writing", "renaming"])
def test_a_killed_run_leaves_the_old_file(result, tmp_path, moment):
    """What the dead process left is hidden and in nobody's way."""
    result.save(tmp_path / "out.h5")
    old = (tmp_path / "out.h5").read_bytes()
    assert run_child(moment, tmp_path).returncode == 9
    assert (tmp_path / "out.h5").read_bytes() == old
    assert {path.name for path in tmp_path.iterdir() if path.name[0] != "."} == {"out.h5"}
    debris = list(tmp_path.glob(".out.h5.*.tmp"))
    assert len(debris) == (moment != "composing")
    if moment == "writing":
        with pytest.raises(StoreError):
            store.open(debris[0])
    result.save(tmp_path / "out.h5")
    assert_same(store.open(tmp_path / "out.h5").fields, result.fields)


def test_a_full_disk_is_a_store_error(result, tmp_path):
    result.save(tmp_path / "out.h5")
    names, old = set(tmp_path.iterdir()), (tmp_path / "out.h5").read_bytes()
    child = run_child("full", tmp_path)
    assert child.returncode == 4, child.stderr
    assert "out.h5" in child.stdout and "cannot be written" in child.stdout
    assert set(tmp_path.iterdir()) == names and (tmp_path / "out.h5").read_bytes() == old


def test_places_that_cannot_be_written(result, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.h5").mkdir()
    for path in (tmp_path / "missing" / "out.h5", tmp_path / "file" / "out.h5", tmp_path / "folder.h5"):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(StoreError, match=path.name):
            result.save(path)
        with pytest.raises(StoreError, match=path.name):
            files.require_writable(path)
        assert sorted(tmp_path.rglob("*")) == before
    files.require_writable(tmp_path / "out.h5")


def test_a_link_is_followed_and_permissions_follow_the_umask(result, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.h5").symlink_to(tmp_path / "real" / "out.h5")
    result.save(tmp_path / "link.h5")
    assert (tmp_path / "link.h5").is_symlink()
    assert_same(store.open(tmp_path / "real" / "out.h5").edges, result.edges)
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "real" / "out.h5").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_truncated_files(result, tmp_path):
    result.save(tmp_path / "out.h5")
    whole = (tmp_path / "out.h5").read_bytes()
    for length in (0, 1, 100, 2048, len(whole) // 2, len(whole) - END_LENGTH - 1):
        (tmp_path / "cut.h5").write_bytes(whole[:length])
        with pytest.raises(StoreError, match=r"cut\.h5"):
            store.open(tmp_path / "cut.h5")


def test_files_of_others(result, tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = 1.0
    (tmp_path / "folder.h5").mkdir()
    faults = {
        "text": "not a readable HDF5",
        "other": "not written by boltzsim",
        "none": "no such file",
        "folder": "folder",
    }
    for name, words in faults.items():
        with pytest.raises(StoreError, match=words):
            store.open(tmp_path / f"{name}.h5")


def test_a_newer_format_is_refused_by_name(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        file.attrs["format_version"] = store.FORMAT_VERSION + 1
    with pytest.raises(
        StoreError, match=f"format_version is {store.FORMAT_VERSION + 1}.* up to {store.FORMAT_VERSION}"
    ):
        store.open(tmp_path / "out.h5")


@pytest.mark.parametrize(
    "name", ["case/resolved", "grid/z_edges", "fields", "terminals/voltage", "solver/true", "measures"]
)
def test_missing_parts(result, tmp_path, name):
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        del file[name]
    with pytest.raises(StoreError, match="not a complete boltzsim result"):
        store.open(tmp_path / "out.h5")


def test_a_field_that_does_not_fit_the_grid(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        del file["fields/charge_potential"]
        file["fields/charge_potential"] = np.zeros((3, 1, 9))
    with pytest.raises(StoreError, match=r"charge_potential.*\(3, 1, 9\).*\(3, 1, 8\)"):
        store.open(tmp_path / "out.h5")
