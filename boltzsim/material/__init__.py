"""Microscopic input of the kinetic equation: phase shifts, collision and side-jump superoperators; knows no grid.

harmonics: angular basis. scattering: channels, t and D t. superoperators: Λ and V on moments. alloy: constants of a
dilute alloy. anderson, kondo: moment of an impurity, and its phase shift once screened. thermal: thermal averages.
"""
