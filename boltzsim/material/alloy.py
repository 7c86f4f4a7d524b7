"""Constants of a dilute alloy: free-electron host, impurities at dilute concentration, background scattering.

A material is any object with `k_F` [1/m], `mass` [electron masses], `impurity` (sequence of objects with `name`,
`concentration` x = n_im/n_carriers, `channels`, perhaps `inelastic` events with `channel`, `survival`, `spin_kept`) and
`background` (with `tau_p`, `tau_sf`, `tau_ex` [s], infinite for none).
All densities of states are PER SPIN, N_F = m k_F / 2π²ħ²; the carrier density is k_F³/3π² = 4 N_F ε_F / 3.
"""

import math
from typing import Any

from scipy.constants import electron_mass, hbar

from boltzsim.material.scattering import loss_rate as _impurity_loss


def fermi_velocity(material: Any) -> float:
    """Fermi velocity ħ k_F / m in m/s."""
    return hbar * material.k_F / (material.mass * electron_mass)


def fermi_energy(material: Any) -> float:
    """Fermi energy ħ² k_F² / 2m in J."""
    return (hbar * material.k_F) ** 2 / (2 * material.mass * electron_mass)


def density_of_states(material: Any) -> float:
    """Density of states per spin, N_F = m k_F / 2π²ħ², in 1/(J m³)."""
    return material.mass * electron_mass * material.k_F / (2 * math.pi**2 * hbar**2)


def carrier_density(material: Any) -> float:
    """Carrier density k_F³ / 3π² in 1/m³, both spins."""
    return material.k_F**3 / (3 * math.pi**2)


def scattering_rate(material: Any, impurity: Any) -> float:
    """Unit of rate of one species, Γ = 2 n_im/(πħN_F) = (8/3π) x ε_F/ħ, in 1/s."""
    return 8 / (3 * math.pi) * impurity.concentration * fermi_energy(material) / hbar


def scattering_length(material: Any, impurity: Any) -> float:
    """Unit of length of one species, l0 = v_F/Γ = 3π/(4 x k_F), in m; infinite without impurities."""
    if impurity.concentration == 0:
        return math.inf
    return 3 * math.pi / (4 * impurity.concentration * material.k_F)


def side_jump_parameter(impurity: Any) -> float:
    """Side-jump parameter α = 1/(2 k_F l0) = 2x/3π of one species, dimensionless."""
    return 2 * impurity.concentration / (3 * math.pi)


def phases(impurity: Any) -> dict[str, complex]:
    """Phase shifts by channel, that of a channel with inelastic events complex: e^{2iη} = S, |S|² their `survival`."""
    found, events = dict(impurity.channels), getattr(impurity, "inelastic", None)
    if events is not None:
        found[events.channel] -= 0.25j * math.log(max(events.survival, 1e-24))
    return found


def spin_kept(impurity: Any) -> float:
    """Part of the spin that inelastic events of an impurity return; 1 if it has none."""
    events = getattr(impurity, "inelastic", None)
    return 1.0 if events is None else events.spin_kept


def background_rates(material: Any) -> tuple[float, float, float]:
    """Host rates (1/τ_p, 1/τ_sf, 1/τ_ex) in 1/s; zero where the time is infinite."""
    host = material.background
    return 1 / host.tau_p, 1 / host.tau_sf, 1 / host.tau_ex


def loss_rate(material: Any) -> float:
    """Total loss rate Σ_s Γ_s Σ_lj (j + ½) sin²η + 1/τ_p + 1/τ_sf + 1/τ_ex in 1/s."""
    species = (scattering_rate(material, one) * _impurity_loss(phases(one)) for one in material.impurity)
    return sum(species) + sum(background_rates(material))


def mean_free_path(material: Any) -> float:
    """Mean free path v_F / loss rate in m (between any two collisions); infinite in a perfect host."""
    rate = loss_rate(material)
    return fermi_velocity(material) / rate if rate > 0 else math.inf
