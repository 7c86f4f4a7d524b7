"""A small transient case, a grating, and the change that makes the valve transient."""

import tomllib

from valve import changed

from boltzsim.case.case import Case

GRATING = """
[material.alloy]
k_F = "13.6 1/nm"
impurity = [{ concentration = 0.02, channels = { "s1/2" = 0.1 } }]
[grid]
z = { length = "400 nm", cells = 64 }
[walls]
periodic = ["z"]
[time]
end = "20 ps"
[initial]
kind = "grating"
axis = "z"
periods = 2
spin = ["0 V", "0 V", "1 mV"]
[[measure]]
kind = "decay"
signal = "grating"
component = "z"
from = "1 ps"
"""
TABLES = tomllib.loads(GRATING)
LEFT_ON = {
    "time": {"end": "10 ps"},
    "contact.0.waveform": {"kind": "switch", "off": "1 ps"},
    "measure": [{"kind": "arrival", "signal": "right"}],
}


def grating(changes=None):
    return Case(**changed(changes or {}, TABLES))
