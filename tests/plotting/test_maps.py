"""Maps, cuts and slices show the stored fields, contacts and magnetisations where they are, and no noise."""

import re

import numpy as np
import pytest
from devices import block, film, film_without_spin, long_valve, one_cell, slab, spin_valve, wire
from matplotlib.collections import LineCollection
from matplotlib.colors import SymLogNorm, to_hex
from matplotlib.patches import Circle, FancyArrowPatch
from pictures import mesh_of, page_of, panel, panels, texts

from boltzsim.plotting import figure
from boltzsim.plotting.plane import Place
from boltzsim.plotting.style import PALETTE, prefixed
from boltzsim.result import Result

DEVICES = [slab, spin_valve, long_valve, block, wire, film, film_without_spin, one_cell]


@pytest.fixture(scope="module")
def figures():
    return {device.__name__: page_of(device) for device in DEVICES}


def directions(axes):
    """Angles of the magnetisation arrows; the arrows of the streamlines are in data coordinates."""
    found = {}
    for arrow in axes.patches:
        if isinstance(arrow, FancyArrowPatch) and arrow.get_transform() != axes.transData:
            (x0, y0), (x1, y1) = arrow.get_path().vertices[[0, 2]]
            found[arrow.get_edgecolor()] = np.arctan2(y1 - y0, x1 - x0)
    return list(found.values())


def circles(axes):
    """Circles around a panel by colour: one with a cross points away from the reader, two (a dot) towards."""
    found = [to_hex(patch.get_edgecolor()).upper() for patch in axes.patches if isinstance(patch, Circle)]
    return {colour: found.count(colour) for colour in found}


@pytest.mark.parametrize("device", [spin_valve, block])
def test_maps_show_the_stored_fields_to_scale(device):
    result, page = device(), page_of(device)
    values = np.squeeze(result.fields["charge_potential"])
    axes = panel(page, "lines of charge current")
    drawn = mesh_of(axes).get_array()
    factor, unit = prefixed(values, "V")
    assert f"({unit})" in axes.child_axes[0].get_ylabel()
    np.testing.assert_allclose(drawn, factor * values, rtol=1e-12)
    height, width = axes.bbox.height, axes.bbox.width
    assert height / width == pytest.approx(np.ptp(axes.get_ylim()) / np.ptp(axes.get_xlim()), rel=1e-3)
    for letter in "xyz":
        spin = np.squeeze(result.fields["spin_potential"][..., "xyz".index(letter)])
        found = [axes for axes in panels(page) if rf"s}},{letter}}}/e$" in axes.get_title(loc="left")]
        assert len(found) == bool(spin.any())
        for axes in found:
            mesh = mesh_of(axes)
            np.testing.assert_allclose(mesh.get_array(), prefixed(spin, "V")[0] * spin, rtol=1e-12)
            assert mesh.norm.vmin == -mesh.norm.vmax and mesh.norm(0.0) == pytest.approx(0.5)
            assert isinstance(mesh.norm, SymLogNorm)  # the spin potential decays over decades


def test_a_standing_device_is_laid_down(figures):
    """z to the right and x up, so y points to the reader; current and magnetisation along z point right."""
    values = wire().fields["charge_potential"][:, 0]
    axes = panel(figures["wire"], "lines of charge current")
    assert axes.get_xlabel() == "z (nm)" and axes.get_ylabel() == "x (nm)"
    np.testing.assert_allclose(mesh_of(axes).get_array(), prefixed(values, "V")[0] * values.T, rtol=1e-12)
    assert directions(axes) == pytest.approx([0.0], abs=0.1)
    assert circles(axes) == {PALETTE[0]: 2}


def test_a_long_device_is_stretched_and_says_so(figures):
    axes = panel(figures["long_valve"], "lines of charge current")
    stretch = float(re.search(r"height × ([\d.]+)", axes.get_title(loc="left"))[1])
    true = axes.bbox.width * np.ptp(axes.get_ylim()) / np.ptp(axes.get_xlim())
    assert axes.bbox.height / true == pytest.approx(stretch, rel=0.05)
    assert axes.bbox.height > 0.35 * axes.figure.dpi


def test_cuts_show_the_stored_fields(figures):
    result = spin_valve()
    (line,) = panel(figures["spin_valve"], "charge potential at z").get_lines()
    np.testing.assert_allclose(line.get_xdata(), 1e9 * result.centres("x"), rtol=1e-12)
    middle = result.fields["charge_potential"][7:9, 0].mean(0)  # z = 20 nm is the face between two layers of cells
    np.testing.assert_allclose(line.get_ydata(), 1e6 * middle, rtol=1e-12)
    axes = panel(figures["spin_valve"], "spin potential at z")
    assert axes.get_yscale() == "log"
    lines = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
    assert set(lines) == {r"$|\mu_{\mathrm{s},x}|/e$", r"$|\mu_{\mathrm{s},z}|/e$"}
    stored = 1e9 * np.abs(result.fields["spin_potential"][7:9, 0, :, 0].mean(0))
    np.testing.assert_allclose(lines[r"$|\mu_{\mathrm{s},x}|/e$"], stored, rtol=1e-12)


def test_lines_of_a_slab(figures):
    result = slab()
    (current,) = [line for line in panel(figures["slab"], "charge current").get_lines() if line.get_label() == "$j_z$"]
    np.testing.assert_allclose(current.get_ydata(), 1e-6 * result.fields["charge_current"][:, 0, 0, 2], rtol=1e-12)
    labels = {line.get_label() for line in panel(figures["slab"], "spin current").get_lines()}
    assert {r"$j_z^{\,x}$", r"$j_z^{\,z}$"} <= labels and not any("j_x" in label for label in labels)


def test_contacts_stand_where_they_are(figures):
    """Bars in the colour of the contact over its stretch of the face, names unharmed, in the first map only."""
    axes = panel(figures["block"], "lines of charge current")
    figures["block"].draw(figures["block"].canvas.get_renderer())
    expected = {
        "source": ((0, 104), (0, 200)), "drain": ((400, 152), (400, 400)), "probe_$1$": ((48, 400), (120, 400)),
        "probe_$2$": ((144, 400), (192, 400)), "bottom": ((200, 0), (304, 0)),
    }  # fmt: skip
    for (name, ends), colour in zip(expected.items(), PALETTE, strict=False):
        (bar,) = [line for line in axes.get_lines() if line.get_color() == colour and line.get_linewidth() > 3]
        shown = axes.transData.inverted().transform(axes.transAxes.transform(bar.get_xydata()))
        np.testing.assert_allclose(shown, ends, atol=1e-6)
        (text,) = [text for text in texts(axes) if text.get_text() == name]
        assert text.get_color() == colour and not text.get_parse_math()
        inside = axes.bbox.padded(-1)
        assert not inside.overlaps(text.get_window_extent())
    others = [text.get_text() for axes in panels(figures["block"])[1:] for text in texts(axes)]
    assert not set(expected) & set(others)


def test_magnetisation_arrows(figures):
    """Along the channel: to the right; diagonal: diagonal; across: a cross or a dot; none without polarisation."""
    valve, square = (panel(figures[name], "lines of charge current") for name in ("spin_valve", "block"))
    assert directions(valve) == pytest.approx([0.0], abs=0.1)
    assert circles(valve) == {PALETTE[2]: 1}  # y points away from a reader of the (x, z) plane
    assert directions(square) == pytest.approx([np.pi / 4], abs=0.1)
    assert circles(square) == {PALETTE[2]: 1, PALETTE[3]: 2}  # -z away, z with its dot


def test_streamlines_carry_the_current_from_injector_to_drain(figures):
    """None in the dead half of the non-local valve; every one ends at the grounded end."""
    axes = panel(figures["spin_valve"], "lines of charge current")
    drawn = [artist for artist in axes.collections if isinstance(artist, LineCollection) and artist.get_segments()]
    (lines,) = drawn  # one material: no lines between materials
    points = np.concatenate(lines.get_segments())
    assert 90 < points[points[:, 1] > 39][:, 0].max() < 160
    assert points[:, 0].min() < 5 and points[:, 0].max() < 200


def test_slices_of_a_film(figures):
    titles = [axes.get_title(loc="left") for axes in panels(figures["film"])]
    for where in ("y = 40 nm", "z = 20 nm", "x = 100 nm", "x = 260 nm"):  # the middles of contacts and of the film
        assert sum(where in title and "potential at" not in title for title in titles) == 2  # charge and spin
    assert not any("spin" in axes.get_title(loc="left") for axes in panels(figures["film_without_spin"]))
    result = film()
    potential = result.fields["charge_potential"]
    axes = panel(figures["film"], r"$\mu_\mathrm{c}/e$, x = 100 nm")
    np.testing.assert_allclose(mesh_of(axes).get_array(), 1e6 * potential[:, :, 9:11].mean(2), rtol=1e-12)
    axes = panel(figures["film"], r"$\mu_\mathrm{c}/e$, z = 20 nm")
    np.testing.assert_allclose(mesh_of(axes).get_array(), 1e6 * potential[3:5].mean(0), rtol=1e-12)


def colours_of(axes):
    """Colours of a map as shares of its scale."""
    mesh = mesh_of(axes)
    return mesh.norm(np.ma.masked_invalid(mesh.get_array()))


def test_all_slices_share_the_scales_of_the_whole_device():
    """Noise a long way from the injector looks like nothing, and its size is written beside it."""
    result = film()
    charge, spin = result.fields["charge_potential"], result.fields["spin_potential"]
    noise = np.random.default_rng(5).normal(size=spin.shape)
    charge[:, :, 20:] = charge.max() * (1 + 1e-9 * noise[:, :, 20:, 0])
    spin[:, :, 20:] = 1e-8 * np.abs(spin).max() * noise[:, :, 20:]
    page = figure(result)
    near, far = (panel(page, rf"$\mu_{{\mathrm{{s}},x}}/e$, x = {x} nm") for x in (100, 260))
    assert np.abs(colours_of(near) - 0.5).max() > 0.4 and np.abs(colours_of(far) - 0.5).max() < 0.01
    assert re.search(r"at most [\d.]+ [pf]V$", far.get_title(loc="left")) and "at most" not in near.get_title(
        loc="left"
    )
    assert near.child_axes[0].get_ylim() == far.child_axes[0].get_ylim()
    assert np.ptp(colours_of(panel(page, r"$\mu_\mathrm{c}/e$, x = 260 nm"))) < 1e-6
    assert "uniform at" in panel(page, r"$\mu_\mathrm{c}/e$, x = 260 nm").get_title(loc="left")


def test_rounding_noise_is_a_flat_map():
    result = block()
    shape = result.fields["charge_potential"].shape
    noise = np.random.default_rng(5).normal(size=shape)
    for charge, spin in ((1.0 + 1e-14 * noise, 0.0), (1e-16 * noise, 1.0)):
        fields = {**result.fields, "charge_potential": charge, "spin_potential": np.full((*shape, 3), spin)}
        page = figure(Result(**{**vars(result), "fields": fields}))
        assert np.ptp(mesh_of(panel(page, "lines of charge current")).get_array()) == 0


def test_a_cut_stays_on_one_side_of_an_interface_and_of_another_metal():
    """Fields jump there: the mean of both sides is nowhere in the device."""
    result = spin_valve()
    assert (Place.middle(result, "z").first, Place.middle(result, "z").last) == (7, 8)
    assert Place.middle(result, "z").position == pytest.approx(20e-9)
    assert Place.at(result, "z", 3.1e-9) == Place("z", 1, 1, pytest.approx(3.75e-9))
    split = {"interface": [{"box": {"z": ["20 nm", "20 nm"]}, "transmission": 0.5}]}
    alloy = result.case.resolved()["material"]["alloy"]
    lower_half = {"material": "other", "box": {"z": ["0 nm", "20 nm"]}}
    other = {"material": {"alloy": alloy, "other": alloy}, "region": [lower_half]}
    for change in (split, other):
        jump = Result(**{**vars(result), "case": result.case.replace(**change)})
        assert (Place.middle(jump, "z").first, Place.middle(jump, "z").last) == (8, 8)
        assert Place.middle(jump, "z").position == pytest.approx(21.25e-9)


def test_spin_that_vanishes_along_the_middle_is_drawn_across_it():
    """As in a spin Hall bar, where it has opposite signs at the two edges."""
    result = wire()
    edge = np.array([-4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0])
    result.fields["spin_potential"][:] = 1e-6 * edge[None, None, :, None]
    axes = panel(figure(result), "spin potential at z = 300 nm")
    assert axes.get_xlabel() == "x (nm)"
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), edge)


def test_values_between_unequal_cells_are_interpolated():
    assert Place("z", 0, 1, 1.0, 0.25).cut(np.array([[1.0], [5.0]]), 0) == pytest.approx([4.0])


def test_a_small_drop_on_a_large_potential_stays_visible():
    result = slab()
    drop = result.fields["charge_potential"]
    page = figure(Result(**{**vars(result), "fields": {**result.fields, "charge_potential": 1 + drop}}))
    axes = panel(page, "charge potential")
    assert axes.get_ylabel().endswith("min. (nV)")
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), 1e9 * (drop - drop.min())[:, 0, 0], atol=1e-6)


def test_helicity_is_drawn_where_there_is_more_of_it_than_of_spin():
    """And not for a device whose helicity is a small companion of its spin currents."""
    for size, rows in ((0.1, 0), (3.0, 1)):
        result = slab()
        spin = result.fields["spin_potential"]
        result.fields["helicity_potential"] = -size * np.linalg.norm(spin, axis=-1)
        result.fields["helicity_current"] = 1e9 * spin
        page = figure(result)
        titles = [axes.get_title(loc="left") for axes in panels(page)]
        assert sum("helicity" in title for title in titles) == 2 * rows
        if rows:
            axes = panel(page, "helicity potential")
            factor, _ = prefixed(result.fields["helicity_potential"], "V")
            np.testing.assert_allclose(axes.lines[0].get_ydata(), factor * result.fields["helicity_potential"].ravel())


def test_a_charge_potential_that_is_rounding_is_drawn_as_none():
    result = slab()
    result.fields["charge_potential"][:] = 1e-14 * np.abs(result.fields["spin_potential"]).max()
    assert not panel(figure(result), "charge potential").lines[0].get_ydata().any()


@pytest.mark.parametrize(
    ("box", "first", "last"),
    [({"z": ["150 nm", "150 nm"]}, (150, 0), (150, 40)), ({"x": ["10 nm", "10 nm"]}, (0, 10), (600, 10))],
)
def test_interfaces_are_dotted_lines_on_their_faces(box, first, last):
    """A wire along z, which is drawn lying down: z to the right and x upwards."""
    result = wire()
    case = result.case.replace(interface=[{"box": box, "transmission": 0.5}])
    page = figure(Result(**{**vars(result), "case": case}))
    lines = [a for a in panel(page, "potential").collections if isinstance(a, LineCollection)]
    dotted = [line for line in lines if line.get_linewidth() == 1.8]
    ends = np.concatenate([line.get_segments() for line in dotted]).reshape(-1, 2)
    assert all(line.get_linestyle()[0][1] for line in dotted)
    np.testing.assert_allclose((ends.min(0), ends.max(0)), (first, last), atol=1e-9)
    assert len(ends) == 2 * (8 if "z" in box else 60)
