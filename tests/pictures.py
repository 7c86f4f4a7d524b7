"""Rules that every figure keeps: words within the page, apart from one another, and legends away from the data."""

from functools import cache
from itertools import combinations

from matplotlib.collections import QuadMesh
from matplotlib.legend import Legend
from matplotlib.text import Text

from boltzsim.plotting import figure

#: Words that share fewer pixels than this in one direction do not overlap: boxes have margins.
TOUCHING = 1.5


@cache
def page_of(device):
    """The figure of one of the results of `devices`, drawn once for all tests of a process that only look at it."""
    return figure(device())


def words(page):
    """Boxes of all words that a page shows, with the words."""
    renderer = page.canvas.get_renderer()
    page.draw(renderer)
    ticks, hidden = {}, set()
    for axes in page.findobj(lambda artist: hasattr(artist, "xaxis")):
        for axis in (axes.xaxis, axes.yaxis):
            drawn = {id(tick) for tick in axis._update_ticks()}
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                ticks[id(tick.label1)] = ticks[id(tick.label2)] = id(tick) in drawn and axes.axison
        if not axes.axison:
            hidden |= {id(text) for axis in (axes.xaxis, axes.yaxis) for text in axis.findobj(Text)}
    return [
        (Text.get_window_extent(text, renderer), text.get_text())  # without the arrow of an annotation
        for text in page.findobj(Text)
        if text.get_text().strip() and text.get_visible() and ticks.get(id(text), id(text) not in hidden)
    ]


def overlap(one, other):
    """Pixels that two boxes share in the direction in which they share fewer."""
    return min(min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0))


def require_readable(page):
    """No words leave the page or lie on others, and no legend lies on a panel."""
    found = words(page)
    assert found
    for box, text in found:
        outside = max(-box.x0, -box.y0, box.x1 - page.bbox.x1, box.y1 - page.bbox.y1)
        assert outside < TOUCHING, f"{text!r} leaves the page by {outside:.0f} pixels"
    for (one, text), (other, more) in combinations(found, 2):
        assert overlap(one, other) < TOUCHING, f"{text!r} lies on {more!r}"
    for legend in page.findobj(Legend):
        for axes in page.axes:
            if axes.axison and legend.get_visible():
                shared = overlap(legend.get_window_extent(), axes.get_window_extent())
                assert shared < TOUCHING, f"a legend covers {shared:.0f} pixels of {axes.get_title(loc='left')!r}"


def panels(page):
    return [axes for axes in page.axes if axes.get_title(loc="left")]


def texts(artist):
    return [text for text in artist.findobj(Text) if text.get_text() and text.get_visible()]


def mesh_of(axes):
    return next(artist for artist in axes.collections if isinstance(artist, QuadMesh))


def panel(page, words):
    return next(axes for axes in panels(page) if words in axes.get_title(loc="left"))
