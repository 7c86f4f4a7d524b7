"""Conserved quantities of scattering: the null vectors of the relaxation operator Λ, and those that relax slowly.

Λ commutes with rotations of angle and spin together (total J) and with parity, so that it consists of blocks of at most
two moments for every J, each 2J+1 times:

    charge l = J with spin l = J          (parity (-1)^J),
    spin l = J - 1 with spin l = J + 1    (the other parity).

A left eigenvector q of a block is a quantity q·n that decays as e^{-rate t} in a uniform system; at rate zero
scattering conserves it. The paper's section V calls Λ positive definite: it is only non-negative. Named quantities are

    charge ⟨n_c⟩; spin ⟨n⟩; hidden spin ⟨(σ·p̂) n (σ·p̂)⟩, conserved by a single p1/2 channel; helicity ⟨σ·p̂ n⟩, conserved
    where s1/2 = p1/2 (p3/2 = d3/2, …) because the S-matrix then commutes with σ·p̂.

All others are called by their moments, J and parity.
"""

import math
from dataclasses import dataclass

import numpy as np

from boltzsim.limits.diffusion import CONSERVED
from boltzsim.limits.dispersion import sector, stacked
from boltzsim.material.scattering import channel

#: Quantities that relax slower than this fraction of the loss rate are listed: they live for ten collisions or more.
SLOW = 0.1
#: A quantity gets the name of a known one if their squared overlap is at least this.
ALIKE = 0.9
#: The description of a quantity without a name lists its moments from this share on.
LISTED = 0.01


@dataclass(frozen=True)
class Quantity:
    """A quantity that scattering conserves or nearly conserves.

    Attributes
    ----------
    name : str
    J : int
        Total angular momentum; there are 2J + 1 such quantities of one rate.
    parity : str
        "even" or "odd" under p̂ → -p̂.
    rate : float
        Relaxation rate in the unit of the operators (v_F = 1), exactly zero if conserved to rounding.
    """

    name: str
    J: int
    parity: str
    rate: float

    @property
    def conserved(self):
        """Whether scattering conserves the quantity to rounding."""
        return self.rate == 0


def conserved_quantities(operators, below=SLOW):
    """Quantities that relax slower than `below` × loss, the slowest first.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    below : float
        Largest rate to list, relative to the loss rate; 0 for the exactly conserved quantities alone.

    Returns
    -------
    list of Quantity
        Sorted by rate, then J; charge is always the first. Where skew scattering makes two rates of one block complex,
        their real part is given.
    """
    charge, spin = (stacked(sector(operators, name)) for name in ("charge", "L"))
    return quantities_of(blocks(charge, spin), charge.loss, below)[0]


def helicity_rate(channels):
    """Relaxation rate of helicity by one impurity species, in closed form: Σ_j (j + ½) sin²(η_{j-½,j} - η_{j+½,j}).

    σ·p̂ maps the channel (l = j - ½, j) on (l = j + ½, j): every j relaxes helicity by how much the two phase shifts
    differ.

    Parameters
    ----------
    channels : dict of str to float
        Phase shifts in radians by channel name; channels not given have none.

    Returns
    -------
    float
        In units of Γ; zero where helicity is conserved.
    """
    shifts = {channel(name): eta for name, eta in channels.items()}
    every_j = {twice_j for _, twice_j in shifts}
    pairs = {twice_j: ((twice_j - 1) // 2, (twice_j + 1) // 2) for twice_j in every_j}
    splits = {j: shifts.get((low, j), 0.0) - shifts.get((high, j), 0.0) for j, (low, high) in pairs.items()}
    return float(sum((twice_j + 1) / 2 * math.sin(split) ** 2 for twice_j, split in splits.items()))


def quantities_of(parts, loss, below=SLOW):
    """`conserved_quantities` of a stack of alloys from the `blocks` of Λ: a list of N lists."""
    found = [[] for _ in loss]
    for (J, states), block in parts.items():
        rates, vectors = np.linalg.eig(np.swapaxes(block, 1, 2))
        for alloy, i in np.argwhere(rates.real <= max(below, CONSERVED) * loss[:, None]):
            rate = float(rates[alloy, i].real)
            rate = rate if abs(rate) > CONSERVED * loss[alloy] else 0.0
            parity = "odd" if states[0][1] % 2 else "even"
            found[alloy].append(Quantity(_name(J, states, vectors[alloy, :, i]), J, parity, rate))
    return [sorted(every, key=lambda quantity: (quantity.rate, quantity.J, quantity.parity)) for every in found]


def blocks(charge, spin):
    """Λ in blocks of one J and one parity, for a stack of alloys.

    Parameters
    ----------
    charge, spin : boltzsim.limits.dispersion.Sector
        The two sectors of J_z = 0, "charge" and "L", in which every J occurs once.

    Returns
    -------
    dict
        (J, ((kind, l), …)) -> numpy.ndarray, shape (N, k, k), k ≤ 2; kind is "charge" or "spin".
    """
    top = max(charge.degrees)
    index = {label[:2]: i for i, label in enumerate(charge.labels)}
    relaxation, found = _relaxation(charge), {}
    for J in range(top + 1):
        own = [index[part, J] for part in (0, 1) if (part, J) in index]
        found[J, (("charge", J), ("spin", J))[: len(own)]] = relaxation[:, own][:, :, own]
    relaxation = _relaxation(spin)
    for J in range(top + 2):
        states = tuple(("spin", l) for l in (J - 1, J + 1) if 0 <= l <= top)
        basis = np.array([_coupled(spin, l, J) for _, l in states])
        found[J, states] = basis @ relaxation @ basis.T
    return found


def _relaxation(block):
    return block.loss[:, None, None] * np.eye(len(block.labels)) - block.gain


def _coupled(spin, l, J):
    """State of spin l and total J = l ± 1 in the sector "L": eigenvector of L·S on its two states of this l."""
    state = np.zeros(len(spin.labels))
    index = {label[:2]: i for i, label in enumerate(spin.labels)}
    higher, lower = math.sqrt((l + 1) / (2 * l + 1)), math.sqrt(l / (2 * l + 1))
    state[index[0, l]] = higher if l < J else lower
    if l:
        state[index[1, l]] = -lower if l < J else higher
    return state


def _name(J, states, vector):
    """Name of a left eigenvector on the moments of a block, or its moments in words."""
    shares = np.abs(vector) ** 2 / (np.abs(vector) ** 2).sum()
    share = dict(zip(states, shares, strict=True))
    if J == 0:
        return "charge" if states == (("charge", 0),) else "helicity"
    if share.get(("spin", 0), 0) > ALIKE:
        return "spin"
    if states == (("spin", 0), ("spin", 2)):
        hidden = np.array([-1, math.sqrt(8)]) / 3  # of 2 p̂_z (p̂·s) - s_z
        if (hidden @ vector.real) ** 2 > ALIKE:
            return "hidden spin"
    parts = [f"{kind} l = {l}" for (kind, l), size in sorted(share.items(), key=lambda e: -e[1]) if size >= LISTED]
    return f"{' and '.join(parts)}, J = {J}"
