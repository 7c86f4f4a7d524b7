"""What a series over the temperature shows: signals of the device beside the constants of its metals."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzsim.case.case import Case
from boltzsim.case.series import SeriesAxis
from boltzsim.device.bulk import bulks

PATH = "temperature.T"
#: Constants of the metals: key of `boltzsim.limits.laboratory.QUANTITIES` -> key here.
METALS = {
    "resistivity": "resistivity",
    "spin_diffusion_length_L": "length_L",
    "spin_diffusion_length_T": "length_T",
    "spin_hall_angle": "spin_hall_angle",
}


@dataclass(frozen=True, kw_only=True)
class Cooling:
    """One device at several temperatures.

    Attributes
    ----------
    label : str
        Measure and the values of the other axes; empty where there are none.
    T : numpy.ndarray, shape (n,)
        Temperatures in K, rising.
    metals : dict of str to dict of str to numpy.ndarray, shape (n,)
        resistivity (Ω m), length_L and length_T (m; nan where there is no such mode) and spin_hall_angle by metal.
    signals : dict of str to numpy.ndarray, shape (n,)
        R, or R_P, R_AP and delta_R where a contact of the measure has `detect_spin` (Ω); empty without a measure.
    """

    kind = "temperature"

    label: str
    T: np.ndarray
    metals: dict[str, dict[str, np.ndarray]]
    signals: dict[str, np.ndarray]

    @property
    def peaks(self) -> dict[str, float]:
        """Temperature in K at which the magnitude of every signal is largest; nan where that is at an end."""
        return {name: _peak(self.T, np.abs(values)) for name, values in self.signals.items()}


def is_cooling(axis: SeriesAxis) -> bool:
    """Whether an axis of a series is the temperature."""
    return PATH in axis.values


def cooling(axis: SeriesAxis, cases: list[Case], signals: dict[str, np.ndarray], words: list[str]) -> Cooling:
    """The curve along a temperature axis.

    Parameters
    ----------
    axis : SeriesAxis
    cases : list of Case
        One for every point.
    signals : dict of str to numpy.ndarray, shape (n,)
        As in `Cooling`.
    words : list of str
        Words for the label.
    """
    T = np.array(axis.values[PATH], float)
    order = np.argsort(T)
    found = [bulks(case) for case in cases]
    metals: dict[str, dict[str, Any]] = {
        name: {
            own: np.array([np.nan if one[name][key] is None else one[name][key] for one in found], float)[order]
            for key, own in METALS.items()
        }
        for name in cases[0].material
    }
    return Cooling(
        label=", ".join(words),
        T=T[order],
        metals=metals,
        signals={name: np.asarray(values, float)[order] for name, values in signals.items()},
    )


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
