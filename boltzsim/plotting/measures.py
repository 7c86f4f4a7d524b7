"""What a measure is in a figure: a non-local resistance in both magnetic states."""

from __future__ import annotations

from matplotlib.axes import Axes

from boltzsim.plotting.contacts import coloured
from boltzsim.plotting.style import prefixed
from boltzsim.result import Measure, Result
from boltzsim.units import engineering


def with_states(result: Result) -> list[Measure]:
    """The measures of which both magnetic states are known."""
    return [measure for measure in result.measures if "delta_R" in measure.extra]


def draw_states(axes: Axes, result: Result, measure: Measure) -> None:
    """Draw R_P and R_AP with the voltages behind them, and between them ΔR and the part that depends on spin.

    The voltage is that of the detector above its reference.
    """
    terminals, entry = result.terminals, measure.entry
    current = terminals.current[terminals.name.index(entry["injector"])]
    turned = next(entry[role] for role in ("detector", "injector") if entry[role] in terminals.voltage_reversed)
    colour = {contact.name: colour for contact, colour in coloured(result)}[turned]
    states = (measure.extra["R_P"], measure.extra["R_AP"])
    factor, unit = prefixed(states, "Ω")
    for height, value, other, fill in ((2, *states, colour), (0, *states[::-1], "white")):
        axes.plot(factor * value, height, "o", color=colour, markerfacecolor=fill, markersize=5)
        side, shift = ("right", -6) if value > other else ("left", 6)
        axes.annotate(_both(value, current), (factor * value, height), (shift, 0), textcoords="offset points",
                      ha=side, va="center", parse_math=False)  # fmt: skip
    first, second = ((factor * value, 1.0) for value in states)
    axes.annotate("", first, second, arrowprops={"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0, "linewidth": 0.8})
    middle = factor * sum(states) / 2
    words = _both(measure.extra["delta_R"], current, "Δ")
    axes.annotate(words, (middle, 1), (0, 2), textcoords="offset points", ha="center", va="bottom", parse_math=False)
    axes.set(ylim=(-0.7, 2.7), xlabel=rf"$R_\mathrm{{NL}}$ ({unit})", xmargin=0.2)
    axes.set_yticks((2, 0), (r"as given, $R_\mathrm{P}$", r"reversed, $R_\mathrm{AP}$"))
    axes.ticklabel_format(axis="x", useOffset=False)


def _both(resistance: float, current: float, mark: str = "") -> str:
    """A resistance and the voltage that the injector's current makes of it."""
    numbers = (engineering(resistance, "Ω"), engineering(resistance * current, "V"))
    names = (f"{mark}R = ", f"{mark}V = ") if mark else ("", "V = ")
    return ", ".join(name + number for name, number in zip(names, numbers, strict=True)).replace("-", "−")
