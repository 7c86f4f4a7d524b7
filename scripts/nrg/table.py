"""The universal table of a screened spin ½; `python -m nrg.table` in scripts/ writes it into the package.

Rows are temperatures T/T_K, T_K = (4/π) T_0, at equal steps of asinh(10 T/T_K); columns energies ω, at equal steps of
asinh(ω/√(T² + T_K²)).
"""

import json
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from nrg.impurity import Impurity, added, kondo_scale, scattering
from nrg.spectrum import frequencies

TABLE = Path(__file__).resolve().parents[2] / "boltzsim" / "material" / "kondo_spin_half.json"
IMPURITY = Impurity(repulsion=10.0, width=0.35, sites=42, keep=350, shifts=3)  # no charge moves below ω = 1
GUESS = 4.5e-6  # of T_0
BROADENING = 0.3
TEMPERATURES = np.sinh(np.linspace(0, np.arcsinh(10 * 1000), 17)) / 10
ENERGIES = np.linspace(0, np.arcsinh(60), 49)


def table() -> dict:
    """The table as numbers and words."""
    T_K = 4 / np.pi * kondo_scale(IMPURITY, GUESS)
    temperatures = np.r_[1e-3, TEMPERATURES[1:]] * T_K
    rows = scattering(IMPURITY, temperatures, BROADENING)
    loss, dispersion = [], []
    for T, row in zip(TEMPERATURES, rows, strict=True):
        omega = np.r_[0.0, frequencies()[frequencies() > 1e-6 * T_K]] / T_K
        known = np.r_[-1j * -row.imag[frequencies() > 1e-6 * T_K][0], row[frequencies() > 1e-6 * T_K]]
        place, wanted = np.log1p(1e4 * omega), np.log1p(1e4 * np.sinh(ENERGIES) * np.hypot(1, T))
        loss.append(CubicSpline(place, -known.imag)(wanted))
        dispersion.append(CubicSpline(place, known.real)(wanted))
    curie = added(IMPURITY, temperatures)[1]
    moment = np.r_[0.0, 4 * curie[1:]]
    origin = (
        f"numerical renormalisation group, scripts/nrg: symmetric Anderson impurity, U = {IMPURITY.repulsion:g}, "
        f"Δ = {IMPURITY.width:g}, half-bandwidth 1, T_K = {T_K:.4g}; Λ = {IMPURITY.ratio:g}, {IMPURITY.sites} sites, "
        f"{IMPURITY.keep} states kept, {IMPURITY.shifts} shifts of the mesh, log-Gaussians of width {BROADENING:g}"
    )
    return {
        "origin": origin,
        "temperature": _digits(TEMPERATURES, 9),
        "scaled_energy": _digits(ENERGIES, 9),
        "loss": [_digits(row) for row in loss],
        "dispersion": [_digits(row) for row in dispersion],
        "moment": _digits(moment),
    }


def _digits(values: np.ndarray, digits: int = 5) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


if __name__ == "__main__":
    text = json.dumps(table(), ensure_ascii=False)
    TABLE.write_text(text.replace("], ", "],\n").replace(', "', ',\n"') + "\n", encoding="utf-8")
