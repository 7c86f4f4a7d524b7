"""Numerical errors of a result, from runs of the same case on other grids, angular sets and time steps."""
