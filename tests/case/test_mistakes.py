"""Every mistake in a case is refused with a message that names the key, the value, what is allowed and a remedy."""

import math

import pytest
from valve import DELETE, changed

from boltzsim.case.case import Case
from boltzsim.errors import CaseError


def touching(name):
    """Changes that fill half of the valve with another metal."""
    return {"region": [{"material": name, "box": {"x": ["200 nm", "400 nm"]}}]}


PERMALLOY = {"resistivity": "20 uOhm cm", "spin_diffusion_length": "5 nm", "polarization": 0.35}
HALF_VOID = {"region": [{"material": "void", "box": {"z": ["20 nm", "40 nm"]}}]}
SPLIT = {"region": [{"material": "void", "box": {"x": ["180 nm", "220 nm"]}}], "measure": []}
CLOSED = {"interface": [{"box": {"x": ["200 nm", "200 nm"]}, "transmission": 0}]}
OTHER = {"material.other": {"k_F": "13.6 1/nm", "background": {"tau_p": "1 ps"}}}
THIN = {"material.other": {"k_F": "6.8 1/nm", "background": {"tau_p": "1 ps"}}}


def polygon(*points, **more):
    corners = [[f"{x} nm", f"{z} nm"] for x, z in points]
    return {"region": [{"material": "void", "polygon": {"plane": "xz", "points": corners, **more}}]}


MISTAKES = [
    (
        "grid needs memory for 16,000,000,000 cells, and a device with regions, interfaces or contacts inside the box",
        {**HALF_VOID, "grid.x.cells": 1000000000},
    ),
    ("contact[0] ('injector') lies over no metal on z_max; move its span or `at` onto the metal", HALF_VOID),
    (
        "contact[0] ('injector') is buried: on z_max at 10 nm the metal goes on behind all of its span",
        {**HALF_VOID, "contact.0.at": "10 nm"},
    ),
    ("contact[0].at = '50 nm' lies outside the box; allowed: 0 m to 40 nm", {"contact.0.at": "50 nm"}),
    (
        "region leaves 2 separate pieces of metal, and the one of 1152 cells at x = 221.2 nm, z = 1.25 nm has no open",
        {
            **SPLIT,
            "contact.2": {"name": "second", "face": "x_min", "at": "0 nm", "voltage": "0 V"},
            "contact.1.span": {"z": ["0 nm", "20 nm"]},
            "contact.2.span": {"z": ["20 nm", "40 nm"]},
        },
    ),
    (
        "region leaves 2 separate pieces of metal, and the one of 1152 cells at x = 1.25 nm, z = 1.25 nm has no open",
        {**SPLIT, "contact": [], "drive.electric_field": [0, "1 kV/m", 0]},
    ),
    (
        "region leaves 2 separate pieces of metal, and the one of 1280 cells at x = 201.2 nm, z = 1.25 nm has no open",
        {**CLOSED, "contact.2": DELETE, "measure": []},
    ),
    ("region leaves no metal in the box; shrink the voids", {"region": [{"material": "void"}]}),
    (
        "region[0].polygon.points = [['0 nm', '0 nm'], ['90 nm', '0 nm'], ['0 nm', '30 nm'], ['90 nm', '30 nm']] is no "
        "simple polygon: its edges from corners 1 and 3 meet; give its corners in order",
        polygon((0, 0), (90, 0), (0, 30), (90, 30)),
    ),
    (
        "region[0].polygon.points = [['0 nm', '0 nm'], ['9 nm', '0 nm']] must be a list of at least 3",
        polygon((0, 0), (9, 0)),
    ),
    ("region[0].polygon holds the centre of no cell (2.5 nm × 2.5 nm) in its box", polygon((0, 0), (1, 0), (0, 1))),
    (
        "region[0].polygon.plane = 'xy' contains the uniform axis y; choose the plane of the gridded axes x, z",
        polygon((0, 0), (90, 0), (0, 90), plane="xy"),
    ),
    (
        "region[0].mask.file = 'absent.gds' is no file at",
        {"region": [{"material": "void", "mask": {"file": "absent.gds", "layer": 1}}]},
    ),
    (
        "interface[0] lies on no face: no two cells with metal meet where alloy and other meet",
        {**OTHER, "interface": [{"between": ["alloy", "other"], "transmission": 0.5}]},
    ),
    (
        "interface[0] lies on no face in its box: later interfaces take all of them",
        {"interface": [{"box": {"x": ["200 nm", "200 nm"]}}, {"box": {"x": ["200 nm", "200 nm"]}}]},
    ),
    ("interface[0].between must name two different metals", {"interface": [{"between": ["alloy", "alloy"]}]}),
    (
        "interface[0].between = 'aloy' is no material; known: alloy, other; did you mean 'alloy'?",
        {**OTHER, "interface": [{"between": ["aloy", "other"]}]},
    ),
    (
        "interface[0].transmission = 0.5 would pass 2 of what arrives between 'alloy' and 'other', more than all",
        {**THIN, **touching("other"), "interface": [{"between": ["alloy", "other"], "transmission": 0.5}]},
    ),
    (
        "interface[0].specularity = 0.5 joins 'alloy' and 'other', whose Fermi surfaces differ",
        {
            **THIN,
            **touching("other"),
            "interface": [{"between": ["alloy", "other"], "transmission": 0.1, "specularity": 0.5}],
        },
    ),
    (
        "interface[0] has a resistance_area and a transmission; keep one of them",
        {"interface": [{"box": {"x": ["200 nm", "200 nm"]}, "transmission": 0.1, "resistance_area": "1 fOhm m2"}]},
    ),
    (
        "interface[0].direction is missing for a magnetic interface",
        {"interface": [{"box": {"x": ["200 nm", "200 nm"]}, "transmission": 0.1, "polarization": 0.5}]},
    ),
    (
        "contact[0].electrode.polarization = 0 makes no ferromagnet",
        {
            "contact.0.electrode": {
                "resistivity": "20 uOhm cm",
                "spin_diffusion_length": "5 nm",
                "polarization": 0.0,
            }
        },
    ),
    (
        "contact[0].spin_voltage stands beside an electrode, which sets the spin potential itself",
        {"contact.0.spin_voltage": [0, "1 mV", 0], "contact.0.electrode": PERMALLOY},
    ),
    (
        "contact[1].electrode has no effect behind transmission = 0",
        {"contact.1.transmission": 0.0, "contact.1.direction": [1, 0, 0], "contact.1.electrode": PERMALLOY},
    ),
    (
        "contact[0].electrode.polarization is missing; give for example polarization = 0.35",
        {"contact.0.electrode": {"resistivity": "20 uOhm cm", "spin_diffusion_length": "5 nm"}},
    ),
    ("contact[1].polarisation is unknown; did you mean 'polarization'?", {"contact.1.polarisation": 0.1}),
    (
        "material.alloy.spin_hall_angle is unknown; the spin Hall effect follows from the channels of [[material",
        {"material.alloy.spin_hall_angle": 0.1},
    ),
    (
        'material.alloy.conductivity is unknown; give its inverse, for example resistivity = "2 uOhm cm"',
        {"material.alloy.conductivity": 5e6},
    ),
    ('contact[1].ground is unknown; write voltage = "0 V"', {"contact.1.ground": True}),
    (
        "field.Bz is unknown; write the vector B, or in a series the path field.B.z",
        {"field": {"Bz": "1 T"}},
    ),
    ("contact[0].direction = '-y' must be a list of 3 values, [0, -1, 0]", {"contact.0.direction": "-y"}),
    ("contacts is unknown; did you mean 'contact'?", {"contacts": []}),
    ("material.alloy.kF is unknown; did you mean 'k_F'?", {"material.alloy.kF": 10000000000.0}),
    ("material.alloy.background.tau_s is unknown; did you mean 'tau_sf'?", {"material.alloy.background": {"tau_s": 1}}),
    ("grid.x.cell is unknown; did you mean 'cells'?", {"grid.x.cell": 3}),
    ("zzz is unknown; known keys: title, material, grid,", {"zzz": 3}),
    (
        'impurity[0].channels."s3/2" is unknown; allowed: s1/2, p1/2,',
        {"material.alloy.impurity.0.channels": {"s3/2": 1}},
    ),
    ('material.alloy.k_F is missing; give for example k_F = "13.6 1/nm"', {"material.alloy.k_F": DELETE}),
    ("grid is missing", {"grid": DELETE}),
    (
        "contact = { name = 'a' } must be a list of tables: write its header in double brackets",
        {"contact": {"name": "a"}},
    ),
    ("walls = [1] must be a table: write its header in single brackets", {"walls": [1]}),
    ("physics.side_jump = 1 must be true or false", {"physics": {"side_jump": 1}}),
    (
        "physics.side_jump_boundary = 'flux' is gone (see CHANGELOG.md); delete the line",
        {"physics": {"side_jump_boundary": "flux"}},
    ),
    ("title = 3 must be a string", {"title": 3}),
    (
        "physics.model = 'difusion' is not allowed; choose one of kinetic, diffusion; did you mean 'diffusion'?",
        {"physics": {"model": "difusion"}},
    ),
    ("material.alloy.k_F = 0 must be greater than 0", {"material.alloy.k_F": 0}),
    (
        "material.alloy.k_F = '3 nm' is a length, but a wave number is needed; allowed units: 1/m,",
        {"material.alloy.k_F": "3 nm"},
    ),
    ("material.alloy.mass = -1 must be greater than 0", {"material.alloy.mass": -1}),
    ("impurity[0].concentration = 1 must lie in [0, 1)", {"material.alloy.impurity.0.concentration": 1}),
    (
        "impurity[0].concentration = 0 puts no impurity there; it must lie in (0, 1)",
        {"material.alloy.impurity.0.concentration": 0},
    ),
    ('channels."p1/2" = inf must be finite', {"material.alloy.impurity.0.channels": {"p1/2": math.inf}}),
    ('channels."p1/2" = nan is no angle', {"material.alloy.impurity.0.channels": {"p1/2": math.nan}}),
    (
        "background.tau_p = '0 ps' must be greater than 0 ('inf' is allowed)",
        {"material.alloy.background": {"tau_p": "0 ps"}},
    ),
    ("grid.x.length = 'inf' must be greater than 0 and finite", {"grid.x.length": "inf"}),
    ("grid.x.length = '-1 nm' must be greater than 0", {"grid.x.length": "-1 nm"}),
    ("grid.x.cells = 2.5 must be a whole number, at least 1", {"grid.x.cells": 2.5}),
    ("grid.x.cells = 0 must be a whole number, at least 1", {"grid.x.cells": 0}),
    ("contact[0].transmission = 1.5 must lie in [0, 1]", {"contact.0.transmission": 1.5}),
    ("contact[0].polarization = -2 must lie in [-1, 1]", {"contact.0.polarization": -2}),
    ("contact[0].direction = [0, 0, 0] has no direction; give a vector", {"contact.0.direction": [0, 0, 0]}),
    ("contact[0].direction = [1, 0] must be a list of 3 values", {"contact.0.direction": [1, 0]}),
    (
        "contact[0].current = '1 V' is a voltage, but a current is needed; allowed units: A,",
        {"contact.0.current": "1 V"},
    ),
    (
        "contact[0].span.x = ['150 nm', '100 nm'] must run from a smaller",
        {"contact.0.span": {"x": ["150 nm", "100 nm"]}},
    ),
    ("walls.specularity = 1.1 must lie in [0, 1]", {"walls": {"specularity": 1.1}}),
    ("walls.z_max = -0.1 must lie in [0, 1]", {"walls": {"z_max": -0.1}}),
    ("walls.periodic[0] = 'w' is not allowed; choose one of x, y, z", {"walls": {"periodic": ["w"]}}),
    ("field.B = ['1 T', 0] must be a list of 3 values, (x, y, z)", {"field": {"B": ["1 T", 0]}}),
    ("solver.rtol = 1.0 must lie in (0, 1)", {"solver": {"rtol": 1.0}}),
    ("solver.max_products = 0 must be a whole number", {"solver": {"max_products": 0}}),
    ("material has no table; describe one under [material.NAME]", {"material": {}}),
    ("material.bare has no scattering; give it an impurity", {"material.bare": {"k_F": "13.6 1/nm"}}),
    (
        "material.other.k_F = '10 1/nm' differs from '13.6 1/nm' of 'alloy', which it touches; metals of different",
        {**touching("other"), "material.other": {"k_F": 10000000000.0, "background": {"tau_p": "1 ps"}}},
    ),
    (
        "material.other.mass = 2 differs from 1 of 'alloy'",
        {**touching("other"), "material.other": {"k_F": "13.6 1/nm", "mass": 2, "background": {"tau_p": "1 ps"}}},
    ),
    (
        "region[0].material = 'vacuum' is no material; known: alloy, void; write 'void' for no metal",
        {"region": [{"material": "vacuum"}]},
    ),
    (
        "region[0].material = 'aloy' is no material; known: alloy, void; did you mean 'alloy'?",
        {"region": [{"material": "aloy"}]},
    ),
    (
        "region[0].box.x = ['300 nm', '500 nm'] leaves the box; allowed: ['0 m', '400 nm']",
        {"region": [{"material": "alloy", "box": {"x": ["300 nm", "500 nm"]}}]},
    ),
    (
        "region[0].box.y = ['0 m', '50 nm'] cuts the uniform axis y; remove it",
        {"region": [{"material": "alloy", "box": {"y": [0, "50 nm"]}}]},
    ),
    (
        "region[0].box.x = ['10 nm', '10.5 nm'] holds no cell of 2.5 nm",
        {"region": [{"material": "alloy", "box": {"x": ["10 nm", "10.5 nm"]}}]},
    ),
    ("grid has no axis with cells; give at least one", {"grid": {"x": {"length": "1 nm"}}}),
    ("grid.z.length is missing for 16 cells; give for example", {"grid.z.length": DELETE}),
    ("walls.y_min = 0.5 has no effect: y is uniform", {"walls": {"y_min": 0.5}}),
    ("walls.z_min = 0.5 has no effect: z is periodic", {"walls": {"z_min": 0.5, "periodic": ["z"]}}),
    ("walls.z_min = 0.5 has no effect: z_min is a symmetry plane", {"walls": {"z_min": 0.5, "symmetry": ["z_min"]}}),
    ("walls.symmetry = 'z_min' is on the periodic axis z", {"walls": {"symmetry": ["z_min"], "periodic": ["z"]}}),
    ("walls.symmetry = 'y_min' is on the uniform axis y", {"walls": {"symmetry": ["y_min"]}}),
    ("contact[0].face = 'z_top' is not allowed; choose one of x_min,", {"contact.0.face": "z_top"}),
    (
        "contact[0].face = 'y_max' is on the uniform axis y, which has no faces; allowed: x_min,",
        {"contact.0.face": "y_max", "contact.0.span": {}},
    ),
    (
        "contact[0].face = 'z_max' is on the periodic axis z, which has no faces; allowed: x_min, x_max",
        {"walls": {"periodic": ["z"]}},
    ),
    ("contact[0].face = 'z_max' is a symmetry plane, which carries no contact", {"walls": {"symmetry": ["z_max"]}}),
    (
        "contact[0].span.x = ['350 nm', '450 nm'] leaves the box; allowed: ['0 m', '400 nm']",
        {"contact.0.span": {"x": ["350 nm", "450 nm"]}},
    ),
    (
        "contact[0].span.z = ['10 nm', '20 nm'] points across z_max; give stretches along x",
        {"contact.0.span": {"z": ["10 nm", "20 nm"]}},
    ),
    ("contact[0].span.y = ['10 nm', '20 nm'] cuts the uniform axis y", {"contact.0.span": {"y": ["10 nm", "20 nm"]}}),
    (
        "contact[0].span.x = ['100 nm', '101 nm'] holds no cell of 2.5 nm once its ends are moved",
        {"contact.0.span": {"x": ["100 nm", "101 nm"]}},
    ),
    (
        "contact[3].span overlaps contact 'injector' on z_max; move 'second' or shorten",
        {"contact.3": {"name": "second", "face": "z_max", "span": {"x": ["140 nm", "200 nm"]}, "floating": True}},
    ),
    ("contact[1].name = 'injector' is used twice; give every contact its own", {"contact.1.name": "injector"}),
    ("contact[1] ('left') has 2 drives, voltage and floating; keep exactly one", {"contact.1.floating": True}),
    ("contact[1] ('left') has no drive; give one of current = '1 uA',", {"contact.1.voltage": DELETE}),
    (
        "contact[0].polarization = 0.4 with transmission = 0.9 makes transmission (1 ± polarization) = 1.26, which "
        "must lie in [0, 1]; allowed here: |polarization| ≤ 0.111111",
        {"contact.0.transmission": 0.9},
    ),
    ("contact[0].transmission = 0 lets no current through; raise it", {"contact.0.transmission": 0}),
    ("contact[0].direction is missing for a magnetic contact; give for example", {"contact.0.direction": DELETE}),
    (
        "contact and drive leave the device at rest; give a contact a current,",
        {"contact.0.current": "0 A", "measure": []},
    ),
    ("leave the device at rest", {"contact": [], "measure": []}),
    (
        "contact[*].current sums to 1 µA and no contact can carry it off",
        {"contact.1": {"name": "left", "face": "x_min", "floating": True}},
    ),
    (
        "contact[*].current sums to 3 µA and no contact",
        {
            "contact": [
                {"name": "a", "face": "x_min", "current": "1 uA"},
                {"name": "b", "face": "x_max", "current": "2 uA"},
            ],
            "measure": [],
        },
    ),
    (
        "drive.electric_field has 1 V/m along x, which ends in walls or contacts; add 'x'",
        {"drive": {"electric_field": ["1 V/m", 0, 0]}},
    ),
    ("angles.polar = 2 is too low for scattering with moments up to l = 2; at least 3", {"angles": {"polar": 2}}),
    ("angles.azimuthal = 7 must be even", {"angles": {"azimuthal": 7}}),
    (
        "angles.azimuthal = 12 must be even and, for scattering with moments up to l = 6, at least 14",
        {"material.alloy.impurity.0.channels": {"p1/2": 1.0, "f5/2": 0.1}, "angles": {"polar": 20, "azimuthal": 12}},
    ),
    (
        "angles.axis = 'y' must be a gridded axis in a double-gauss set, the thinnest; set axis = 'z'",
        {"angles": {"quadrature": "double-gauss", "axis": "y"}},
    ),
    (
        "angles.polar = 4 is too low for scattering with moments up to l = 2; at least 5",
        {"angles": {"quadrature": "graded", "polar": 4}},
    ),
    ("angles.order = 13 has no Lebedev set, negative weights,", {"angles": {"quadrature": "lebedev", "order": 13}}),
    ("angles.order = 33 has no Lebedev set", {"angles": {"quadrature": "lebedev", "order": 33}}),
    (
        "measure[0].detector = 'rigth' is no contact; known: injector, left, right; did you mean 'right'?",
        {"measure.0.detector": "rigth"},
    ),
    ("measure[0].reference = 'right' is the detector itself; name another contact", {"measure.0.reference": "right"}),
    ("measure[0].injector = 'right' carries no current to divide by; name a contact", {"measure.0.injector": "right"}),
    (
        "measure[0].kind = 'non-local' is not allowed; choose one of nonlocal, decay, arrival; "
        "did you mean 'nonlocal'?",
        {"measure.0.kind": "non-local"},
    ),
]


@pytest.mark.parametrize(("message", "changes"), MISTAKES)
def test_mistakes_are_named_with_a_remedy(message, changes):
    with pytest.raises(CaseError) as error:
        Case(**changed(changes))
    assert any(message in problem for problem in error.value.problems), str(error.value)
    text = str(error.value).lower()
    assert not any(
        word in text for word in ("input should", "pydantic", "field required", "extra inputs", "validation")
    )
