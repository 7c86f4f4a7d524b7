"""Tables of what gratings say: spin relaxation and diffusion beside the truth, and every rate beside its exact mode."""

import numpy as np

from boltzsim.reports.tables import grid_of
from boltzsim.units import engineering


def grating_tables(found):
    """Extracted constants of all dispersion relations, then the rates of each.

    Parameters
    ----------
    found : list of boltzsim.analysis.gratings.Dispersion
    """
    rows = [row for one in found for row in _constants(one)]
    if rows:
        columns = ["polarisation", "quantity", "extracted", "± of the fit", "exact mode", "P1"]
        yield grid_of("Decay rates against q²", *columns, rows=rows)
    for one in found:
        rows = [
            [
                engineering(2 * np.pi / q, "m") if q else "infinite",
                f"{q * one.mean_free_path:.4g}",
                _number(rate, "1/s"),
                f"{error:.1e} 1/s",
                _number(exact, "1/s"),
                f"{rate / exact - 1:+.1e}" if np.isfinite(exact) and exact else "",
            ]
            for q, rate, error, exact in zip(one.q, one.rate, one.error, one.exact, strict=True)
        ]
        columns = ["wavelength", "q ℓ", "rate", "± of the fit", "exact mode", "deviation"]
        yield grid_of(f"Decay of gratings, {one.label}", *columns, rows=rows)


def _constants(one):
    if one.note:
        yield [one.label, one.note, "", "", "", ""]
    if not one.value:
        return
    true, closure, value, error = one.true, one.closure, one.value, one.uncertainty
    if one.polarization == "charge":
        yield [one.label, "rate at q = 0", *(_number(v, "1/s") for v in (value["rate"], error["rate"], 0.0, 0.0))]
    else:
        tau, uncertainty = 1 / value["rate"], error["rate"] / value["rate"] ** 2
        yield [one.label, "τ_s", engineering(tau, "s", 6), engineering(uncertainty, "s", 2),
               *(_lifetime(found["rate"]) for found in (true, closure))]  # fmt: skip
    D = (value["D"], error["D"], true["D"], closure["D"])
    yield [one.label, f"D_{'c' if one.polarization == 'charge' else one.polarization}",
           *(_number(1e4 * v, "cm²/s") for v in D)]  # fmt: skip


def _lifetime(rate):
    if np.isnan(rate):
        return "none"
    return engineering(1 / rate, "s", 6) if rate > 0 else "infinite"


def _number(value, unit):
    return f"{value:.6g} {unit}" if np.isfinite(value) else "none"
