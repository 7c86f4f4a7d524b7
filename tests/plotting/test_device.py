"""Figures of devices before they are solved."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from typer.testing import CliRunner
from valve import changed

from boltzsim.case.case import Case
from boltzsim.cli.app import app
from boltzsim.plotting.device import device_figure

NOTCH = {"material": "void", "box": {"x": ["200 nm", "400 nm"], "z": ["20 nm", "40 nm"]}}
DEEP = {"y": {"length": "100 nm", "cells": 4}}


def test_a_plan_shows_metal_voids_and_contacts_where_they_are():
    """Half of the upper half is void; the contact inside the box lies at the step of the metal."""
    step = {"name": "step", "face": "x_max", "at": "200 nm", "floating": True, "span": {"z": ["20 nm", "40 nm"]}}
    case = Case(**changed({"region": [NOTCH], "contact.3": step}))
    (axes,) = device_figure(case).axes
    metal, empty = (one.get_array().mask for one in axes.collections if isinstance(one, QuadMesh))
    assert metal.mean() == 0.25 and np.array_equal(metal, ~empty)
    lines = [one for one in axes.collections if isinstance(one, LineCollection) and one.get_linewidth()[0] == 4]
    assert len(lines) == len(case.contact)
    ends = np.concatenate(lines[-1].get_segments())
    assert np.allclose(ends[:, 0], 200) and np.isclose(ends[:, 1].min(), 20) and np.isclose(ends[:, 1].max(), 40)


def test_three_dimensions_have_a_plan_and_two_sections():
    """Each section lies where it meets most contacts, and only unequal scales are named."""
    grid = changed({})["grid"] | DEEP
    titles = [axes.get_title(loc="left") for axes in device_figure(Case(**changed({"grid": grid}))).axes]
    assert [title[:3] for title in titles] == ["z =", "y =", "x ="]
    assert ["different scales" in title for title in titles] == [False, True, False]


def test_interfaces_are_drawn_on_their_faces():
    interface = {"box": {"x": ["200 nm", "200 nm"]}, "transmission": 0.1}
    (axes,) = device_figure(Case(**changed({"interface": [interface]}))).axes
    (drawn,) = (one for one in axes.collections if isinstance(one, LineCollection) and one.get_linewidth()[0] == 1.8)
    ends = np.concatenate(drawn.get_segments())
    assert np.allclose(ends[:, 0], 200) and np.isclose(np.ptp(ends[:, 1]), 40)


@pytest.mark.parametrize(("name", "code"), [("device.svg", 0), ("device.jpg", 4)])
def test_the_command_writes_a_figure_or_says_why_not(tmp_path, name, code):
    case = tmp_path / "case.toml"
    case.write_text(Case(**changed({})).toml())
    found = CliRunner().invoke(app, ["draw", str(case), "-o", str(tmp_path / name)])
    assert found.exit_code == code, found.output
    assert (tmp_path / name).exists() == (code == 0)


@pytest.mark.parametrize(("asked", "name"), [([], "case.device.png"), (["--format", "pdf"], "case.device.pdf")])
def test_the_figure_of_a_device_leaves_that_of_its_result_alone(tmp_path, monkeypatch, asked, name):
    """The result of case.toml is case.h5, and `plot` draws it into case.png."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(Case(**changed({})).toml())
    (tmp_path / "case.png").write_bytes(b"of the result")
    assert CliRunner().invoke(app, ["draw", "case.toml", *asked]).exit_code == 0
    assert (tmp_path / name).is_file() and (tmp_path / "case.png").read_bytes() == b"of the result"
