"""Exact decay of a Fourier mode of the infinite medium: amplitude of its density against time, no grid, no closure.

    ∂_t n = -v_F (Λ + i q W_z) n,    n(0) = 1 (isotropic) × e^{iqz},    f(t) = ⟨n⟩

Rotation about z leaves the sectors of `boltzsim.limits.dispersion`: scattering and side jump up to l = degree, loss
and streaming μ Y_l = a_{l+1} Y_{l+1} + a_l Y_{l-1} for every l. Even l real and odd l imaginary make it a real linear
system; it is cut at an l that nothing comes back from, and its exponential is summed as a Taylor series. f holds all
residues and the continuum, and is what a transient grating must decay like at every time.
"""

import math

import numpy as np
from scipy.sparse import coo_array

from boltzsim.limits.dispersion import sector

TOLERANCE = 1e-12  # largest change of the amplitude when the number of moments is doubled
_LONGEST = 2**20  # moments at most; only a wavelength far below a mean free path would need more


def decay_curve(operators, q, polarization, times, v_F=1.0):
    """Amplitude of the density of an initially isotropic grating, 1 at t = 0.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    q : float
        Wave number ≥ 0 in the unit of `operators.loss`.
    polarization : {"L", "T", "charge"}
        Spin along or across q, or charge.
    times : array_like, shape (n,)
        ≥ 0, in any order.
    v_F : float
        Velocity in units of 1/(`operators.loss` × time): 1 in units of Γ = l0 = 1, else m/s for 1/m and s.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Converged to about 1e-11.

    Raises
    ------
    ValueError
        If the amplitude is not finite, or needs more than a million moments.
    """
    block, times = sector(operators, polarization), v_F * np.asarray(times, float)
    cut = 2 * operators.degree + 16
    found = _amplitude(block, q, times, cut)
    while cut < _LONGEST:
        cut *= 2
        coarse, found = found, _amplitude(block, q, times, cut)
        if not np.isfinite(found).all():
            raise ValueError(f"decay_curve: the amplitude is not finite for q = {q:g}")
        if np.abs(found - coarse).max(initial=0.0) < TOLERANCE * max(1.0, np.abs(found).max(initial=0.0)):
            return found
    raise ValueError(
        f"decay_curve: {cut} moments are too few for q = {q:g}; take a smaller wave number or earlier times"
    )


def _amplitude(block, q, times, cut):
    """The density at the times, moments up to l = cut."""
    matrix, density = _generator(block, q, cut)
    state = np.zeros(matrix.shape[0])
    state[density], now, found = 1.0, 0.0, np.empty(len(times))
    norm = abs(matrix).sum(0).max()
    for i in np.argsort(times, kind="stable"):
        parts = max(1, math.ceil(norm * (times[i] - now)))
        for _ in range(parts):
            state = _exponential(matrix, (times[i] - now) / parts, state)
        now, found[i] = times[i], state[density]
    return found


def _exponential(matrix, time, state):
    """exp(matrix × time) state for a matrix × time of norm ≤ 1."""
    total, term, size = state, state, np.abs(state).max()
    for k in range(1, 25):
        term = (time / k) * (matrix @ term)
        total = total + term
        if np.abs(term).max() < 1e-18 * size:
            break
    return total


def _generator(block, q, cut):
    """-(Λ + iqW) on all states of a sector up to l = cut, odd l times i: sparse and real; and the density's index."""
    orders = {component: m for component, _, m in block.labels}
    number = {}
    for component, m in orders.items():
        for l in range(m, cut + 1):
            number[component, l] = len(number)
    entries = [(i, i, -block.loss) for i in number.values()]
    for (component, l), i in number.items():
        if (j := number.get((component, l + 1))) is not None:
            m, even = orders[component], l % 2 == 0
            flow = q * math.sqrt(((l + 1) ** 2 - m**2) / (4 * (l + 1) ** 2 - 1))
            entries += [(j, i, -flow if even else flow), (i, j, flow if even else -flow)]
    inside = [number[component, l] for component, l, _ in block.labels]
    odd = np.array([l % 2 for _, l, _ in block.labels])
    jump = q * block.drift * (odd[:, None] - odd[None, :])  # -iqW: from even to odd l times -i, back times i
    scatter = block.gain + jump
    entries += [(inside[a], inside[b], scatter[a, b]) for a, b in np.argwhere(scatter)]
    rows, columns, values = zip(*entries, strict=True)
    matrix = coo_array((values, (rows, columns)), shape=(len(number), len(number))).tocsr()
    return matrix, inside[block.density]
