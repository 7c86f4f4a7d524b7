"""What is said about a transient run before it starts: memory of the angular distribution, steps."""

import pytest
from transient_cases import GRATING, LEFT_ON, grating
from typer.testing import CliRunner
from valve import VALVE, changed

from boltzsim.case.case import Case
from boltzsim.cli import app
from boltzsim.device import preflight
from boltzsim.errors import CaseError

ORDINATES = 8 * 16
BYTES = 2 * 8 * 4 * 64 * 2 * ORDINATES  # of the grating: 64 cells of 2 corners


def test_two_distributions_are_kept_for_every_magnetic_state():
    assert preflight.state_bytes(grating()) == BYTES
    pulse = Case(**changed(LEFT_ON))
    assert preflight.state_bytes(pulse) == 2 * 8 * 4 * 160 * 16 * 4 * ORDINATES
    magnetic = {"contact.2.transmission": 0.1, "contact.2.polarization": 0.3, "contact.2.direction": [1, 0, 0]}
    detect = {"contact.2.detect_spin": True, "contact.0.detect_spin": True}
    detected = Case(**changed(LEFT_ON | magnetic | detect))
    assert preflight.state_bytes(detected) == 3 * preflight.state_bytes(pulse)
    assert preflight.state_bytes(Case(**VALVE)) == 0 and not preflight.state_in_file(Case(**VALVE))


def test_distributions_beyond_half_of_the_memory_lie_in_a_file(monkeypatch):
    for memory, in_file in ((2 * BYTES, False), (2 * BYTES - 1, True)):
        monkeypatch.setattr(preflight, "physical_memory", lambda memory=memory: memory)
        assert preflight.state_in_file(grating()) is in_file


def test_distributions_in_memory_count_beside_the_krylov_vectors(monkeypatch):
    krylov, state = preflight.size(grating()).bytes, preflight.state_bytes(grating())
    assert krylov > state  # so that the distribution stays in memory below
    monkeypatch.setattr(preflight, "physical_memory", lambda: krylov + state)
    assert preflight.require(grating()) == []
    monkeypatch.setattr(preflight, "physical_memory", lambda: krylov + state - 1)
    with pytest.raises(CaseError, match=r"Krylov vectors beside 1\.05 MB for the angular distribution, and this"):
        preflight.require(grating())


def test_distributions_in_a_file_do_not_count(monkeypatch):
    case = grating({"angles": {"polar": 32, "azimuthal": 48}})
    krylov, state = preflight.size(case).bytes, preflight.state_bytes(case)
    memory = krylov + state // 2
    assert memory < 2 * state
    monkeypatch.setattr(preflight, "physical_memory", lambda: memory)
    assert preflight.state_in_file(case) and preflight.require(case) == []


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, None),
        ({"time.step": "1 ps", "time.frames": 1}, 20),
        ({"time.step": "3 ps", "time.frames": 1}, 7),
        ({"time.step": "1 ps", "time.frames": 3}, 20),  # frames lie within steps
        ({"time.step": "0.1 ps", "time.frames": 200}, 200),
    ],
)
def test_constant_steps_are_counted(changes, steps):
    assert preflight.steps(grating(changes)) == steps


def test_constant_steps_are_cut_at_switches():
    pulse = changed(
        LEFT_ON | {"time": {"end": "10 ps", "step": "1 ps", "frames": 1}, "contact.0.waveform.off": "2.5 ps"}
    )
    assert preflight.steps(Case(**pulse)) == 3 + 8


def test_check_prints_memory_and_steps(tmp_path, monkeypatch):
    path = tmp_path / "grating.toml"
    path.write_text(GRATING.replace('end = "20 ps"', 'end = "20 ps"\nstep = "0.1 ps"'))
    shown = CliRunner().invoke(app, ["check", str(path)])
    assert shown.exit_code == 0, shown.stderr
    lines = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in shown.stdout.splitlines() if "│" in line
    }
    assert lines["angular distribution"] == "1.05 MB, in memory"
    assert (lines["steps"], lines["frames"]) == ("200", "21")
    path.write_text(GRATING + "[solver]\nmax_products = 10\n")  # so that the other vectors fit
    monkeypatch.setattr(preflight, "physical_memory", lambda: 2 * BYTES - 1)
    shown = CliRunner().invoke(app, ["check", str(path)]).stdout
    assert "1.05 MB, in a file" in shown and "chosen to keep an error of 1e-05 per step" in shown
