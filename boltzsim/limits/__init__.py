"""Analytic limits of the kinetic equation; knows no grid.

diffusion: two-moment closure (Eqs. 7-16). modes and decay: exact slow and decaying modes, from dispersion. conserved:
what scattering leaves as it is. stability: growing modes. paper and audit: printed relations against the operators.
summary: all of it for one material. alloys and survey: the same for many alloys at once.
"""

from boltzsim.limits.summary import coefficients, coefficients_of

__all__ = ["coefficients", "coefficients_of"]
