"""What commands say, where, and in which encoding: help, flags, JSON, progress on pipes, names that misbehave."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys

import pytest
import slab_text
import typer
from typer.testing import CliRunner

from boltzsim.cli import app, main, screen
from boltzsim.reports import case as case_report
from boltzsim.runs import progress

SLAB = 'title = "thin\\u001b[31m slab"' + slab_text.SLAB
COMMANDS = sorted(typer.main.get_command(app).commands)


@pytest.fixture
def slab(tmp_path, monkeypatch):
    monkeypatch.setattr(screen, "verbosity", screen.Verbosity.NORMAL)
    path = tmp_path / "slab.toml"
    path.write_text(SLAB)
    return path


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def process(*arguments, **environment):
    command = [sys.executable, "-m", "boltzsim", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=300, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_short_help_and_prints_json(command):
    short, long = call(command, "-h"), call(command, "--help")
    assert short.exit_code == 0 and short.output == long.output
    assert "--json" in short.output
    assert "<bool>" not in short.output  # flags take no value


def test_flags_before_a_command_take_no_value():
    help_ = call("--help").output
    assert "--install-completion" in help_ and "--version" in help_ and "<bool>" not in help_


def test_a_shell_completes_commands(tmp_path):
    """As bash asks for it: the words typed so far, and where the cursor stands."""
    asked = {"_BOLTZSIM_COMPLETE": "complete_bash", "COMP_WORDS": "boltzsim co", "COMP_CWORD": "1"}
    code = "import sys; sys.argv = ['boltzsim']; from boltzsim.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **asked})
    assert set(done.stdout.split()) == {"collect", "compare", "converge", "coefficients"}


def test_a_command_in_a_cell_of_a_notebook_prints_lines(monkeypatch):
    """A cell gives its commands a terminal, but keeps every character: no line may be written over another."""
    monkeypatch.setattr(screen, "verbosity", screen.Verbosity.NORMAL)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    with screen.status_line() as show:
        assert show is not None
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    with screen.status_line() as show, screen.points_line() as points:
        assert show is None
        points(1, 4, 12.0)


@pytest.mark.parametrize("command", ["check", "info"])
def test_tables_as_json(slab, command):
    done = call(command, slab, "--json")
    data = json.loads(done.stdout)
    assert done.exit_code == 0 and data["case"] == str(slab)
    assert all(table["rows"] for table in data["tables"])
    assert ("Contacts" in [table["title"] for table in data["tables"]]) == (command == "check")


def test_a_batch_log_names_the_stages_and_the_file(slab):
    done = call("run", slab, "-o", slab.with_name("out.h5"), "--json")
    assert json.loads(done.stdout)["solver"]["converged"]
    lines = done.stderr.splitlines()
    assert lines[0] == "setting up …"
    assert any(line.startswith("solve: source 1/2, product 1, residual ") for line in lines)
    assert lines[-2].startswith("solved in ") and lines[-1] == f"result in {slab.with_name('out.h5')}"
    assert len(lines) < 10


@pytest.mark.parametrize("place", [0, 1, 2])
def test_quiet_and_verbose_anywhere_on_the_line(slab, place):
    def told(option):
        words = ["run", slab]
        words.insert(place, option)
        return call(*words).stderr.splitlines()

    assert told("-q") == told("--quiet") == []
    assert len(told("-v")) > len(call("run", slab).stderr.splitlines())


def test_control_characters_are_escapes(slab):
    """On standard output and in messages."""
    done = call("check", slab)
    assert "\x1b" not in done.output and r"thin\x1b[31m slab" in done.stdout
    slab.write_text(SLAB.replace('name = "left"', 'name = "l\\u001b]0;x\\u0007"\npolarisation = 1'))
    wrong = call("check", slab)
    assert wrong.exit_code == 2 and "\x1b" not in wrong.output and "\x07" not in wrong.output


COEFFICIENTS = ("coefficients", "--channel", "p1/2=1.5")


@pytest.mark.parametrize("encoding, options", [("cp1252", []), ("ascii", ["--json"]), ("utf-8", [])])
def test_any_output_encoding(encoding, options, monkeypatch):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "argv", ["boltzsim", *COEFFICIENTS, *options])
    with pytest.raises(SystemExit) as end:
        main()
    stdout.flush()
    out = stdout.buffer.getvalue()
    assert not end.value.code
    if options:
        assert json.loads(out.decode(encoding))
    else:
        assert "Γ".encode(encoding, "ignore") in out and b"rate_tr" in out


def test_a_process_whose_output_has_no_greek_letters():
    code, out, err = process(*COEFFICIENTS, PYTHONIOENCODING="ascii")
    assert code == 0 and b"Traceback" not in err and b"rate_tr" in out


def test_a_closed_output_is_no_traceback(slab):
    line = f"{sys.executable} -m boltzsim check {slab} >&-"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "standard output is closed; send it to a file, or to /dev/null\n"


@pytest.mark.parametrize("number", ["0", pytest.param("-3", marks=pytest.mark.slow)])
def test_an_impossible_number_of_threads_is_a_message(slab, number):
    code, _, err = process("run", slab, NUMBA_NUM_THREADS=number)
    assert code == 2 and b"Traceback" not in err
    assert b"NUMBA_NUM_THREADS must be a number of threads, 1 or more" in err


def test_without_a_home(slab):
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    command = [sys.executable, "-m", "boltzsim", "check", str(slab)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interruption_that_a_callback_swallows_still_counts(slab, monkeypatch):
    def tables(case):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return []

    monkeypatch.setattr(case_report, "info_tables", tables)
    done = call("info", slab)
    assert done.exit_code == 130 and done.stderr == "interrupted\n"


def test_a_special_file_is_no_output(slab):
    os.mkfifo(slab.with_name("pipe.h5"))
    done = call("run", slab, "-o", slab.with_name("pipe.h5"))
    assert done.exit_code == 4 and "is a pipe, a device or a socket" in done.stderr
    assert slab.with_name("pipe.h5").is_fifo()


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.25, "4.2 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations(seconds, words):
    assert progress.duration(seconds) == words


def test_time_left_follows_sources_and_digits(monkeypatch):
    shown, clock = [], [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    stages = screen._Stages(shown.append)
    clock[0] = 30.0
    stages("solve", 3, 4, 10, 1e-4)  # two sources and a half of four
    assert shown == ["solve: source 3/4, product 10, residual 1.0e-04, 30 s, about 18 s left"]
