"""What commands load before they answer. Libraries take most of the time of a small run, so each loads what it uses."""

import subprocess
import sys

from slab_text import SLAB

#: For fits, quadratures, tables, multigrid, figures, clusters and other formats: no part of a run in one dimension.
UNUSED = {
    "dask", "distributed", "matplotlib", "pandas", "pyamg", "scipy.fft", "scipy.integrate", "scipy.interpolate",
    "scipy.optimize", "scipy.spatial", "scipy.special", "vtkmodules", "xarray",
}  # fmt: skip


def loaded(*arguments):
    """Names of the modules that a command has loaded when it ends, and its output."""
    code = (
        "import sys\n"
        "from boltzsim.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split()), done.stdout


def test_help_loads_nothing_heavy():
    modules, shown = loaded("--help")
    assert "coefficients" in shown and "boltzsim.cli.app" in modules
    assert sorted(modules & (UNUSED | {"h5py", "numba", "numpy", "pydantic", "rich", "scipy"})) == []


def test_the_list_of_commands_shows_their_first_paragraphs_whole():
    _, shown = loaded("--help")
    assert "..." not in shown.partition("Commands:")[2]


def test_a_run_in_one_dimension_loads_nothing_that_it_does_not_use(tmp_path):
    case = tmp_path / "slab.toml"
    case.write_text(SLAB)
    modules, shown = loaded("run", case)
    assert "left" in shown and "boltzsim.transport.sweep" in modules
    assert sorted(modules & UNUSED) == []
