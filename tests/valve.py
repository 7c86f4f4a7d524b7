"""A small valid case as nested tables, and a way to change it."""

import copy

VALVE = {
    "material": {
        "alloy": {
            "k_F": "13.6 1/nm",
            "impurity": [{"name": "Ce", "concentration": 0.02, "channels": {"s1/2": 0.1, "p1/2": 1.5, "p3/2": 0.05}}],
        }
    },
    "grid": {"x": {"length": "400 nm", "cells": 160}, "y": {"length": "100 nm"}, "z": {"length": "40 nm", "cells": 16}},
    "contact": [
        {
            "name": "injector",
            "face": "z_max",
            "span": {"x": ["100 nm", "150 nm"]},
            "transmission": 0.01,
            "polarization": 0.4,
            "direction": [1, 0, 0],
            "current": "1 uA",
        },
        {"name": "left", "face": "x_min", "voltage": "0 V"},
        {"name": "right", "face": "x_max", "floating": True},
    ],
    "measure": [{"kind": "nonlocal", "injector": "injector", "detector": "right", "reference": "left"}],
}
DELETE = object()


def changed(changes, tables=VALVE):
    """A copy of the tables with entries at dotted paths replaced, added or deleted."""
    tables = copy.deepcopy(tables)
    for path, value in changes.items():
        *heads, last = (int(key) if key.isdigit() else key for key in path.split("."))
        table = tables
        for head in heads:
            table = table[head] if isinstance(head, int) else table.setdefault(head, {})
        if value is DELETE:
            del table[last]
        elif isinstance(table, list) and last == len(table):
            table.append(value)
        else:
            table[last] = value
    return tables
