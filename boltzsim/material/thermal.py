"""Thermal averages ∫dε (-∂f/∂ε) F(ε) from a few energies, for what elastic scattering makes of each energy by itself.

Elastic scattering does not mix energies, so that the linear response at temperature T is the mean of those at all
energies with the weight -∂f/∂ε. An impurity on resonance makes it vary over k_B T_K, which may be far below k_B T. With

    ε = a sinh s,    a = k_B min(T, T_K),

both -∂f/∂ε and the resonances are smooth over one unit of s, and the trapezoidal rule in s converges exponentially. Its
energies are nested: every level halves the step, keeps the energies it had and puts new ones between them, until the
mean stops moving. About 7 to 15 energies give three digits from T = 0.01 T_K to 100 T_K. (Gauss-Legendre points in
tanh(ε/2k_B T) are not nested, need 64 for as many digits at 20 T_K, and converge as a power only, because the limits
ε → ±∞ are logarithmic singularities of that variable.)
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from boltzsim.material.kondo import KondoResonance

_STEP = 1.6  # in s, of the first level


def level(
    temperature: float, resonances: Iterable[KondoResonance], number: int, tolerance: float
) -> list[tuple[float, float]]:
    """Energies that a level adds, with their weights.

    Parameters
    ----------
    temperature : float
        k_B T > 0.
    resonances : iterable of KondoResonance
        Resonances of the scatterers, energies in the unit of `temperature`.
    number : int
        0 for the first level.
    tolerance : float
        Relative tolerance of the mean, which says how far out energies matter.

    Returns
    -------
    list of (float, float)
        Energies from ε_F, rising, and weights of one scale for all levels; a mean is a weighted sum over the sum of
        the weights.
    """
    scale = min([temperature, *(resonance.temperature for resonance in resonances)])
    end = math.asinh((math.log(1 / tolerance) + 9) * temperature / scale)
    first = max(2, round(end / _STEP))
    steps = first * 2**number
    found = []
    for k in range(1 - steps, steps):
        if number == 0 or k % 2:
            s = end * k / steps
            energy = scale * math.sinh(s)
            found.append((energy, math.cosh(s) / math.cosh(energy / (2 * temperature)) ** 2))
    return found


class Mean:
    """A weighted mean that grows by one value after the other; values are anything that adds and scales."""

    def __init__(self) -> None:
        self._sum: Any = None
        self._weight = 0.0
        self.count = 0

    def add(self, weight: float, value: Any) -> None:
        """Take a value in."""
        self._sum = weight * value if self._sum is None else self._sum + weight * value
        self._weight += weight
        self.count += 1

    @property
    def value(self) -> Any:
        """The mean of what has been taken in."""
        return (1 / self._weight) * self._sum


def means(
    respond: Callable[[list[float]], Iterable[Any]],
    temperature: float,
    resonances: Iterable[KondoResonance],
    tolerance: float,
    most: int,
) -> Iterator[tuple[Any, int]]:
    """Thermal averages with more and more energies.

    Parameters
    ----------
    respond : callable
        Energies from ε_F -> values in their order, which add and scale.
    temperature : float
        k_B T; with 0, or without resonances, ε_F is the only energy.
    resonances : iterable of KondoResonance
    tolerance : float
        As for `level`.
    most : int
        Largest number of energies.

    Yields
    ------
    mean, energies : object, int
        After every level, with the number of energies so far.
    """
    resonances, mean = tuple(resonances), Mean()
    if temperature == 0 or not resonances:
        (value,) = respond([0.0])
        yield value, 1
        return
    for number in range(64):
        new = level(temperature, resonances, number, tolerance)
        if mean.count + len(new) > most:
            return
        for (_, weight), value in zip(new, respond([energy for energy, _ in new]), strict=True):
            mean.add(weight, value)
        yield mean.value, mean.count


def average(
    function: Callable[[float], Any],
    temperature: float,
    resonances: Iterable[KondoResonance],
    tolerance: float = 1e-8,
) -> np.ndarray:
    """Thermal average of a function of energy, with as many energies as it needs to stop moving.

    Parameters
    ----------
    function : callable
        Energy from ε_F -> array.
    temperature : float
        k_B T.
    resonances : iterable of KondoResonance
    tolerance : float
        Largest change in the last step, relative to the largest entry.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    ArithmeticError
        If 5000 energies are not enough.
    """
    last = None
    found = means(
        lambda energies: [np.asarray(function(e)) for e in energies], temperature, resonances, tolerance, 5000
    )
    for mean, count in found:
        if count == 1 or (last is not None and np.abs(mean - last).max() <= tolerance * np.abs(mean).max()):
            return np.asarray(mean)
        last = mean
    raise ArithmeticError(f"a thermal average still moves by more than {tolerance:g} with 5000 energies")
