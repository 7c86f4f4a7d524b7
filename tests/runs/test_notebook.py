"""Progress in the kernel of a notebook: a bar in one place, of which one clean line is stored."""

import types

import nbformat
import pytest
from notebook_script import notebooks

from boltzsim.runs import notebook

DEVICE = """
import boltzsim
contacts = [
    {"name": "near", "face": "z_min", "transmission": 0.3, "polarization": 0.4, "direction": [1, 0, 0],
     "current": "1 uA", "detect_spin": True},
    {"name": "far", "face": "z_max", "voltage": "0 V"},
]
case = boltzsim.Case(
    material={"alloy": {"k_F": "13.6 1/nm", "mean_free_path": "9 nm"}},
    grid={"z": {"length": "20 nm", "cells": 6}},
    angles={"quadrature": "double-gauss", "polar": 3, "azimuthal": 6},
    contact=contacts,
    measure=[{"kind": "nonlocal", "injector": "near", "detector": "near", "reference": "far"}],
    series={"field": {"field.B.z": ["0 T", "1 T"]}},
)
"""


@pytest.fixture
def shown(monkeypatch):
    """What a notebook has displayed: a list for every place, of the bundles that it has held one after the other."""
    places = []

    def display(bundle, raw, display_id):
        places.append([bundle])
        return types.SimpleNamespace(update=lambda other, raw: places[-1].append(other))

    monkeypatch.setattr(notebook, "_in_notebook", lambda: True)
    monkeypatch.setattr(notebook, "_OFTEN", 0.0)
    monkeypatch.setattr("IPython.display.display", display)
    return places


def test_a_bar_follows_a_solve_in_one_place(shown):
    with notebook.solving(None) as progress:
        progress("solve", 1, 2, 3, 1e-4)
    (bundles,) = shown
    assert [bundle["text/plain"].split()[0] for bundle in bundles] == ["setting", "solve:", "solved"]
    assert 'value="0.250"' in bundles[1]["text/html"] and 'value="1.000"' in bundles[2]["text/html"]


def test_a_bar_follows_a_series_and_a_fit(shown):
    with notebook.counting(None) as progress:
        progress(1, 4, 12.0)
    with notebook.fitting(None) as progress:
        progress(7, 1.5e-3)
    assert shown[0][1]["text/plain"] == "point 1 of 4, 12 s left" and 'value="0.250"' in shown[0][1]["text/html"]
    assert shown[1][1]["text/plain"] == "evaluation 7, misfit 1.50e-03"


def test_a_callback_of_ones_own_replaces_the_bar(shown):
    calls = []
    for follow in (notebook.solving, notebook.counting, notebook.fitting):
        with follow(calls.append) as progress:
            progress("news")
    assert calls == ["news"] * 3 and shown == []


@pytest.mark.slow
def test_bars_in_a_kernel_leave_one_clean_line_each(tmp_path):
    cells = [DEVICE, "run = boltzsim.run(case)", "family = boltzsim.series(case)", "both = boltzsim.compare(case)"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebooks.run(book, tmp_path)
    for cell, bars, line in zip(book.cells[1:], (1, 1, 2), ("solved in", "series in", "solved in"), strict=True):
        assert [output.output_type for output in cell.outputs] == ["display_data"] * bars
        for output in cell.outputs:
            assert output.data["text/plain"].startswith(line) and "<progress" in output.data["text/html"]
            assert not any(character < " " for text in output.data.values() for character in text)
