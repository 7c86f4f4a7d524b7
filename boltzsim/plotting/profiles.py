"""Potentials and currents against position: of a one-dimensional device, or along a cut through another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from boltzsim.plotting.contacts import coloured, draw_contacts, marks_on_line
from boltzsim.plotting.plane import ARRAY_AXIS, Place, is_whole, span
from boltzsim.plotting.style import LINES, charge_is_noise, charge_potential, decade, prefixed, present, spin_label
from boltzsim.result import Result

#: A logarithmic axis of the spin potential reaches down to this share of the largest value.
FLOOR = 1e-6
#: A spin potential that falls by more than this factor gets a logarithmic axis.
DECAY = 30
#: A component of a current density is drawn if it reaches this share of the largest.
SHARE = 0.02


@dataclass(frozen=True)
class Cut:
    """The line along `axis` through a place on each of the other resolved axes; `scale` is the unit of length."""

    result: Result
    axis: str
    through: tuple[Place, ...]
    scale: tuple[float, str]

    @property
    def where(self) -> str:
        """The places in words; empty where the device has one resolved axis."""
        factor, unit = self.scale
        return ", ".join(f"{place.axis} = {factor * place.position:.4g} {unit}" for place in self.through)

    def values(self, field: str, *component: str) -> np.ndarray:
        """A field, or one component of it, along the line."""
        index: tuple = (..., *("xyz".index(letter) for letter in component))
        array = self.result.fields[field][index]
        for place in sorted(self.through, key=lambda place: -ARRAY_AXIS[place.axis]):
            array = place.cut(array, ARRAY_AXIS[place.axis])
        return array.ravel()


def draw_charge_potential(axes: Axes, cut: Cut) -> None:
    values = cut.values("charge_potential")
    if charge_is_noise(values, cut.values("spin_potential"), cut.result.case.solver.rtol):
        values = 0 * values
    values, label, _ = charge_potential(values)
    _draw(axes, cut, {"": values})
    axes.set_ylabel(label)
    if not np.nan_to_num(values).any():
        axes.set(ylim=(-1, 1), yticks=[0])


def draw_spin_potential(axes: Axes, cut: Cut, components: str) -> None:
    """Draw the components of the spin potential, or their magnitudes on a logarithmic axis where they decay."""
    lines = {letter: cut.values("spin_potential", letter) for letter in components}
    sizes = {letter: np.abs(values) for letter, values in lines.items()}
    largest = max(np.nanmax(size) for size in sizes.values())
    factor, unit = prefixed(largest, "V")
    decays = DECAY * min(np.nanquantile(size, 0.1) for size in sizes.values()) < largest
    shown = sizes if decays else lines
    _draw(axes, cut, {spin_label(letter, size=decays): factor * values for letter, values in shown.items()})
    axes.set_ylabel(rf"$|\mu_\mathrm{{s}}|/e$ ({unit})" if decays else rf"$\mu_\mathrm{{s}}/e$ ({unit})")
    if decays:
        lowest = min(size[size > 0].min() for size in sizes.values() if (size > 0).any())
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(decade))
        axes.set(ylim=(factor * max(0.5 * lowest, FLOOR * largest), 2 * factor * largest))


def draw_charge_current(axes: Axes, cut: Cut) -> None:
    """Draw the charge current density, for every direction of flow that is not negligible."""
    _draw_densities(axes, cut, {f"$j_{flow}$": cut.values("charge_current", flow) for flow in "xyz"}, "$j$")


def draw_spin_current(axes: Axes, cut: Cut) -> None:
    """Draw the spin current density by direction of flow (subscript) and polarisation (superscript)."""
    lines = {rf"$j_{a}^{{\,{b}}}$": cut.values("spin_current", a, b) for a in "xyz" for b in "xyz"}
    _draw_densities(axes, cut, lines, r"$j^{\,\mathrm{s}}$")


def draw_helicity_potential(axes: Axes, cut: Cut) -> None:
    """Half the splitting of spins along and against their motion."""
    values = cut.values("helicity_potential")
    factor, unit = prefixed(values, "V")
    _draw(axes, cut, {"": factor * values})
    axes.set_ylabel(rf"$\mu_\mathrm{{h}}/e$ ({unit})")
    axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)


def draw_helicity_current(axes: Axes, cut: Cut) -> None:
    """Helicity current density, every direction of flow that is not negligible."""
    lines = {rf"$j_{flow}^{{\,\mathrm{{h}}}}$": cut.values("helicity_current", flow) for flow in "xyz"}
    _draw_densities(axes, cut, lines, r"$j^{\,\mathrm{h}}$")


def draw_ends(axes: Axes, cut: Cut, inches: tuple[float, float], names: bool) -> None:
    """Draw the contacts at the ends of a one-dimensional device."""
    draw_contacts(axes, marks_on_line(cut.result, cut.axis), inches, names)


def _draw_densities(axes, cut, lines, symbol):
    """Draw current densities with zero in view, so that a constant one looks constant."""
    shown = present(lines, SHARE)
    factor, unit = prefixed(list(shown.values()), "A/m²")
    _draw(axes, cut, {label: factor * values for label, values in shown.items()})
    axes.set_ylabel(f"{symbol} ({unit})")
    axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)


def _draw(axes, cut, lines):
    """Draw labelled lines over position, and contacts beside the line as bands."""
    factor, unit = cut.scale
    for contact, colour in coloured(cut.result):
        if contact.normal != cut.axis and not is_whole(cut.result, contact, cut.axis):
            ends = (factor * end for end in span(cut.result, contact, cut.axis))
            axes.axvspan(*ends, color=colour, alpha=0.12, linewidth=0)
    position = factor * cut.result.centres(cut.axis)
    marker = "o" if len(position) == 1 else None
    for i, (label, values) in enumerate(lines.items()):
        colour, dash = LINES[i % len(LINES)]
        axes.plot(position, values, color=colour, linestyle=dash, marker=marker, label=label)
    if any(lines):
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.5, handletextpad=0.4)
    axes.set(xlim=factor * cut.result.edges[cut.axis][[0, -1]], xlabel=f"{cut.axis} ({unit})")
