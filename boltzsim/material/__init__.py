"""Microscopic input of the kinetic equation: phase shifts, collision and side-jump superoperators; knows no grid.

harmonics: angular basis. scattering: channels, t and D t. superoperators: Λ and V on moments. alloy: constants of a
dilute alloy. kondo: phase shift of a Kondo-screened impurity.
"""
