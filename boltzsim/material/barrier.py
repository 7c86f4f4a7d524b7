"""Transmission of a contact from its resistance-area product, in the two-moment closure.

With G_Sh = 2 e² N_F v_F / 4 the Sharvin conductance per area (both spins) and 𝒯_± = 𝒯 (1 ± P) the transmissions of the
two spins, which conduct in parallel,

    1/RA = ½ G_Sh Σ_± 𝒯_± / (1 - 𝒯_±/2).
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
    g = 1 / (resistance_area * sharvin_conductance(material))
    product = (1 - polarization**2) / 4 * (g + 2)
    return 2 * g / (1 + g + math.sqrt((1 + g) ** 2 - 4 * product * g))


def resistance_area(material: Any, transmission: float, polarization: float = 0.0) -> float:
    """Resistance times area of a contact in Ω m², infinite for a closed one; the inverse of `transmission`."""
    spins = (transmission * (1 + polarization), transmission * (1 - polarization))
    conductance = sharvin_conductance(material) / 2 * sum(t / (1 - t / 2) for t in spins)
    return 1 / conductance if conductance else math.inf
