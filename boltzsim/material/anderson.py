"""Anderson impurity: when it has a local moment, and the exchange that screens it (Eqs. S104-S136).

A multiplet of N states lies at ε_0 below the Fermi energy, a second electron on it costs the repulsion U, and it decays
into the band with the width Δ = π N_F |V|². Energies are in one unit, and the level is measured from ε_F.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class AndersonImpurity:
    """Parameters of an impurity multiplet.

    Attributes
    ----------
    level : float
        ε_0 - ε_F.
    repulsion : float
        U > 0.
    width : float
        Δ = π N_F |V|² > 0.
    degeneracy : int
        N = 2j + 1 states.
    """

    level: float
    repulsion: float
    width: float
    degeneracy: int = 2

    @property
    def coupling(self) -> float:
        """Exchange J N_F = (N Δ/π) [1/(ε_0 + U - ε_F) + 1/(ε_F - ε_0)]: Eq. S129 for a doublet.

        H_ac = -(J/N) Σ T†_m T_m' (Eq. S138) fixes J for other degeneracies.
        """
        return self.degeneracy * self.width / math.pi * (1 / (self.level + self.repulsion) - 1 / self.level)

    @property
    def potential(self) -> float:
        """Potential scattering Ũ N_F = -(Δ/π)/(ε_0 + U - ε_F) beside the exchange of Eq. S128 (Eq. S130)."""
        return -self.width / math.pi / (self.level + self.repulsion)

    @property
    def spinless_potential(self) -> float:
        """Potential U N_F beside J S·S, Ũ N_F + J N_F/N²: zero for a doublet where ε_0 + U/2 = ε_F (Eq. S136)."""
        return self.potential + self.coupling / self.degeneracy**2

    def require_moment(self) -> None:
        """Refuse parameters without a local moment, to which the Kondo picture does not apply.

        Raises
        ------
        ValueError
            If the level is not below and `level + repulsion` not above ε_F (Eq. S119), or if the width washes the
            moment out in the Hartree-Fock approximation (Eqs. S113, S114).
        """
        if self.level >= 0:
            raise ValueError("level must lie below the Fermi energy, or the orbital is empty and has no moment (S119)")
        if self.level + self.repulsion <= 0:
            raise ValueError(
                "level + repulsion must lie above the Fermi energy, or a second electron enters the orbital and leaves "
                "no moment (S119)"
            )
        if self.stoner <= 1:
            raise ValueError(
                f"width leaves the orbital no local moment, and the Kondo picture does not apply: the repulsion times "
                f"the orbital's density of states at the Fermi energy is {self.stoner:.3g}, which must exceed 1 in the "
                f"Hartree-Fock approximation; lower the width, or raise the repulsion"
            )

    @property
    def stoner(self) -> float:
        """U sin²(πn)/(πΔ): above 1 equal occupations n are unstable and a moment forms (Anderson 1961)."""
        filling = self.equal_occupation
        return self.repulsion * math.sin(math.pi * filling) ** 2 / (math.pi * self.width)

    @property
    def equal_occupation(self) -> float:
        """Occupation of each state in the Hartree-Fock approximation without moment."""
        from scipy.optimize import brentq  # slow to load, and few impurities are given by their orbital

        others = self.degeneracy - 1
        return float(brentq(lambda n: n - self._occupation(self.repulsion * others * n), 0.0, 1.0, xtol=1e-14))

    @property
    def occupations(self) -> tuple[float, float]:
        """Hartree-Fock occupations of one state and of each of the others; they differ where there is a moment."""
        one, others, more = 1.0, 0.0, self.degeneracy - 1
        for _ in range(10_000):
            last = one, others
            one = self._occupation(self.repulsion * more * others)
            others = self._occupation(self.repulsion * (one + (more - 1) * others))
            if abs(one - last[0]) + abs(others - last[1]) < 1e-14:
                break
        return one, others

    def _occupation(self, shift: float) -> float:
        """Filling arccot((ε_0 + shift - ε_F)/Δ)/π of a state that the others raise."""
        return math.atan2(self.width, self.level + shift) / math.pi
