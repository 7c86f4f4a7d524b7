"""A spin valve of a case as the one-dimensional diffusion formula sees it: channel, contacts, distance."""

import math
from dataclasses import dataclass, replace

import numpy as np

from boltzsim.analysis import channel_formula as formula
from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device.metal import fills_box, materials_of, precession_of
from boltzsim.limits.diffusion import closure, p1
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material import alloy


@dataclass(frozen=True)
class Valve:
    """An injector and a detector on a channel, SI.

    Attributes
    ----------
    channel : formula.Channel
        With the exact slow mode's D_L, D_T and τ_s (of the two-moment closure where there is no slow mode).
    injector, detector : formula.SpinContact
    distance : float
        From the injector's middle to the detector's, m; negative against the axis of the channel.
    along : int
        Axis of the channel.
    width : float
        Smallest gridded extent across the channel, m.
    mean_free_path : float
    """

    channel: formula.Channel
    injector: formula.SpinContact
    detector: formula.SpinContact
    distance: float
    along: int
    width: float
    mean_free_path: float

    @property
    def polarization(self) -> float:
        """√|P_1 P_2| of the contacts."""
        return math.sqrt(abs(self.injector.polarization * self.detector.polarization))

    @property
    def delta_R(self) -> float:
        """ΔR = R_P - R_AP of the diffusion formula in Ω."""
        return 2 * formula.channel_resistance(self.channel, self.injector, self.detector, self.distance)


def valve(case: Case, entry: dict, bulk: dict[str, float] | None = None) -> Valve:
    """The spin valve behind a `nonlocal` measure.

    Parameters
    ----------
    case : Case
    entry : dict
        With the names of injector and detector.
    bulk : dict, optional
        `spin_constants` of the case, where they have been computed already.

    Returns
    -------
    Valve

    Raises
    ------
    ValueError
        If the device is no channel of one material with both contacts on one of its sides.
    """
    along, pair = separation(case, entry)[1], _pair(case, entry)
    distance = float(np.subtract(*(_middle(case, contact)[along] for contact in reversed(pair))))
    if not fills_box(case) or AXES[along] in (pair[0].normal, pair[1].normal):
        raise ValueError("the diffusion formula needs a channel of one material with its contacts on the sides")
    across = [axis for i, axis in enumerate(AXES) if i != along]
    area = math.prod(case.grid.length(axis) for axis in across)
    material = case.metal
    v_F, states = alloy.fermi_velocity(material), 2 * alloy.density_of_states(material)
    bulk = bulk or spin_constants(case)
    seen = []
    for c in pair:
        contact, _ = formula.kinetic_contact(
            c.transmission, c.polarization, c.direction, case.contact_area(c), states, v_F, c.mixing_phase,
            c.electrode and (c.electrode.resistivity * c.electrode.spin_diffusion_length / case.contact_area(c),
                             c.electrode.polarization),
        )  # fmt: skip
        seen.append(replace(contact, tilt=_tilt(case, c, along)))
    return Valve(
        formula.channel(area, states, bulk["D_L"], bulk["D_T"], bulk["tau_s"], v_F * precession_of(case), along),
        seen[0],
        seen[1],
        distance,
        along,
        min(case.grid.length(axis) for axis in across if axis in case.grid.axes),
        alloy.mean_free_path(material),
    )


def _tilt(case, contact, along):
    """Tilt of the spins at a contact in m: (d/2) D_zz⁻¹ D_zx of the two-moment closure, z the outward normal."""
    out, response = closure(materials_of(case)[0])
    normal = AXES.index(contact.normal)
    across, mixed = ((out[normal] @ response[axis])[1:, 1:] for axis in (normal, along))
    upper = 1 if contact.face.endswith("max") else -1
    return upper * case.grid.length(contact.normal) / 2 * np.linalg.solve(across, mixed)


def separation(case: Case, entry: dict) -> tuple[float, int]:
    """Distance in m between the middles of a measure's injector and detector, and the axis it runs along.

    A detector that is the injector itself (a measure between the two ends of a slab) stands for its reference.

    Raises
    ------
    ValueError
        If both are at the same place.
    """
    middles = np.array([_middle(case, contact) for contact in _pair(case, entry)])
    offset = np.abs(middles[1] - middles[0])
    along = int(offset.argmax())
    if offset[along] == 0:
        raise ValueError("injector and detector are at the same place")
    return float(offset[along]), along


def _pair(case, entry):
    far = "reference" if entry["detector"] == entry["injector"] else "detector"
    return case.contact_named(entry["injector"]), case.contact_named(entry[far])


def spin_constants(case: Case) -> dict[str, float]:
    """Spin constants of the bulk of a case's first material, whatever the walls of the device do.

    Returns
    -------
    dict of str to float
        D_L, D_T (m²/s) and tau_s (s) of the exact slow mode, of the two-moment closure without one; exact decay lengths
        length_L and length_T, p1_length_L, p1_length_T (m) and p1_tau_s (s) of the closure (Eq. 16), and mean_free_path
        (m). nan: there is no such mode; inf: nothing relaxes it.
    """
    operators, v_F = materials_of(case)[0], alloy.fermi_velocity(case.metal)
    slow, closure = slow_mode(operators), p1(operators)
    if slow is None:
        D, rate = (closure["D_L"], closure["D_T"]), closure["rate_s"]
    else:
        D, rate = (slow.D_L, slow.D_T), slow.rate
    found = {"D_L": v_F * D[0], "D_T": v_F * D[1], "tau_s": 1 / (v_F * rate) if rate > 0 else math.inf}
    found["mean_free_path"] = 1 / operators.loss
    found["p1_tau_s"] = 1 / (v_F * closure["rate_s"]) if closure["rate_s"] > 0 else math.inf
    for polarization in "LT":
        mode = decay_mode(operators, polarization)
        found[f"length_{polarization}"] = math.nan if mode is None else mode.length
        square = closure[f"D_{polarization}"] / closure["rate_s"] if closure["rate_s"] > 0 else math.inf
        found[f"p1_length_{polarization}"] = math.sqrt(square)
    return found


def magnetic(case: Case, entry: dict) -> bool:
    """Whether the injector or the detector of a measure is a magnet."""
    return any(contact.polarization or contact.mixing_phase or contact.electrode for contact in _pair(case, entry))


def magnetic_state(case: Case, entry: dict) -> str:
    """Magnetisation of the injector: "L" along the channel, "T" across it, "out of plane" of its face, or "oblique"."""
    along, contact = separation(case, entry)[1], _pair(case, entry)[0]
    names = {AXES.index(contact.normal): "out of plane"} | {along: "L"}
    axis = int(np.abs(contact.direction).argmax())
    if abs(contact.direction[axis]) < 1 - 1e-9:
        return "oblique"
    return names.get(axis, "T")


def _middle(case, contact):
    """Middle of a contact in m; its entry along a uniform axis has no meaning."""
    cells = case.contact_cells(contact)
    end = case.grid.length(contact.normal) if contact.face.endswith("max") else 0.0
    return [case.grid.edges(a)[[*cells[a]]].mean() if a in cells else end for a in AXES]
