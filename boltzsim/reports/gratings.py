"""Tables of gratings: spin relaxation and diffusion beside those of the bulk, and every rate beside its exact mode."""

from collections.abc import Iterator

import numpy as np
from rich.table import Table

from boltzsim.analysis.gratings import Dispersion
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import ABSENT, NOISE, quantity


def grating_tables(found: list[Dispersion]) -> Iterator[Table]:
    """Extracted constants of all dispersion relations, then the rates of each.

    Parameters
    ----------
    found : list of boltzsim.analysis.gratings.Dispersion
    """
    rows = [row for one in found for row in _constants(one)]
    if rows:
        columns = ["polarisation", "quantity", "extracted", "± of the fit", "bulk, exact mode", "bulk, P1"]
        yield table_of("Decay rates against q²", *columns, rows=rows)
    for one in found:
        rows = [
            [
                quantity(2 * np.pi / q if q else np.inf, "m"),
                f"{q * one.mean_free_path:.4g}",
                _number(rate, "1/s"),
                f"{error:.1e} 1/s",
                _number(exact, "1/s"),
                f"{rate / exact - 1:+.1e}" if abs(exact) > NOISE * np.abs(one.rate).max() else ABSENT,
            ]
            for q, rate, error, exact in zip(one.q, one.rate, one.error, one.exact, strict=True)
        ]
        columns = ["wavelength", "q ℓ", "rate", "± of the fit", "exact mode", "deviation"]
        yield table_of(f"Decay of gratings, {one.label}", *columns, rows=rows)


def _constants(one):
    if one.note:
        yield [one.label, one.note, *[ABSENT] * 4]
    if not one.value:
        return
    bulk, closure, value, error = one.bulk, one.closure, one.value, one.uncertainty
    if one.polarization == "charge":
        yield [one.label, "rate at q = 0", *(_number(v, "1/s") for v in (value["rate"], error["rate"], 0.0, 0.0))]
    else:
        tau, uncertainty = 1 / value["rate"], error["rate"] / value["rate"] ** 2
        yield [one.label, "τ_s", quantity(tau, "s", 6), quantity(uncertainty, "s", 2),
               *(_lifetime(found["rate"]) for found in (bulk, closure))]  # fmt: skip
    D = (value["D"], error["D"], bulk["D"], closure["D"])
    yield [one.label, f"D_{'c' if one.polarization == 'charge' else one.polarization}",
           *(_number(1e4 * v, "cm²/s") for v in D)]  # fmt: skip


def _lifetime(rate):
    return quantity(1 / rate if rate else np.inf, "s", 6)


def _number(value, unit):
    return quantity(value, unit, 6)
