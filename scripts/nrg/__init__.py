"""Numerical renormalisation group for the symmetric Anderson impurity in a flat band of half-width 1.

chain: Wilson's discretisation. shells: iterative diagonalisation. density: the full density matrix at temperature T,
its spectra and its thermodynamics. spectrum: broadening, self-energy, T-matrix. impurity: one impurity, averaged over
shifts of the mesh. table: the universal table of the package. Units: ħ = k_B = 1, half-bandwidth 1.
"""
