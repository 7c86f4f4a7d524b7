"""Small devices of one channel: a lateral spin valve with mirror walls, and a slab between two ferromagnets."""

import math

from boltzsim.case.case import Case

#: Weak spin-orbit coupling without skew scattering (η0 = η1 + η2): ℓ = 0.37 nm, λ = 6 nm at x = 0.2.
WEAK = {"impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.5, "p1/2": 0.7875, "p3/2": 0.7125}}]}
#: s scattering and spin flips of the host: ℓ = 0.87 nm, λ = 6.7 nm.
SPIN_FLIP = {"impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.5}}], "background": {"tau_sf": "100 fs"}}
#: Unit of length of 2 % impurities at k_F = 13.6/nm, m.
L0 = 3 * math.pi / (4 * 0.02 * 13.6e9)
KONDO = {"s1/2": 0.1, "p1/2": math.pi / 2, "p3/2": 0.05}
NONLOCAL = {"kind": "nonlocal", "injector": "injector", "detector": "detector", "reference": "right"}


def lateral_valve(
    direction=(1, 0, 0), detector=None, B=(0, 0, 0), distance=20, cells=100, length=100, alloy=WEAK, **more
):
    """Injector at 40 nm, detector `distance` nm further, tunnel contacts 2 nm long on a film of 4 nm."""
    tunnel = {"face": "z_max", "transmission": 0.01, "polarization": 0.4}

    def span(middle):
        return {"x": [f"{middle - 1} nm", f"{middle + 1} nm"]}

    contacts = [
        {"name": "left", "face": "x_min", "voltage": 0},
        {"name": "injector", "span": span(40), "direction": list(direction), "current": "1 uA", **tunnel},
        {"name": "detector", "span": span(40 + distance), "direction": list(detector or direction), **tunnel}
        | {"floating": True, "detect_spin": True},
        {"name": "right", "face": "x_max", "floating": True},
    ]
    grid = {"x": {"length": f"{length} nm", "cells": cells}, "y": {"length": "100 nm"}}
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", **alloy}},
        grid=grid | {"z": {"length": "4 nm", "cells": 1}},
        walls={"specularity": 1.0},
        contact=contacts,
        field={"B": list(B)},
        angles={"polar": 4, "azimuthal": 8},
        measure=[NONLOCAL],
        **{"physics": {"side_jump": False}, **more},
    )


def spin_slab(direction, B=(0, 0, 0), alloy=WEAK):
    """A slab of 12 nm between two tunnel magnets: λ = 6 nm, if it is of the alloy WEAK."""
    magnet = {"transmission": 0.01, "polarization": 0.4, "direction": list(direction)}
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", **alloy}},
        grid={"x": {"length": "12 nm", "cells": 12}, "y": {"length": "100 nm"}, "z": {"length": "100 nm"}},
        contact=[
            {"name": "near", "face": "x_min", "current": "1 uA", "detect_spin": True, **magnet},
            {"name": "far", "face": "x_max", "voltage": 0, **magnet},
        ],
        field={"B": list(B)},
        angles={"quadrature": "double-gauss", "polar": 8, "azimuthal": 8, "axis": "x"},
        physics={"side_jump": False},
        measure=[{"kind": "nonlocal", "injector": "near", "detector": "near", "reference": "far"}],
    )


def slab(distances, channels=KONDO, direction=(1, 0, 0), step=0.25, **more):
    """A slab of `distances` (in l0) between two tunnel ferromagnets, as a series; ΔR is its magnetoresistance."""
    end = {"transmission": 0.05, "polarization": 0.5, "direction": list(direction)}
    lengths = [d * L0 for d in distances]
    cells = [round(d / step) for d in distances]
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", "impurity": [{"concentration": 0.02, "channels": channels}]}},
        grid={"x": {"length": lengths[0], "cells": cells[0]}},
        contact=[
            {"name": "near", "face": "x_min", "current": "1 uA", "detect_spin": True, **end},
            {"name": "far", "face": "x_max", "voltage": 0, **end},
        ],
        angles={"quadrature": "double-gauss", "polar": 8, "azimuthal": 8, "axis": "x"},
        physics={"side_jump": False},
        solver={"rtol": 1e-10},
        measure=[{"kind": "nonlocal", "injector": "near", "detector": "near", "reference": "far"}],
        series={"thickness": {"grid.x.length": lengths, "grid.x.cells": cells}},
        **more,
    )
