"""Kinetic simulation of coupled spin and charge transport in metals with strong spin-orbit impurities.

Names are loaded when they are first used, so that `import boltzsim` costs nothing.
"""

import importlib

__version__ = "0.2.0"

_HOME = {
    "load_case": "boltzsim.case.case",
    "Case": "boltzsim.case.case",
    "Material": "boltzsim.case.case",
    "Impurity": "boltzsim.case.case",
    "run": "boltzsim.runs.start",
    "resume": "boltzsim.runs.start",
    "converge": "boltzsim.accuracy.study",
    "open": "boltzsim.store.result",
    "save": "boltzsim.store.result",
    "coefficients": "boltzsim.limits",
    "CaseError": "boltzsim.errors",
    "ConvergenceError": "boltzsim.errors",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'boltzsim' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *__all__})
