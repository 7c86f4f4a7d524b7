"""The layers of the package, read off its import statements: at load, inside functions, direct and transitive."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import boltzsim

ROOT = Path(boltzsim.__file__).parent
MODULES = {
    ".".join(["boltzsim", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
LAYERS = (  # imports go from right to left, and within a room
    {"axes", "units", "errors", "machine"},
    {"files", "material", "text"},
    {"case"},
    {"limits"},
    {"transport", "result"},
    {"device", "measure", "store"},
    {"runs", "analysis", "plotting"},
    {"accuracy", "fitting"},
    {"reports"},
    {"validate"},
    {"api"},
    {"cli"},
    {"__main__"},
)
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}


def room(module):
    return module.split(".")[1]


@cache
def imports(module):
    """Modules of the package and outside packages (by first name) that a module imports, inside functions too."""
    path = MODULES[module]
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    found = set()
    for name in names:
        if name.split(".")[0] != "boltzsim":
            found.add(name.split(".")[0])
            continue
        while name not in MODULES:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {module}


@cache
def reached(module):
    """Everything that a module imports, directly or through others; `boltzsim` itself loads nothing by itself."""
    found, left = set(), [module]
    while left:
        for name in imports(left.pop()) - found - {"boltzsim"}:
            found.add(name)
            if name in MODULES:
                left.append(name)
    return found


def members(*rooms):
    return [m for m in MODULES if m != "boltzsim" and room(m) in rooms]


def test_every_module_has_a_layer():
    assert {room(m) for m in MODULES if m != "boltzsim"} == set(RANK)


def test_few_modules_lie_at_the_top():
    assert len(list(ROOT.glob("*.py"))) <= 8


@pytest.mark.parametrize("module", members(*RANK))
def test_imports_go_one_way(module):
    """Rooms of one layer do not know each other."""
    for name in reached(module):
        if name in MODULES:
            lower = RANK[room(name)] < RANK[room(module)]
            assert lower or room(name) == room(module), f"{module} reaches {name}"


def test_no_import_cycles():
    """Imports inside functions included."""
    left = {module: {n for n in imports(module) if n in MODULES} - {"boltzsim"} for module in MODULES}
    while left:
        leaves = {module for module, needs in left.items() if not needs & set(left)}
        assert leaves, f"import cycle among {sorted(left)}"
        left = {module: needs for module, needs in left.items() if module not in leaves}


def test_every_library_has_its_rooms():
    rooms = {
        "numba": {"transport", "runs"},
        "matplotlib": {"plotting", "api"},
        "h5py": {"store"},
        "tomllib": {"case"},
        "pydantic": {"case"},
        "typer": {"cli"},
        "pyamg": {"transport"},
        "xarray": {"store"},
        "pandas": {"store"},
        "vtkmodules": {"store"},
        "IPython": {"runs"},
    }
    for module in MODULES:
        for library, allowed in rooms.items():
            if library in imports(module):
                assert room(module) in allowed, f"{module} imports {library}"


@pytest.mark.parametrize("module", members("plotting", "measure", "analysis", "limits", "material", "case"))
def test_numbers_and_figures_come_from_results_and_solve_nothing(module):
    assert not reached(module) & {"numba", "h5py"}


@pytest.mark.parametrize("module", members("plotting", "measure"))
def test_figures_and_measures_compute_no_physics(module):
    """Both read results: no operators, no limits, no solver, and no files but the figures' own."""
    known = {room(name) for name in reached(module) if name in MODULES}
    assert not known & {"transport", "limits", "device", "store", "runs"}
    assert "material" not in {room(name) for name in imports(module) if name in MODULES}


@pytest.mark.parametrize("module", ["boltzsim.runs.steady", "boltzsim.runs.transient", "boltzsim.runs.checkpoint"])
def test_loops_that_solve_know_no_files(module):
    assert not any(name in MODULES and room(name) in {"store", "files"} for name in reached(module))


def test_command_line_starts_without_kernels():
    """Neither `import boltzsim` nor the command line load compilers, solvers or figures before they are asked to."""
    heavy = ("numba", "matplotlib", "h5py", "pyamg", "boltzsim.transport.sweep", "boltzsim.transport.steady")
    code = f"import sys, boltzsim, boltzsim.cli; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
