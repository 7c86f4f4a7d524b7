"""Type sizes, colours, unit prefixes and symbols, the same in every panel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.textpath import TextPath

from boltzsim.text.quantities import quantity_with_error

#: Colours of contacts: those of Okabe and Ito, which colour-blind readers can tell apart, without yellow and black.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
#: Markers of the curves in a panel.
MARKERS = "os^Dvp"
#: Colours and dashes of lines, which no contact has; there are nine for the components of a spin current.
LINES = (
    ("#000000", "-"),
    ("#8a2c82", (0, (5, 1.5))),
    ("#808080", (0, (1.5, 1.2))),
    ("#7a4b12", (0, (4, 1.2, 1, 1.2))),
    ("#3a3a8c", "-"),
    ("#5c7a00", (0, (5, 1.5))),
    ("#8b0000", (0, (1.5, 1.2))),
    ("#2f6f6f", (0, (4, 1.2, 1, 1.2))),
    ("#b09a6b", "-"),
)

#: A spread below this share of the values is rounding.
ROUNDING = 1e-12
#: A number in a table below this share of the largest of its kind is a residual, and shown as 0.
NEGLIGIBLE = 1e-9
#: Widths of figures in inches: one column (85 mm) and two columns (170 mm) of a journal.
WIDTHS = {"single": 85 / 25.4, "double": 170 / 25.4}

#: Settings of Matplotlib, whose own type lists every allowed key.
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.7,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "figure.constrained_layout.use": False,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
}

#: Smaller type for figures of one column.
NARROW: dict[Any, Any] = dict.fromkeys(
    ("font.size", "axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"), 7
)

_PREFIXES = {-24: "y", -21: "z", -18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: ""}
_PREFIXES |= {3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}


def prefixed(values, unit: str) -> tuple[float, str]:
    """Scale of an axis: (factor, unit with prefix); the largest of factor * |values|, nan left out, is in [1, 1000)."""
    largest = float(np.nanmax(np.abs(values), initial=0.0))
    power = 3 * math.floor(math.log10(largest) / 3) if largest else 0
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    return 10.0**-power, _PREFIXES[power] + unit


def charge_potential(
    values: np.ndarray, whole: np.ndarray | None = None
) -> tuple[np.ndarray, str, tuple[float, float]]:
    """Charge potential in its prefixed unit, its label, and its range over the `whole` device of which it is a part.

    Where the whole is nearly constant it is drawn above its minimum, and where it varies by rounding only as constant.
    """
    whole = values if whole is None else whole
    lowest, highest = float(np.nanmin(whole)), float(np.nanmax(whole))
    spread, largest = highest - lowest, max(-lowest, highest)
    symbol = r"$\mu_\mathrm{c}/e$"
    if spread <= ROUNDING * largest:
        lowest = highest = float(np.nanmean(whole))
        values = np.where(np.isnan(values), np.nan, lowest)
    elif spread < 1e-3 * largest:
        values, lowest, highest = values - lowest, 0.0, spread
        symbol = rf"{symbol} $-$ min."
    factor, unit = prefixed([lowest, highest], "V")
    return factor * values, f"{symbol} ({unit})", (factor * lowest, factor * highest)


def charge_is_noise(charge: np.ndarray, spin: np.ndarray, rtol: float) -> bool:
    """Whether a charge potential is the rounding of spin potentials, or less than the solver resolves beside them."""
    return bool(np.nanmax(np.abs(charge)) <= max(ROUNDING, rtol) * np.nanmax(np.abs(spin)))


def length_scale(extents) -> tuple[float, str]:
    """One scale for every axis of a device: nanometres up to ten micrometres, as device people write."""
    return prefixed(0.1 * np.max(extents), "m")


def present(components: dict[str, np.ndarray], share: float) -> dict[str, np.ndarray]:
    """The components whose largest magnitude is at least `share` of the largest of all; none if all vanish."""
    sizes = {name: float(np.nanmax(np.abs(values), initial=0.0)) for name, values in components.items()}
    floor = share * max(sizes.values())
    return {name: components[name] for name, size in sizes.items() if size > 0 and size >= floor}


def decade(value: float, _=None) -> str:
    """A tick of a logarithmic axis: plain from 0.001 to 1000, else a power of ten."""
    if 1e-3 <= value < 1e4:
        return f"{value:g}"
    power = math.floor(math.log10(value) + 1e-9)
    factor = value / 10.0**power
    return rf"$10^{{{power}}}$" if abs(factor - 1) < 1e-6 else rf"${factor:.3g}\times10^{{{power}}}$"


def in_words(value: float, unit: str, error: float | None = None) -> str:
    """A number with its unit, and with its error where that is known, as tables have it but with a true minus sign."""
    return quantity_with_error(float(value), error, unit).replace("-", "−")


def text_width(text: str, parse_math: bool = False) -> float:
    """Width of a text in points; dollar signs stand for themselves unless they enclose mathematics."""
    shown = text if parse_math else text.replace("$", r"\$")
    return TextPath((0, 0), shown, size=STYLE["font.size"]).get_extents().width if text.strip() else 0.0


def in_lines(parts: list[str], room: float) -> str:
    """The parts with commas between them, in lines no wider than `room` in points where a part is no wider itself."""
    lines = parts[:1]
    for part in parts[1:]:
        longer = f"{lines[-1]}, {part}"
        if text_width(longer, parse_math=True) <= room:
            lines[-1] = longer
        else:
            lines[-1] += ","
            lines.append(part)
    return "\n".join(lines)


def spin_label(component: str, size: bool = False) -> str:
    """Symbol of a component of the spin potential, or of its magnitude."""
    symbol = rf"\mu_{{\mathrm{{s}},{component}}}"
    return f"$|{symbol}|/e$" if size else f"${symbol}/e$"
