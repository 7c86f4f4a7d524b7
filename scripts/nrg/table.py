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
BROADENING, SMEAR = 0.2, 0.3
TEMPERATURES = np.sinh(np.linspace(0, np.arcsinh(10 * 1000), 17)) / 10
ENERGIES = np.linspace(0, np.arcsinh(60), 49)


def table() -> dict:
    """The table as numbers and words."""
    T_K = 4 / np.pi * kondo_scale(IMPURITY, GUESS)
    temperatures = np.r_[1e-3, TEMPERATURES[1:]] * T_K
    rows = scattering(IMPURITY, temperatures, BROADENING, SMEAR)
    moment = np.r_[0.0, 4 * added(IMPURITY, temperatures)[1][1:]]
    origin = (
        f"numerical renormalisation group, scripts/nrg: symmetric Anderson impurity, U = {IMPURITY.repulsion:g}, "
        f"Δ = {IMPURITY.width:g}, half-bandwidth 1, T_K = {T_K:.4g}; Λ = {IMPURITY.ratio:g}, {IMPURITY.sites} sites, "
        f"{IMPURITY.keep} states kept, {IMPURITY.shifts} shifts of the mesh, log-Gaussians of width {BROADENING:g}, "
        f"thermal smear {SMEAR:g} T"
    )
    on_grid = [_on_grid(row, T_K, T) for T, row in zip(TEMPERATURES, rows, strict=True)]
    return {
        "origin": origin,
        "temperature": _digits(TEMPERATURES, 9),
        "scaled_energy": _digits(ENERGIES, 9),
        "loss": [_digits(-row.imag) for row in on_grid],
        "dispersion": [_digits(row.real) for row in on_grid],
        "moment": _digits(moment),
    }


def _on_grid(row: np.ndarray, T_K: float, temperature: float) -> np.ndarray:
    """T-matrix at the energies of the table; at ω = 0 it is imaginary by symmetry."""
    inside = frequencies() < 0.9
    omega = np.maximum(T_K * np.hypot(1, temperature) * np.sinh(ENERGIES), frequencies()[0])
    found = CubicSpline(np.log(frequencies()[inside]), row[inside])(np.log(omega))
    found[0] = 1j * found[0].imag
    return found


def _digits(values: np.ndarray, digits: int = 5) -> list[float]:
    return [float(f"{value:.{digits}g}") + 0.0 for value in values]


if __name__ == "__main__":
    text = json.dumps(table(), ensure_ascii=False)
    TABLE.write_text(text.replace("], ", "],\n").replace(', "', ',\n"') + "\n", encoding="utf-8")
