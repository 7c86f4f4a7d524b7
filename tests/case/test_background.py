"""Hosts that vary with temperature: tables, phonons, and the mistakes in them."""

import numpy as np
import pytest

from boltzsim import Case, CaseError, Material, load_case
from boltzsim.api.reports import info
from boltzsim.case.case import parse_case
from boltzsim.limits.laboratory import laboratory
from boltzsim.material.phonons import bloch_gruneisen

TABLE = {"T": [4.0, 100.0, 300.0], "tau_p": [6e-14, 4e-14, 2e-14], "tau_sf": ["inf", 2e-11, 1e-11]}
PHONONS = {"debye_temperature": 315.0, "residual_resistivity": 8e-9, "room_resistivity": 2.5e-8}
FILE = """
[material.copper]
k_F = "13.6 1/nm"
background.table = { file = "host.csv" }
[grid]
z = { length = "40 nm", cells = 4 }
[walls]
periodic = ["z"]
[drive]
electric_field = ["0 V/m", "0 V/m", "1 V/m"]
[temperature]
T = "77 K"
"""


def case(background, temperature=100.0, **metal):
    tables = {
        "material": {"copper": {"k_F": 1.36e10, "background": background, **metal}},
        "grid": {"z": {"length": 4e-8, "cells": 4}},
        "walls": {"periodic": ["z"]},
        "drive": {"electric_field": [0.0, 0.0, 1.0]},
    }
    return Case(**tables, **({} if temperature is None else {"temperature": {"T": temperature}}))


def times(found):
    host = found.metal.background
    return [host.tau_p, host.tau_sf, host.tau_ex]


def test_rates_of_a_table_are_interpolated():
    assert times(case({"table": TABLE})) == pytest.approx([4e-14, 2e-11, np.inf])
    assert times(case({"table": TABLE}, 250.0)) == pytest.approx([1 / (0.25 / 4e-14 + 0.75 / 2e-14), 8e-11 / 7, np.inf])
    assert times(case({"table": TABLE}, 4.0)) == [6e-14, np.inf, np.inf]
    assert times(case({"tau_p": 3e-14, "table": {"T": [0, 300], "tau_ex": [1e-13, 1e-13]}}, None)) == [
        3e-14, np.inf, pytest.approx(1e-13),
    ]  # fmt: skip


@pytest.mark.parametrize("T", [0.0, 10.0, 77.0, 300.0, 500.0])
def test_resistivity_of_phonons(T):
    """ρ_0 + (ρ_300 - ρ_0) b(T)/b(300 K), whatever share of the collisions flips spins."""
    expected = 8e-9 + 1.7e-8 * bloch_gruneisen(T, 315.0) / bloch_gruneisen(300.0, 315.0)
    for ratio in (0.0, 1e-3, 1.0):
        metal = case({"phonons": PHONONS | {"elliott_yafet": ratio}}, T).metal
        assert laboratory(metal)["resistivity"] == pytest.approx(expected, rel=1e-12)


def test_spins_relax_by_a_share_of_the_collisions():
    """1/τ_s is a share of all collisions, or a different one of those with defects and those with phonons."""
    flat = case({"phonons": PHONONS | {"elliott_yafet": 2e-3}}).metal.background
    total = 1 / flat.tau_p + 1 / flat.tau_sf
    assert 1 / flat.tau_sf == pytest.approx(2e-3 * total)
    ratios = {"elliott_yafet": 2e-3, "residual_elliott_yafet": 1e-4}
    two = case({"phonons": PHONONS | ratios}).metal.background
    residual, phonons = 8e-9, 1.7e-8 * bloch_gruneisen(100.0, 315.0) / bloch_gruneisen(300.0, 315.0)
    share = (1e-4 * residual + 2e-3 * phonons) / (residual + phonons)
    assert 1 / two.tau_sf == pytest.approx(share * total, rel=1e-12)


def test_local_moments_may_stand_in_a_table_beside_phonons():
    """Moments relax the spin 4/3 times as fast as the momentum."""
    table = {"T": [10, 300], "tau_ex": [1e-13, 2e-13]}
    host = case({"phonons": PHONONS, "table": table}, 300.0).metal
    assert host.background.tau_ex == pytest.approx(2e-13)
    assert laboratory(host)["spin_lifetime"] == pytest.approx(0.75 * 2e-13)
    bare = case({"phonons": PHONONS}, 300.0).metal
    added = 1 / laboratory(host)["mean_free_path"] - 1 / laboratory(bare)["mean_free_path"]
    ell = laboratory(bare)["mean_free_path"]
    assert added * ell == pytest.approx((1 / 2e-13) / (1 / bare.background.tau_p))


def test_a_metal_alone_is_at_absolute_zero():
    assert (
        Material(k_F=1.36e10, background={"phonons": PHONONS}).background.tau_p
        == case({"phonons": PHONONS}, None).metal.background.tau_p
    )
    assert "a host that varies with temperature" in repr(Material(k_F=1.36e10, background={"table": TABLE}))
    assert Material(k_F=1.36e10, background={"tau_p": 1e-14}).at(300.0).background.tau_p == 1e-14


def test_a_table_is_read_from_a_file_once(tmp_path):
    (tmp_path / "host.csv").write_text("# as measured\nT (K); tau_p (fs); tau_sf (ps)\n4; 60; 40\n100; 40; 20\n")
    path = tmp_path / "valve.toml"
    path.write_text(FILE)
    found = load_case(path)
    tau_p = 1 / np.interp(77, [4, 100], [1 / 6e-14, 1 / 4e-14])
    assert found.metal.background.tau_p == pytest.approx(tau_p)
    (tmp_path / "host.csv").unlink()
    again = Case(**found.resolved())
    assert again.metal.background == found.metal.background
    assert parse_case(again.toml()).metal.background == found.metal.background


def test_info_shows_the_host_over_temperature():
    shown = str(info(case({"phonons": PHONONS | {"elliott_yafet": 1e-3}})))
    assert "Host of copper" in shown
    for part in ("300 K", "2.5 µΩ cm", "0.8 µΩ cm"):
        assert part in shown


@pytest.mark.parametrize(
    ("background", "temperature", "message"),
    [
        ({"table": TABLE}, 350.0, r"copper\.background\.table covers 4 K to 300 K, but the temperature is 350 K; set"),
        ({"table": TABLE}, None, r"but the temperature is 0 K; set temperature\.T within it"),
        ({"table": TABLE | {"tau_p": [1e-14, -1e-14, 1e-14]}}, 10.0, "entry 1, which must be greater than 0"),
        ({"table": TABLE | {"tau_p": [1e-14]}}, 10.0, "tau_p has 1 values for the 3 temperatures of T; give one for"),
        ({"table": TABLE | {"T": [4, 300, 100]}}, 10.0, "must increase from each temperature to the next"),
        ({"table": {"T": [4, 300]}}, 10.0, "T stands alone; give tau_p or tau_sf or tau_ex at each"),
        ({"table": {"tau_p": [1e-14]}}, 10.0, "T is missing; give for example"),
        ({"table": {"file": "nowhere.csv"}}, 10.0, r"table\.file = 'nowhere\.csv' cannot be read: No such file"),
        ({"tau_p": 1e-14, "table": TABLE}, 10.0, r"tau_p and table\.tau_p give one rate twice; keep one of them"),
        ({"tau_sf": 1e-14, "phonons": PHONONS}, 10.0, "tau_sf and phonons give one rate twice"),
        ({"phonons": {"room_resistivity": 1e-8}}, 10.0, r"phonons\.debye_temperature is missing; give for example"),
        ({"phonons": {"debye_temperature": 315}}, 10.0, r"phonons\.room_resistivity is missing; give for example"),
        ({"phonons": PHONONS | {"debye_temperature": -1}}, 10.0, r"debye_temperature = -1 must be greater than 0"),
        ({"phonons": PHONONS | {"residual_resistivity": -1e-8}}, 10.0, "must be at least 0"),
        ({"phonons": PHONONS | {"room_resistivity": 1e-9}}, 10.0, "is below residual_resistivity = '0.8 uOhm cm'"),
        ({"phonons": PHONONS | {"elliott_yafet": 1.5}}, 10.0, r"elliott_yafet = 1\.5 must lie in \[0, 1\]"),
    ],
)
def test_mistakes_get_one_message(background, temperature, message):
    with pytest.raises(CaseError, match=message) as caught:
        case(background, temperature)
    assert len(caught.value.problems) == 1


def test_bad_columns_get_one_message(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_text(FILE)
    for text, message in (
        ("T (K), tau_p (nm)\n4, 60\n", "column 'tau_p' for a time of the host is a length, but a time is needed"),
        ("T (K), tau_p (fs)\n100, 60\n4, 60\n", r"has a bad column: T = \[100\.0, 4\.0\] must increase"),
        ("T (K), tau_q (fs)\n4, 60\n", "T stands alone"),
        ("temperature (K), tau_p (fs)\n4, 60\n", "has no column 'T'"),
    ):
        (tmp_path / "host.csv").write_text(text)
        with pytest.raises(CaseError, match=message) as caught:
            load_case(path)
        assert len(caught.value.problems) == 1


def test_numbers_of_the_whole_metal_do_not_go_with_a_varying_host():
    with pytest.raises(CaseError, match=r"resistivity belongs to one temperature and does not go with background\.pho"):
        case({"phonons": PHONONS}, resistivity=1e-7)
