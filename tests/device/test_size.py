"""The size of a run that is told before it starts is that of its vectors."""

import numpy as np
import pytest

from boltzsim.case.case import parse_case
from boltzsim.device import preflight
from boltzsim.device.build import transport_of

CASE = """
[material.one]
k_F = "13.6 1/nm"
background = {{ tau_p = "10 fs" }}
[material.two]
k_F = "13.6 1/nm"
background = {{ tau_p = "5 fs" }}
[grid]
x = {{ length = "60 nm", cells = 6 }}
y = {{ length = "50 nm", cells = 5 }}
z = {{ length = "40 nm"{z} }}
[walls]
{walls}
[[region]]
material = "two"
box = {{ x = ["30 nm", "60 nm"] }}
[[region]]
material = "void"
box = {{ x = ["{first} nm", "{last} nm"], y = ["20 nm", "50 nm"] }}
[[interface]]
between = ["one", "two"]
transmission = 0.4
specularity = {keeping}
[[contact]]
name = "left"
face = "x_min"
span = {{ y = ["0 nm", "20 nm"] }}
voltage = "1 mV"
"""


@pytest.mark.parametrize("z", ["", ", cells = 2"])
@pytest.mark.parametrize("keeping", [0.0, 0.5])
@pytest.mark.parametrize(
    ("walls", "first", "last"),
    [("", 20, 50), ("specularity = 0.3", 40, 60), ('periodic = ["y"]', 20, 60), ("x_max = 0.5", 20, 40)],
)
def test_size_is_that_of_a_vector(z, keeping, walls, first, last):
    """With what the sweep finds by itself."""
    case = parse_case(CASE.format(z=z, keeping=keeping, walls=walls, first=first, last=last))
    transport = transport_of(case)
    found = [part for part in transport.boundary if part.awaited]
    within = sum(np.prod(side.unknowns) for part in found for side in part.sides) - sum(
        np.prod(part.unknowns) for part in found
    )
    assert within > 0
    assert preflight.size(case).unknowns == transport.uniform().size + within


def test_void_cells_take_no_memory():
    whole, part = (parse_case(CASE.format(z="", keeping=0.0, walls="", first=first, last=60)) for first in (50, 20))
    assert np.isclose(preflight.size(part).corners / preflight.size(whole).corners, 18 / 27)
