"""`check` and `info` say what a laboratory knows of the metals, the contacts, the size and the time of a run."""

import numpy as np
import pytest

from boltzsim.case.case import parse_case
from boltzsim.reports.case import check_tables, info_tables
from boltzsim.reports.tables import data_of

CASE = """
[material.Cu]
k_F = "13.6 1/nm"
resistivity = "2.5 uOhm cm"
spin_diffusion_length = "400 nm"
[material.Pt]
k_F = "13.6 1/nm"
impurity = [{ concentration = 0.02, channels = { "s1/2" = 0.3, "p1/2" = 1.2, "p3/2" = -0.5 } }]
[grid]
x = { length = "400 nm", cells = 10 }
y = { length = "100 nm" }
z = { length = "50 nm", cells = 2 }
[[contact]]
name = "tunnel"
face = "x_min"
resistance_area = "1 Ohm um2"
voltage = "1 mV"
[[contact]]
name = "open"
face = "x_max"
voltage = "0 V"
"""
QUANTITIES = {
    "spin diffusion constant D_L of Eq. 16",
    "spin diffusion constant D_T of Eq. 16",
    "resistivity ρ", "conductivity σ", "mean free path ℓ", "diffusion constant D_c", "spin lifetime τ_s",
    "spin diffusion length λ_L", "spin diffusion length λ_T", "spin Hall angle θ_sH", "spin Hall conductivity σ_sH",
    "thickness along x / ℓ", "thickness along z / ℓ",
}  # fmt: skip


def found(tables):
    return {data_of(table)["title"]: data_of(table)["rows"] for table in tables}


@pytest.fixture(scope="module")
def both():
    case = parse_case(CASE)
    return found(check_tables(case)), found(info_tables(case))


def test_metals_in_quantities_of_the_laboratory(both):
    for tables in both:
        for metal in ("Cu", "Pt"):
            values = {row["quantity"]: row["value"] for row in tables["Metals"] if row["material"] == metal}
            assert set(values) == QUANTITIES
            assert values["diffusion constant D_c"].endswith(" cm²/s") and values["resistivity ρ"].endswith(" µΩ cm")
            if metal == "Cu":
                assert (values["resistivity ρ"], values["spin Hall angle θ_sH"]) == ("2.5 µΩ cm", "0")
                assert float(values["spin diffusion length λ_L"].split()[0]) == pytest.approx(400, rel=2e-3)
            else:
                assert float(values["spin Hall angle θ_sH"]) != 0


def test_numbers_of_copper_fit_each_other(both):
    """ρ = ħ k_F/(n e² ℓ), D = v_F ℓ/3 and λ² = D τ_s, from the numbers as printed."""
    rows = [row for row in both[0]["Metals"] if row["material"] == "Cu"]
    value = {row["quantity"]: float(row["value"].split()[0]) for row in rows}
    density = 13.6e9**3 / (3 * np.pi**2)
    path = 1.054571817e-34 * 13.6e9 / (density * 1.602176634e-19**2 * 2.5e-8)
    assert value["mean free path ℓ"] == pytest.approx(1e9 * path, rel=1e-3)
    D = 1.054571817e-34 * 13.6e9 / 9.1093837e-31 * path / 3
    assert value["diffusion constant D_c"] == pytest.approx(1e4 * D, rel=1e-3)
    assert value["spin lifetime τ_s"] == pytest.approx(1e12 * 400e-9**2 / D, rel=1e-3)
    assert value["thickness along z / ℓ"] == pytest.approx(50e-9 / path, rel=5e-3)


def test_resistances_of_contacts(both):
    """1 Ω µm² over 100 nm × 50 nm is 200 Ω; an open contact has half the Sharvin resistance."""
    for tables in both:
        tunnel, open_ = tables["Resistances of the contacts"]
        assert (tunnel["resistance × area"], tunnel["resistance"]) == ("1 pΩ m²", "200 Ω")
        sharvin = 13.6e9**2 / (4 * np.pi) * 2 * 1.602176634e-19**2 / 6.62607015e-34
        assert float(open_["resistance × area"].split()[0]) == pytest.approx(1e15 / (2 * sharvin), rel=1e-3)


def test_size_time_and_knudsen_numbers(both):
    check, info = both
    size = {row["quantity"]: row["value"] for row in check["Size"]}
    assert size["memory of the iteration"].count("B") == 2 and " of " in size["memory of the iteration"]
    assert size["time of the run, roughly"].split()[1] in ("s", "min", "h")
    copper = info["Knudsen numbers"][0]
    assert float(copper["/ z"]) == pytest.approx(26.31 / 50, rel=1e-2)
    assert float(copper["/ Δz"]) == pytest.approx(26.31 / 25, rel=1e-2)
