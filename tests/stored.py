"""Results of random numbers for the tests of the files."""

import numpy as np

from boltzsim.result import FIELDS, Measure, Result, SolverReport, Terminals, provenance

CASE = """
title = "Spin valve, 2 µm"   # comments are kept
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
name = "Ce"
concentration = 0.02
channels = { "s1/2" = 0.1, "p1/2" = 1.5707963267948966, "p3/2" = 0.05 }
[grid]
x = { length = "400 nm", cells = 8 }
z = { length = "40 nm", cells = 3 }
[[contact]]
name = "injector"
face = "z_max"
span = { x = ["100 nm", "150 nm"] }
transmission = 0.01
polarization = 0.4
direction = [1, 2, 3]
current = "1 uA"
[[contact]]
name = "detector"
face = "z_max"
span = { x = ["300 nm", "350 nm"] }
transmission = 0.01
polarization = 0.4
direction = [1, 0, 0]
floating = true
detect_spin = true
[[contact]]
name = "Erde"
face = "x_min"
voltage = 0
[[measure]]
kind = "nonlocal"
injector = "injector"
detector = "detector"
reference = "Erde"
"""


def random_result(case, seed=1, reversed_=("detector",), measures=2, iterations=7):
    """Random numbers over all of a double's exponents, so that any conversion on the way would show."""
    rng = np.random.default_rng(seed)

    def numbers(*shape):
        return rng.standard_normal(shape) * 10.0 ** rng.integers(-300, 300, shape)

    n = len(case.contact)
    terminals = Terminals(
        tuple(contact.name for contact in case.contact),
        numbers(n), numbers(n), numbers(n, 3), numbers(n, n), {name: numbers(n) for name in reversed_},
    )  # fmt: skip
    measures = tuple(
        Measure(
            "nonlocal",
            case.resolved()["measure"][0],
            float(numbers()),
            "Ω",
            {"R_P": float(numbers()), "R_AP": float(numbers())},
        )
        for _ in range(measures)
    )
    history = numbers(iterations), numbers(iterations)
    solver = SolverReport(True, 12, 36, 3, *history, {"setup": 0.1, "sweep": 2.5}, 1e-13, 3e-12, 4e-11)
    edges = {axis: case.grid.edges(axis) for axis in "xyz"}
    fields = {name: numbers(*case.grid.shape, *(3 for _ in more)) for name, (_, _, more) in FIELDS.items()}
    return Result(case, edges, fields, terminals, measures, solver, provenance(case, 2, 3.25))


def assert_same(one, other):
    """Equal to the bit, in type too."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    elif hasattr(one, "__dataclass_fields__"):
        assert_same(vars(one), vars(other))
    else:
        assert one == other
