"""The text of a case file: a slab of four cells between two reservoirs."""

DEVICE = """\
[grid]
z = { length = "20 nm", cells = 4 }
[[contact]]
name = "left"
face = "z_min"
voltage = "1 mV"
[[contact]]
name = "right"
face = "z_max"
voltage = "0 V"
[angles]
polar = 4
azimuthal = 6
"""
SLAB = (
    """
[material.alloy]
k_F = "13.6 1/nm"
impurity = [{ concentration = 0.02, channels = { "s1/2" = 0.10, "p1/2" = "90 deg" } }]
"""
    + DEVICE
)
