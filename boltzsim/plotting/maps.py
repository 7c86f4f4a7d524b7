"""Maps in a plane: charge potential with current streamlines, and components of the spin potential."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, Normalize, SymLogNorm
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from boltzsim.plotting.contacts import (
    draw_contacts,
    draw_footprints,
    draw_interfaces,
    draw_materials,
    draw_walls,
    marks_in_plane,
)
from boltzsim.plotting.plane import Plane
from boltzsim.plotting.streamlines import draw_streamlines
from boltzsim.plotting.style import charge_is_noise, charge_potential, prefixed, spin_label
from boltzsim.units import engineering

CHARGE_COLOURS = LinearSegmentedColormap.from_list("charge", ["#35608d", "#7fb0d4", "#e4eef2", "#f6d9a0", "#e89b3c"])
SPIN_COLOURS = "RdBu_r"
#: Largest number of decades of a signed logarithmic colour bar; smaller values, such as noise, are pale.
DECADES = 3
#: A map whose colours span less than this part of the scale says how large its values are.
UNIFORM = 0.03
STEPS = (1, 2, 2.5, 5, 10)
#: Room for a line of text [in].
LABEL = 0.13

Scale = tuple[float, str]
Inches = tuple[float, float]


def draw_charge_map(axes: Axes, plane: Plane, scale: Scale, inches: Inches) -> None:
    """Draw the charge potential as colour, the charge current as streamlines, and contacts with their names.

    Colours span the potentials of the whole device, so that what hardly varies in the plane looks uniform.
    """
    whole = plane.result.fields["charge_potential"]
    if charge_is_noise(whole, plane.result.fields["spin_potential"], plane.result.case.solver.rtol):
        whole = 0 * whole
    values, label, ends = charge_potential(plane.cut(whole), whole)
    mesh = _mesh(axes, plane, scale, values, CHARGE_COLOURS, Normalize(*ends))
    if np.nanmax(values) - np.nanmin(values) < UNIFORM * (ends[1] - ends[0]):
        _note(axes, f"uniform at {engineering(float(np.nanmean(plane.cut(whole))), 'V')}")
    draw_streamlines(axes, plane, scale[0], inches)
    room = _frame(axes, plane, scale, inches, names=True)
    bar = _colour_bar(axes, mesh, room, label)
    bar.locator = _locator(inches)


def draw_spin_map(axes: Axes, plane: Plane, component: str, among: str, scale: Scale, inches: Inches) -> None:
    """Draw one component of the spin potential, with zero in the middle of the colours.

    The colours are logarithmic where the spin potential spans decades. All planes, and the components `among`, share
    one range of colours, that of the whole device, so that what is small looks small.
    """
    whole = {letter: plane.result.fields["spin_potential"][..., "xyz".index(letter)] for letter in among}
    largest = max(among, key=lambda letter: np.nanmax(np.abs(whole[letter])))
    factor, unit = prefixed(whole[largest], "V")
    norm = centred_norm(factor * whole[largest])
    values, label = factor * plane.values("spin_potential", component), bar_label(spin_label(component), unit, norm)
    mesh = _mesh(axes, plane, scale, values, SPIN_COLOURS, norm)
    if norm(size := float(np.nanmax(np.abs(values)))) - 0.5 < UNIFORM:
        _note(axes, f"at most {engineering(size / factor, 'V')}")
    room = _frame(axes, plane, scale, inches, names=False)
    bar = _colour_bar(axes, mesh, room, label)
    if isinstance(norm, SymLogNorm):
        label_decades(bar, norm, inches)
    else:
        bar.locator = _locator(inches, symmetric=True)


def _note(axes: Axes, words: str) -> None:
    """Add words to the title of a panel."""
    axes.set_title(f"{axes.get_title(loc='left')}, {words}")


def _mesh(axes, plane, scale, values, colours, norm):
    across, up = (scale[0] * plane.result.edges[axis] for axis in (plane.across, plane.up))
    axes.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
    return axes.pcolormesh(across, up, values, cmap=colours, norm=norm, rasterized=True)


def _frame(axes, plane, scale, inches, names) -> float:
    """Draw axis labels, walls and contacts; returns the width of the contacts on the right [in]."""
    axes.set(xlabel=f"{plane.across} ({scale[1]})", ylabel=f"{plane.up} ({scale[1]})")
    axes.yaxis.set_major_locator(_locator(inches))
    draw_walls(axes, plane)
    draw_materials(axes, plane, scale[0])
    draw_interfaces(axes, plane, scale[0])
    draw_footprints(axes, plane)
    return draw_contacts(axes, marks_in_plane(plane), inches, names)["right"] / 72


def _locator(inches, **how) -> MaxNLocator:
    """A locator with as many ticks as a panel's height has room for."""
    return MaxNLocator(int(np.clip(inches[1] / 0.25, 2, 5)), steps=STEPS, **how)


def _colour_bar(axes, mesh, room, label) -> Colorbar:
    """Colour bar as high as the map, clear of the contacts on the right."""
    from_right = axes.figure.dpi_scale_trans + ScaledTranslation(1, 0, axes.transAxes)
    frame = blended_transform_factory(from_right, axes.transAxes)
    holder = axes.inset_axes((0.06 + room, 0, 0.09, 1), transform=frame)
    bar = axes.figure.colorbar(mesh, cax=holder, label=label)
    bar.outline.set_linewidth(0.5)
    return bar


def centred_norm(values) -> Normalize:
    """Colours with zero in the middle; logarithmic where the values span decades."""
    size = np.abs(values[np.isfinite(values)])
    largest, typical = float(size.max()), float(np.quantile(size, 0.2))
    if typical > 0.03 * largest or largest == 0:
        return Normalize(-largest or -1, largest or 1)
    decades = DECADES if typical < 10.0**-DECADES * largest else max(2, round(math.log10(largest / typical)))
    threshold = 10.0 ** (math.floor(math.log10(largest)) - decades + 1)
    return SymLogNorm(threshold, linscale=1.0, vmin=-largest, vmax=largest)


def bar_label(symbol: str, unit: str, norm: Normalize) -> str:
    """Label of a colour bar, which says where the scale is logarithmic on both sides of a linear part."""
    return ("signed log\n" if isinstance(norm, SymLogNorm) else "") + f"{symbol} ({unit})"


def label_decades(bar, norm, inches):
    """Ticks at zero and at every power of ten down to the linear part, labels where they have room."""
    highest, lowest = math.floor(math.log10(norm.vmax)), round(math.log10(norm.linthresh))
    decades = [10.0**power for power in range(highest, lowest - 1, -1)]
    labelled, last = [0.0], math.inf
    for value in decades:
        height = (float(norm(value)) - 0.5) * inches[1]
        if last - height >= LABEL <= height:
            labelled += [value, -value]
            last = height
    axis = bar.ax.yaxis
    axis.set_major_locator(FixedLocator(labelled))
    axis.set_minor_locator(FixedLocator([sign * value for value in decades for sign in (-1, 1)]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axis.set_minor_formatter(NullFormatter())
