"""Spin Hall devices of a case as the diffusion formulas see them: a bar with a magnetic probe, a non-local Hall bar."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.analysis import spin_hall_formula as spinhall
from boltzsim.analysis.channel_formula import kinetic_contact
from boltzsim.analysis.valve_device import separation
from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device.metal import fills_box, materials_of
from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material import alloy


@dataclass(frozen=True)
class Metal:
    """Constants of a metal that the spin Hall formulas need.

    Attributes
    ----------
    resistivity : float
        In Ω m.
    angle : float
        Exact spin Hall angle.
    length : float
        Spin diffusion length λ of spins across their flow, m.
    ratio : float
        D_c/D_T.
    """

    resistivity: float
    angle: float
    length: float
    ratio: float


def metal(case: Case) -> Metal:
    """Constants of the bulk of a case's first material.

    Raises
    ------
    ValueError
        If no spin mode decays exponentially.
    """
    material, operators = case.metal, materials_of(case)[0]
    closure, slow, mode = p1(operators), slow_mode(operators), decay_mode(operators, "T")
    if slow is None or mode is None or not math.isfinite(mode.length):
        raise ValueError("the metal has no finite spin diffusion length")
    unit = 2 * elementary_charge**2 * alloy.density_of_states(material) * alloy.fermi_velocity(material)
    return Metal(1 / (unit * closure["D_c"]), spinhall.bulk_angle(operators), mode.length, closure["D_c"] / slow.D_T)


def probe_delta_R(case: Case, entry: dict) -> float:
    """ΔR in Ω between the two directions of a magnetic contact on the side of a bar, by the diffusion equation.

    A current I from an end face piles the spin potential θ' λ tanh(W/2λ) E (n̂ × ĵ) up at the side with outward normal
    n̂; a probe along m reads P_J m·s of it. The inverse effect, current from the magnetic contact and the voltage of the
    end face, is that of reversed m.

    Parameters
    ----------
    case : Case
    entry : dict
        Of a `nonlocal` measure: injector an end of the bar and detector the magnetic contact, or the other way round.

    Raises
    ------
    ValueError
        For any other device.
    """
    source, probe = (case.contact_named(entry[role]) for role in ("injector", "detector"))
    sense = 1
    if source.polarization and not probe.polarization:
        source, probe, sense = probe, source, -1
    if source.normal == probe.normal or not fills_box(case):
        raise ValueError("the probe must sit on the side of a bar of one metal with current from an end")
    if source.electrode or probe.electrode:
        raise ValueError("the formula of a probe knows barriers, and no electrodes behind them")
    flow, outward = (np.eye(3)[AXES.index(c.normal)] for c in (source, probe))
    flow = flow * (-1 if source.face.endswith("max") else 1)
    outward = outward * (1 if probe.face.endswith("max") else -1)
    found, width = metal(case), case.grid.length(probe.normal)
    area = math.prod(case.grid.length(axis) for axis in AXES if axis != source.normal)
    edge = -spinhall.edge_accumulation(found.angle * found.ratio, found.resistivity / area, width, found.length)
    material = case.metal
    seen, _ = kinetic_contact(
        probe.transmission, probe.polarization, probe.direction, case.contact_area(probe),
        2 * alloy.density_of_states(material), alloy.fermi_velocity(material), probe.mixing_phase,
    )  # fmt: skip
    return float(2 * sense * seen.polarization * edge * seen.axis @ np.cross(outward, flow))


def bar_resistances(case: Case, entry: dict) -> tuple[float, float]:
    """Ohmic background and spin part of the non-local resistance of a Hall bar with tunnel contacts, in Ω.

    The bar is infinite and diffusive in the formulas; the lengths of source and probes are those on the grid.

    Parameters
    ----------
    case : Case
    entry : dict
        Injector, detector and reference of a `nonlocal` measure: detector beside the injector, reference opposite it.

    Returns
    -------
    ohmic, spin : float

    Raises
    ------
    ValueError
        For any other device.
    """
    source, upper, lower = (case.contact_named(entry[role]) for role in ("injector", "detector", "reference"))
    if not (source.face == upper.face and upper.normal == lower.normal and upper.face != lower.face):
        raise ValueError("a Hall bar has its probes opposite each other and the injector beside one of them")
    if upper.polarization or len(case.grid.axes) != 2 or not fills_box(case):
        raise ValueError("the formula is for a flat Hall bar of one metal with probes that are not magnetic")
    found, (distance, along) = metal(case), separation(case, entry)
    width = case.grid.length(upper.normal)
    thickness = math.prod(case.grid.length(axis) for axis in AXES if axis not in (AXES[along], upper.normal))
    sheet = found.resistivity / thickness
    edges = case.grid.edges(AXES[along])
    fed, probed = (float(np.ptp(edges[[*case.contact_cells(c)[AXES[along]]]])) for c in (source, upper))
    spans = fed, probed
    return (
        spinhall.ohmic_background(sheet, distance, width, spans),
        spinhall.spin_hall_resistance(sheet, found.angle, found.length, distance, width, spans),
    )
