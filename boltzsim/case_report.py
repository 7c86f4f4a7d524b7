"""Tables about a case before it runs: its grid and size, its materials' lengths, rates and coefficients."""

import math

from scipy.constants import elementary_charge

from boltzsim import preflight
from boltzsim.case_fields import AXES
from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material import alloy
from boltzsim.material.superoperators import operators
from boltzsim.report import grid_of
from boltzsim.units import engineering


def check_tables(case):
    """Grid against the mean free path and 1/k_F, contacts on the grid, size and expected effort."""
    k_F = next(iter(case.material.values())).k_F
    paths = {name: alloy.mean_free_path(material) for name, material in case.material.items()}
    yield grid_of(
        case.title or "Grid",
        "axis", "cells", "length", "Δx", "k_F Δx", *(f"Δx / mean free path, {name}" for name in paths), "walls",
        rows=[
            [axis, case.grid.cells(axis), engineering(case.grid.length(axis), "m"), engineering(dx, "m"), f"{k_F * dx:.1f}",
             *(f"{dx / path:.3g}" for path in paths.values()), _walls(case, axis)]
            for axis in case.grid.axes
            for dx in [case.grid.spacing(axis)]
        ],
    )  # fmt: skip
    if case.contact:
        yield grid_of(
            "Contacts",
            "contact", "face", "cells", "on the grid", "area", "drive",
            rows=[
                [contact.name, contact.face, math.prod(last - first for first, last in cells.values()), _place(case, cells),
                 engineering(case.contact_area(contact) * 1e18, "", 6) + " nm²", _drive(contact)]
                for contact in case.contact
                for cells in [case.contact_cells(contact)]
            ],
        )  # fmt: skip
    size, (nyquist, growth) = preflight.size(case), min(preflight.resolution(case).values(), key=lambda pair: pair[1])
    directions = len(preflight.ordinates(case.angles).weights)
    rows = [
        ["ordinates", directions],
        ["unknowns of the kinetic equation", f"{4 * size.corners * directions:,}"],
        ["unknowns of the iteration", f"{size.unknowns:,}"],
        ["memory of the iteration", f"{preflight.gigabytes(size.bytes)} of {preflight.gigabytes(preflight.physical_memory())}"],
        ["shortest wave on the grid", engineering(2 * math.pi / nyquist, "m")],
        ["waves that grow by the side jump", "none" if math.isinf(growth) else f"below {engineering(2 * math.pi / growth, 'm')}"],
        ["expected sweeps", _sweeps(case)],
    ]  # fmt: skip
    yield grid_of("Size", "quantity", "value", rows=rows)


def info_tables(case):
    """Every material's host, impurities and coefficients, and the Knudsen numbers of the grid."""
    for name, material in case.material.items():
        yield _host(name, material)
        if material.impurity:
            yield _impurities(name, material)
        yield _coefficients(name, material, case.physics.side_jump)
    yield grid_of(
        "Knudsen numbers",
        "material", "mean free path", *(f"/ {part}" for axis in AXES if getattr(case.grid, axis).length for part in _parts(case, axis)),
        rows=[
            [name, engineering(path, "m"),
             *(f"{path / length:.3g}" for axis in AXES if getattr(case.grid, axis).length for length in _parts(case, axis).values())]
            for name, material in case.material.items()
            for path in [alloy.mean_free_path(material)]
        ],
    )  # fmt: skip


def _host(name, material):
    rows = [
        ["Fermi wave number k_F", f"{material.k_F * 1e-9:.6g} 1/nm"],
        ["Fermi velocity v_F", f"{alloy.fermi_velocity(material):.4g} m/s"],
        ["Fermi energy ε_F", f"{alloy.fermi_energy(material) / elementary_charge:.4g} eV"],
        ["density of states per spin N_F", f"{alloy.density_of_states(material) * elementary_charge * 1e-27:.4g} 1/(eV nm³)"],
        ["carriers", f"{alloy.carrier_density(material) * 1e-27:.4g} 1/nm³"],
        ["scattering rate, all together", f"{alloy.loss_rate(material):.4g} 1/s"],
        ["mean free path", engineering(alloy.mean_free_path(material), "m")],
    ]  # fmt: skip
    return grid_of(f"Material {name}", "quantity", "value", rows=rows)


def _impurities(name, material):
    return grid_of(
        f"Impurities in {name}",
        "impurity", "x", "Γ (1/s)", "l0", "α", "phase shifts",
        rows=[
            [impurity.name, f"{impurity.concentration:g}", f"{alloy.scattering_rate(material, impurity):.4g}",
             engineering(alloy.scattering_length(material, impurity), "m"), f"{alloy.side_jump_parameter(impurity):.4g}",
             ", ".join(f"{channel} {eta:.5g}" for channel, eta in impurity.channels.items())]
            for impurity in material.impurity
        ],
    )  # fmt: skip


def _coefficients(name, material, side_jump):
    """Two-moment coefficients beside those of the exact slow modes, in SI and lengths also in l0."""
    v_F, found = alloy.fermi_velocity(material), operators(material, side_jump=side_jump)
    closure, mode = p1(found), slow_mode(found)
    rows = [
        [key, f"{v_F * value:.5g} {'1/s' if key.startswith('rate') else 'm²/s'}", _exact(mode, key, v_F)]
        for key, value in closure.items()
    ]  # fmt: skip
    rows += [["weight of the slow mode", "", f"{mode.weight:.4g}" if mode else "no slow mode"]]
    for polarization in "LT":
        diffusion = math.sqrt(closure[f"D_{polarization}"] / closure["rate_s"]) if closure["rate_s"] > 0 else math.inf
        exact = decay_mode(found, polarization)
        rows.append(
            [f"decay length {polarization}", _length(diffusion, material), _length(exact and exact.length, material)]
        )
    return grid_of(f"Coefficients of {name}", "coefficient", "two moments (P1)", "exact slow mode", rows=rows)


def _exact(mode, key, v_F):
    """The exact mode's counterpart of a P1 coefficient, empty where it has none."""
    attribute = {"rate_s": "rate", "D_L": "D_L", "D_T": "D_T"}.get(key)
    if mode is None or attribute is None:
        return ""
    return f"{v_F * getattr(mode, attribute):.5g} {'1/s' if attribute == 'rate' else 'm²/s'}"


def _length(length, material):
    """A length with, for a single impurity species, its value in l0."""
    if length is None:
        return "no slow mode"
    if math.isinf(length):
        return "infinite"
    text = engineering(length, "m")
    if len(material.impurity) == 1:
        text += f" = {length / alloy.scattering_length(material, material.impurity[0]):.4g} l0"
    return text


def _parts(case, axis):
    """Lengths along an axis to compare the mean free path with: the box, and a cell where there are any."""
    return {axis: case.grid.length(axis)} | ({f"Δ{axis}": case.grid.spacing(axis)} if axis in case.grid.axes else {})


def _sweeps(case):
    """Sweeps to expect: with the diffusion preconditioner 10 to 20 per source, whatever the optical thickness."""
    if case.physics.model == "diffusion":
        return "none: the diffusion model is solved directly"
    sources = preflight.sources(case)
    if case.solver.preconditioner == "none":
        return f"up to {case.solver.max_products} for each of {sources} sources"
    return f"10 to 20 for each of {sources} sources"


def _walls(case, axis):
    if axis in case.walls.periodic:
        return "periodic"
    ends = [f"{axis}_min", f"{axis}_max"]
    return ", ".join(
        "mirror plane" if end in case.walls.symmetry else f"specularity {case.walls.at(end):g}" for end in ends
    )


def _place(case, cells):
    edges = {
        axis: [end * case.grid.spacing(axis) for end in ends] for axis, ends in cells.items() if axis in case.grid.axes
    }
    return (
        ", ".join(
            f"{axis} {engineering(first, 'm')} … {engineering(last, 'm')}" for axis, (first, last) in edges.items()
        )
        or "all"
    )


def _drive(contact):
    if contact.floating:
        return "floating"
    return engineering(contact.current, "A") if contact.voltage is None else engineering(contact.voltage, "V")
