"""Devices of any shape, from case files: voids, contacts inside the box, interfaces, metals of other Fermi surfaces."""

import numpy as np
import pytest

import boltzsim
from boltzsim.case.case import Case, parse_case
from boltzsim.errors import CaseError

CASE = """
[material.alloy]
k_F = "13.6 1/nm"
impurity = [{{ concentration = 0.02, channels = {{ "s1/2" = 1.2, "p1/2" = 0.3 }} }}]
[grid]
x = {{ length = "{length} nm", cells = {cells} }}
z = {{ length = "20 nm", cells = 4 }}
[angles]
polar = 4
azimuthal = 8
[solver]
rtol = 1e-11
[[contact]]
name = "left"
face = "x_min"
voltage = "1 mV"
spin_voltage = ["0 V", "1 mV", "0 V"]
[[contact]]
name = "right"
face = "x_max"
{at}
voltage = "0 V"
transmission = 0.4
polarization = 0.3
direction = [0, 1, 1]
"""
SMALL = CASE.format(length=24, cells=6, at="")
LARGE = CASE.format(length=40, cells=10, at='at = "24 nm"')
VOID = """
[[region]]
material = "void"
"""
RIGHT = '[["24 nm", "-1 nm"], ["50 nm", "-1 nm"], ["50 nm", "21 nm"], ["24 nm", "21 nm"]]'


@pytest.fixture(scope="module")
def small():
    return boltzsim.run(parse_case(SMALL))


@pytest.mark.parametrize(
    "shape", ['box = { x = ["24 nm", "40 nm"] }', f'polygon = {{ plane = "xz", points = {RIGHT} }}']
)
def test_metal_beside_a_void_is_a_smaller_box(small, shape):
    """The contact on the face inside the box carries what that of the smaller box does, and fields are the same."""
    found = boltzsim.run(parse_case(LARGE + VOID + shape))
    for name in ("current", "spin_current", "conductance"):
        ours, theirs = getattr(found.terminals, name), getattr(small.terminals, name)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9 * np.abs(theirs).max())
    for name, values in small.fields.items():
        assert np.isnan(found.fields[name][:, :, 6:]).all()
        np.testing.assert_allclose(found.fields[name][:, :, :6], values, rtol=0, atol=1e-8 * np.abs(values).max())


def test_a_transparent_interface_inside_a_metal_changes_nothing(small):
    plane = """
[[interface]]
box = { x = ["8 nm", "8 nm"] }
transmission = 1
specularity = 1
"""
    found = boltzsim.run(parse_case(SMALL + plane))
    largest = np.abs(small.terminals.conductance).max()
    np.testing.assert_allclose(found.terminals.conductance, small.terminals.conductance, rtol=0, atol=1e-10 * largest)


def test_metals_of_other_fermi_surfaces_conduct_both_ways_alike():
    """A bilayer whose layers differ in k_F and mass: rows and columns of its conductance sum to zero."""
    copper = '[material.copper]\nk_F = "17 1/nm"\nmass = 1.4\nbackground = { tau_p = "2 fs" }\n[grid]'
    text = SMALL.replace("[grid]", copper)
    text += """
[[region]]
material = "copper"
box = { z = ["10 nm", "20 nm"] }
[[interface]]
between = ["alloy", "copper"]
transmission = 0.3
spin_flip = 0.2
[physics]
side_jump = false
"""
    conductance = boltzsim.run(parse_case(text)).terminals.conductance
    largest = np.abs(conductance).max()
    for sums in (conductance.sum(0), conductance.sum(1), conductance - conductance.T):
        np.testing.assert_allclose(sums, 0, atol=1e-8 * largest)


def layout(folder):
    """A layout with one rectangle on layer 3, from (0, 0) to (16, 20) nm."""
    gdstk = pytest.importorskip("gdstk")
    library = gdstk.Library(unit=1e-9, precision=1e-12)
    library.new_cell("TOP").add(gdstk.rectangle((0, 0), (16, 20), layer=3))
    library.write_gds(folder / "chip.gds")


def test_a_case_keeps_its_shapes(tmp_path):
    """Stored and read back: the outlines of a mask too, whose file may be gone by then."""
    layout(tmp_path)
    mask = VOID + 'mask = { file = "chip.gds", layer = 3, plane = "xz", offset = ["24 nm", 0] }'
    (tmp_path / "case.toml").write_text(LARGE + mask)
    case = boltzsim.load_case(tmp_path / "case.toml")
    expected = np.zeros((4, 1, 10), int)
    expected[:, :, 6:] = -1
    np.testing.assert_array_equal(case.material_index(), expected)
    (tmp_path / "chip.gds").unlink()
    np.testing.assert_array_equal(Case(**case.resolved()).material_index(), expected)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("layer = 7", "has nothing on layer 7/0 of cell 'TOP'; layers with polygons: 3/0"),
        ("layer = 3, cell = 'OTHER'", "has no cell 'OTHER'; known: TOP"),
    ],
)
def test_layouts_without_what_is_asked_for(layer, message, tmp_path):
    layout(tmp_path)
    (tmp_path / "case.toml").write_text(LARGE + VOID + f'mask = {{ file = "chip.gds", {layer}, plane = "xz" }}')
    with pytest.raises(CaseError) as error:
        boltzsim.load_case(tmp_path / "case.toml")
    assert "region[0].mask" in str(error.value) and message in str(error.value)
