"""Analytic limits of the kinetic equation; knows no grid.

diffusion: two-moment closure (Eqs. 7-16). modes: exact slow and decaying modes, from dispersion. stability: growing
modes. paper and audit: printed relations against the operators. summary: all of it for one material.
"""

from boltzsim.limits.summary import coefficients, coefficients_of

__all__ = ["coefficients", "coefficients_of"]
