"""The notebooks of cases/: what is stored is clean and current, and they run."""

import re

import pytest
from notebook_script import notebooks

NAMES = ["fitting_a_hanle_curve", "valve_from_scratch"]
LONGEST = 40  # lines of a cell


def code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_every_notebook_is_tested():
    assert [path.stem for path in notebooks.NOTEBOOKS] == NAMES


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_stored_is_clean(path):
    """All cells have run in order, and left no warnings, progress, control characters, or names of a machine."""
    book = notebooks.read(path)
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))
    assert dict(book.metadata) == notebooks.METADATA
    assert all(len(cell.source.splitlines()) <= LONGEST for cell in book.cells)
    for cell in code(book):
        assert set(cell.metadata) <= {"tags"}
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr"
            assert not notebooks.is_progress(output)
            for text in notebooks.texts(output):
                assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
                assert not re.search(r"(^|[\s'\"(=])(/[a-z]+/|[A-Z]:\\)|0x[0-9a-f]{6}", text), text


def test_both_show_figures_and_numbers():
    for path in notebooks.NOTEBOOKS:
        pictures = [
            output
            for cell in code(notebooks.read(path))
            for output in cell.outputs
            if "image/png" in output.get("data", {})
        ]
        assert len(pictures) >= 2
        assert path.stat().st_size < 500_000


@pytest.mark.slow
@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_stored(path):
    stored, found = notebooks.read(path), notebooks.executed(path)
    for cell, again in zip(code(stored), code(found), strict=True):
        assert [output.output_type for output in again.outputs] == [output.output_type for output in cell.outputs]
        if notebooks.MACHINE not in cell.metadata.get("tags", []):
            # what reciprocity misses is rounding, below 1e-5
            assert notebooks.numbers(again) == pytest.approx(notebooks.numbers(cell), rel=2e-3, abs=1e-5)
