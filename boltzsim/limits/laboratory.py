"""A metal in the quantities of a laboratory, in SI."""

import math

from scipy.constants import elementary_charge

from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material import alloy
from boltzsim.material.superoperators import Operators, operators

#: Quantities of `laboratory`: key -> (name and symbol, unit in which a laboratory says it, that unit in SI).
QUANTITIES = {
    "resistivity": ("resistivity ρ", "µΩ cm", 1e-8),
    "conductivity": ("conductivity σ", "S/m", 1.0),
    "mean_free_path": ("mean free path ℓ", "m", 1.0),
    "diffusion_constant": ("diffusion constant D_c", "cm²/s", 1e-4),
    "diffusion_constant_L": ("spin diffusion constant D_L of Eq. 16", "cm²/s", 1e-4),
    "diffusion_constant_T": ("spin diffusion constant D_T of Eq. 16", "cm²/s", 1e-4),
    "spin_lifetime": ("spin lifetime τ_s", "s", 1.0),
    "spin_diffusion_length_L": ("spin diffusion length λ_L", "m", 1.0),
    "spin_diffusion_length_T": ("spin diffusion length λ_T", "m", 1.0),
    "spin_hall_angle": ("spin Hall angle θ_sH", "1", 1.0),
    "spin_hall_conductivity": ("spin Hall conductivity σ_sH", "S/m", 1.0),
}


def laboratory(material, side_jump: bool = True, found: Operators | None = None) -> dict[str, float | None]:
    """The keys of `QUANTITIES` for a material, in SI.

    L is a spin along its way, T one across it. None stands for a lifetime or a length where no separate slow mode
    exists, math.inf for one to which no scattering puts an end.

    Parameters
    ----------
    material : object
        As described in `boltzsim.material.alloy`.
    side_jump : bool
        Whether its side jump is kept.
    found : Operators, optional
        Operators in 1/m to take instead of its own.
    """
    found = operators(material, side_jump=side_jump) if found is None else found
    v_F, closure = alloy.fermi_velocity(material), p1(found)
    unit = 2 * elementary_charge**2 * alloy.density_of_states(material) * v_F
    slow, lengths = slow_mode(found), {one: decay_mode(found, one) for one in "LT"}
    lifetime = None
    if slow is not None:
        lifetime = math.inf if slow.rate <= 0 else 1 / (v_F * slow.rate)
    return {
        "resistivity": 1 / (unit * closure["D_c"]),
        "conductivity": unit * closure["D_c"],
        "mean_free_path": 1 / found.loss,
        "diffusion_constant": v_F * closure["D_c"],
        **{f"diffusion_constant_{one}": v_F * closure[f"D_{one}"] for one in "LT"},
        "spin_lifetime": lifetime,
        **{f"spin_diffusion_length_{one}": mode and mode.length for one, mode in lengths.items()},
        "spin_hall_angle": closure["D_theta_sH"] / closure["D_c"],
        "spin_hall_conductivity": unit * closure["D_theta_sH"],
    }
