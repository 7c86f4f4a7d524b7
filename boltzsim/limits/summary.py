"""Transport coefficients three ways (two-moment closure, as printed, exact modes) and the conserved quantities."""

from collections.abc import Mapping
from dataclasses import asdict

from boltzsim.limits import paper
from boltzsim.limits.audit import CHANNELS
from boltzsim.limits.conserved import conserved_quantities
from boltzsim.limits.diffusion import KEYS, off_shell, p1
from boltzsim.limits.laboratory import laboratory
from boltzsim.limits.modes import exact
from boltzsim.material import alloy
from boltzsim.material.superoperators import Operators, impurity_operators, operators


def coefficients(material, alpha=0.0, side_jump=True):
    """Diffusion constants, rates and decay lengths in units v_F = Γ = l0 = 1.

    Parameters
    ----------
    material : dict of str to float, or object
        Phase shifts of one impurity by channel name, or a material as described in `boltzsim.material.alloy`. The unit
        of rate of a material is Γ = Σ_s Γ_s over its impurities (the background rate if it has none), l0 = v_F/Γ.
    alpha : float
        Side-jump parameter 2x/3π for given channels; a material has its own.
    side_jump : bool
        Whether a material's side jump is kept.

    Returns
    -------
    dict
        "p1" (all orders in α) and "printed", with D_c, D_0, D_1, D_2, D_L, D_T, kappa, D_theta_sH, rate_s, rate_tr;
        "exact", with rate, weight, D_L, D_T, quadratic_up_to_L, quadratic_up_to_T (`boltzsim.limits.modes.SlowMode`),
        decay_length_L, decay_length_T; "conserved", a list of {"name", "J", "parity", "rate"} of all quantities that
        relax slower than a tenth of the loss rate, with rate 0 if scattering conserves them. Infinite values are
        math.inf: a decay length to which no scattering puts an end, and D_0, D_L where helicity is conserved. None
        where the paper prints no closed form (mixtures, background, channels beyond p) and where there is no separate
        discrete mode. "limit" is a sentence where side jump of d or f channels rests on more than phase shifts, else
        None. A material also gets "units": {"rate" [1/s], "length" [m]} and "si", what a laboratory would
        measure (`boltzsim.limits.laboratory`): resistivity, spin_lifetime, spin_diffusion_length_L, spin_hall_angle, ….

    Raises
    ------
    ValueError
        If nothing scatters.
    """
    if isinstance(material, Mapping):
        return coefficients_of(material, alpha)
    v_F = alloy.fermi_velocity(material)
    species = [impurity for impurity in material.impurity if impurity.concentration > 0]
    background = sum(alloy.background_rates(material))
    rate = sum(alloy.scattering_rate(material, impurity) for impurity in species) or background
    if rate == 0:
        raise ValueError("nothing scatters in this material: there is no diffusion limit")
    full, l0 = operators(material, side_jump=side_jump), v_F / rate
    reduced = Operators(full.degree, full.loss * l0, full.gain * l0, full.drift)
    simple = len(species) == 1 and background == 0
    channels = species[0].channels if simple else None
    alpha = alloy.side_jump_parameter(species[0]) if simple and side_jump else 0.0
    limits = [off_shell(one.channels, side_jump and alloy.side_jump_parameter(one)) for one in species]
    return _three_ways(reduced, channels, alpha) | {
        "limit": next(filter(None, limits), None),
        "units": {"rate": rate, "length": l0},
        "si": laboratory(material, side_jump),
    }


def coefficients_of(channels, alpha=0.0):
    """`coefficients` of one impurity species with phase shifts `channels` (dict by channel name)."""
    found = _three_ways(impurity_operators(channels, alpha), channels, alpha)
    return found | {"limit": off_shell(channels, alpha) or None}


def _three_ways(operators, channels, alpha):
    printed = dict.fromkeys(KEYS)
    if channels is not None and set(channels) <= set(CHANNELS):
        printed = paper.coefficients([channels.get(name, 0.0) for name in CHANNELS], alpha)
    lasting = [asdict(quantity) for quantity in conserved_quantities(operators)]
    return {"p1": p1(operators), "printed": printed, "exact": exact(operators), "conserved": lasting}
