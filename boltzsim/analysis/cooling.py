"""What a series over the temperature shows: signals of the device beside the constants of its metals."""

from dataclasses import dataclass, field

import numpy as np
from scipy.constants import Boltzmann

from boltzsim.case.case import Case
from boltzsim.case.series import SeriesAxis
from boltzsim.device.bulk import bulks
from boltzsim.device.energies import resonances_of

PATH = "temperature.T"
#: Constants of the metals: key of `boltzsim.limits.laboratory.QUANTITIES` -> key here.
METALS = {
    "resistivity": "resistivity",
    "spin_diffusion_length_L": "length_L",
    "spin_diffusion_length_T": "length_T",
    "spin_hall_angle": "spin_hall_angle",
    "spin_hall_conductivity": "spin_hall_conductivity",
}
COLD = 0.1  # of T_K: constants of the metals follow 1 + c (T/T_K)² + d (T/T_K)⁴ up to there within the fit


@dataclass(frozen=True, kw_only=True)
class Cooling:
    """One device at several temperatures.

    Attributes
    ----------
    leads, place : str
        Contacts of the measure, where there are several, and the values of the other axes; empty where there are none.
    T : numpy.ndarray, shape (n,)
        Temperatures in K, rising.
    metals : dict of str to dict of str to numpy.ndarray, shape (n,)
        resistivity (Ω m), length_L and length_T (m; nan where there is no such mode), spin_hall_angle,
        spin_hall_conductivity (S/m) and anisotropy D_L/D_T of Eq. 16, by metal.
    T_K : dict of str to float
        Lowest Kondo temperature in each metal that has one, in K.
    signals : dict of str to numpy.ndarray, shape (n,)
        R, or R_P, R_AP and delta_R where a contact of the measure has `detect_spin` (Ω); empty without a measure.
    """

    kind = "temperature"

    leads: str
    place: str
    T: np.ndarray
    metals: dict[str, dict[str, np.ndarray]]
    signals: dict[str, np.ndarray]
    T_K: dict[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Leads and place in words."""
        return ", ".join(part for part in (self.leads, self.place) if part)

    @property
    def squares(self) -> dict[str, dict[str, float]]:
        """c of X(T) = X(0) [1 + c (T/T_K)² + d (T/T_K)⁴], fitted below `COLD` T_K, by metal and constant.

        A metal is left out where fewer than four points lie there.
        """
        return {name: _squares(self.T / size, self.metals[name]) for name, size in self.T_K.items()
                if np.count_nonzero(COLD * size >= self.T) >= 4}  # fmt: skip

    @property
    def peaks(self) -> dict[str, float]:
        """Temperature in K at which the magnitude of every signal is largest; nan where that is at an end."""
        return {name: _peak(self.T, np.abs(values)) for name, values in self.signals.items()}


def is_cooling(axis: SeriesAxis) -> bool:
    """Whether an axis of a series is the temperature."""
    return PATH in axis.values


def cooling(
    axis: SeriesAxis, cases: list[Case], signals: dict[str, np.ndarray], leads: str = "", place: str = ""
) -> Cooling:
    """The curve along a temperature axis.

    Parameters
    ----------
    axis : SeriesAxis
    cases : list of Case
        One for every point.
    signals : dict of str to numpy.ndarray, shape (n,)
        As in `Cooling`.
    leads, place : str
        As in `Cooling`.
    """
    T = np.array(axis.values[PATH], float)
    order = np.argsort(T)
    found = [bulks(case) for case in cases]
    metals: dict[str, dict[str, np.ndarray]] = {}
    for name in cases[0].material:
        of = {key: np.array([one[name][key] for one in found], float)[order] for key in found[0][name]}  # None is nan
        metals[name] = {own: of[key] for key, own in METALS.items()}
        metals[name]["anisotropy"] = of["diffusion_constant_L"] / of["diffusion_constant_T"]
    resonances = {name: resonances_of(metal) for name, metal in cases[0].material.items()}
    return Cooling(
        leads=leads,
        place=place,
        T=T[order],
        metals=metals,
        signals={name: np.asarray(values, float)[order] for name, values in signals.items()},
        T_K={name: min(one.temperature for one in some) / Boltzmann for name, some in resonances.items() if some},
    )


def _squares(t: np.ndarray, constants: dict[str, np.ndarray]) -> dict[str, float]:
    cold = t <= COLD
    powers = np.stack([np.ones(cold.sum()), t[cold] ** 2, t[cold] ** 4], 1)
    found = {}
    for key, values in constants.items():
        if np.isfinite(values[cold]).all():
            rest, square, _ = np.linalg.lstsq(powers, values[cold])[0]
            found[key] = float(square / rest) if rest else np.nan
    return found


def _peak(T: np.ndarray, values: np.ndarray) -> float:
    """Vertex over ln T (over T from absolute zero) of the parabola through the largest value and its neighbours."""
    k = int(values.argmax())
    if k in (0, len(T) - 1):
        return np.nan
    near = slice(k - 1, k + 2)
    x = np.log(T[near]) if T[k - 1] > 0 else T[near]
    curvature, slope, _ = np.polyfit(x - x[1], values[near] / values[k], 2)
    if curvature == 0:
        return float(T[k])
    vertex = x[1] - slope / (2 * curvature)
    return float(np.exp(vertex) if T[k - 1] > 0 else vertex)
