"""Kinetic simulation of coupled spin and charge transport in metals with strong spin-orbit impurities.

    case = boltzsim.load_case("valve.toml")     a case, from a file or as boltzsim.Case(**tables)
    boltzsim.check(case), boltzsim.info(case)   what it is, before it runs
    result = boltzsim.run(case)                 fields, terminals and measures
    family = boltzsim.series(case)              all points of its [series]
    both = boltzsim.compare(case)               the kinetic and the diffusion model
    boltzsim.report(result)                     tables; of a series what an experimenter would extract
    boltzsim.plot(result)                       a figure

Names are loaded when they are first used, so that `import boltzsim` takes no time.
"""

import ast
import importlib
from pathlib import Path

__version__ = "0.2.0"

#: The module of every public name; the stub beside this file, which type checkers read, lists them.
_HOME = {
    alias.name: line.module
    for line in ast.parse(Path(__file__).with_suffix(".pyi").read_text()).body
    if isinstance(line, ast.ImportFrom)
    for alias in line.names
}
__all__ = [*_HOME]


def __getattr__(name):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'boltzsim' has no attribute '{name}'")


def __dir__():
    return [*_HOME, "__version__"]
