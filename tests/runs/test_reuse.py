"""Reuse of operators and solutions between the points of a series."""

import numpy as np
import pytest
from series_cases import BASE, series_of

from boltzsim.case.case import Case, parse_case
from boltzsim.case.series import expand
from boltzsim.device.key import shared
from boltzsim.runs import reuse as sharing
from boltzsim.runs import series as engine
from boltzsim.runs.start import run
from boltzsim.store.result import open as open_result
from boltzsim.transport.steady import Transport

VOLTAGES = """
[series.bias]
contact.far.voltage = ["0 V", "1 mV", "5 mV"]
contact.near.current = ["1e11 A", "2e11 A", "-3e11 A"] # of 1 m²
[series.spin]
contact.far.spin_voltage = [["0 V", "0 V", "0 V"], ["1 mV", "0 V", "0 V"], ["-3 mV", "0 V", "0 V"]]
"""


def counted(monkeypatch):
    """Lists that grow by every operator built and every source solved."""
    built, solved = [], []
    build, solve = sharing.transport_of, Transport.solve
    monkeypatch.setattr(sharing, "transport_of", lambda *case, **like: built.append(case) or build(*case, **like))
    monkeypatch.setattr(Transport, "solve", lambda *own, **source: solved.append(source) or solve(*own, **source))
    return built, solved


def test_points_on_one_operator_build_and_solve_it_once(tmp_path, monkeypatch):
    """Nine points with two magnetic states of two contacts each, and one more source for the spin potentials."""
    _, case = series_of(tmp_path, VOLTAGES)
    built, solved = counted(monkeypatch)
    assert engine.run_series(case, tmp_path / "points") == 9
    assert (len(built), len(solved)) == (2, 2 * (2 + 1))
    found, cases = engine.collect(case, tmp_path / "points"), expand(case)[1]
    monkeypatch.undo()
    for number, index in enumerate(np.ndindex(found.shape)):
        single = run(cases[number])
        size = np.abs(single.terminals.voltage).max()
        np.testing.assert_allclose(found.terminals["voltage"][index], single.terminals.voltage, atol=1e-9 * size)
        size = np.abs(single.terminals.spin_current).max()
        np.testing.assert_allclose(
            found.terminals["spin_current"][index], single.terminals.spin_current, atol=1e-7 * size
        )
        stored = open_result(engine.point_file(tmp_path / "points", cases[number]))
        size = np.abs(single.fields["spin_potential"]).max()
        np.testing.assert_allclose(stored.fields["spin_potential"], single.fields["spin_potential"], atol=1e-7 * size)
        assert stored.solver.products == single.solver.products
        assert stored.solver.spin_balance < 1e-8


def test_points_on_one_operator_stay_together_in_arrays_of_jobs_and_restart_alone(tmp_path, monkeypatch):
    _, case = series_of(tmp_path, VOLTAGES)
    folder, cases = tmp_path / "points", expand(case)[1]
    assert engine.run_series(case, folder, index=1, count=2) == 0
    assert engine.run_series(case, folder, jobs=2) == 9
    engine.point_file(folder, cases[5]).unlink()
    built, solved = counted(monkeypatch)
    assert engine.run_series(case, folder, index=0, count=2) == 1
    assert (len(built), len(solved)) == (2, 6)


def test_other_operators_are_built_anew_and_start_from_their_neighbour(tmp_path, monkeypatch):
    _, case = series_of(tmp_path, '[series.field]\nfield.B.z = ["10 T", "12 T", "14 T"]\n')
    built, solved = counted(monkeypatch)
    assert engine.run_series(case, tmp_path / "points") == 3
    assert (len(built), len(solved)) == (6, 12)
    assert [source["start"] is None for source in solved] == [True] + [False] * 11  # the last contact never
    monkeypatch.undo()
    for number, point in enumerate(expand(case)[1]):
        single, stored = run(point), open_result(engine.point_file(tmp_path / "points", point))
        size = np.abs(single.terminals.conductance).max()
        np.testing.assert_allclose(
            stored.terminals.conductance, single.terminals.conductance, atol=10 * case.solver.rtol * size
        )
        saved = single.solver.products_total - stored.solver.products_total
        assert saved > 3 if number else saved == 0


def film(offset=0.0, **tables):
    """A valve of two magnets on a film, about its middle but for an offset of the second one in nm."""
    tunnel = {"transmission": 0.05, "polarization": 0.4, "direction": [1, 0, 0]}
    return Case(
        material=parse_case(BASE).resolved()["material"],
        grid={"x": {"length": "80 nm", "cells": 16}, "z": {"length": "20 nm", "cells": 4}},
        angles={"polar": 4, "azimuthal": 8},
        contact=[
            {"name": "one", "face": "z_max", "span": {"x": ["20 nm", "25 nm"]}, "current": "1 A", **tunnel},
            {
                "name": "two",
                "face": "z_max",
                "span": {"x": [f"{55 + offset} nm", f"{60 + offset} nm"]},
                "floating": True,
                "detect_spin": True,
                **tunnel,
            },
            {"name": "left", "face": "x_min", "voltage": 0},
            {"name": "right", "face": "x_max", "floating": True},
        ],
        measure=[{"kind": "nonlocal", "injector": "one", "detector": "two", "reference": "right"}],
        **{"solver": {"rtol": 1e-10}, **tables},
    )


@pytest.mark.parametrize("offset, images", [(0, 2), (5, 0)])
def test_a_source_is_the_image_of_another_where_the_device_is_symmetric(offset, images, monkeypatch):
    """A mirror carries one magnet into the other, and a half turn where the second is reversed; not if it is moved.

    One sweep confirms the image. Without symmetries every source takes its products, to the same currents.
    """
    case, sweeps = film(offset), []
    solve = Transport.solve

    def counted(*own, **source):
        solution = solve(*own, **source)
        sweeps.append(solution.sweeps)
        return solution

    monkeypatch.setattr(Transport, "solve", counted)
    found = run(case)
    assert [count <= 3 for count in sweeps] == [k in (3, 7) or (k in (1, 5) and images > 0) for k in range(8)]
    monkeypatch.setattr(sharing.SolvedOperator, "symmetries", [])
    sweeps.clear()
    plain = run(case)
    assert sum(count <= 3 for count in sweeps) == 2  # what follows from all contacts at one potential
    size = np.abs(plain.terminals.conductance).max()
    np.testing.assert_allclose(found.terminals.conductance, plain.terminals.conductance, rtol=0, atol=1e-9 * size)
    (one,), (other,) = found.measures, plain.measures
    assert one.value == pytest.approx(other.value, rel=1e-6)
    assert one.extra["delta_R"] == pytest.approx(other.extra["delta_R"], rel=1e-4)


def test_points_in_opposite_fields_follow_one_another_and_share_solutions(tmp_path):
    """With magnets across the channel a mirror reverses nothing but the field, or its rounded value."""
    fields = ["-1 T", "-0.3 T", "0 T", "0.30000000000000004 T", "1 T"]
    along, across = [1, 0, 0], [0, 1, 0]
    turned = {f"contact.{name}.direction": [along, across] for name in ("one", "two")}
    case = film(series={"turn": turned, "field": {"field.B.z": fields}})
    cases = expand(case)[1]
    assert shared(cases) == [[0, 4], [1, 3], [2], [5, 9], [6, 8], [7]]
    assert engine.run_series(case, tmp_path / "points") == 10
    plain = np.array([run(point).solver.products_total for point in cases])
    together = np.array([open_result(engine.point_file(tmp_path / "points", point)) for point in cases])
    sweeps = np.array([result.solver.products_total for result in together])
    assert (sweeps[[8, 9]] <= 12).all() and (sweeps[[3, 4]] < 0.6 * plain[[3, 4]]).all()
    for number in (1, 3, 4, 8, 9):
        single, stored = run(cases[number]), together[number]
        size = np.abs(single.terminals.conductance).max()
        np.testing.assert_allclose(stored.terminals.conductance, single.terminals.conductance, rtol=0, atol=1e-9 * size)
        assert stored.measures[0].value == pytest.approx(single.measures[0].value, rel=1e-5)


def test_a_tighter_tolerance_is_solved_again(tmp_path):
    _, case = series_of(tmp_path, "[series.tolerance]\nsolver.rtol = [1e-4, 1e-11]\n")
    engine.run_series(case, tmp_path / "points")
    loose, tight = (open_result(engine.point_file(tmp_path / "points", point)) for point in expand(case)[1])
    assert tight.solver.products_total > 0
    exact = run(expand(case)[1][1]).terminals.conductance
    assert np.abs(tight.terminals.conductance - exact).max() < 1e-10 * np.abs(exact).max()
    assert np.abs(loose.terminals.conductance - exact).max() > 1e-10 * np.abs(exact).max()


def test_what_changes_the_operator_and_what_does_not():
    case = parse_case(BASE)
    key = sharing.operator_key(case)

    def changed(**keys):
        contacts = case.resolved()["contact"]
        contacts[0].update(keys)
        return case.replace(contact=contacts)

    assert key == sharing.operator_key(case.replace(measure=[], title="other", solver={"rtol": 1e-5}))
    assert key == sharing.operator_key(changed(current=2e-6, spin_voltage=[1, 0, 0], detect_spin=False))
    assert key == sharing.operator_key(changed(direction=[-1, 0, 0]), "near")  # reversed twice
    assert key != sharing.operator_key(case, "near")
    for keys in ({"transmission": 0.2}, {"polarization": 0.3}, {"direction": [0, 0, 1]}, {"mixing_phase": 0.1}):
        assert key != sharing.operator_key(changed(**keys))
    plain = {"polarization": 0, "detect_spin": False}  # neither its direction nor a reversal matters
    turned = sharing.operator_key(changed(**plain, direction=[0, 1, 0]), "near")
    assert sharing.operator_key(changed(**plain)) == turned
    for tables in (
        {"field": {"B": [0, 0, 1]}},
        {"walls": {"specularity": 0.5}},
        {"physics": {"side_jump": False}},
        {"angles": {"quadrature": "double-gauss", "polar": 4, "azimuthal": 6, "axis": "z"}},
        {"grid": {"z": {"length": 2e-8, "cells": 7}}},
    ):
        assert key != sharing.operator_key(case.replace(**tables))
