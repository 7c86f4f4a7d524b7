"""Mean-field Kondo resonance of a screened impurity multiplet and the phase shift it gives (Eqs. S148-S165).

Below the Kondo temperature the impurity of Huang, Tokatly and Cazalilla scatters as a resonant level at λ of width Γ_K,

    η(ε) = arg(λ + iΓ_K - ε),    λ - ε_F = k_B T_K cos πq,    Γ_K = k_B T_K sin πq,    k_B T_K = ε_F e^{-1/(J N_F)},

with q = ⟨n⟩/N the occupation per state, so that η(ε_F) = πq: Friedel's sum rule. Valid for T ≪ T_K ≪ ε_F/k_B and,
strictly, for large degeneracy N; potential scattering by the impurity (which shifts η) is left out. λ and Γ_K make the
free energy stationary, which is per state of the multiplet, energies counted from ε_F in a band that starts at -ε_F,

    (F - F_0)/N = -∫ dε η(ε)/π + Γ_K/(π J N_F) - (λ - ε_F) q                                           (S152).
"""

import cmath
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


def resonance_at(temperature: float, occupation: float = 1.0, degeneracy: int = 2) -> KondoResonance:
    """Resonance of an impurity whose k_B T_K is known (Eqs. S160, S161), in the unit of `temperature`."""
    phase = friedel_phase(occupation, degeneracy)
    return KondoResonance(temperature * math.cos(phase), temperature * math.sin(phase))


def kondo_resonance(
    coupling: float, fermi_energy: float, occupation: float = 1.0, degeneracy: int = 2, weak: bool = True
) -> KondoResonance:
    """Mean-field resonance of the Kondo ground state (Eqs. S158-S161).

    Parameters
    ----------
    coupling : float
        Dimensionless exchange J N_F, positive and small.
    fermi_energy : float
        Fermi energy, in any unit, which is that of the result.
    occupation, degeneracy : float, int
        Electrons ⟨n⟩ in the multiplet and its degeneracy N.
    weak : bool
        Whether k_B T_K is that of weak coupling, ε_F e^{-1/(J N_F)} (Eq. S159), or solves Eq. S158, which it does not
        do where T_K is a noticeable part of the Fermi temperature.

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
    ratio = math.exp(-1 / coupling)  # |ξ|/|ξ + ε_F|, ξ = k_B T_K e^{iπq}
    size = ratio
    if not weak:
        cosine, sine = math.cos(phase), math.sin(phase)
        size = ratio * (ratio * cosine + math.sqrt(1 - (ratio * sine) ** 2)) / (1 - ratio**2)
    return resonance_at(fermi_energy * size, occupation, degeneracy)


def coupling_of(temperature: float, fermi_energy: float) -> float:
    """Exchange J N_F that screens at k_B T_K in weak coupling (Eq. S159 solved for J N_F)."""
    return 1 / math.log(fermi_energy / temperature)


def free_energy(resonance: KondoResonance, coupling: float, fermi_energy: float, filling: float) -> float:
    """Free energy (F_V - F_0)/N of a resonant level at T = 0, per state of the multiplet (Eq. S152).

    Parameters
    ----------
    resonance : KondoResonance
        Any level and width, also ones that are not the mean field's.
    coupling, fermi_energy, filling : float
        J N_F, ε_F and q = ⟨n⟩/N.

    Returns
    -------
    float
        In the unit of the energies; the mean field's own is -k_B T_K sin(πq)/π in weak coupling.
    """
    return shift_of_band(resonance, fermi_energy) + resonance.width / (math.pi * coupling) - resonance.level * filling


def shift_of_band(resonance: KondoResonance, fermi_energy: float) -> float:
    """Energy -∫_{-ε_F}^0 dε η(ε)/π by which a resonance shifts the filled states of a band (Fumi's theorem, S151)."""
    top = complex(resonance.level, resonance.width)
    bottom = top + fermi_energy
    return (top * (cmath.log(top) - 1) - bottom * (cmath.log(bottom) - 1)).imag / math.pi


def wilson_ratio(degeneracy: int) -> float:
    """Wilson ratio χ/γ = 1/(1 - 1/N) to leading order in 1/N (Eq. S165): 2 for a doublet, 1 without interactions."""
    return 1 / (1 - 1 / degeneracy)
