"""Small devices of one channel: a lateral spin valve with mirror walls, and a slab between two ferromagnets."""

import math

from boltzsim.case.case import Case

#: Weak spin-orbit coupling without skew scattering (η0 = η1 + η2): ℓ = 0.37 nm, λ = 6 nm at x = 0.2.
WEAK = {"impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.5, "p1/2": 0.7875, "p3/2": 0.7125}}]}
#: s scattering and spin flips of the host: ℓ = 0.87 nm, λ = 6.7 nm.
SPIN_FLIP = {"impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.5}}], "background": {"tau_sf": "100 fs"}}
#: Unit of length of 2 % impurities at k_F = 13.6/nm, m.
L0 = 3 * math.pi / (4 * 0.02 * 13.6e9)
#: A resonance in p1/2: λ_L = 44 nm.
KONDO = {"impurity": [{"concentration": 0.02, "channels": {"s1/2": 0.1, "p1/2": math.pi / 2, "p3/2": 0.05}}]}
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


def slab(thickness, cells, alloy=WEAK, direction=(1, 0, 0), transmission=0.01, polarization=0.4, **more):
    """A slab between two ferromagnets of one magnetisation, with either of them turned round too."""
    magnet = {"transmission": transmission, "polarization": polarization, "direction": list(direction)}
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", **alloy}},
        grid={"x": {"length": thickness, "cells": cells}, "y": {"length": "100 nm"}, "z": {"length": "100 nm"}},
        contact=[
            {"name": "near", "face": "x_min", "current": "1 uA", "detect_spin": True, **magnet},
            {"name": "far", "face": "x_max", "voltage": 0, **magnet},
        ],
        angles={"quadrature": "double-gauss", "polar": 8, "azimuthal": 8, "axis": "x"},
        physics={"side_jump": False},
        measure=[{"kind": "nonlocal", "injector": "near", "detector": "near", "reference": "far"}],
        **more,
    )


def spin_slab(direction, B=(0, 0, 0), alloy=WEAK):
    """A slab of 12 nm between two tunnel magnets: λ = 6 nm, if it is of the alloy WEAK."""
    return slab("12 nm", 12, alloy, direction, field={"B": list(B)})


def slab_series(distances, alloy=KONDO, direction=(1, 0, 0), step=0.25):
    """A slab of `distances` (in l0) between two tunnel ferromagnets, as a series; ΔR is its magnetoresistance."""
    lengths, cells = [d * L0 for d in distances], [round(d / step) for d in distances]
    series = {"thickness": {"grid.x.length": lengths, "grid.x.cells": cells}}
    return slab(lengths[0], cells[0], alloy, direction, 0.05, 0.5, solver={"rtol": 1e-10}, series=series)
