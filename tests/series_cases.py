"""A spin valve of one dimension with two series of it."""

from boltzsim.case.case import parse_case

BASE = """
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
name = "Ce"
concentration = 0.02
channels = { "s1/2" = 0.1, "p1/2" = 1.5 }
[grid]
z = { length = "20 nm", cells = 6 }
[angles]
quadrature = "double-gauss"
polar = 3
azimuthal = 6
axis = "z"
[[contact]]
name = "near"
face = "z_min"
transmission = 0.3
polarization = 0.4
direction = [1, 0, 0]
current = "1 uA"
detect_spin = true
[[contact]]
name = "far"
face = "z_max"
transmission = 0.3
polarization = 0.4
direction = [1, 0, 0]
voltage = "0 V"
[[measure]]
kind = "nonlocal"
injector = "near"
detector = "near"
reference = "far"
"""
SERIES = """
[series.content]
material.alloy.impurity.Ce.concentration = { from = 0.01, to = 0.04, count = 3, spacing = "log" }
[series.turn]
contact.far.direction = [[1, 0, 0], [0, 2, 0]]
"contact.far.transmission" = [0.3, 0.2]
"""
FIELDS = '[series.field]\nfield.B.z = ["0 T", "500 mT"]\n'


def series_of(tmp_path, more=SERIES):
    path = tmp_path / "case.toml"
    path.write_text(BASE + more)
    return path, parse_case(BASE + more)
