"""Resistivity by phonons after Bloch and Grüneisen, and the collision rate of free electrons that a resistivity means.

    ρ(T) = ρ_0 + (ρ_room - ρ_0) b(T)/b(300 K),    b(T) = (T/Θ)⁵ J_5(Θ/T),    J_5(x) = ∫_0^x t⁵ dt / 4 sinh²(t/2)

with Θ the Debye temperature: ∝ T⁵ far below it, where J_5 = 5! ζ(5), and ∝ T far above, where J_5(x) = x⁴/4.
"""

import math
from typing import Any

from scipy.constants import elementary_charge

from boltzsim.material import alloy

ROOM = 300.0  # K
_FAR = 200.0  # where the integrand is below the smallest float that counts


def bloch_gruneisen(temperature: float, debye: float) -> float:
    """b(T) = (T/Θ)⁵ J_5(Θ/T), dimensionless.

    Parameters
    ----------
    temperature, debye : float
        T ≥ 0 and Θ > 0 in one unit.
    """
    if temperature == 0:
        return 0.0
    from scipy.integrate import quad  # slow to load, and few metals have phonons

    ratio = temperature / debye
    integral, _ = quad(_integrand, 0.0, min(1 / ratio, _FAR), epsabs=0.0, epsrel=1e-12)
    return float(ratio**5 * integral)


def collision_rate(material: Any, resistivity: float) -> float:
    """Momentum relaxation rate in 1/s that gives free carriers a resistivity in Ω m: 1/τ = ⅔ e² N_F v_F² ρ."""
    states = alloy.density_of_states(material)
    return 2 / 3 * elementary_charge**2 * states * alloy.fermi_velocity(material) ** 2 * resistivity


def _integrand(t: float) -> float:
    return t**3 * (t / 2 / math.sinh(t / 2)) ** 2 if t else 0.0
