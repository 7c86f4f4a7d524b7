"""Transmissions of contacts and interfaces from their resistance-area products, in the two-moment closure.

With G_Sh = 2 e² N_F v_F / 4 the Sharvin conductance per area (both spins) and 𝒯_± = 𝒯 (1 ± P) the transmissions of the
two spins, which conduct in parallel,

    1/RA = ½ G_Sh Σ_± 𝒯_± / (1 - 𝒯_±/2).

An interface between two metals passes the conductance G_± = G (1 ± P) per area, of either side the share G_±/G_Sh of
the side's own, and with s = ½ (1/G_Sh + 1/G_Sh') the mean of the two Sharvin resistances

    1/RA = ½ Σ_± G_± / (1 - s G_±),

which is the first law where s is that of one side alone. A resistance-area product thus counts what an interface adds
to two large metals, and in one metal it may be as small as zero.
"""

import math
from typing import Any

from scipy.constants import elementary_charge

from boltzsim.material import alloy


def sharvin_conductance(material: Any) -> float:
    """Conductance of an opening per area, 2 e² N_F v_F / 4 for both spins, in S/m²."""
    return elementary_charge**2 * alloy.density_of_states(material) * alloy.fermi_velocity(material) / 2


def transmission(material: Any, resistance_area: float, polarization: float = 0.0) -> float:
    """Transmission 𝒯 of a contact whose resistance times area is given.

    Parameters
    ----------
    material : object
        The metal at the contact, as described in `boltzsim.material.alloy`.
    resistance_area : float
        In Ω m², positive.
    polarization : float
        P in [-1, 1].

    Returns
    -------
    float
        Above 1/(1 + |P|) where no contact has so small a product.
    """
    sharvin = sharvin_conductance(material)
    return _conductance(resistance_area, 0.5 / sharvin, polarization) / sharvin


def interface_conductance(resistance_area: float, one: float, other: float, polarization: float = 0.0) -> float:
    """Conductance per area G in S/m² of an interface whose resistance times area is given.

    Parameters
    ----------
    resistance_area : float
        In Ω m², positive.
    one, other : float
        Sharvin conductances of the two metals, S/m².
    polarization : float
        P in [-1, 1].
    """
    return _conductance(resistance_area, (1 / one + 1 / other) / 2, polarization)


def interface_resistance(conductance: float, one: float, other: float, polarization: float = 0.0) -> float:
    """Resistance times area in Ω m² of an interface, the inverse of `interface_conductance`."""
    ballistic = (1 / one + 1 / other) / 2
    spins = (conductance * (1 + polarization), conductance * (1 - polarization))
    if any(g * ballistic == 1 for g in spins):
        return 0.0
    total = sum(g / (1 - ballistic * g) for g in spins) / 2
    return 1 / total if total else math.inf


def _conductance(resistance_area: float, ballistic: float, polarization: float) -> float:
    """The conductance G of 1/RA = ½ Σ_± G_± / (1 - s G_±), s = `ballistic`."""
    h = ballistic / resistance_area
    product = (1 - polarization**2) * h * (1 + h)
    return 2 * h / (1 + 2 * h + math.sqrt((1 + 2 * h) ** 2 - 4 * product)) / ballistic


def resistance_area(material: Any, transmission: float, polarization: float = 0.0) -> float:
    """Resistance times area of a contact in Ω m², infinite for a closed one; the inverse of `transmission`."""
    spins = (transmission * (1 + polarization), transmission * (1 - polarization))
    conductance = sharvin_conductance(material) / 2 * sum(t / (1 - t / 2) for t in spins)
    return 1 / conductance if conductance else math.inf
