"""Figures over the temperature: signals of a device, and resistivity, lengths and spin Hall angle of its metals."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from boltzsim.plotting.style import MARKERS, PALETTE, decade, prefixed

#: Panels: quantities drawn together, symbol of the axis, SI unit; the last ones where no signal is drawn.
PANELS = (
    (("R",), r"$R$", "Ω"),
    (("R_P", "R_AP"), r"$R_\mathrm{P}$, $R_\mathrm{AP}$", "Ω"),
    (("delta_R",), r"$\Delta R$", "Ω"),
    (("resistivity",), r"$\rho$", "µΩ cm"),
    (("length_L", "length_T"), r"$\lambda$", "m"),
    (("spin_hall_angle",), r"$\theta_\mathrm{sH}$", "1"),
)
OF_METALS = (
    (("spin_hall_conductivity",), r"$\sigma_\mathrm{sH}$", "S/m"),
    (("anisotropy",), r"$D_\mathrm{L}/D_\mathrm{T}$", "1"),
)
NAMES = {
    "R_P": r"$R_\mathrm{P}$",
    "R_AP": r"$R_\mathrm{AP}$",
    "length_L": r"$\lambda_\mathrm{L}$",
    "length_T": r"$\lambda_\mathrm{T}$",
}
_DECADE = 8  # a logarithmic axis of T from this ratio of its ends on


def panels_of(found: Sequence[Any]) -> list[tuple[tuple[str, ...], str, str]]:
    """The panels that some curve has values for."""
    every = PANELS if any(one.signals for one in found) else PANELS + OF_METALS
    return [panel for panel in every if any(_lines(found, key) for key in panel[0])]


def draw_cooling(panels: Sequence[Axes], found: Sequence[Any]) -> None:
    """Draw curves of `boltzsim.analysis.cooling` on panels, one for each of `panels_of`."""
    every = np.concatenate([one.T for one in found])
    positive = every[every > 0]
    for panel, (keys, symbol, unit) in zip(panels, panels_of(found), strict=True):
        lines = [(key, *line) for key in keys for line in _lines(found, key)]
        factor, shown = _unit(np.concatenate([values for _, _, _, values in lines]), unit)
        labels = list(dict.fromkeys(label for _, label, _, _ in lines))
        for key, label, T, values in lines:
            number, second = labels.index(label), key in ("R_AP", "length_T")
            color, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
            name = ", ".join(part for part in (NAMES.get(key, "") if len(keys) > 1 else "", label) if part)
            style: dict[str, Any] = {"ls": "--", "ms": 5, "mfc": "none"} if second else {"ls": "-", "ms": 3}
            panel.plot(T, factor * values, lw=1, label=name, color=color, marker=marker, **style)
        panel.ticklabel_format(axis="y", useOffset=False)
        if len(positive) and positive.max() > _DECADE * positive.min():
            panel.set_xscale("log")
            panel.xaxis.set_major_formatter(FuncFormatter(decade))
        panel.set(xlabel=r"$T$ (K)", ylabel=symbol if shown == "1" else f"{symbol} ({shown})")


def _lines(found: Sequence[Any], key: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Label, temperatures and values of a quantity, as far as curves have it; of a metal once for all measures."""
    lines: dict[tuple[str, str], tuple[str, np.ndarray, np.ndarray]] = {}
    for one in found:
        if key in one.signals:
            lines["", one.label] = one.label, one.T, one.signals[key]
        for metal, constants in one.metals.items():
            if key in constants and np.isfinite(constants[key]).any():
                words = [metal if len(one.metals) > 1 else "", one.place]
                lines[metal, one.place] = ", ".join(filter(None, words)), one.T, constants[key]
    return list(lines.values())


def _unit(values: np.ndarray, unit: str) -> tuple[float, str]:
    """Factor and unit of an axis; resistivities are in µΩ cm, as laboratories have them, small numbers in 10⁻³, …"""
    if unit == "µΩ cm":
        return 1e8, unit
    if unit == "1":
        largest = np.abs(values[np.isfinite(values)]).max(initial=0.0)
        power = 3 * math.ceil(-math.log10(largest) / 3) if 0 < largest < 0.01 else 0
        return (10.0**power, f"$10^{{-{power}}}$") if power else (1.0, unit)
    return prefixed(values[np.isfinite(values)], unit)
