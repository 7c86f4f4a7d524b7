"""Choice of the panels of a result, by the number of its resolved axes and by which fields do not vanish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from boltzsim.plotting import maps, profiles
from boltzsim.plotting.plane import Plane, cell_at, extent, is_whole, middle, resolved_axes, span
from boltzsim.plotting.style import length_scale, present, spin_label
from boltzsim.result import Result

#: Maps of smaller height over width are stacked; others stand side by side.
STACKED = 0.4
#: A spin component is drawn if it reaches `SHARE` of the largest; none is below `NOTHING` of the charge potential.
SHARE, NOTHING = 0.1, 1e-12
#: Helicity is drawn where its median is at least this share of the median spin potential, as where it is the slow mode.
HELICAL = 1.0
#: Largest number of planes drawn of a three-dimensional device.
SLICES = 5


@dataclass(frozen=True)
class Panel:
    """A panel: its title, the function that draws on axes of given size [in], and for a map its height over width."""

    title: str
    draw: Callable[[Axes, tuple[float, float]], None]
    shape: float | None = None


def rows_of_panels(result: Result) -> list[list[Panel]]:
    """The panels of a result, row by row."""
    return {2: _two, 3: _three}.get(len(resolved_axes(result)), _one)(result)


def _one(result: Result) -> list[list[Panel]]:
    """Panels of one resolved axis: potentials, then currents, against position; helicity where there is much of it."""
    axis = (*resolved_axes(result), *result.case.grid.axes)[0]
    cut = profiles.Cut(result, axis, {}, length_scale(extent(result, axis)))

    def panel(title, draw_lines, names=False, **which):
        def draw(axes, inches):
            draw_lines(axes, cut, **which)
            profiles.draw_ends(axes, cut, inches, names)

        return Panel(title, draw)

    potentials = [
        panel("charge potential", profiles.draw_charge_potential, names=True),
        panel("spin potential", profiles.draw_spin_potential, components=_spins(result) or "xyz"),
    ]
    currents = [
        panel("charge current density", profiles.draw_charge_current),
        panel("spin current density", profiles.draw_spin_current),
    ]
    if not _is_helical(result):
        return [potentials, currents]
    helicity = [
        panel("helicity potential", profiles.draw_helicity_potential),
        panel("helicity current density", profiles.draw_helicity_current),
    ]
    return [potentials, currents, helicity]


def _is_helical(result: Result) -> bool:
    """Whether the potential of helicity is not negligible beside that of spin; older results have none."""
    spin, helicity = result.fields["spin_potential"], result.fields.get("helicity_potential")
    if helicity is None or not np.nan_to_num(helicity).any():
        return False
    return bool(np.nanmedian(np.abs(helicity)) >= HELICAL * np.nanmedian(np.linalg.norm(spin, axis=-1)))


def _two(result: Result) -> list[list[Panel]]:
    """Panels of two resolved axes: maps, and cuts along the longer axis at half of the other."""
    (normal,) = set("xyz") - set(resolved_axes(result))
    plane, spins = Plane.through(result, normal, 0), _spins(result)
    cuts = _cuts(result, plane.across, {plane.up: _through(result, plane.up)}, spins)
    panels = _maps(plane, spins) + cuts
    columns = 1 if plane.height_over_width < STACKED else 2
    return [panels[i : i + columns] for i in range(0, len(panels), columns)]


def _three(result: Result) -> list[list[Panel]]:
    """Panels of three axes: slices with the largest spin component, and cuts along the longest axis."""
    spins = _spins(result)
    rows = []
    for normal, index in _slices(result):
        where = ", " + _position(result, normal, index, length_scale(extent(result, normal)))
        rows.append(_maps(Plane.through(result, normal, index), spins[:1], where))
    axis = max("xyz", key=lambda axis: extent(result, axis))
    through = {other: _through(result, other) for other in "xyz" if other != axis}
    return [*rows, _cuts(result, axis, through, spins)]


def _through(result: Result, axis: str) -> int:
    """The cell along an axis at the middle of the first contact narrower than its face there, else in mid-device."""
    for contact in sorted(result.case.contact, key=lambda contact: not contact.polarization):
        if axis in result.case.contact_cells(contact) and not is_whole(result, contact, axis):
            return cell_at(result, axis, sum(span(result, contact, axis)) / 2)
    return middle(result, axis)


def _slices(result: Result) -> list[tuple[str, int]]:
    """Planes (normal, index) across each contact's middle where it is narrower than its face, else the mid-plane."""
    found: dict[tuple[str, int], None] = {}  # a set that keeps the order
    for contact in result.case.contact:
        for axis in result.case.contact_cells(contact):
            if not is_whole(result, contact, axis):
                found[axis, cell_at(result, axis, sum(span(result, contact, axis)) / 2)] = None
    for axis in "xyz":
        if axis not in {normal for normal, _ in found}:
            found[axis, middle(result, axis)] = None
    return sorted(found, key=lambda plane: "yzx".index(plane[0]))[:SLICES]


def _spins(result: Result) -> str:
    """Components of the spin potential worth drawing, the largest first, for example "xz"; none if it vanishes."""
    spin = result.fields["spin_potential"]
    sizes = {letter: np.nanmax(np.abs(spin[..., i])) for i, letter in enumerate("xyz")}
    if max(sizes.values()) <= NOTHING * np.nanmax(np.abs(result.fields["charge_potential"])):
        return ""
    return "".join(sorted(present(sizes, SHARE), key=lambda letter: sizes[letter], reverse=True))


def _maps(plane: Plane, spins: str, where: str = "") -> list[Panel]:
    scale = length_scale([extent(plane.result, axis) for axis in (plane.across, plane.up)])
    shape = plane.height_over_width

    def charge(axes, inches):
        maps.draw_charge_map(axes, plane, scale, inches)

    def spin(letter):
        return lambda axes, inches: maps.draw_spin_map(axes, plane, letter, spins, scale, inches)

    words = "" if where else "spin potential "
    spin_maps = [Panel(f"{words}{spin_label(letter)}{where}", spin(letter), shape) for letter in spins]
    words = rf"$\mu_\mathrm{{c}}/e${where}" if where else "potential, lines of charge current"
    return [Panel(words, charge, shape), *spin_maps]


def _cuts(result: Result, axis: str, through: dict[str, int], spins: str) -> list[Panel]:
    scale = length_scale(extent(result, axis))
    cut = profiles.Cut(result, axis, through, scale)
    where = ", ".join(_position(result, letter, index, scale) for letter, index in through.items())
    charge = Panel(f"charge potential at {where}", lambda axes, _: profiles.draw_charge_potential(axes, cut))
    spin = Panel(f"spin potential at {where}", lambda axes, _: profiles.draw_spin_potential(axes, cut, spins))
    return [charge, spin] if spins else [charge]


def _position(result: Result, axis: str, index: int, scale) -> str:
    return f"{axis} = {scale[0] * result.centres(axis)[index]:.4g} {scale[1]}"
