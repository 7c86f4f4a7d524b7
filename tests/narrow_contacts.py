"""A long channel with narrow contacts: where the current enters it crowds at the ends of the contact."""

from boltzsim.case.case import Case


def valve(x, z, model="kinetic"):
    """A copper channel of 2 µm × 100 nm × 100 nm with contacts of 50 nm, on given cells along it and across it."""
    magnet = {"face": "z_max", "transmission": 0.7, "polarization": 0.4, "direction": [0, 1, 0]}
    return Case(
        material={"Cu": {"k_F": "13.6 1/nm", "mean_free_path": "20 nm", "spin_diffusion_length": "300 nm"}},
        grid={"x": {"length": "2 um"} | x, "y": {"length": "100 nm"}, "z": {"length": "100 nm"} | z},
        contact=[
            {"name": "injector", "span": {"x": ["500 nm", "550 nm"]}, "current": "1 uA"} | magnet,
            {"name": "detector", "span": {"x": ["850 nm", "900 nm"]}, "floating": True, "detect_spin": True} | magnet,
            {"name": "left", "face": "x_min", "voltage": "0 V"},
        ],
        physics={"model": model},
        solver={"rtol": 1e-9},
        angles={"polar": 4, "azimuthal": 8},
        measure=[{"kind": "nonlocal", "injector": "injector", "detector": "detector", "reference": "left"}],
    )


def numbers(result):
    """Resistance of the injector against the end of the channel, and the spin signal ΔR, in Ω."""
    terminals = result.terminals
    voltage = dict(zip(terminals.name, terminals.voltage, strict=True))
    return voltage["injector"] / 1e-6, result.measures[0].extra["delta_R"]


def uniform(fineness):
    """Equal cells of 50 nm, over `fineness`."""
    return {"cells": 40 * fineness}, {"cells": 2 * fineness}


def graded(along, across, finest, growth=1.4):
    """Graded cells, the finest of a size in nm."""
    sizes = {"finest": f"{finest} nm", "growth": growth}
    return {"cells": along} | sizes, {"cells": across} | sizes
