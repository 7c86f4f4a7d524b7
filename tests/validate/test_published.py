"""Published numbers: a broken operator misses them, and the known limit neither fails the rest nor hides itself."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from boltzsim.cli import app
from boltzsim.validate import published
from boltzsim.validate.record import Check, Family


def found(part):
    family = Family("published numbers")
    part(family)
    return family.checks


def test_friedel_and_fert_hold_and_notice_a_wrong_gain(monkeypatch):
    assert all(check.passed for part in (published._friedel, published._fert) for check in found(part))
    assert len(found(published._fert)) == 12
    whole = published.impurity_operators

    def broken(channels, alpha):
        operators = whole(channels, alpha)
        gain = operators.gain.copy()
        gain[4:16, 4:16] *= 1.001
        return replace(operators, gain=gain)

    monkeypatch.setattr(published, "impurity_operators", broken)
    assert not any(check.passed for part in (published._friedel, published._fert) for check in found(part))


def test_nickel_in_copper_is_friedels_formula():
    """ρ = (4πħ/e² k_F) x 5 sin² η_d, with ħ/e² = 4108.236 Ω."""
    (check,) = found(published._valence)
    assert check.measured == pytest.approx(1e8 * 4 * np.pi * 4108.236 / 1.36e10 * 0.01 * 5 * np.sin(np.pi / 10) ** 2)
    assert check.passed


def test_lengths_of_alloys_follow_the_splitting_of_their_p_shifts():
    """By hand: λ² = D τ_s with 1/τ_s = (8/9) sin² δ and D = v²/(3 sum), in units of Γ = v 4 x k_F/3π."""
    ge, sn = found(published._lengths)
    splitting = float(ge.inputs.partition("p splitting of ")[2].split()[0])
    for check, k_F, x, resistivity, delta in (
        (ge, 1.36e10, 0.021, 3.79e-8, splitting),
        (sn, 1.20e10, 0.036, 4.36e-8, splitting * 4251.5 / 1767.4),
    ):
        size = resistivity / (0.01 * 4 * np.pi * 4108.236 / k_F)
        eta_s, eta_p = published.mean_shifts(k_F, resistivity)
        assert np.sin(eta_s - eta_p) ** 2 + 2 * np.sin(eta_p) ** 2 == pytest.approx(size)
        assert eta_s + 3 * eta_p == pytest.approx(3 * np.pi / 2)
        path = 3 * np.pi / (4 * x * k_F)
        expected = path / np.sqrt(3 * size * 8 / 9) / np.sin(delta)
        assert check.measured == pytest.approx(1e9 * expected, rel=0.02)
        assert check.passed and not check.limit
    assert ge.measured == pytest.approx(121, rel=0.01) and sn.measured < 36


def test_the_split_resonance_is_that_of_its_levels():
    shifts = published.split(0.1, 2.0, 0.3)
    assert 1 / np.tan(shifts["d5/2"]) == pytest.approx(1 / np.tan(2.0) + 0.3)
    assert 1 / np.tan(shifts["d3/2"]) == pytest.approx(1 / np.tan(2.0) - 0.45)
    assert np.array(list(published.split(0.1, -0.6, 0).values())) == pytest.approx([0.1, 0.1, -0.6, -0.6])


def test_the_known_limit_is_still_a_miss():
    alone, jump = found(published._iridium)
    assert alone.passed and not alone.limit
    assert jump.passed and jump.limit and jump.deviation > jump.tolerance
    assert jump.measured < 0
    assert not replace(jump, deviation=0.0).passed  # a limit that is none any more
    assert not Check("nan", np.nan, 1.0, np.nan, 1.0, limit="known").passed


@pytest.mark.parametrize(
    ("channel", "alpha", "said"), [("d5/2", 0.01, True), ("d5/2", 0, False), ("p3/2", 0.01, False)]
)
def test_coefficients_state_the_limit_of_side_jump(channel, alpha, said):
    done = CliRunner().invoke(app, ["coefficients", "--channel", f"{channel}=0.5", "--alpha", str(alpha)])
    assert done.exit_code == 0
    assert ("do not fix how the amplitude" in done.output) == said


def test_friedel_holds_with_f_channels():
    eta = np.array([0.3, -0.7, 1.1, 0.4])
    names = {0: ["s1/2"], 1: ["p1/2", "p3/2"], 2: ["d3/2", "d5/2"], 3: ["f5/2", "f7/2"]}
    channels = {name: eta[l] for l, same in names.items() for name in same}
    expected = sum(l * np.sin(eta[l - 1] - eta[l]) ** 2 for l in (1, 2, 3)) + 4 * np.sin(eta[3]) ** 2
    assert published.p1(published.impurity_operators(channels, 0.0))["rate_tr"] == pytest.approx(expected, rel=1e-12)
