"""Numbers in words: units and prefixes, rounding noise, and the infinite, the absent and the unknown told apart."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from boltzsim.result import Terminals
from boltzsim.text.fits import amount
from boltzsim.text.quantities import plain, quantities, quantity, ratio
from boltzsim.text.results import terminal_table, unbalanced


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (3.547e-4, "Ohm", "354.7 µΩ"),
        (0.0, "A", "0 A"),
        (1.5e-15, "Ohm m2", "1.5 fΩ m²"),
        (0.0156, "m2/s", "0.0156 m²/s"),  # mm²/s would be another unit
        (138.1, "cm²/s", "138.1 cm²/s"),
        (0.25, "1", "0.25"),
        (None, "m", "—"),
        (math.nan, "m", "not known"),
        (math.inf, "s", "inf"),
        (-math.inf, "s", "-inf"),
    ],
)
def test_a_quantity_in_words(value, unit, words):
    assert quantity(value, unit) == words


def test_rounding_noise_is_zero_beside_the_largest():
    """7.941e-05 fA beside 1 µA is what rounding leaves."""
    assert quantities([1e-6, 7.941e-20, -2e-9], "A") == ["1 µA", "0 A", "-2 nA"]
    assert quantities([7.941e-20, 3e-20], "A", largest=1e-6) == ["0 A", "0 A"]
    assert quantities([7.941e-14, 3e-14], "A") == ["79.41 fA", "30 fA"]


def test_no_ratio_where_the_other_crosses_zero():
    assert ratio(1.0, 2.0, 5.0) == "0.5"
    assert ratio(1e-9, 1e-20, 1.0) == ratio(1.0, 0.0, 1.0) == ratio(math.nan, 1.0, 1.0) == "—"


def test_json_tells_the_infinite_from_the_unknown():
    found = plain({"a": [math.inf, -math.inf, math.nan, 1.5], "b": (2, "c")})
    assert found == {"a": ["inf", "-inf", None, 1.5], "b": [2, "c"]}


def test_amounts_of_a_fit():
    assert amount(3.6e-4, "m2/s", 3) == "3.6 cm²/s"
    assert amount(1.0146e-12, "s", 3) == "1.01 ps"
    assert amount(0.4, "1", 3) == "0.4"


@pytest.mark.parametrize(("balance", "shown"), [(1.2e-10, "0 A"), (1e-12, "18.52 fA"), (math.nan, "18.52 fA")])
def test_a_charge_current_that_the_sum_of_all_currents_may_miss_is_shown_as_none(balance, shown):
    spins = [[0.0, 463.7e-6, 0.0], [0.0, -80.7e-6, 0.0]]
    terminals = Terminals(("ground", "probe"), np.array([18.52e-15, 0.0]), np.zeros(2), np.array(spins), np.eye(2))
    result = SimpleNamespace(terminals=terminals, solver=SimpleNamespace(terminal_balance=balance))
    columns, rows = terminal_table(terminals, noise=unbalanced(result))
    assert rows[0][columns.index("current")] == shown
