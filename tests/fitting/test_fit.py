"""Fits: foreign files, statistics, what data cannot say, and curves made by the model itself."""

from dataclasses import replace

import numpy as np
import pytest
from channels import lateral_valve

from boltzsim.case.columns import read_columns
from boltzsim.case.fit import with_values
from boltzsim.errors import CaseError
from boltzsim.fitting import descent
from boltzsim.fitting.fit import minimum_of
from boltzsim.fitting.problem import Free, Measured
from boltzsim.fitting.response import DiffusionResponse, Quantity

D_L, D_T = "material.alloy.diffusion.D_L", "material.alloy.diffusion.D_T"
TAU, P = "material.alloy.diffusion.tau_s", ("contact.injector.polarization", "contact.detector.polarization")
TRUE = {D_L: 3.4e-4, D_T: 3.0e-4, TAU: 1e-13, "physics.model": "diffusion"}
FIELDS = np.linspace(-60, 60, 7)
SIGNAL = Quantity(0, "delta_R")


def valves(direction):
    case = lateral_valve(direction, cells=50)
    return tuple(with_values(case, TRUE | {"field.B": [0.0, 0.0, float(B)]}) for B in FIELDS)


def free(start=1.1):
    names = {"D_L": (D_L,), "D_T": (D_T,), "tau_s": (TAU,)}
    found = [Free(name, paths, start * TRUE[paths[0]], 0) for name, paths in names.items()]
    return [*found, Free("P", P, 0.35, 0, 1)]


@pytest.fixture(scope="module")
def pair():
    """Curves L and T of a film with D_L ≠ D_T, without noise."""
    found = []
    for name, direction in (("L", (1, 0, 0)), ("T", (0, 1, 0))):
        cases = valves(direction)
        found.append(Measured(name, cases, FIELDS, DiffusionResponse()(cases, SIGNAL, [])[0], "T", quantity=SIGNAL))
    return found


def test_a_pair_of_curves_gives_back_its_constants(pair):
    found = minimum_of(pair, free(1.03))[0]
    for name, true in zip(found.names, (TRUE[D_L], TRUE[D_T], TRUE[TAU], 0.4), strict=True):
        assert found[name][0] == pytest.approx(true, rel=1e-5)


def test_a_noisy_pair_ends_soon_and_where_a_tight_fit_does(pair, monkeypatch):
    """Offsets leave D_L, D_T, τ_s and P so hard to tell apart, correlations 0.99, that χ² is a curved valley."""
    rng, noisy = np.random.default_rng(3), []
    for curve in pair:
        noise = 0.01 * np.abs(curve.y).max()
        y, error = curve.y + noise * (3 + rng.normal(size=len(curve.y))), np.full(len(curve.y), noise)
        noisy.append(replace(curve, y=y, error=error, terms=("offset",)))
    found = minimum_of(noisy, free())[0]
    assert found.evaluations <= 10
    assert found.ended.startswith("no step gains")
    monkeypatch.setattr(descent, "FINISHED", 1e-9)
    start = [replace(one, start=found[one.name][0]) for one in free()]
    tight = minimum_of(noisy, start)[0]
    assert np.all(np.abs(tight.value - found.value) < 0.1 * tight.error)
    assert tight.chi_square == pytest.approx(found.chi_square, abs=2e-3)


def test_derivatives_are_those_of_the_resistances(pair):
    case, direction = pair[0].cases[5:6], dict.fromkeys(P, 1.0)
    for change, size in (({D_L: 1.0}, TRUE[D_L]), ({TAU: 1.0}, TRUE[TAU]), (direction, 0.4), ({"field.g": 1.0}, 2.0)):
        slope = DiffusionResponse()(case, SIGNAL, [change])[1][0, 0]
        ends = []
        for sign in (1, -1):
            moved = with_values(case[0], dict.fromkeys(change, size * (1 + 1e-3 * sign)))
            ends.append(DiffusionResponse()([moved], SIGNAL, [])[0][0])
        assert slope == pytest.approx((ends[0] - ends[1]) / (2e-3 * size), rel=1e-4)


def test_a_parameter_that_moves_nothing_is_named(pair):
    still = [*free(), Free("right", ("contact.right.mixing_phase",), 0.1)]
    with pytest.raises(CaseError, match=r"^right moves nothing"):
        minimum_of(pair, still)


def test_two_parameters_that_cannot_be_told_apart_are_named(pair):
    """The amplitude of a curve and the polarisations of its tunnel contacts."""
    both = [Free("P_1", P[:1], 0.35, 0, 1), Free("P_2", P[1:], 0.35, 0, 1), *free()[:3]]
    scaled = [Measured(c.name, c.cases, c.x, c.y, c.unit, None, c.quantity, ("amplitude",)) for c in pair[:1]]
    with pytest.raises(CaseError, match=r"cannot be told apart"):
        minimum_of(scaled, both)


@pytest.mark.slow
def test_errors_tell_the_scatter_of_noisy_curves(pair):
    """Sixty data sets with 1 % noise: truth lies within one and two quoted errors as often as it should."""
    rng, pulls = np.random.default_rng(3), {D_L: [], D_T: [], TAU: []}
    size = [0.01 * np.abs(curve.y).max() for curve in pair]
    for _ in range(60):
        noisy = [
            replace(c, y=c.y + noise * rng.normal(size=len(c.y)), error=np.full(len(c.y), noise))
            for c, noise in zip(pair, size, strict=True)
        ]
        found = minimum_of(noisy, free(1.0)[:3])[0]
        for path, own in pulls.items():
            value, error = found[path.rpartition(".")[2]]
            own.append((value - TRUE[path]) / error)
    inside = np.abs(list(pulls.values()))
    print("inside one and two errors:", (inside < 1).mean(1), (inside < 2).mean(1))
    assert 0.55 <= np.mean(inside < 1) <= 0.80
    assert np.mean(inside < 2) >= 0.88


def test_a_foreign_file_is_read(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(
        "\ufeff# cryostat 3\r\ndR [mΩ]; T (K); B/mT\r\n1.5;4.2;100\r\n;4.2;200\r\n2,;4.2;3\r\n".encode()[:-10]
    )
    columns = read_columns(path)
    assert columns.read("", "magnetic field", "x") == pytest.approx([0.1, 0.2])
    signal = columns.read("dr", "resistance", "the signal")
    assert signal[0] == pytest.approx(1.5e-3)
    assert np.isnan(signal[1])


def test_words_in_a_column_without_a_unit_are_no_mistake(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("R (mOhm), remark, B (mT)\n1, first, 2\n3, , 4\n")
    assert read_columns(path).read("", "magnetic field", "x") == pytest.approx([2e-3, 4e-3])
    path.write_text("R (mOhm), B (mT)\n1, two\n")
    with pytest.raises(CaseError, match="line 2: 'two' is no number"):
        read_columns(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("B (mT); R (mOhm)\n1;0,5\n", "'0,5' has a decimal comma; write decimal points, '0.5'"),
        ("B (mT), R (mOhm)\n1,0,0,5\n", "4 entries for 2 columns; decimal commas"),
        ("B (mT), R (mV)\n1,2\n", "no column measures a resistance"),
        ("1, 2\n3, 4\n", "numbers where the header should be"),
    ],
)
def test_bad_files_get_one_clear_message(tmp_path, text, message):
    path = tmp_path / "data.csv"
    path.write_text(text)
    with pytest.raises(CaseError, match=message) as caught:
        read_columns(path).read("", "resistance", "the signal")
    assert len(caught.value.problems) == 1
