"""Tables of a screened impurity."""

import numpy as np
from rich.table import Table

from boltzsim.reports.tables import table_of

_ROWS = {
    "stoner": ("repulsion × density of states at ε_F, above 1 for a moment", "1"),
    "moment": ("pseudo-spin moment ½(n_+ - n_-), Hartree-Fock", "1"),
    "potential": ("potential scattering Ũ N_F (S130)", "1"),
    "spinless_potential": ("potential beside J S·S, times N_F (S136)", "1"),
    "coupling": ("exchange J N_F (S129)", "1"),
    "T_K": ("Kondo temperature, ε_F exp(-1/J N_F) (S159)", "K"),
    "T_K_exact": ("Kondo temperature of the same exchange, exact (S158)", "K"),
    "level": ("resonance λ - ε_F (S160)", "eV"),
    "width": ("half-width Γ_K (S161)", "eV"),
    "phase_shift": ("phase shift at ε_F (Friedel, S154)", "rad"),
    "degeneracy": ("states of the multiplet N", "1"),
    "binding_energy": ("energy gained by screening, mean field (S152)", "eV"),
    "wilson_ratio": ("Wilson ratio to order 1/N (S165)", "1"),
}


_COOLING = {
    "ratio": "T/T_K",
    "mean_field": "ρ(T)/ρ(0), mean field",
    "spin_half": "spin ½, all scattering",
    "empirical": "empirical form",
    "spin_flips": "spin flips per event",
}


def chain_table(found: dict[str, float]) -> Table:
    """The numbers of `boltzsim.limits.screening.chain`."""
    rows = [
        [name, f"{found[key]:.6g}" + ("" if unit == "1" else f" {unit}")]
        for key, (name, unit) in _ROWS.items()
        if key in found
    ]
    return table_of("Screened moment", "quantity", "value", rows=rows)


def cooling_table(found: dict[str, np.ndarray]) -> Table:
    """The curves of `boltzsim.limits.screening.on_cooling`."""
    rows = [[f"{value:.4g}" for value in values] for values in zip(*found.values(), strict=True)]
    return table_of("Few of them on cooling", *(_COOLING[key] for key in found), rows=rows)
