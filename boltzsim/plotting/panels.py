"""Choice of the panels of a result, by the number of its resolved axes and by which fields do not vanish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from boltzsim.plotting import maps, measures, profiles
from boltzsim.plotting.plane import Place, Plane, extent, is_whole, resolved_axes, span
from boltzsim.plotting.style import length_scale, present, spin_label
from boltzsim.result import Measure, Result

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
    """A panel: its title, the function that draws on axes of given size [in], and for a map its height over width.

    Other panels have a height [in].
    """

    title: str
    draw: Callable[[Axes, tuple[float, float]], None]
    shape: float | None = None
    height: float = 1.35


def rows_of_panels(result: Result) -> list[list[Panel]]:
    """The panels of a result, row by row: fields, then measures."""
    return {2: _two, 3: _three}.get(len(resolved_axes(result)), _one)(result) + [
        [_measure(result, measure)] for measure in measures.with_states(result)
    ]


def _measure(result: Result, measure: Measure) -> Panel:
    title = f"voltage of {measure.entry['detector']} against {measure.entry['reference']}".replace("$", r"\$")
    return Panel(title, lambda axes, _: measures.draw_states(axes, result, measure), height=0.75)


def _one(result: Result) -> list[list[Panel]]:
    """Panels of one resolved axis: potentials, then currents, against position; helicity where there is much of it."""
    axis = (*resolved_axes(result), *result.case.grid.axes)[0]
    cut = profiles.Cut(result, axis, (), length_scale(extent(result, axis)))

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
    """Panels of two resolved axes: maps, and cuts along the longer one; across it where spin vanishes on that line."""
    (normal,) = set("xyz") - set(resolved_axes(result))
    plane, spins = Plane.through(result, Place.middle(result, normal)), _spins(result)
    along, across = _cut(result, plane.across, [plane.up]), _cut(result, plane.up, [plane.across])
    best = along if _most_spin(along) > SHARE * _most_spin(across) else across
    cuts = [_charge_cut(along), *([_spin_cut(best, spins)] if spins else [])]
    return _beside(_maps(plane, spins) + cuts, plane)


def _three(result: Result) -> list[list[Panel]]:
    """Panels of three axes: slices with the largest spin component, and cuts along the longest axis."""
    spins, rows = _spins(result), []
    for place in _slices(result):
        scale = length_scale(extent(result, place.axis))
        plane = Plane.through(result, place)
        where = f", {place.axis} = {scale[0] * place.position:.4g} {scale[1]}"
        rows += _beside(_maps(plane, spins[:1], where), plane)
    axis = max("xyz", key=lambda axis: extent(result, axis))
    cut = _cut(result, axis, [other for other in "xyz" if other != axis])
    return [*rows, [_charge_cut(cut), *([_spin_cut(cut, spins)] if spins else [])]]


def _beside(panels: list[Panel], plane: Plane) -> list[list[Panel]]:
    """Rows of panels: one a row where the plane is flat, else two."""
    columns = 1 if plane.height_over_width < STACKED else 2
    return [panels[i : i + columns] for i in range(0, len(panels), columns)]


def _through(result: Result, axis: str) -> Place:
    """The place along an axis in the middle of the first contact narrower than its face there, else in mid-device."""
    for contact in sorted(result.case.contact, key=lambda contact: not contact.polarization):
        if axis in result.case.contact_cells(contact) and not is_whole(result, contact, axis):
            return Place.at(result, axis, sum(span(result, contact, axis)) / 2)
    return Place.middle(result, axis)


def _slices(result: Result) -> list[Place]:
    """Places of planes through each contact's middle where it is narrower than its face, else through the device's."""
    found: dict[Place, None] = {}  # a set that keeps the order
    for contact in result.case.contact:
        for axis in result.case.contact_cells(contact):
            if not is_whole(result, contact, axis):
                found[Place.at(result, axis, sum(span(result, contact, axis)) / 2)] = None
    for axis in "xyz":
        if axis not in {place.axis for place in found}:
            found[Place.middle(result, axis)] = None
    return sorted(found, key=lambda place: "yzx".index(place.axis))[:SLICES]


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


def _cut(result: Result, axis: str, others: Sequence[str]) -> profiles.Cut:
    through = tuple(_through(result, other) for other in others)
    return profiles.Cut(result, axis, through, length_scale(extent(result, axis)))


def _charge_cut(cut: profiles.Cut) -> Panel:
    return Panel(f"charge potential at {cut.where}", lambda axes, _: profiles.draw_charge_potential(axes, cut))


def _spin_cut(cut: profiles.Cut, spins: str) -> Panel:
    return Panel(f"spin potential at {cut.where}", lambda axes, _: profiles.draw_spin_potential(axes, cut, spins))


def _most_spin(cut: profiles.Cut) -> float:
    return max(float(np.nanmax(np.abs(cut.values("spin_potential", letter)))) for letter in "xyz")
