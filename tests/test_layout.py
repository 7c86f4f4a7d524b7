"""The layers of the package, read off its import statements."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import boltzsim

ROOT = Path(boltzsim.__file__).parent
MODULES = {
    ".".join(["boltzsim", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
STORAGE = {"tomllib", "tomli", "h5py", "xarray", "netCDF4", "json"}


def imports(module):
    """Full names imported anywhere in a module, `from a import b` as a.b."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], base]).rstrip(".")
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def used(module):
    """Modules of the package among the imports, and outside packages by their first name."""
    found = set()
    for name in imports(module):
        if name.split(".")[0] != "boltzsim":
            found.add(name.split(".")[0])
            continue
        while name not in MODULES:
            name = name.rpartition(".")[0]
        found.add(name)
    return found


def members(*rooms):
    return [m for m in MODULES if any(m == f"boltzsim.{room}" or m.startswith(f"boltzsim.{room}.") for room in rooms)]


def within(name, *rooms):
    return any(name == f"boltzsim.{room}" or name.startswith(f"boltzsim.{room}.") for room in rooms)


def test_every_room_is_there():
    for room in ("material", "limits", "transport", "measure", "plotting"):
        assert len(members(room)) > 1


@pytest.mark.parametrize("module", members("material"))
def test_material_knows_only_itself(module):
    inside = {name for name in used(module) if name.startswith("boltzsim")}
    assert all(within(name, "material", "errors") for name in inside), inside
    assert not used(module) & {*STORAGE, "numba", "matplotlib"}


@pytest.mark.parametrize("module", members("limits"))
def test_limits_know_materials_but_no_grid_and_no_transport(module):
    inside = {name for name in used(module) if name.startswith("boltzsim")}
    assert all(within(name, "material", "limits", "errors", "units") for name in inside), inside
    assert not used(module) & {*STORAGE, "numba", "matplotlib"}


@pytest.mark.parametrize("module", members("transport"))
def test_transport_knows_no_case_no_files(module):
    """Of the limits only the constants of Eq. 16, and only for the solver of Eq. 16."""
    inside = {name for name in used(module) if name.startswith("boltzsim")}
    allowed = (
        "transport",
        "material",
        "errors",
        *(["limits.diffusion"] if module.endswith(".diffusion_model") else []),
    )
    assert all(within(name, *allowed) for name in inside), inside
    assert not used(module) & {*STORAGE, "matplotlib", "pydantic"}


@pytest.mark.parametrize("module", members("measure"))
def test_measures_read_results(module):
    """No kernels, no solving and no files: what they need is in a case and in the terminals and fields of a result."""
    assert not any(within(name, "transport", "simulation", "store", "plotting", "cli") for name in used(module))
    assert not used(module) & {"h5py", "tomllib", "numba", "matplotlib"}


@pytest.mark.parametrize("module", members("plotting"))
def test_plotting_computes_no_physics(module):
    """Figures come from stored results: no operators, limits, solver."""
    forbidden = ("transport", "material", "limits", "device", "simulation")
    assert not any(within(name, *forbidden) for name in used(module)), used(module)
    assert not used(module) & {"numba", "scipy", "h5py", "tomllib"}


def test_matplotlib_is_for_plotting_and_hdf5_for_the_stores():
    for module in MODULES:
        if "matplotlib" in used(module):
            assert within(module, "plotting"), module
        if "h5py" in used(module):
            assert "store" in module or module in {"boltzsim.hdf5", "boltzsim.result", "boltzsim.series"}, module
        if "tomllib" in used(module):
            assert module.startswith("boltzsim.case"), module


def test_command_line_starts_without_kernels():
    """Neither `import boltzsim` nor the command line load compilers, solvers or figures before they are asked to."""
    heavy = ("numba", "matplotlib", "h5py", "pyamg", "boltzsim.transport.sweep", "boltzsim.transport.steady")
    code = f"import sys, boltzsim, boltzsim.cli; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_no_import_cycles():
    """Counting only what is imported when a module is loaded, not inside functions."""
    loaded = {}
    for module, path in MODULES.items():
        names = set()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
        found = set()
        for name in names:
            while name and name not in MODULES:
                name = name.rpartition(".")[0]
            found |= {name} - {""}
        loaded[module] = found - {module, "boltzsim"}
    while loaded:
        leaves = {module for module, needs in loaded.items() if not needs & set(loaded)}
        assert leaves, f"import cycle among {sorted(loaded)}"
        loaded = {module: needs for module, needs in loaded.items() if module not in leaves}
