"""Mean-field Kondo resonance of a screened impurity multiplet and the phase shift it gives (Eqs. S148-S161).

Below the Kondo temperature the impurity of Huang, Tokatly and Cazalilla scatters as a resonant level at λ of width Γ_K,

    η(ε) = arg(λ + iΓ_K - ε),    λ - ε_F = k_B T_K cos πq,    Γ_K = k_B T_K sin πq,    k_B T_K = ε_F e^{-1/(J N_F)},

with q = ⟨n⟩/N the occupation per state, so that η(ε_F) = πq: Friedel's sum rule. Valid for T ≪ T_K ≪ ε_F/k_B and,
strictly, for large degeneracy N; potential scattering by the impurity (which shifts η) is left out.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class KondoResonance:
    """Resonant level at `level` = λ - ε_F with half-width `width` = Γ_K, both in the unit of the energies given."""

    level: float
    width: float

    @property
    def temperature(self) -> float:
        """k_B T_K = |λ - ε_F + iΓ_K| (Eq. S159)."""
        return math.hypot(self.level, self.width)

    def phase_shift(self, energy: float = 0.0) -> float:
        """η(ε) in [0, π] at an energy measured from ε_F (Eq. S148)."""
        return math.atan2(self.width, self.level - energy)


def friedel_phase(occupation: float = 1.0, degeneracy: int = 2) -> float:
    """Phase shift π⟨n⟩/N at the Fermi energy (Friedel's sum rule, Eq. S154): π/2 for a doublet with one electron."""
    if not 0 <= occupation <= degeneracy:
        raise ValueError(f"occupation {occupation} is not between 0 and the degeneracy {degeneracy}")
    return math.pi * occupation / degeneracy


def kondo_resonance(
    coupling: float, fermi_energy: float, occupation: float = 1.0, degeneracy: int = 2
) -> KondoResonance:
    """Mean-field resonance of the Kondo ground state (Eqs. S159-S161).

    Parameters
    ----------
    coupling : float
        Dimensionless exchange J N_F, positive and small.
    fermi_energy : float
        Fermi energy, in any unit, which is that of the result.
    occupation, degeneracy : float, int
        Electrons ⟨n⟩ in the multiplet and its degeneracy N.

    Returns
    -------
    KondoResonance

    Raises
    ------
    ValueError
        For a coupling that is not positive (no screening) or an impossible occupation.
    """
    if coupling <= 0:
        raise ValueError(
            f"exchange J N_F = {coupling} must be positive: only an antiferromagnetic exchange is screened"
        )
    phase = friedel_phase(occupation, degeneracy)
    temperature = fermi_energy * math.exp(-1 / coupling)
    return KondoResonance(temperature * math.cos(phase), temperature * math.sin(phase))
