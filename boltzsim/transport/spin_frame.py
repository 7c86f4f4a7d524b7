"""The spin axes of a sweep: the first along the Larmor vector, so that only the other two turn into one another."""

from dataclasses import replace

import numpy as np


def spin_frame(precession):
    """Right-handed axes (rows) with the first along the Larmor vector, and its length."""
    rate = np.linalg.norm(precession)
    if rate == 0:
        return np.eye(3), 0.0
    first = precession / rate
    other = np.roll(np.eye(3)[np.abs(first).argmax()], 1)
    second = other - (other @ first) * first
    second /= np.linalg.norm(second)
    return np.array([first, second, np.cross(first, second)]), float(rate)


def rotated(operators, turn):
    """The same operators with spin components along the rows of `turn`, (4, 4)."""
    if np.array_equal(turn, np.eye(4)):
        return operators
    full = np.kron(np.eye(len(operators.gain) // 4), turn)
    gain, drift = full @ operators.gain @ full.T, full @ operators.drift @ full.T
    gain[np.abs(gain) < 1e-15 * operators.loss] = 0.0
    drift[np.abs(drift) < 1e-15 * operators.loss] = 0.0
    return replace(operators, gain=gain, drift=drift)
