"""The figure of a screened impurity: phase shift, resonance and resistivity on cooling."""

from __future__ import annotations

import os

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from boltzsim.plotting.legends import draw_titled_legend
from boltzsim.plotting.sheet import Sheet, write
from boltzsim.plotting.style import PALETTE, STYLE, WIDTHS, decade


def draw_kondo(curves: dict, title: str, out: str | os.PathLike) -> None:
    """Draw the curves of `boltzsim.limits.screening.curves` to `out`, PDF, SVG or PNG.

    Raises
    ------
    StoreError
        `out` cannot be written or has another suffix.
    """
    write(kondo_figure(curves, title), out)


def kondo_figure(curves: dict, title: str) -> Figure:
    """The figure, not yet written."""
    with matplotlib.rc_context(STYLE):
        figure = Sheet(figsize=(WIDTHS["double"], 2.7), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        energy = curves["energy"]
        left.plot(energy, curves["phase_shift"] / 3.141592653589793, color=PALETTE[0])
        left.set(title="(a) phase shift", ylabel=r"$\eta/\pi$", ylim=(0, 1))
        middle.plot(energy, curves["scattering"], color=PALETTE[0], label=r"$\sin^2\eta$")
        middle.plot(
            energy, curves["states"], "--", color=PALETTE[1], label=r"states $\times\, k_\mathrm{B}T_\mathrm{K}$"
        )
        middle.set(title="(b) resonance", ylim=(0, None))
        for axes in (left, middle):
            axes.set_xlabel(r"$(\epsilon-\epsilon_\mathrm{F})/k_\mathrm{B}T_\mathrm{K}$")
        right.semilogx(curves["ratio"], curves["thermal"], color=PALETTE[0], label="mean field, averaged")
        right.semilogx(curves["ratio"], curves["spin_half"], color=PALETTE[2], label="spin ½, all scattering")
        right.semilogx(curves["ratio"], curves["empirical"], "--", color=PALETTE[1], label=r"empirical, spin ½")
        right.xaxis.set_major_formatter(FuncFormatter(decade))
        right.set(title="(c) resistivity of few impurities", ylabel=r"$\rho(T)/\rho(0)$", ylim=(0, None))
        right.set_xlabel(r"$T/T_\mathrm{half}$")
        figure.suptitle(title, fontsize=9)
        figure.draw_without_rendering()  # legends need the widths of the panels
        for axes in (middle, right):
            draw_titled_legend(axes)
    return figure
