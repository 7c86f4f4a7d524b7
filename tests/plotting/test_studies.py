"""Figures of comparisons, fits, surveys, screening and validation: readable in both widths, legends away from data."""

from types import SimpleNamespace

import numpy as np
import pytest
from devices import film, slab
from pictures import require_readable

from boltzsim.plotting.comparison import comparison_figure
from boltzsim.plotting.fit import draw_fit, fit_figure
from boltzsim.plotting.kondo import kondo_figure
from boltzsim.plotting.survey import survey_figure
from boltzsim.plotting.validation import PANELS, validation_figure


@pytest.mark.parametrize(
    "device, width, millimetres", [(slab, "single", 85), (film, "single", 85), (film, "double", 170)]
)
def test_both_models_stand_side_by_side_in_the_width_asked_for(device, width, millimetres):
    result = device()
    page = comparison_figure(result, result, width)
    require_readable(page)
    assert page.get_size_inches()[0] * 25.4 == pytest.approx(millimetres)
    assert len(page.axes) == 4 and page.axes[0].get_subplotspec().get_gridspec().ncols == millimetres // 85


def fitted():
    field, distance = np.linspace(-1, 1, 21), np.linspace(2e-7, 8e-7, 5)
    curves = []
    for number in range(3):
        signal = 1e-3 * (1 + number) * np.cos(4 * field)
        curves.append(SimpleNamespace(name=f"hanle_of_sample_{number}.csv", unit="T", x=field, y=signal, model=signal,
                                      residual=1e-5 * field, error=np.full(21, 1e-5)))  # fmt: skip
    signal = np.exp(-distance / 4e-7)
    curves.append(SimpleNamespace(name="distance.csv", unit="m", x=distance, y=signal, model=signal,
                                  residual=1e-3 * signal, error=np.full(5, np.nan)))  # fmt: skip
    return SimpleNamespace(curves=curves)


def test_a_fit_shows_data_model_and_residuals_by_unit(tmp_path):
    page = fit_figure(fitted())
    require_readable(page)
    require_readable(fit_figure(fitted(), "single"))
    field, below, distance, _ = page.axes
    assert [len(axes.get_legend().get_texts()) for axes in (field, distance)] == [3, 1]
    assert below.get_ylabel() == "residual (µΩ)"
    draw_fit(fitted(), tmp_path / "fit.svg")
    assert (tmp_path / "fit.svg").read_text().startswith("<?xml")


def test_a_screened_moment():
    energy, ratio = np.linspace(-6, 6, 51), np.geomspace(0.01, 10, 31)
    phase, resistivity = np.arctan2(1, -energy), 1 / (1 + ratio**2)
    curves = {"energy": energy, "phase_shift": phase, "scattering": np.sin(phase) ** 2, "states": 1 / (1 + energy**2)}
    curves |= {"ratio": ratio, "thermal": resistivity, "empirical": resistivity**0.2, "spin_half": resistivity**0.3}
    require_readable(kondo_figure(curves, r"Kondo resonance of p1/2, $T_\mathrm{K}$ = 5 K"))


def test_a_survey_and_its_key():
    rng = np.random.default_rng(3)
    shifts, length = rng.uniform(-1.5, 1.5, (400, 3)), rng.uniform(1, 3, 400)
    columns = {"length_T": length, "mean_free_path": np.ones(400), "visible": length > 1.5}
    columns["anisotropy"] = 1 + 5 * np.exp(-3 * (length - 1)) * rng.uniform(size=400)
    order = np.argsort(length)[-10:]
    found = SimpleNamespace(columns=columns, shifts=shifts, channels=("s1/2", "p1/2", "p3/2"),
                            frontier=lambda most=None: order[:most])  # fmt: skip
    page = survey_figure(found)
    require_readable(page)
    (key,) = page.legends
    assert len(key.get_texts()) == 10 and key.get_texts()[0].get_text().startswith("1: ")


def test_a_validation():
    x = np.geomspace(0.01, 1, 8)
    curves = [{"panel": panel, "kind": kind, "label": f"{kind} of a long name, number {number}", "x": x, "y": x**number}
              for panel in PANELS for kind in ("points", "line") for number in (1, 2, 3)]  # fmt: skip
    checks = [{"family": f"family {n}", "deviation": d, "tolerance": 1.0, "passed": d < 1} for n in range(8)
              for d in (1e-3, 2.0)]  # fmt: skip
    require_readable(validation_figure({"curves": curves, "checks": checks, "passed": False, "version": "0"}))
