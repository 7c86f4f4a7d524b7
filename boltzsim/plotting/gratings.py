"""Decay rates of gratings against the square of the wave number, beside the exact modes."""

import numpy as np

from boltzsim.plotting.style import PALETTE, prefixed

MARKERS = {"L": "o", "T": "s", "charge": "^"}


def draw_dispersions(panels, found):
    """Draw dispersion relations on the only panel: points, exact modes as lines, 1/τ_s + D q² dashed."""
    (axes,) = panels
    width, unit = prefixed(np.concatenate([1 / one.q[one.q > 0] for one in found]), "m")
    factor, hertz = prefixed(np.concatenate([one.rate for one in found]), "s")
    rate_unit = f"1/{_inverse(hertz)}"
    for number, one in enumerate(found):
        colour = PALETTE[number % len(PALETTE)]
        square = (one.q / width) ** 2
        axes.plot(square, factor * one.rate, MARKERS[one.polarization], color=colour, ms=5, mfc="none",
                  label=one.label)  # fmt: skip
        fine, exact, diffusive = one.fine
        axes.plot((fine / width) ** 2, factor * exact, "-", color=colour, lw=1)
        axes.plot((fine / width) ** 2, factor * diffusive, "--", color=colour, lw=0.8)
    axes.plot([], [], "k-", lw=1, label="exact mode")
    axes.plot([], [], "k--", lw=0.8, label=r"$1/\tau_\mathrm{s} + D q^2$")
    top = max(float(np.max(factor * one.rate)) for one in found)
    axes.set(xlabel=f"$q^2$ (1/{unit}²)", ylabel=f"decay rate ({rate_unit})", ylim=(0, 1.15 * top))


def _inverse(unit):
    """The unit of times for rates in a prefixed 1/s: Gs -> ns."""
    prefixes = dict(zip("TGMk", "pnµm", strict=True))
    return prefixes.get(unit[0], "") + "s" if len(unit) > 1 else "s"
