"""A channel with a screened spin ½ at any energy and temperature, inelastic scattering included.

The mean field (`boltzsim.material.kondo`) holds at ε = T = 0, where all scattering is elastic. At other energies and
temperatures -Im t(ε, T) is the total scattering, |t|² its elastic part, and the rest, (1 - |S|²)/4 with S = 1 - 2it,
leaves the impurity or other electrons in another state. t is universal in ε/k_B T_K and T/T_K. It is a table here, made
by a numerical renormalisation group (scripts/nrg), with the T_K of the Fermi liquid,

    -Im t = 1 - (3 ε² + π² (k_B T)²) / 2 (k_B T_K)²,    dη/dε = 1/k_B T_K,    k_B T_K = (4/π) k_B T_0,

T_0 = 1/4χ (g μ_B = 1): the phase shift has the slope of the mean field of the same T_K.

What inelastic events do to spin is a model. Far above T_K the impurity is a free moment, which turns n into
Σ_a σ_a n σ_a / 3; far below it a Fermi liquid of conserved spin. Between them a share of events as large as that of the
moment which is still free, 4 T χ(T), is of the first kind. The energies that electrons gain and lose are not followed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline, RectBivariateSpline

_TABLE = "kondo_spin_half.json"
_FINEST = 10.0  # the table is even in y = asinh(T/T_K × this)


class Scattered(NamedTuple):
    """What a channel does to electrons of one energy.

    Attributes
    ----------
    phase_shift : float
        In [0, π).
    survival : float
        |S|²: chance of an electron wave of this channel to leave with the energy it came with.
    spin_kept : float
        Part of the spin that inelastic events return.
    """

    phase_shift: float
    survival: float
    spin_kept: float


class _Table(NamedTuple):
    highest: float
    loss: RectBivariateSpline
    dispersion: RectBivariateSpline
    moment: CubicSpline
    widest: float


@cache
def _table() -> _Table:
    """Splines over asinh(10 T/T_K) and u = asinh(ε/√(T² + T_K²)), continued to both signs by their parity."""
    from scipy.interpolate import CubicSpline, RectBivariateSpline  # slow to load, and few cases read the table

    found = json.loads(files("boltzsim.material").joinpath(_TABLE).read_text(encoding="utf-8"))
    y, u = np.arcsinh(_FINEST * np.array(found["temperature"])), np.array(found["scaled_energy"])

    def spline(key: str, parity: int) -> RectBivariateSpline:
        values = np.array(found[key])
        values = np.hstack([parity * values[:, :0:-1], values])
        return RectBivariateSpline(np.r_[-y[:0:-1], y], np.r_[-u[:0:-1], u], np.vstack([values[:0:-1], values]))

    moment = np.array(found["moment"])
    both = CubicSpline(np.r_[-y[:0:-1], y], np.r_[-moment[:0:-1], moment])
    return _Table(found["temperature"][-1], spline("loss", 1), spline("dispersion", -1), both, float(u[-1]))


def highest_temperature() -> float:
    """T/T_K at which the table ends."""
    return _table().highest


def t_matrix(energy: Any, temperature: float) -> np.ndarray:
    """T-matrix of the channel times π N_F, -i at ε = T = 0.

    Parameters
    ----------
    energy : array_like
        ε from the Fermi energy over k_B T_K; beyond some 30 k_B T (or k_B T_K), where no electrons are, that at the end
        of the table.
    temperature : float
        T/T_K.

    Returns
    -------
    numpy.ndarray of complex
        With |1 - 2it| ≤ 1.

    Raises
    ------
    ValueError
        Above `highest_temperature`.
    """
    table = _table()
    u = np.clip(np.arcsinh(np.asarray(energy) / np.hypot(1, temperature)), -table.widest, table.widest)
    y = np.full_like(u, _place(temperature))
    t = table.dispersion.ev(y, u) - 1j * table.loss.ev(y, u)
    S = 1 - 2j * t
    return (1 - S / np.maximum(np.abs(S), 1)) / 2j


def free_moment(temperature: float) -> float:
    """Share 4Tχ of the moment that is not screened, 0 at T = 0; temperature and errors as for `t_matrix`."""
    return float(_table().moment(_place(temperature)))


def spin_kept(temperature: float) -> float:
    """Part of the spin that inelastic events return, from 1 at T = 0 to -⅓ far above T_K."""
    return 1 - 4 / 3 * free_moment(temperature)


def scattered(energy: float, temperature: float) -> Scattered:
    """Phase shift, survival and returned spin at one energy; parameters and errors as for `t_matrix`."""
    S = complex(1 - 2j * t_matrix(energy, temperature))
    return Scattered(float(np.angle(S) / 2 % np.pi), min(abs(S) ** 2, 1.0), spin_kept(temperature))


def _place(temperature: float) -> float:
    if not 0 <= temperature <= highest_temperature():
        raise ValueError(f"T = {temperature:g} T_K lies outside the table, which ends at {highest_temperature():g} T_K")
    return float(np.arcsinh(_FINEST * temperature))
