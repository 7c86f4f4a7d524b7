"""Host scattering from numbers of the whole metal: resistivity, mean free path, spin diffusion length.

Impurities and local moments take their part of the scattering and the host what is left. With Λ_1 the relaxation of
both on the first harmonics, r = 1/v_F τ_p + 1/v_F τ_sf what the host adds to it, and Λ_s the spin relaxation of both,

    1/ρ = 2 e² N_F D_c,    D_c = ⅓ v_F [(Λ_1 + r)⁻¹]_cc,    1/ℓ = loss + r,
    λ² = D_c τ_s,          1/v_F τ_s = Λ_s + 1/v_F τ_sf.

Side jump, which changes ρ by terms of order 1/k_F l0, is not counted.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.material import alloy
from boltzsim.material.superoperators import Operators, combine, species
from boltzsim.units import engineering

_SLACK = 1e-9  # relative rounding by which impurities may exceed the rate that is left to them
_X = 8  # the x component of the charge current among the twelve first moments


def host_times(material: Any, given: Any) -> tuple[float, float]:
    """The host's momentum relaxation and spin-flip times in s, infinite for none.

    Parameters
    ----------
    material : object
        As described in `boltzsim.material.alloy`, with `resistivity` [Ω m], `mean_free_path` [m] and
        `spin_diffusion_length` [m], each None where it is not given.
    given : object
        The times `tau_p`, `tau_sf` and `tau_ex` that were given, infinite where they were not.

    Returns
    -------
    tau_p, tau_sf : float

    Raises
    ------
    ValueError
        If two entries fix one number, or impurities and local moments alone scatter more than the whole metal may.
    """
    momentum = [key for key in ("resistivity", "mean_free_path") if getattr(material, key) is not None]
    if not momentum and material.spin_diffusion_length is None:
        return given.tau_p, given.tau_sf
    velocity = alloy.fermi_velocity(material)
    bare = combine(species(material, side_jump=False), exchange_rate=1 / (velocity * given.tau_ex))
    rates = [_RATES[key](material, bare) for key in momentum]
    if len(momentum) == 2 or (momentum and math.isfinite(given.tau_p)):
        _refuse_two(material, given, [*zip(momentum, rates, strict=True)])
    if material.spin_diffusion_length is None:
        flip = 1 / (velocity * given.tau_sf)
    elif math.isfinite(given.tau_sf):
        raise ValueError(
            f"spin_diffusion_length = '{_m(material.spin_diffusion_length)}' and background.tau_sf = "
            f"'{_s(given.tau_sf)}' both fix the spin relaxation; keep one of them"
        )
    else:
        flip = _flip_rate(material, bare, rates[0] if rates else None, 1 / (velocity * given.tau_p))
    if not rates:
        return given.tau_p, _time(velocity, flip)
    left = rates[0] - flip
    if left < -_SLACK * flip:
        source = "background.tau_sf" if material.spin_diffusion_length is None else "spin_diffusion_length"
        raise ValueError(
            f"{momentum[0]} = '{_value(material, momentum[0])}' leaves the host one collision in "
            f"{_s(_time(velocity, rates[0]))}, fewer than the spin flips of {source}, one in "
            f"{_s(_time(velocity, flip))}, and a flip is a collision; shorten the one or lengthen the other"
        )
    return _time(velocity, left if left > _SLACK * rates[0] else 0.0), _time(velocity, flip)


def _from_resistivity(material: Any, bare: Operators) -> float:
    """Rate r of the host in 1/m that leaves the metal its resistivity."""
    conductance = 2 * elementary_charge**2 * alloy.density_of_states(material) * alloy.fermi_velocity(material)
    wanted, own = conductance * material.resistivity / 3, 1 / (3 * _diffusion(bare, 0.0)) if bare.loss else 0.0
    if wanted < own * (1 - _SLACK):
        least = 3 * own / conductance
        raise ValueError(
            f"resistivity = '{_value(material, 'resistivity')}' is less than the {least * 1e8:.4g} uOhm cm of the "
            f"{_others(material)} alone; raise it, or lower their concentration"
        )
    if wanted <= own * (1 + _SLACK):
        return 0.0
    if not bare.loss:
        return float(wanted)
    return _root(lambda r: 1 / (3 * _diffusion(bare, r)) - wanted, wanted)


def _from_mean_free_path(material: Any, bare: Operators) -> float:
    """Rate r of the host in 1/m that leaves the metal its mean free path."""
    rate = 1 / material.mean_free_path - bare.loss
    if rate < -_SLACK * bare.loss:
        raise ValueError(
            f"mean_free_path = '{_m(material.mean_free_path)}' is longer than the {_m(1 / bare.loss)} of the "
            f"{_others(material)} alone; shorten it, or lower their concentration"
        )
    return max(rate, 0.0)


_RATES = {"resistivity": _from_resistivity, "mean_free_path": _from_mean_free_path}


def _flip_rate(material: Any, bare: Operators, total: float | None, momentum: float) -> float:
    """Spin-flip rate of the host in 1/m from the spin diffusion length and its total rate, or its momentum rate."""
    length, own = material.spin_diffusion_length, float(bare.lambda_[3, 3])

    def excess(flip: float) -> float:
        return own + flip - _diffusion(bare, momentum + flip) / length**2

    host = momentum if total is None else total
    if not bare.loss and not host:
        return 1 / (math.sqrt(3) * length)  # the flips alone relax the momentum: D_c = ⅓ v_F² τ_sf
    longest = math.sqrt(_diffusion(bare, host) / own) if own else math.inf
    if length > longest * (1 + _SLACK):
        raise ValueError(
            f"spin_diffusion_length = '{_m(length)}' is longer than the {_m(longest)} of the "
            f"{_others(material)} alone; shorten it, or weaken their scattering of spin"
        )
    if length > longest * (1 - _SLACK):
        return 0.0
    if total is not None:
        return _diffusion(bare, total) / length**2 - own
    return _root(excess, 2 / length)


def _root(function: Callable[[float], float], highest: float) -> float:
    """The root between zero and a highest value."""
    from scipy.optimize import brentq  # slow to load, and few metals are given by numbers of the whole

    return float(brentq(function, 0.0, highest, rtol=1e-14))


def _others(material: Any) -> str:
    """The scatterers beside the host, in words."""
    moments = math.isfinite(material.given_background.tau_ex)
    return " and ".join(["impurities"] * bool(material.impurity) + ["local moments"] * moments)


def _diffusion(bare: Operators, rate: float) -> float:
    """Charge diffusion coefficient over v_F in m with a host of a rate in 1/m."""
    return float(np.linalg.inv(bare.lambda_[4:16, 4:16] + rate * np.eye(12))[_X, _X]) / 3


def _refuse_two(material: Any, given: Any, rates: list[tuple[str, float]]) -> None:
    """Refuse two entries that fix one number, with the relaxation time that each leaves the host."""
    velocity = alloy.fermi_velocity(material)
    each = [f"{key} = '{_value(material, key)}' leaves the host {_s(_time(velocity, rate))}" for key, rate in rates]
    each += [f"background.tau_p is '{_s(given.tau_p)}'"] if math.isfinite(given.tau_p) else []
    keys = [key for key, _ in rates] + (["background.tau_p"] if math.isfinite(given.tau_p) else [])
    raise ValueError(
        f"{' and '.join(keys)} fix one number, the momentum relaxation: {', '.join(each)}; keep one of them"
    )


def _time(velocity: float, rate: float) -> float:
    return 1 / (velocity * rate) if rate > 0 else math.inf


def _value(material: Any, key: str) -> str:
    value = getattr(material, key)
    return f"{value * 1e8:.4g} uOhm cm" if key == "resistivity" else _m(value)


def _s(value: float) -> str:
    return engineering(value, "s")


def _m(value: float) -> str:
    return engineering(value, "m")
