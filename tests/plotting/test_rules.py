"""The rules that figures are held to find what they are there to find."""

import pytest
from pictures import require_readable

from boltzsim.plotting.sheet import Sheet


def page():
    figure = Sheet(figsize=(4, 2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], label="a line")
    axes.set(xlabel="x (nm)", title="a panel")
    return figure, axes


def test_a_plain_figure_is_readable():
    require_readable(page()[0])


def overlapping(figure, axes):
    for place in (0.5, 0.52):
        axes.text(place, 0.5, "words")


def clipped(figure, axes):
    axes.set_title("a title that is much wider than the page on which it stands " * 2)
    figure.set_layout_engine("none")


def covered(figure, axes):
    axes.legend(loc="center")


@pytest.mark.parametrize(
    "spoil, complaint", [(overlapping, "lies on"), (clipped, "leaves the page"), (covered, "a legend covers")]
)
def test_faults_are_found(spoil, complaint):
    figure, axes = page()
    spoil(figure, axes)
    with pytest.raises(AssertionError, match=complaint):
        require_readable(figure)
