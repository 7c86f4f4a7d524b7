"""Machines that lack something: signals, sysconf, flushing of files that are read, an encoding, room on the disk."""

import fcntl
import io
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltzsim import files, machine
from boltzsim.errors import StoreError


def test_signals_that_are_missing_are_not_asked_for(monkeypatch):
    assert machine.stop_signals()[0] == signal.SIGINT and signal.SIGUSR1 in machine.stop_signals()
    for name in ("SIGUSR1", "SIGHUP"):
        monkeypatch.delattr(signal, name)
    assert machine.stop_signals() == (signal.SIGINT, signal.SIGTERM)


def test_memory_without_sysconf(monkeypatch):
    assert 1e8 < machine.physical_memory() < 1e15
    monkeypatch.delattr(os, "sysconf")
    assert machine.physical_memory() == float("inf")


def test_processors_are_those_of_the_process(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5})
    assert machine.processors() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.processors() == 1


def test_files_are_flushed_through_a_handle_that_writes(monkeypatch, tmp_path):
    real, flushed = os.fsync, []

    def fsync(descriptor):
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        flushed.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with files.replacing(tmp_path / "out") as temporary:
        temporary.write_text("whole")
    assert flushed and (tmp_path / "out").read_text() == "whole"


def test_room_for_a_mapped_file_is_taken_before_it_is_used(monkeypatch, tmp_path):
    for missing in (False, True):
        if missing:
            monkeypatch.delattr(os, "posix_fallocate")
        with open(tmp_path / "state", "w+b") as file:
            machine.reserve(file, 2**25 + 3)
        status = (tmp_path / "state").stat()
        assert status.st_size == 2**25 + 3 and status.st_blocks * 512 >= 2**25
    with pytest.raises(OSError, match="No space"), open("/dev/full", "w+b") as file:
        machine.reserve(file, 100)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "utf-8"])
@given(text=st.text())
def test_any_encoding_takes_any_text(encoding, text):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    machine.any_encoding(stream)
    stream.write(text.encode("utf-8", "replace").decode())
    stream.flush()


def test_what_an_encoding_lacks_is_spelt_out():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    machine.any_encoding(stream)
    stream.write("17 mΩ, 1 µA, é, ┃─┏")
    stream.flush()
    assert stream.buffer.getvalue() == b"17 mOhm, 1 uA, e, |-+"


@given(text=st.text())
def test_nothing_printable_steers_a_terminal(text):
    shown = machine.printable(text)
    assert all(ord(c) >= 32 or c == "\n" for c in shown) and "\x7f" not in shown and "\x9b" not in shown
    assert machine.printable("\x1b[2J µA\n") == "\\x1b[2J µA\n"


def test_special_files_are_no_outputs(tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    (tmp_path / "null").symlink_to("/dev/null")
    places = {tmp_path / "pipe.h5": "is a pipe", "/dev/null": "is a pipe, a device", tmp_path / "null": "a device"}
    places |= {tmp_path / "one": "links lead in a circle", tmp_path / "a\0b": "NUL"}
    for path, words in places.items():
        with pytest.raises(StoreError, match=words):
            files.require_writable(path)
        with pytest.raises(StoreError, match=words), files.replacing(path) as temporary:
            temporary.write_text("x")
    assert (tmp_path / "pipe.h5").is_fifo() and os.path.islink(tmp_path / "one")
