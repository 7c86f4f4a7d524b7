"""Analytic limits of the kinetic equation in an infinite medium, without a grid.

`diffusion` holds the two-moment closure (Eqs. 7-16); `modes` and `decay` the exact modes that relax slowly in time or
decay in space, found from the relation in `dispersion`; `grating` the exact decay of a Fourier mode. `conserved` lists
the quantities that scattering conserves, `stability` the modes that grow. `paper` and `audit` compare the printed
relations with the operators. `summary` collects the results for one material, `alloys` and `survey` for many at once.
"""
