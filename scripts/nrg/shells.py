"""Iterative diagonalisation of the symmetric Anderson model on a Wilson chain, with charge and S_z conserved.

    H = U (n↑ - ½)(n↓ - ½) + V Σ_σ (d†_σ f_0σ + h.c.) + Σ_n t_n Σ_σ (f†_nσ f_{n+1}σ + h.c.),    V = √(2Δ/π)

One site is added at a time, the lowest states are kept and the others are discarded; all of them are stored, because
the discarded states of all shells together are a complete basis. A block has the key (Q, 2 S_z), Q the electrons beyond
half filling; operators that remove an up spin are stored by the key of the block they act on.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

Key = tuple[int, int]
SITE = ((-1, 0), (0, 1), (0, -1), (1, 0))  # empty, up, down, both
REMOVE = {1: ((0, 1, 1.0), (2, 3, 1.0)), -1: ((0, 2, 1.0), (1, 3, -1.0))}  # ⟨row|f_σ|column⟩ on one site
_DEGENERATE = 1e-5  # relative spacing below which two states are kept or discarded together


class Shell(NamedTuple):
    """All states after one more site.

    Attributes
    ----------
    energy : dict of numpy.ndarray
        Energies above the ground state of this shell, ascending in each block.
    kept : dict of int
        How many of the lowest states of each block go on to the next shell.
    vectors : dict of numpy.ndarray
        Columns are the states, rows the products of kept states of the shell before and states of the site.
    rows : dict of list of (int, Key, slice)
        State of the site, block of the shell before, and which rows these are.
    shift : float
        Ground-state energy of this shell from that of the shell before.
    operators : list of dict
        Matrices of d_↑ and of [d_↑, H_U] = U d_↑ (n↓ - ½) among all states of the shell, or none.
    """

    energy: dict[Key, np.ndarray]
    kept: dict[Key, int]
    vectors: dict[Key, np.ndarray]
    rows: dict[Key, list[tuple[int, Key, slice]]]
    shift: float
    operators: list[dict[Key, np.ndarray]]


def lower(key: Key, spin: int) -> Key:
    """Block that is reached from `key` when an electron of 2 S_z = `spin` is removed."""
    return key[0] - 1, key[1] - spin


def impurity(repulsion: float) -> tuple[Shell, dict[int, dict[Key, np.ndarray]]]:
    """The impurity alone as the first shell, and its operators d_σ."""
    energy = {key: np.array([repulsion / 2 if key[0] else 0.0]) for key in SITE}
    kept = dict.fromkeys(SITE, 1)
    last = {spin: {SITE[c]: np.array([[sign]]) for r, c, sign in REMOVE[spin]} for spin in REMOVE}
    d = last[1]
    double = {key: repulsion / 2 * value * (1 if key == (1, 0) else -1) for key, value in d.items()}
    return Shell(energy, kept, {}, {}, 0.0, [d, double]), last


def grow(shell: Shell, last: dict, hop: float, keep: int) -> tuple[Shell, dict[int, dict[Key, np.ndarray]]]:
    """Add one site with a hopping energy, and keep about `keep` states of the new shell.

    Returns
    -------
    shell : Shell
    last : dict
        Operators f_σ of the new site among the kept states, by 2 S_z and key.
    """
    rows: dict[Key, list[tuple[int, Key, slice]]] = {}
    for key, count in shell.kept.items():
        for site, (q, s) in enumerate(SITE):
            block = rows.setdefault((key[0] + q, key[1] + s), [])
            start = block[-1][2].stop if block else 0
            if count:
                block.append((site, key, slice(start, start + count)))
    rows = {key: block for key, block in rows.items() if block}
    energy, vectors = {}, {}
    for key, block in rows.items():
        energy[key], vectors[key] = eigh(_hamiltonian(shell, last, hop, block), driver="evd")
    ground = min(float(e[0]) for e in energy.values())
    energy = {key: e - ground for key, e in energy.items()}
    kept = _lowest(energy, keep)
    operators = [_old_operator(op, shell.kept, rows, vectors) for op in shell.operators]
    return Shell(energy, kept, vectors, rows, ground, operators), _site_operators(kept, rows, vectors)


def run(repulsion: float, hops: np.ndarray, keep: int, operators: bool = True) -> list[Shell]:
    """All shells of a chain; `hops` begins with V. The last shell keeps nothing: all its states are discarded.

    Without `operators` there is only what thermodynamics needs.
    """
    shell, last = impurity(repulsion)
    if not operators:
        shell.operators.clear()
    shells = [shell]
    for number, hop in enumerate(hops):
        shell, last = grow(shell, last, hop, keep if number < len(hops) - 1 else 0)
        shells.append(shell)
    return shells


def _hamiltonian(shell: Shell, last: dict, hop: float, block: list) -> np.ndarray:
    """Matrix of one block among products of kept states and states of the site."""
    place = {(site, key): where for site, key, where in block}
    H = np.zeros(2 * (block[-1][2].stop,))
    for site, key, where in block:
        H[where, where] = np.diag(shell.energy[key][: shell.kept[key]])
        for spin, elements in REMOVE.items():
            for row, column, sign in elements:  # f†_n moves the electron back: ⟨r, row| f†_n f_{n+1} |r', column⟩
                if column != site:
                    continue
                upper = key[0] + 1, key[1] + spin
                if (row, upper) in place:
                    parity = (-1) ** key[0]
                    part = hop * sign * parity * last[spin][upper].T
                    H[place[row, upper], where] = part
                    H[where, place[row, upper]] = part.T
    return H


def _lowest(energy: dict[Key, np.ndarray], keep: int) -> dict[Key, int]:
    """How many states of each block lie below a cut that splits no multiplet."""
    every = np.sort(np.concatenate([*energy.values()]))
    if keep >= len(every):
        return {key: len(e) for key, e in energy.items()}
    while keep and every[keep] - every[keep - 1] < _DEGENERATE * every[keep]:
        keep -= 1
    cut = (every[keep - 1] + every[keep]) / 2 if keep else -1.0
    return {key: int(np.searchsorted(e, cut)) for key, e in energy.items()}


def _old_operator(op: dict, kept: dict, rows: dict, vectors: dict) -> dict[Key, np.ndarray]:
    """An operator of earlier sites that removes an up spin, among all states of the new shell."""
    out = {}
    for key, block in rows.items():
        target = lower(key, 1)
        if target not in rows:
            continue
        place = {(site, old): where for site, old, where in rows[target]}
        total = np.zeros((len(vectors[target]), len(vectors[key])))
        for site, old, where in block:
            here = place.get((site, lower(old, 1)))
            if here is not None:
                part = op[old][: kept[lower(old, 1)], : kept[old]]
                total += vectors[target][here].T @ (part @ vectors[key][where])
        out[key] = total
    return out


def _site_operators(kept: dict, rows: dict, vectors: dict) -> dict[int, dict[Key, np.ndarray]]:
    """Operators f_σ of the new site among the kept states."""
    out: dict[int, dict[Key, np.ndarray]] = {}
    for spin, elements in REMOVE.items():
        out[spin] = {}
        for key, block in rows.items():
            target = lower(key, spin)
            if target not in rows:
                continue
            place = {(site, old): where for site, old, where in rows[target]}
            total = np.zeros((kept[target], kept[key]))
            for site, old, where in block:
                for row, column, sign in elements:
                    if column == site and (row, old) in place:
                        bra = vectors[target][place[row, old], : kept[target]]
                        total += sign * (-1) ** old[0] * bra.T @ vectors[key][where, : kept[key]]
            out[spin][key] = total
    return out
