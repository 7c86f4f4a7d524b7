"""Damaged files are told from whole ones: flipped bits, cut ends, links to elsewhere, wrong types, other programs."""

import contextlib
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from stored import CASE, assert_same, random_result

from boltzsim.case.case import parse_case
from boltzsim.errors import StoreError
from boltzsim.result import now
from boltzsim.runs.steady import SteadyState
from boltzsim.store import checkpoint as checkpoints
from boltzsim.store import hdf5
from boltzsim.store import result as store
from boltzsim.store.history import read_saved
from boltzsim.store.series import is_series
from boltzsim.transport.steady import Solution


@pytest.fixture
def case():
    return parse_case(CASE)


@pytest.fixture
def stored(case, tmp_path):
    """A result, its file, and a function that reads what lies there."""
    result = random_result(case)
    result.save(tmp_path / "out.h5")
    return result, tmp_path / "out.h5"


@pytest.fixture
def checkpoint(case, tmp_path):
    """A checkpoint with numbers of every size, and what it holds."""
    rng = np.random.default_rng(5)
    solution = Solution(*(rng.standard_normal(s) for s in ((9, 2, 4, 4), (3, 4), (7, 4), 300)), 12, 14,
                        rng.random((12, 2)), 1e-12, 2e-12)  # fmt: skip
    checkpoints.save(tmp_path / "out.h5", now(), case, SteadyState({(0, 0): solution}, (0, 1), rng.random(300)))
    return tmp_path / "out.h5"


def same_result(one, other):
    assert one.attributes == {**other.attributes, "format": "boltzsim", "format_version": 1}
    for name in ("fields", "terminals", "measures", "solver", "edges"):
        assert_same(getattr(one, name), getattr(other, name))
    assert one.case == other.case


@pytest.mark.parametrize("kind", ["result", "checkpoint"])
def test_flipped_bits_are_errors(stored, checkpoint, kind):
    """Wherever one lies, in numbers, texts or structure, and before HDF5 reads on: it could read forever."""
    path = stored[1] if kind == "result" else checkpoints.checkpoint_of(checkpoint)
    whole, rng = path.read_bytes(), np.random.default_rng(1)
    for position in rng.integers(len(whole) - hdf5.END_LENGTH, size=200):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        assert not is_series(path)  # which `plot` asks first, of whatever it is given
        with pytest.raises(StoreError) as refused:
            store.open(path) if kind == "result" else checkpoints.load(checkpoint)
        assert str(refused.value).startswith(f"{path}: ") and "\n" not in str(refused.value)


def test_the_digest_at_the_end_may_be_lost_but_not_wrong(stored):
    result, path = stored
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"0" if whole[-1:] != b"0" else whole[:-1] + b"1")
    with pytest.raises(StoreError, match="is damaged: the digest at its end"):
        store.open(path)
    for length in (1, 40, hdf5.END_LENGTH):
        path.write_bytes(whole[:-length])
        same_result(store.open(path), result)


def test_bytes_are_compared_once_while_a_file_stays_the_same(stored, monkeypatch):
    path, compared = stored[1], []
    digest = hdf5._digest_of_bytes
    monkeypatch.setattr(hdf5, "_digest_of_bytes", lambda *own: compared.append(own) or digest(*own))
    for _ in range(2):
        store.open(path)
    assert len(compared) == 2  # too young: a change might not show
    monkeypatch.setattr(hdf5, "_SETTLED", -1.0)
    for _ in range(3):
        store.open(path)
    assert len(compared) == 3
    time.sleep(0.02)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match="digest at its end"):
        store.open(path)


def test_cut_files(stored, checkpoint):
    _, path = stored
    for file, read in ((path, lambda: store.open(path)), (None, lambda: checkpoints.load(checkpoint))):
        file = file or checkpoints.checkpoint_of(checkpoint)
        whole = file.read_bytes()
        for length in np.linspace(0, len(whole) - hdf5.END_LENGTH - 1, 40).astype(int):
            file.write_bytes(whole[:length])
            with pytest.raises(StoreError):
                read()


@pytest.mark.parametrize("name", ["fields/charge_potential", "terminals/name", "solver/products", "case/toml"])
@pytest.mark.parametrize(
    "value", [b"text", 1.5, np.zeros((0, 3)), np.zeros(3, [("a", int)]), h5py.Empty("f8"), np.full(7, 1 + 2j), -(2**62)]
)
def test_wrong_types(stored, name, value):
    """Something else under a name that is read."""
    _, path = stored
    with h5py.File(path, "r+") as file:
        del file[name]
        file[name] = value
    with pytest.raises(StoreError):
        store.open(path)


def test_a_changed_number_is_noticed(stored):
    _, path = stored
    with h5py.File(path, "r+") as file:
        file["solver/products"][()] += 1
    with pytest.raises(StoreError, match="is damaged, or was changed after it was written"):
        store.open(path)


def test_arrays_carry_checksums_and_structure_too(stored):
    _, path = stored

    def look(name, entry):
        if isinstance(entry, h5py.Dataset) and entry.dtype.kind == "f" and entry.size > 1:
            assert entry.fletcher32, name

    with h5py.File(path) as file:
        file.visititems(look)
        assert file.id.get_create_plist().get_version()[0] >= 2  # the first superblock with a checksum


def external(file, elsewhere):
    del file["fields/charge_potential"]
    file.create_dataset("fields/charge_potential", (3, 1, 8), "f8", external=[(str(elsewhere), 0, 192)])


def virtual(file, elsewhere):
    del file["fields/charge_potential"]
    layout = h5py.VirtualLayout((3, 1, 8), "f8")
    layout[:] = h5py.VirtualSource(str(elsewhere), "x", (3, 1, 8))
    file.create_virtual_dataset("fields/charge_potential", layout)


def linked(file, elsewhere):
    file["fields/more"] = h5py.ExternalLink(str(elsewhere), "x")


def soft(file, elsewhere):
    file["fields/more"] = h5py.SoftLink("/fields")


def circle(file, elsewhere):
    file["fields/more"] = file["/"]


@pytest.mark.parametrize("how", [external, virtual, linked, soft, circle])
def test_nothing_outside_the_file_is_read(stored, tmp_path, how):
    _, path = stored
    elsewhere = tmp_path / "secret"
    with h5py.File(elsewhere, "w") as file:
        file["x"] = np.ones((3, 1, 8))
    with h5py.File(path, "r+") as file:
        how(file, elsewhere)
    with pytest.raises(StoreError, match=r"in another file|leads to another place|a group that it lies in"):
        store.open(path)


def test_a_lock_is_not_called_damage(stored):
    """Another program that writes to the file."""
    _, path = stored
    code = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "open\n"
        try:
            with pytest.raises(StoreError, match=r"out\.h5: is locked, another program"):
                store.open(path)
        finally:
            other.stdin.close()
    store.open(path)


@pytest.mark.parametrize("name", ["", ".", "a/b", "/a", "a\0b"])
def test_names_are_no_paths(tmp_path, name):
    with h5py.File(tmp_path / "x.h5", "w") as file, pytest.raises(ValueError, match="cannot name a dataset"):
        hdf5.write(file, name, np.zeros(3), "1", "numbers")


def test_a_state_that_is_not_finite(tmp_path, stored):
    result, path = stored
    state = {"time": 1.0, "evolutions": [{"phi": np.array([1.0, np.nan]), "angular": np.ones(3)}]}
    with contextlib.suppress(OSError):
        path.unlink()
    store.save(result, path, state)
    with pytest.raises(StoreError, match="phi of magnetic state 0 holds 1 numbers that are not finite"):
        read_saved(path)
