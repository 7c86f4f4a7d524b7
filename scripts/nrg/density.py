"""The full density matrix of Weichselbaum and von Delft (PRL 99, 076402, 2007): thermodynamics and spectra at any T.

The discarded states |s⟩ of shell n, times the 4^(N-n) states of the sites that are still to come, are a complete basis
of approximate eigenstates. At temperature T the shells have the weights w_n ∝ 4^(N-n) Σ_s exp(-E_s/T).
"""

import numpy as np

from nrg.shells import Shell, lower

BINS = 200  # per decade
_LOW, _HIGH = -14, 2  # decades of the histogram


def bin_energies() -> np.ndarray:
    """Positive energies of the bins of a spectrum."""
    return 10 ** (_LOW + (np.arange((_HIGH - _LOW) * BINS) + 0.5) / BINS)


def offsets(shells: list[Shell]) -> np.ndarray:
    """Ground-state energy of every shell above that of the last."""
    return -np.append(np.cumsum([shell.shift for shell in shells][::-1])[::-1][1:], 0.0)


def thermodynamics(shells: list[Shell], temperatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropy and T χ = ⟨S_z²⟩ of impurity and chain, each of shape (temperatures,).

    Parameters
    ----------
    shells : list of Shell
    temperatures : numpy.ndarray
    """
    parts = []
    for number, (shell, offset) in enumerate(zip(shells, offsets(shells), strict=True)):
        for key, energy in shell.energy.items():
            free = len(shells) - 1 - number  # sites to come, each with ⟨S_z²⟩ = 1/8
            discarded = energy[shell.kept[key] :] + offset
            parts.append((discarded, np.full(len(discarded), free), np.full(len(discarded), key[1] ** 2 / 4)))
    energy, free, spin = (np.concatenate(column) for column in zip(*parts, strict=True))
    exponent = free * np.log(4) - energy / temperatures[:, None]
    top = exponent.max(axis=1, keepdims=True)
    weight = np.exp(exponent - top)
    Z = weight.sum(axis=1)
    entropy = np.log(Z) + top[:, 0] + (weight @ energy) / Z / temperatures
    return entropy, (weight @ (spin + free / 8)) / Z


def shell_weights(shells: list[Shell], temperatures: np.ndarray) -> np.ndarray:
    """Weights of the shells without that of one state, ln(1 / Σ 4^(N-n) e^(-E/T)), shape (temperatures, shells)."""
    logs = np.full((len(temperatures), len(shells)), -np.inf)
    for number, (shell, offset) in enumerate(zip(shells, offsets(shells), strict=True)):
        discarded = np.concatenate([e[shell.kept[key] :] for key, e in shell.energy.items()]) + offset
        if len(discarded):
            exponent = -discarded / temperatures[:, None]
            top = exponent.max(axis=1)
            sums = np.exp(exponent - top[:, None]).sum(axis=1)
            logs[:, number] = top + np.log(sums) + (len(shells) - 1 - number) * np.log(4)
    return logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)


def spectra(shells: list[Shell], temperatures: np.ndarray) -> np.ndarray:
    """Spectral weights of {d, d†}, {q, d†} and {q, q†}, q = [d, H_U], as histograms over ln|ω|.

    Parameters
    ----------
    shells : list of Shell
    temperatures : numpy.ndarray, shape (T,)

    Returns
    -------
    numpy.ndarray, shape (T, 3, 2, bins)
        Weight at ω > 0 and ω < 0; the first correlation function adds up to 1.
    """
    logs = shell_weights(shells, temperatures)
    size = (_HIGH - _LOW) * BINS
    out = np.zeros((len(temperatures), 3, 2 * size))
    rho: list[dict] = [{} for _ in temperatures]  # reduced density matrices of the kept states, by block
    for number in range(len(shells) - 1, -1, -1):
        shell = shells[number]
        full = [_with_discarded(shell, rho[i], logs[i, number], T) for i, T in enumerate(temperatures)]
        if any(len(e) > shell.kept[key] for key, e in shell.energy.items()):
            for key in shell.operators[0]:
                _add_block(out, shell, full, key, size)
        rho = [_traced(shell, one) if one else {} for one in full]
    return out.reshape(len(temperatures), 3, 2, size)


def _with_discarded(shell: Shell, kept: dict, log_weight: float, temperature: float) -> dict[tuple, np.ndarray]:
    """Density matrix of a shell in blocks: kept states from later shells, discarded ones with Boltzmann factors."""
    if log_weight > -80:
        exponents = {key: -e[shell.kept[key] :] / temperature for key, e in shell.energy.items()}
        every = np.concatenate([*exponents.values()])
        norm = np.logaddexp.reduce(every) - log_weight
    elif not kept:
        return {}
    out = {}
    for key, energy in shell.energy.items():
        count = shell.kept[key]
        matrix = np.zeros(2 * (len(energy),))
        if key in kept:
            matrix[:count, :count] = kept[key]
        if log_weight > -80 and count < len(energy):
            matrix[range(count, len(energy)), range(count, len(energy))] = np.exp(exponents[key] - norm)
        out[key] = matrix
    return out


def _traced(shell: Shell, full: dict) -> dict[tuple, np.ndarray]:
    """Trace over the last site: density matrix of the kept states of the shell before."""
    out: dict[tuple, np.ndarray] = {}
    for key, block in shell.rows.items():
        vectors = shell.vectors[key]
        half = vectors @ full[key]
        for _, old, where in block:
            out[old] = out.get(old, 0.0) + half[where] @ vectors[where].T
    return out


def _add_block(out: np.ndarray, shell: Shell, full: list[dict], key: tuple, size: int) -> None:
    """Add the transitions of one block, except those among kept states, to the histograms."""
    d, q = (operator[key] for operator in shell.operators)
    left = lower(key, 1)
    omega = shell.energy[key] - shell.energy[left][:, None]
    bins = np.floor((np.log10(np.abs(omega) + 1e-300) - _LOW) * BINS).astype(int)
    bins = (np.clip(bins, 0, size - 1) + np.where(omega < 0, size, 0)).ravel()
    both = np.s_[: shell.kept[left], : shell.kept[key]]
    d_later, q_later = d.copy(), q.copy()
    d_later[both], q_later[both] = 0.0, 0.0
    for i, rho in enumerate(full):
        if not rho:
            continue
        with_d, with_q = (rho[left] @ x + x @ rho[key] for x in (d, q))
        for j, weight in enumerate((d_later * with_d, q_later * with_d, q_later * with_q)):
            out[i, j] += np.bincount(bins, weight.ravel(), 2 * size)
