"""Numba kernels, which take and fill arrays."""
