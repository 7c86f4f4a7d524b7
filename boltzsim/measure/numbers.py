"""The numbers of a result that tables show, under one name each: terminals, then measures with what goes with them."""

from typing import NamedTuple

import numpy as np

from boltzsim.axes import AXES
from boltzsim.result import EXTRA_UNITS, Result
from boltzsim.text.results import described


class Number(NamedTuple):
    """A number of a result.

    Attributes
    ----------
    of : str
        "contact NAME", or the entries of a measure.
    quantity : str
        "current", "voltage", "spin current x", "voltage, NAME reversed", "μ_s of the electrode"; of a measure its kind,
        or the name of a further number.
    unit : str
    value : float
    largest : float
        Largest finite magnitude among the numbers of its kind, those of a measure that have one unit: rounding noise is
        small beside it.
    """

    of: str
    quantity: str
    unit: str
    value: float
    largest: float


def numbers(result: Result) -> list[Number]:
    """Terminals and measures of a result, in the order of its tables."""
    terminals, found = result.terminals, list[Number]()
    spin = np.abs(terminals.spin_current).max(initial=0.0)
    kinds = [("current", "A", terminals.current, None), ("voltage", "V", terminals.voltage, None)]
    kinds += [(f"spin current {AXES[a]}", "A", terminals.spin_current[:, a], spin) for a in range(3)]
    kinds += [(f"voltage, {name} reversed", "V", v, None) for name, v in terminals.voltage_reversed.items()]
    for quantity, unit, values, largest in kinds:
        size = float(np.abs(values).max(initial=0.0) if largest is None else largest)
        for name, value in zip(terminals.name, values, strict=True):
            found.append(Number(f"contact {name}", quantity, unit, float(value), size))
    behind = terminals.electrode_spin_potential
    size = max(map(abs, behind.values()), default=0.0)
    found += [Number(f"contact {name}", "μ_s of the electrode", "V", value, size) for name, value in behind.items()]
    for measure in result.measures:
        own = {measure.kind: measure.value, **measure.extra}
        units = {quantity: EXTRA_UNITS.get(quantity, measure.unit) for quantity in own}
        for quantity, value in own.items():
            alike = [abs(own[other]) for other in own if units[other] == units[quantity]]
            size = max((float(one) for one in alike if np.isfinite(one)), default=0.0)
            found.append(Number(described(measure.entry), quantity, units[quantity], float(value), size))
    return found
