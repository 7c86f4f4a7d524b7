"""Reference tables that come with the package; each states its source and accuracy."""

import json
from functools import cache
from importlib.resources import files


@cache
def reference(name):
    """A table of boltzsim/validate/reference by name."""
    return json.loads(files("boltzsim.validate").joinpath("reference", f"{name}.json").read_text())
