"""Tables about a case before it runs: its grid and size, its materials' lengths, rates and coefficients."""

import math
from collections.abc import Iterator
from dataclasses import asdict

from rich.table import Table
from scipy.constants import elementary_charge

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.case.series import point_count
from boltzsim.case.spans import cell_size
from boltzsim.device import preflight
from boltzsim.device.bulk import bulk
from boltzsim.limits.conserved import conserved_quantities
from boltzsim.limits.diffusion import off_shell, p1
from boltzsim.limits.laboratory import QUANTITIES
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material import alloy
from boltzsim.material.superoperators import operators
from boltzsim.reports.device import barrier_tables, extent_tables
from boltzsim.reports.effort import run_time
from boltzsim.reports.host import host_tables
from boltzsim.reports.tables import conserved_table, table_of
from boltzsim.text.quantities import ABSENT, quantity
from boltzsim.units import engineering


def check_tables(case: Case) -> Iterator[Table]:
    """Grid against the mean free paths and 1/k_F, contacts, shapes, the metals, size and expected effort."""
    paths = {name: alloy.mean_free_path(material) for name, material in case.material.items()}
    rows = []
    for axis in case.grid.axes:
        sizes = case.grid.range_of_sizes(axis)
        ratios = [" … ".join(f"{size / path:.3g}" for size in sizes) for path in paths.values()]
        waves = " … ".join(f"{case.metal.k_F * size:.1f}" for size in sizes)
        lengths = engineering(case.grid.length(axis), "m"), cell_size(case.grid, axis)
        rows.append([axis, case.grid.cells(axis), *lengths, waves, *ratios, _walls(case, axis)])
    ratios = [f"Δx / mean free path, {name}" for name in paths]
    yield table_of(case.title or "Grid", "axis", "cells", "length", "Δx", "k_F Δx", *ratios, "walls", rows=rows)

    rows = []
    for contact in case.contact:
        cells = case.contact_cells(contact)
        count = math.prod(last - first for first, last in cells.values())
        area = case.contact_area(contact)
        rows.append([contact.name, contact.face, count, _place(case, cells), _area(area), _drive(contact)])
    if rows:
        yield table_of("Contacts", "contact", "face", "cells", "on the grid", "area", "drive", rows=rows)
    yield from extent_tables(case)
    yield from _laboratory(case)
    yield from host_tables(case)

    size, directions = preflight.size(case), len(preflight.ordinates(case.angles).weights)
    nyquist, growth = min(preflight.resolution(case).values(), key=lambda pair: pair[1])
    memory = f"{preflight.gigabytes(size.bytes)} of {preflight.gigabytes(preflight.physical_memory())}"
    growing = "none" if math.isinf(growth) else f"below {engineering(2 * math.pi / growth, 'm')}"
    rows = [
        ["ordinates", directions],
        ["unknowns of the kinetic equation", f"{preflight.angular_values(case):,}"],
        ["unknowns of the iteration", f"{size.unknowns:,}"],
        ["memory of the iteration", memory],
        ["time of the run, roughly", _run_time(case)],
        *_time_rows(case),
        ["shortest wave on the grid", engineering(2 * math.pi / nyquist, "m")],
        ["waves that grow by the side jump", growing],
        ["expected sweeps", _sweeps(case)],
    ]
    yield table_of("Size", "quantity", "value", rows=rows)


def info_tables(case: Case) -> Iterator[Table]:
    """The metals in quantities of the laboratory, then hosts, impurities, coefficients and Knudsen numbers."""
    yield from _laboratory(case)
    yield from host_tables(case)
    for name, material in case.material.items():
        yield _host(name, material)
        if material.impurity:
            yield _impurities(name, material)
        yield _coefficients(name, material, case.physics.side_jump)
        yield _conserved(name, material, case.physics.side_jump)
        kept = case.physics.side_jump
        limits = [off_shell(one.channels, one.concentration * kept) for one in material.impurity]
        if rows := [[limit] for limit in dict.fromkeys(limits) if limit]:
            yield table_of(f"Side jump of d and f channels in {name}", "limit", rows=rows)
    lengths = {axis: case.grid.length(axis) for axis in AXES if getattr(case.grid, axis).length}
    for axis in case.grid.axes:
        sizes = case.grid.range_of_sizes(axis)
        names = ("smallest ", "largest ") if len(sizes) > 1 else ("",)
        lengths |= {f"{name}Δ{axis}": size for name, size in zip(names, sizes, strict=True)}
    rows = []
    for name, material in case.material.items():
        path = alloy.mean_free_path(material)
        rows.append([name, engineering(path, "m"), *(f"{path / length:.3g}" for length in lengths.values())])
    yield table_of("Knudsen numbers", "material", "mean free path", *(f"/ {part}" for part in lengths), rows=rows)


def _laboratory(case: Case) -> Iterator[Table]:
    """Resistivity, lengths and spin constants of each metal, thickness over ℓ; contacts and interfaces."""
    rows = []
    for name, material in case.material.items():
        found, path = bulk(case, name), alloy.mean_free_path(material)
        for key, (words, unit, size) in QUANTITIES.items():
            value = found[key]
            rows.append([name, words, quantity(None if value is None else value / size, unit)])
        thicknesses = {axis: case.grid.length(axis) / path for axis in case.grid.axes if math.isfinite(path)}
        rows += [[name, f"thickness along {axis} / ℓ", f"{one:.3g}"] for axis, one in thicknesses.items()]
    yield table_of("Metals", "material", "quantity", "value", rows=rows)
    yield from barrier_tables(case)


def _run_time(case: Case) -> str:
    if case.physics.model == "diffusion":
        return "seconds: the diffusion model is solved directly"
    seconds = run_time(case)
    if seconds is None:
        return f"{ABSENT} (the steps are chosen on the way)"
    if seconds < 90:
        text = f"{max(seconds, 1):.0f} s"
    else:
        text = f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
    return f"{text} for each of {point_count(case)} points of the series" if case.series else text


def _host(name, material):
    states = alloy.density_of_states(material) * elementary_charge * 1e-27
    rows = [
        ["Fermi wave number k_F", f"{material.k_F * 1e-9:.6g} 1/nm"],
        ["Fermi velocity v_F", f"{alloy.fermi_velocity(material):.4g} m/s"],
        ["Fermi energy ε_F", f"{alloy.fermi_energy(material) / elementary_charge:.4g} eV"],
        ["density of states per spin N_F", f"{states:.4g} 1/(eV nm³)"],
        ["carriers", f"{alloy.carrier_density(material) * 1e-27:.4g} 1/nm³"],
        *([label, engineering(time, "s")] for label, time in _host_times(material) if math.isfinite(time)),
        ["scattering rate, all together", f"{alloy.loss_rate(material):.4g} 1/s"],
        ["mean free path", engineering(alloy.mean_free_path(material), "m")],
    ]
    return table_of(f"Material {name}", "quantity", "value", rows=rows)


def _host_times(material):
    host = material.background
    yield "momentum relaxation time of the host τ_p", host.tau_p
    yield "spin-flip time of the host τ_sf", host.tau_sf
    yield "time between collisions with local moments τ_ex", host.tau_ex
    yield "spin relaxation time of local moments ¾ τ_ex", 0.75 * host.tau_ex


def _impurities(name, material):
    rows = []
    for impurity in material.impurity:
        rate, l0 = alloy.scattering_rate(material, impurity), alloy.scattering_length(material, impurity)
        shifts = ", ".join(f"{channel} {eta:.5g}" for channel, eta in impurity.channels.items())
        units = [f"{rate:.4g}", engineering(l0, "m"), f"{alloy.side_jump_parameter(impurity):.4g}"]
        rows.append([impurity.name, _concentration(impurity), *units, shifts])
    return table_of(f"Impurities in {name}", "impurity", "x", "Γ (1/s)", "l0", "α", "phase shifts", rows=rows)


def _concentration(impurity):
    """The concentration far from a profile's plane, and that on the plane."""
    profile = impurity.concentration_profile
    if profile is None:
        return f"{impurity.concentration:g}"
    plane = profile.end or f"{profile.axis} = {engineering(profile.at, 'm')}"
    return f"{impurity.concentration:g}, rising to {impurity.concentration + profile.value:g} at {plane}"


def _coefficients(name, material, side_jump):
    """Two-moment coefficients beside those of the exact slow modes, in SI, and lengths also in l0."""
    v_F, found = alloy.fermi_velocity(material), operators(material, side_jump=side_jump)
    closure, mode = p1(found), slow_mode(found)
    rows = []
    for key, value in closure.items():
        unit = "1/s" if key.startswith("rate") else "m²/s"
        exact = getattr(mode, {"rate_s": "rate"}.get(key, key), None)
        rows.append([key, *(_coefficient(one, v_F, unit) for one in (value, exact))])
    rows.append(["weight of the slow mode", ABSENT, f"{mode.weight:.4g}" if mode else "no slow mode"])
    for polarization in "LT" if mode else "":
        q = getattr(mode, f"quadratic_up_to_{polarization}")
        waves = f"longer than {engineering(2 * math.pi / q, 'm')}" if q > 0 else "none"
        rows.append([f"waves that D_{polarization} describes", ABSENT, waves])
    for polarization in "LT":
        D, rate, exact = closure[f"D_{polarization}"], closure["rate_s"], decay_mode(found, polarization)
        diffusion = _length(math.sqrt(D / rate) if rate > 0 else math.inf, material)
        rows.append(
            [f"decay length {polarization}", diffusion, _length(exact.length, material) if exact else "no slow mode"]
        )
    return table_of(f"Coefficients of {name}", "coefficient", "two moments (P1)", "exact slow mode", rows=rows)


def _conserved(name, material, side_jump):
    """Quantities that scattering in a material conserves, or that outlive ten collisions."""
    v_F = alloy.fermi_velocity(material)
    found = [asdict(quantity) for quantity in conserved_quantities(operators(material, side_jump=side_jump))]
    return conserved_table(f"Conserved by scattering in {name}, or nearly", found, lambda rate: f"{v_F * rate:.5g} 1/s")


def _coefficient(value: float | None, v_F: float, unit: str) -> str:
    """A coefficient in SI; nan where the rate starts linear in the wave number, so that there is no coefficient."""
    if value is not None and math.isnan(value):
        return "none: starts linear in q"
    return quantity(None if value is None else v_F * value, unit, 5)


def _length(length, material):
    """A length with, for a single impurity species, its value in l0."""
    text = quantity(length, "m")
    if len(material.impurity) == 1 and math.isfinite(length):
        text += f" = {length / alloy.scattering_length(material, material.impurity[0]):.4g} l0"
    return text


def _sweeps(case):
    """Sweeps to expect with the diffusion preconditioner, whatever the optical thickness (scripts/README.md)."""
    if case.physics.model == "diffusion":
        return "none: the diffusion model is solved directly"
    if case.time is not None:
        return "3 to 6 for each stage of a step"
    sources = preflight.sources(case)
    if case.solver.preconditioner == "none":
        return f"up to {case.solver.max_products} for each of {sources} sources"
    return f"8 to 20 for each of {sources} sources, 1 to 3 for those that follow from others"


def _time_rows(case):
    """Memory and steps of a transient run."""
    if case.time is None:
        return
    where = "in a file" if preflight.state_in_file(case) else "in memory"
    yield ["angular distribution", f"{preflight.gigabytes(preflight.state_bytes(case))}, {where}"]
    yield ["steps", preflight.steps(case) or f"chosen to keep an error of {case.time.tolerance:g} per step"]
    yield ["frames", len(case.time.frame_times())]


def _walls(case, axis):
    """The two ends of an axis in words."""
    if axis in case.walls.periodic:
        return "periodic"
    ends = []
    for face in (f"{axis}_min", f"{axis}_max"):
        specularity = case.walls.at(face)
        wall = f"specularity {specularity:g}" if specularity else "diffuse"
        ends.append("mirror plane" if face in case.walls.symmetry else wall)
    return ", ".join(ends)


def _place(case, cells):
    """Position of a contact on the grid, along the gridded axes of its face."""
    places = []
    for axis in (axis for axis in cells if axis in case.grid.axes):
        first, last = (engineering(end, "m") for end in case.grid.edges(axis)[[*cells[axis]]])
        places.append(f"{axis} {first} … {last}")
    return ", ".join(places) or "whole face"


def _area(value):
    """An area in nm², µm² or, where uniform axes without a length count 1 m, in m²."""
    unit, size = ("nm²", 1e-18) if value < 1e-12 else ("µm²", 1e-12) if value < 1e-7 else ("m²", 1.0)
    return f"{value / size:,.6g} {unit}"


def _drive(contact):
    if contact.floating:
        return "floating"
    drive = engineering(contact.current, "A") if contact.voltage is None else engineering(contact.voltage, "V")
    return f"{drive} × {contact.waveform.kind}" if contact.waveform else drive
