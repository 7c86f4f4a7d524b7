"""Where data come from and what they are fitted with: series and foreign files, terms of a curve, the kinetic model."""

import numpy as np
import pytest
from channels import SPIN_FLIP, lateral_valve, spin_slab

import boltzsim
from boltzsim.case.fit import Curve, Fit, with_values
from boltzsim.errors import CaseError
from boltzsim.fitting.fit import fit, minimum_of
from boltzsim.fitting.problem import Free, Measured
from boltzsim.fitting.reading import curves_of
from boltzsim.fitting.response import DiffusionResponse, KineticResponse, Quantity

PATH, SIGNAL = "material.alloy.diffusion.", Quantity(0, "delta_R")
TRUE = {"D_L": 3.3e-4, "D_T": 3.0e-4, "D_c": 3.2e-4, "tau_s": 1.2e-13}
SET = {PATH + name: value for name, value in TRUE.items()} | {"physics.model": "diffusion"}
FIELDS = [0.0, 25.0, 50.0, 75.0]
POLARIZATION = '["contact.near.polarization", "contact.far.polarization"]'
FIT = f"""
case = "slab.toml"
set = {{ "{PATH}D_c" = "3.2 cm2/s" }}
[[curve]]
name = "L"
file = "series.h5"
along = "field"
quantity = "delta_R"
error = "10 nOhm"
amplitude = true
[[curve]]
name = "T"
file = "foreign.csv"
along = "field.B.z"
y = "signal"
error = "sigma"
quantity = "delta_R"
offset = true
slope = true
set = {{ "contact.near.direction" = [0, 1, 0], "contact.far.direction" = [0, 1, 0] }}
[parameter]
D_T = {{ path = "{PATH}D_T", start = "2.8 cm2/s", min = "0.1 cm2/s" }}
ratio = {{ path = "{PATH}D_L", start = 1.05, min = 0.8, times = "D_T" }}
tau_s = {{ path = "{PATH}tau_s", start = "110 fs", min = "1 fs" }}
P = {{ path = {POLARIZATION}, start = 0.38, min = 0, max = 1 }}
"""


def test_a_series_and_a_foreign_file_are_fitted_together(tmp_path):
    """Tied constants, values shared by both curves, and terms of either: what made the data comes back."""
    along = with_values(spin_slab((1, 0, 0)), SET)
    family = boltzsim.series(along.with_(series={"field": {"field.B.z": FIELDS}}))
    boltzsim.save(family, tmp_path / "series.h5")
    across = [with_values(spin_slab((0, 1, 0), (0, 0, B)), SET) for B in FIELDS]
    signal = 1e3 * DiffusionResponse()(across, SIGNAL, [])[0]
    rows = [f"{s + 0.02 + 1e-3 * B:.9g}; 1e-5; {1e3 * B:.6g}; 4.2" for s, B in zip(signal, FIELDS, strict=True)]
    rows[3:3] = ["; 1e-5; 55e3; 4.2", "# a bad contact"]
    (tmp_path / "foreign.csv").write_text("! run 12\nsignal [mΩ]; sigma [mΩ]; B/mT; T (K)\n" + "\n".join(rows))
    (tmp_path / "slab.toml").write_text(spin_slab((1, 0, 0)).toml())
    (tmp_path / "fit.toml").write_text(FIT)
    found = fit(tmp_path / "fit.toml")
    assert [len(curve.x) for curve in found.curves] == [4, 4]
    wanted = {"D_T": 3.0e-4, "ratio": 1.1, "tau_s": 1.2e-13, "P": 0.4}
    wanted |= {"L.amplitude": 1.0, "T.offset": 2e-5, "T.slope": 1e-6}
    assert {name: found[name][0] for name in found.names} == pytest.approx(wanted, rel=1e-3)
    assert found.weighted and found.chi_square < 1e-2


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"shares": "b"}, "curve 'b': shares = 'b' is no curve with terms of its own; known: a"),
        ({"shares": "a", "offset": True}, "shares the terms of 'a'; set offset, slope and amplitude there"),
    ],
)
def test_shared_terms_are_those_of_one_curve(more, message):
    curves = ({"name": "a", "file": "x.csv", "offset": True}, {"name": "b", "file": "x.csv", **more})
    with pytest.raises(CaseError, match=message):
        Fit(curve=curves, parameter={"D": {"path": PATH + "D_T", "start": "3 cm2/s"}})


def test_distances_move_the_detector(tmp_path):
    device = lateral_valve(distance=20)
    (tmp_path / "valve.toml").write_text(device.toml())
    (tmp_path / "far.csv").write_text("d (nm), R (uOhm)\n30, 2\n14, 5\n")
    (tmp_path / "between.csv").write_text("d (nm), R (uOhm)\n20.5, 2\n")
    about = {"case": str(tmp_path / "valve.toml"), "parameter": {"D": {"path": PATH + "D_T", "start": "3 cm2/s"}}}

    def curves(file):
        return curves_of(Fit(**about, curve=(Curve(file=str(tmp_path / file), along="distance"),)))

    (far,) = curves("far.csv")
    spans = [case.contact_named("detector").span.x for case in far.cases]
    assert np.array(spans) == pytest.approx(1e-9 * np.array([[69, 71], [53, 55]]))
    assert far.x == pytest.approx([30e-9, 14e-9]) and far.y == pytest.approx([2e-6, 5e-6])
    with pytest.raises(CaseError, match="falls between cells, the nearest is"):
        curves("between.csv")


def test_the_kinetic_model_finds_the_spin_flip_time():
    """A time of the host that no effective constant knows, from two points of a kinetic curve."""
    cases = tuple(spin_slab((1, 0, 0), (0, 0, B), SPIN_FLIP) for B in (0, 60))
    signal, _ = KineticResponse()(cases, SIGNAL, [])
    curve = Measured("L", cases, np.array([0.0, 60.0]), signal, "T", quantity=SIGNAL)
    found = minimum_of([curve], [Free("tau", ("material.alloy.background.tau_sf",), 1.1e-13, 0)], "kinetic")[0]
    assert found["tau"][0] == pytest.approx(1e-13, rel=1e-3)
    assert found.model == "kinetic" and found.curves[0].model == pytest.approx(signal, rel=1e-3)
