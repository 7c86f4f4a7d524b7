"""Wilson chain of a flat band: a star of levels on a logarithmic mesh, turned into a chain.

The band -1..1 with the density of states ½ is cut at ±x_j, x_1 = 1, x_j = Λ^(2-j-z); each interval is one level at
ε_j = (x_j - x_{j+1}) / ln(x_j/x_{j+1}), which is Campo and Oliveira's choice (PRB 72, 104432, 2005): averaged over the
shift z of the mesh it leaves the density of states as it is, so that no factor A_Λ is needed.
"""

from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np


def wilson_chain(length: int, ratio: float, shift: float) -> np.ndarray:
    """Hopping energies between the first `length` sites of the chain, shape (length - 1,).

    The recursion loses digits as Λ^(n²/4), so it runs with more than that many.

    Parameters
    ----------
    length : int
        Sites of the chain, that next to the impurity included.
    ratio : float
        Discretisation Λ > 1.
    shift : float
        Shift z of the mesh, 0 < z ≤ 1.
    """
    with localcontext() as context:
        context.prec = int(length**2 * np.log10(ratio) / 2) + 60
        base, z = Decimal(ratio), Decimal(shift)
        levels = length + int(60 / np.log10(ratio))  # down to 1e-60 of the last hopping energy
        edges = [Decimal(1), *(base ** (2 - j - z) for j in range(2, levels + 2))]
        energies = [(a - b) / (a / b).ln() for a, b in pairwise(edges)]
        now = [((a - b) / 2).sqrt() for a, b in pairwise(edges)]  # f_0 on the levels at ε > 0
        scale = (2 * sum(a * a for a in now)).sqrt()
        now, before, hops = [a / scale for a in now], [Decimal(0)] * levels, [Decimal(0)]
        for _ in range(length - 1):  # f_n is even in the energy for even n and odd for odd n
            after = [e * a - hops[-1] * b for e, a, b in zip(energies, now, before, strict=True)]
            hops.append((2 * sum(a * a for a in after)).sqrt())
            now, before = [a / hops[-1] for a in after], now
    return np.array(hops[1:], float)
