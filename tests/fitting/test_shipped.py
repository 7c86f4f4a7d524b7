"""The fit in cases/fits: four curves of a foreign file, with a header, units, comments and a missing point."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltzsim.case.fit import load_fit
from boltzsim.fitting.fit import fit, minimum_of
from boltzsim.fitting.reading import curves_of, parameters_of

FILE = Path(__file__).parents[2] / "cases" / "fits" / "hanle.toml"
FILM = 157.7e-4  # D of the film between its rough faces, m²/s, by the modes of its cross-section; 206.6 cm²/s in bulk


def require_truth(found):
    """What was put in: offset, polarisation and lifetime; D of the film as well as a diffusion equation can have it."""
    assert found.names[4:] == ("along, P.offset",)
    offset, error = found["along, P.offset"]
    assert abs(offset - 0.35e-3) < 3 * error < 0.1e-3
    ratio, error = found["D_L/D_T"]
    assert abs(ratio - 1) < 3 * error
    for name, true, model in (("D_T", FILM, 4.8e-4), ("tau_s", 8e-12, 5e-14), ("polarization", 0.3, 1.6e-3)):
        value, error = found[name]
        assert abs(value - true) < 3 * np.hypot(error, model)
    assert abs(found.scatter - 1) < 4 / np.sqrt(2 * found.freedom)  # four standard deviations of it


def test_the_shipped_fit_finds_the_film():
    about = load_fit(FILE)
    curves = curves_of(about)
    assert [len(curve.y) for curve in curves] == [40, 41, 41, 41]
    assert curves[1].y[0] == pytest.approx(-0.25081e-3) and curves[1].x[[0, -1]] == pytest.approx([-1, 1])
    thin = slice(0, None, 12)
    few = [replace(c, cases=c.cases[thin], x=c.x[thin], y=c.y[thin], error=c.error[thin]) for c in curves]
    require_truth(minimum_of(few, parameters_of(about, few), title="few points")[0])


@pytest.mark.slow
def test_the_shipped_fit_with_all_points():
    found = fit(FILE)
    print(found, found.evaluations)
    require_truth(found)
    assert found["D_L/D_T"][1] < 0.05
