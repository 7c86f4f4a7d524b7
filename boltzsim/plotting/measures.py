"""What a measure is in a figure: a non-local resistance in both magnetic states."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from boltzsim.plotting.contacts import coloured
from boltzsim.plotting.style import NEGLIGIBLE, in_words, prefixed
from boltzsim.result import Measure, Result


def with_states(result: Result) -> list[Measure]:
    """The measures of which both magnetic states are known."""
    return [measure for measure in result.measures if "delta_R" in measure.extra]


def draw_states(axes: Axes, result: Result, measure: Measure) -> None:
    """Draw R_P and R_AP and between them ΔR; the title has the part of the voltage that depends on spin."""
    terminals, entry = result.terminals, measure.entry
    current = terminals.current[terminals.name.index(entry["injector"])]
    turned = next(entry[role] for role in ("detector", "injector") if entry[role] in terminals.voltage_reversed)
    colour = {contact.name: colour for contact, colour in coloured(result)}[turned]
    states = (measure.extra["R_P"], measure.extra["R_AP"])
    factor, unit = prefixed(states, "Ω")
    for height, value, other, fill in ((2, *states, colour), (0, *states[::-1], "white")):
        axes.plot(factor * value, height, "o", color=colour, markerfacecolor=fill, markersize=5)
        side, shift = ("right", -6) if value > other else ("left", 6)
        words = resistance(value, result, entry["injector"])
        axes.annotate(words, (factor * value, height), (shift, 0), textcoords="offset points", ha=side, va="center",
                      parse_math=False)  # fmt: skip
    first, second = ((factor * value, 1.0) for value in states)
    axes.annotate("", first, second, arrowprops={"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0, "linewidth": 0.8})
    change, middle = measure.extra["delta_R"], factor * sum(states) / 2
    axes.annotate(f"ΔR = {in_words(change, 'Ω')}", (middle, 1), (0, 2), textcoords="offset points", ha="center",
                  va="bottom", parse_math=False)  # fmt: skip
    axes.set_title(f"{axes.get_title(loc='left')}, $\\Delta V$ = {in_words(change * current, 'V')}")
    axes.set(ylim=(-0.7, 2.7), xlabel=rf"$R_\mathrm{{NL}}$ ({unit})", xmargin=0.2)
    axes.set_yticks((2, 0), (r"as given, $R_\mathrm{P}$", r"reversed, $R_\mathrm{AP}$"))
    axes.ticklabel_format(axis="x", useOffset=False)


def resistance(value: float, result: Result, injector: str) -> str:
    """A resistance in words: 0 where its voltage is no more than the rounding of the largest one."""
    terminals = result.terminals
    current = abs(terminals.current[terminals.name.index(injector)])
    share = min(NEGLIGIBLE, result.case.solver.rtol)
    return "0 Ω" if abs(value) * current < share * np.abs(terminals.voltage).max() else in_words(value, "Ω")
