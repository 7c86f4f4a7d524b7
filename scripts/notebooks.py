#!/usr/bin/env python3
"""Run the notebooks of cases/ and store what they show, without times, paths and progress: notebooks.py [NAME …]"""

import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

CASES = Path(__file__).resolve().parents[1] / "cases"
NOTEBOOKS = sorted(CASES.glob("*.ipynb"))
#: What a kernel says of itself, where everything else depends on the machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
#: Cells whose numbers depend on the machine carry this tag.
MACHINE = "machine"


def read(path):
    """A notebook as it is stored."""
    return nbformat.read(path, as_version=4)


def executed(path):
    """A stored notebook run anew in a kernel of its own, and cleaned."""
    book = read(path)
    run(book, CASES)
    return cleaned(book)


def run(book, folder):
    """Execute all cells in a kernel of their own, which only this process can talk to."""
    with tempfile.TemporaryDirectory() as sockets:
        local = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
        patience = {"timeout": 1800, "startup_timeout": 600}
        place = {"metadata": {"path": str(folder)}}
        NotebookClient(book, kernel_name="python3", resources=place, config=local, **patience).execute()


def cleaned(book):
    """The notebook with tags and outputs only: no times, identities, progress bars or warnings."""
    book.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number}"
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_progress(output)]
    return book


def is_progress(output):
    """Whether an output is a bar that followed a run."""
    return output.get("data", {}).get("text/html", "").startswith("<progress")


def texts(output):
    """The texts of an output in the order of their kinds, without its pictures."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    return [text for kind, text in sorted(data.items()) if kind.startswith("text/")]


def numbers(cell):
    """All numbers that a cell has written, in order."""
    found = [re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", text) for output in cell.outputs for text in texts(output)]
    return [float(number) for some in found for number in some]


def main(names):
    for path in NOTEBOOKS:
        if not names or path.stem in names:
            book = executed(path)
            nbformat.validate(book)
            nbformat.write(book, path)
            print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
