"""The script that runs the notebooks, as a module."""

import importlib.util
from pathlib import Path

_FOUND = importlib.util.spec_from_file_location(
    "notebook_script_of_the_gallery", Path(__file__).parents[1] / "scripts" / "notebooks.py"
)
notebooks = importlib.util.module_from_spec(_FOUND)
_FOUND.loader.exec_module(notebooks)
