"""Tables of what a series says: extracted numbers with units beside the true ones."""

from dataclasses import asdict

import numpy as np

from boltzsim.reports.gratings import grating_tables
from boltzsim.reports.tables import grid_of
from boltzsim.units import engineering


def tables(curves, reciprocities=()):
    """Extracted numbers beside the true ones, the ratio of kinetic and diffusive signal, reciprocity."""
    gratings = [curve for curve in curves if curve.kind == "dispersion"]
    yield from grating_tables(gratings)
    curves = [curve for curve in curves if curve.kind != "dispersion"]
    for kind, rows in (("distance", _distance_rows), ("hanle", _hanle_rows)):
        chosen = [curve for curve in curves if curve.kind == kind]
        if chosen:
            columns, title = _COLUMNS[kind]
            yield grid_of(title, *columns, rows=[row for curve in chosen for row in rows(curve)])
    angles = [
        [curve.label, f"{curve.extra['angle'][0]:.4g}", f"{curve.true['angle']:.4g}"]
        for curve in curves
        if "angle" in curve.extra
    ]
    if angles:
        yield grid_of("Spin Hall angle", "measure", "extracted", "bulk, exact", rows=angles)
    for curve in curves:
        ticks = curve.ticks or [f"{x:.4g}" if curve.unit == "1" else engineering(x, curve.unit) for x in curve.x]
        rows = [
            [
                tick,
                *(engineering(value, "Ω") if np.isfinite(value) else "" for value in (kinetic, formula)),
                *(f"{value:.4g}" if np.isfinite(value) else "" for value in (_over(kinetic, formula), width, length)),
            ]
            for tick, kinetic, formula, width, length in zip(
                ticks, curve.kinetic, curve.formula, curve.over_width, curve.over_length, strict=True
            )
        ]
        symbol = "R" if curve.kind == "bar" else "ΔR"
        columns = ["at", f"{symbol} kinetic", f"{symbol} diffusive", "ratio", "ℓ / width", "ℓ / λ"]
        yield grid_of(f"{symbol}, {curve.label}", *columns, rows=rows)

    if reciprocities:
        columns = ["current → voltage", "R", "R exchanged, reversed", "signal", "difference / signal"]
        rows = [
            [one.label, *(engineering(R, "Ω", 9) for R in (one.forward, one.exchanged)), engineering(one.scale, "Ω"),
             f"{one.error:.1e}"]
            for one in reciprocities
        ]  # fmt: skip
        yield grid_of("Reciprocity: leads exchanged, magnetisations and field reversed", *columns, rows=rows)


def data(curves, reciprocities=()):
    """The same as nested dicts and lists: curves, then reciprocities."""
    return [asdict(curve) for curve in curves] + [asdict(one) | {"error": one.error} for one in reciprocities]


_COLUMNS = {
    "distance": (
        ["magnetisation", "fit", "decay length", "± ", "short length", "misfit", "exact mode", "P1"],
        "Decay lengths from ΔR against distance",
    ),
    "hanle": (["magnetisation", "fit", "quantity", "extracted", "±", "true"], "Hanle curves"),
}


def _distance_rows(curve):
    polarization = "L" if curve.state == "L" else "T"
    exact, closure = (curve.true[f"{kind}length_{polarization}"] for kind in ("", "p1_"))
    for fit in curve.fits:
        short = fit.value.get("length_short")
        lengths = [engineering(fit.value["length"], "m", 5), engineering(fit.error["length"], "m", 2)]
        short = "" if short is None else engineering(short, "m")
        yield [curve.label, fit.kind, *lengths, short, f"{fit.misfit:.1e}", *_meters(exact, closure)]
    for note in curve.notes:
        yield [curve.label, note, "", "", "", "", *_meters(exact, closure)]


def _meters(*lengths):
    return [engineering(length, "m", 5) if np.isfinite(length) else "none" for length in lengths]


def _hanle_rows(curve):
    true = curve.true
    lengths = _meters(true["length_L"], true["length_T"])
    for fit in curve.fits:
        error, value = fit.error, fit.value
        yield [curve.label, fit.kind, "τ_s", engineering(value["tau_s"], "s", 5), engineering(error["tau_s"], "s", 2),
               engineering(true["tau_s"], "s", 5)]  # fmt: skip
        for name in ("D", "D_L", "D_T"):
            if name in value:
                exact = (
                    f"{true[name] * 1e4:.5g}"
                    if name in true
                    else f"L {true['D_L'] * 1e4:.5g}, T {true['D_T'] * 1e4:.5g}"
                )
                found = [f"{entry[name] * 1e4:.5g} cm²/s" for entry in (value, error)]
                yield [curve.label, fit.kind, name, *found, f"{exact} cm²/s"]
        if "length" in value:
            found = [engineering(value["length"], "m", 5), engineering(error["length"], "m", 2)]
            yield [curve.label, fit.kind, "λ", *found, f"L {lengths[0]}, T {lengths[1]}"]
        P = (
            (value["polarization"], error["polarization"])
            if "polarization" in value
            else curve.extra.get("polarization")
        )
        if P:
            yield [curve.label, fit.kind, "√(P₁P₂)", f"{P[0]:.4g}", f"{P[1]:.2g}", f"{true['polarization']:.4g}"]
    for note in curve.notes:
        yield [curve.label, note, "", "", "", ""]


def _over(one, other):
    return one / other if other else np.nan
