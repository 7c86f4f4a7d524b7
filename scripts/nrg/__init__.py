"""Numerical renormalisation group for the symmetric Anderson impurity in a flat band of half-width 1.

chain: Wilson's discretisation. shells: iterative diagonalisation. density: the full density matrix at temperature T, its
spectra and its thermodynamics. Units: ħ = k_B = 1, half-bandwidth 1.
"""
