"""The figure of a survey: the alloys that an experiment could use, and their place in the plane of phase shifts."""

from __future__ import annotations

import os

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from boltzsim.plotting.legends import draw_titled_legend
from boltzsim.plotting.sheet import Sheet, write
from boltzsim.plotting.style import PALETTE, STYLE, WIDTHS

HEIGHT = 3.6  # in
#: Largest number of frontier alloys that get a number and a line in the key.
NAMED = 10
COLUMNS = 5  # of the key
#: Largest number of bins of the map along either phase shift, and the least number of alloys in a bin on average.
BINS, PER_BIN = 48, 6
#: The axis of lengths ends at this many times the longest visible one; all alloys beyond have a ratio of one.
BEYOND = 2.5
#: Distance of the numbers at the frontier from one another [points].
SPACING = 9.5


def draw_survey(survey, out: str | os.PathLike) -> None:
    """Draw a survey (`boltzsim.limits.survey.Survey`) to `out`, PDF, SVG or PNG.

    Raises
    ------
    StoreError
        `out` cannot be written or has another suffix.
    """
    write(survey_figure(survey), out)


def survey_figure(survey) -> Figure:
    """The figure, not yet written."""
    with matplotlib.rc_context(STYLE):
        figure = Sheet(figsize=(WIDTHS["double"], HEIGHT), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        _frontier(left, survey)
        _map(right, survey)
        chosen = survey.frontier(NAMED)
        if len(chosen):
            _key(figure, survey, chosen)
        figure.draw_without_rendering()  # the legend needs the width of its panel, the numbers its height
        draw_titled_legend(left)
        figure.draw_without_rendering()
        if len(chosen):
            _numbers(left, survey, chosen)
    return figure


def _frontier(axes: Axes, survey) -> None:
    """Draw λ_L/λ_T against λ_T in mean free paths: all alloys, the visible ones, and the frontier with its names."""
    columns = survey.columns
    length, ratio = columns["length_T"] / columns["mean_free_path"], columns["anisotropy"]
    drawn = np.isfinite(length) & np.isfinite(ratio)
    if not drawn.any():
        axes.text(0.5, 0.5, "no alloy has two finite lengths", transform=axes.transAxes, ha="center")
        axes.set_axis_off()
        return
    seen = drawn & columns["visible"]
    axes.plot(length[drawn & ~seen], ratio[drawn & ~seen], ".", color="0.75", ms=2, rasterized=True, label="others")
    axes.plot(length[seen], ratio[seen], ".", color=PALETTE[4], ms=3, rasterized=True, label="visible")
    best = survey.frontier()
    axes.plot(length[best], ratio[best], "o-", color=PALETTE[1], ms=3, lw=0.8, label="frontier")
    endless = np.isposinf(ratio) & columns["visible"]
    if endless.any():
        top = 2 * ratio[drawn].max()
        axes.plot(
            length[endless], np.full(endless.sum(), top), "^", color=PALETTE[2], ms=4, label="$\\lambda_L=\\infty$"
        )
    axes.set(xscale="log", yscale="log", xlabel="$\\lambda_T$ / mean free path", ylabel="$\\lambda_L/\\lambda_T$")
    axes.set_title("(a) what an experiment could see")
    _plain_ticks(axes.xaxis)
    _plain_ticks(axes.yaxis)
    if seen.any():
        axes.set_xlim(right=BEYOND * length[seen].max())


def _numbers(axes: Axes, survey, chosen: np.ndarray) -> None:
    """Write numbers beside the alloys of the frontier, apart from one another."""
    length = survey.columns["length_T"] / survey.columns["mean_free_path"]
    ratio = survey.columns["anisotropy"]
    share = SPACING / (72 * axes.get_window_extent().height / axes.figure.dpi)
    spacing, height = (axes.get_ylim()[1] / axes.get_ylim()[0]) ** share, 0.0
    for number, i in reversed(list(enumerate(chosen, start=1))):  # from the smallest ratio up
        height = max(ratio[i], height * spacing)
        place, line = (1.15 * length[i], height), {"arrowstyle": "-", "lw": 0.4, "color": "0.5", "shrinkA": 0}
        axes.annotate(str(number), (length[i], ratio[i]), place, fontsize=7, va="center", arrowprops=line)


def _key(figure: Figure, survey, chosen: np.ndarray) -> None:
    """Write the phase shifts of the numbered alloys below the panels."""
    rows = [
        f"{number}: " + ", ".join(f"{eta:.2f}" for eta in survey.shifts[i]).replace("-", "−")
        for number, i in enumerate(chosen, start=1)
    ]
    figure.legend(
        [Line2D([], [], linestyle="none") for _ in rows], rows, loc="outside lower left", ncols=COLUMNS, fontsize=6,
        handlelength=0, handletextpad=0, alignment="left", title_fontsize=7,
        title="alloys of the frontier: phase shifts " + ", ".join(survey.channels),
    )  # fmt: skip


def _map(axes: Axes, survey) -> None:
    """Draw the largest λ_L/λ_T in every bin of the first two phase shifts that vary."""
    varying = [i for i in range(len(survey.channels)) if np.ptp(survey.shifts[:, i]) > 0][:2]
    ratio = survey.columns["anisotropy"]
    finite = np.isfinite(ratio)
    if len(varying) < 2 or not finite.any():
        axes.set_axis_off()
        return
    across, up = survey.shifts[finite][:, varying].T
    count = int(np.clip(np.sqrt(len(across) / PER_BIN), 4, BINS))
    edges = [_edges(values, count) for values in (across, up)]
    bins = [
        np.clip(np.searchsorted(e, v, "right") - 1, 0, len(e) - 2) for e, v in zip(edges, (across, up), strict=True)
    ]
    largest = np.full((len(edges[1]) - 1, len(edges[0]) - 1), np.nan)
    for column, row, value in zip(*bins, ratio[finite], strict=True):
        largest[row, column] = np.nanmax([largest[row, column], value])
    norm = LogNorm(1.0, max(2.0, float(np.nanmax(largest))), clip=True)
    mesh = axes.pcolormesh(*edges, largest, norm=norm, cmap="cividis", rasterized=True)
    bar = axes.figure.colorbar(mesh, ax=axes, label="largest $\\lambda_L/\\lambda_T$")
    _plain_ticks(bar.ax.yaxis)
    axes.set(xlabel=f"$\\eta$ of {survey.channels[varying[0]]}", ylabel=f"$\\eta$ of {survey.channels[varying[1]]}")
    axes.set(aspect="equal", facecolor="0.9", title="(b) where it could be seen")


def _edges(values: np.ndarray, count: int) -> np.ndarray:
    """Edges of bins: one bin for each value of a grid, else `count` bins."""
    grid = np.unique(values)
    if len(grid) <= BINS:
        middle = (grid[1:] + grid[:-1]) / 2
        return np.concatenate([[2 * grid[0] - middle[0]], middle, [2 * grid[-1] - middle[-1]]])
    return np.linspace(grid[0], grid[-1], count + 1)


def _plain_ticks(axis) -> None:
    """Put ticks with plain numbers at 1, 2 and 5 on a logarithmic axis."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
