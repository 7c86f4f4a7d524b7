"""Ferromagnetic electrodes of finite resistance behind contacts (T. Valet and A. Fert, Phys. Rev. B 48, 7099 (1993)).

An electrode of resistivity ρ_F, spin diffusion length λ_F and bulk polarisation p_F is lumped into two equations
between the currents that it sends into the device and the potentials n_res = μ_c + μ_s m·σ at its end, behind the
contact:

    I_s·m = p_F I_c - g μ_s,   g = A (1 - p_F²)/(ρ_F λ_F);      V = μ_c + p_F μ_s,

V what a voltmeter far inside the electrode reads. I_s counts what crosses the contact. Where reflections at it destroy
spin, that is more than the device gets, I_s·m = F_s + ℓ o_s, with ℓ = 1 - R - T along m and the flux o that leaves the
device, which follows from T (sent - o) = F + ℓ o_s m; all of them per A of the contact, T and R as in
`boltzsim.transport.law`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzsim.case.case import Case
from boltzsim.device.build import contact_laws
from boltzsim.device.fields import conductance_unit

_NOTHING = 1e-14  # a loss of spin below this is rounding of 1 - R - T


@dataclass(frozen=True)
class Electrode:
    """The electrode behind one contact.

    Attributes
    ----------
    contact : int
        Number of the contact.
    axis : numpy.ndarray, shape (3,)
        Unit vector m of its magnetisation in the case, also where that is reversed.
    polarization : float
        p_F along `axis`, of the other sign where the magnetisation is reversed.
    on_flux : numpy.ndarray, shape (4,)
        Coefficients a of its equation a·F + b_c μ_c + b_s μ_s = 0, F the currents in A through the contact.
    on_charge, on_spin : float
        b_c and b_s, A/V.
    """

    contact: int
    axis: np.ndarray
    polarization: float
    on_flux: np.ndarray
    on_charge: float
    on_spin: float

    def potentials(self, contacts: int) -> np.ndarray:
        """Reservoir potentials (contacts, 4) at a unit μ_s."""
        found = np.zeros((contacts, 4))
        found[self.contact, 1:] = self.axis
        return found


def electrodes_of(case: Case, transport: Any, reversed_contact: str | None = None) -> list[Electrode]:
    """The electrodes of a case, in the order of their contacts.

    Parameters
    ----------
    case : Case
    transport : DeviceModel
    reversed_contact : str, optional
        Name of a contact whose magnetisation is reversed.
    """
    found, unit = [], conductance_unit(case)
    for number, (contact, law) in enumerate(zip(case.contact, contact_laws(case, reversed_contact), strict=True)):
        if contact.electrode is None:
            continue
        ferromagnet, axis = contact.electrode, np.asarray(contact.direction)
        polarization = ferromagnet.polarization * (-1 if contact.name == reversed_contact else 1)
        sink = case.contact_area(contact) * (1 - polarization**2)
        sink /= ferromagnet.resistivity * ferromagnet.spin_diffusion_length
        spin = np.r_[0.0, axis]
        lost = spin @ (np.eye(4) - law.reflection - law.transmission) @ spin
        t_cc, t_sc, t_ss = law.transmission[0, 0], spin @ law.transmission[:, 0], spin @ law.transmission @ spin
        share = lost / (t_cc * (t_ss + lost) - t_sc**2) if lost > _NOTHING else 0.0
        seen = share * (t_cc * spin - t_sc * np.eye(4)[0])  # ℓ o_s = seen·(sent - F)
        charge, both = (unit * _sent(transport, number, potential) for potential in (np.eye(4)[0], spin))
        found.append(
            Electrode(
                number,
                axis,
                polarization,
                spin - seen - polarization * np.eye(4)[0],
                float(seen @ charge),
                float(seen @ both + sink),
            )
        )
    return found


def _sent(transport: Any, contact: int, potential: Sequence[float]) -> np.ndarray:
    """Flux (4,) that a contact's reservoir sends in at a potential (4,)."""
    reservoirs = np.zeros((transport.contacts, 4))
    reservoirs[contact] = potential
    return np.asarray(transport.sent(reservoirs)[contact])
