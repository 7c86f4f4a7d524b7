"""The command on screened moments."""

import json

import pytest
from typer.testing import CliRunner

from boltzsim.cli.app import app
from boltzsim.limits import screening
from boltzsim.material.kondo import resonance_at

ORBITAL = ["kondo", "--level", "-1 eV", "--repulsion", "3 eV", "--width", "0.15 eV"]


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_chain_from_the_orbital_to_the_phase_shift(tmp_path):
    figure = tmp_path / "kondo.png"
    found = json.loads(run(*ORBITAL, "-o", figure, "--json").stdout)
    assert found["coupling"] == pytest.approx(0.143239, rel=1e-5)
    assert found["T_K"] == pytest.approx(75.4706, rel=1e-5)
    assert found["phase_shift"] == pytest.approx(1.5707963)
    assert figure.stat().st_size > 10_000
    table = run(*ORBITAL).stdout
    assert "75.4706 K" in table
    assert "Wilson ratio" in table
    assert "spin flips per event" in table
    cooling = found["cooling"]
    assert cooling["spin_flips"][0] == pytest.approx(4 / 9, abs=1e-3) and cooling["spin_flips"][-1] < 0.52
    for key in ("mean_field", "spin_half", "empirical"):
        assert cooling[key][0] > 0.97 and cooling[key] == sorted(cooling[key], reverse=True)


def test_multiplets_of_more_states_have_the_mean_field_only():
    found = json.loads(run("kondo", "--T-K", "5 K", "--channel", "p3/2", "--json").stdout)
    assert found["cooling"].keys() == {"ratio", "mean_field"}


def test_half_of_the_resistivity_is_at_the_half_temperature_in_any_unit():
    curves = screening.curves(resonance_at(1e-22))
    assert curves["thermal"][20] == pytest.approx(0.54, abs=0.06)  # T = 0.95 T_half


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--T-K", "-1 K"], "must be greater than 0"),
        (["--T-K", "1 K", "--channel", "p5/2"], "choose one of"),
        (["--T-K", "1e6 K"], "not below the Fermi temperature"),
        (["--T-K", "1 K", "--fermi-energy", "0 eV"], "--fermi-energy"),
        ([], "T_K is missing"),
    ],
)
def test_mistakes_get_one_message(arguments, message):
    found = run("kondo", *arguments)
    assert found.exit_code == 2
    assert message in found.output
    assert found.output.count("\n") == 1
