"""Relations of Huang, Tokatly and Cazalilla exactly as printed, misprints included.

Nothing here enters a simulation: `boltzsim.limits.audit` compares these with the kinetic equation (Eqs. 1-3), which
the rest of the package solves. Phase shifts are η = (s1/2, p1/2, p3/2); rates are per Γ = (8/3π)(n_im/n_c) ε_F/ħ and
α = (2/3π) n_im/n_c, so that "4 n_im/3π n_c" is 2α. T = t/πN_F, k_F = 1.
"""

import math

import numpy as np

from boltzsim.limits.diffusion import from_moments
from boltzsim.material.scattering import LEVI_CIVITA

_CARTESIAN = 4 * np.array([3, 1, 2])  # flat charge indices of √3 (x, y, z)
_DELTA = np.eye(3)
_PAIR = np.einsum("ja,bl->jbal", _DELTA, _DELTA), np.einsum("jl,ba->jbal", _DELTA, _DELTA)
_TRACE = np.einsum("jb,la->jbal", _DELTA, _DELTA) / 3
TENSORS = (_TRACE, (_PAIR[0] - _PAIR[1]) / 2, (_PAIR[0] + _PAIR[1]) / 2 - _TRACE)  # S56, indices jbal


def moments(eta, alpha):
    """Rates and side-jump coefficients, Eqs. S94-S103; n_c restored in S101. Keys as `closed_moments`, Ω with α."""
    e0, e1, e2 = eta
    sin, cos = math.sin, math.cos
    skew = 2 / 3 * sin(e0) * sin(e1 - e2)
    d01, d02, d12 = 2 * (e0 - e1), 2 * (e0 - e2), 2 * (e1 - e2)
    return {
        "rate_tr": (9 - cos(d01) - 2 * cos(d02) - cos(2 * e1) - 4 * cos(2 * e2)) / 6,
        "rate_s": 2 / 3 * sin(e1 - e2) ** 2,
        "omega_sk": skew * sin(e0 - e1 - e2),
        "omega_sw": skew * cos(e0 - e1 - e2),
        "Omega_c": 2 * alpha * sin(e0) * (3 * cos(e0) - cos(e0 - 2 * e1) - 2 * cos(e0 - 2 * e2)),
        "Omega_cs": alpha / 3 * (4 + 3 * cos(d01) + 3 * cos(2 * e1) - 3 * cos(d02) - 4 * cos(d12) - 3 * cos(2 * e2)),
        "Omega_sc": 2 * alpha * cos(e0) * (cos(e0 - 2 * e1) - cos(e0 - 2 * e2)),
        "Omega_0": 2 * alpha * sin(e1) * (3 * cos(2 * e0 - e1) + cos(e1) - 4 * cos(e1 - 2 * e2)),
        "Omega_1": alpha * (3 * sin(2 * e0) - 2 * sin(d01) - sin(d02) - 2 * sin(d12) - 3 * sin(2 * e2)),
        "Omega_2": 2 * alpha * sin(e2) * (3 * cos(2 * e0 - e2) - 2 * cos(2 * e1 - e2) - cos(e2)),
    }


def coefficients(eta, alpha):
    """Eqs. 11-15 with Eqs. S89 and S94-S103, all as printed; keys as `boltzsim.limits.diffusion.p1`."""
    return from_moments(moments(eta, alpha))


def amplitudes(eta):
    """(A(0), A(1) - A(0), B, A') of the T-matrix times πN_F, Eqs. S90-S92: at p̂·k̂ = 0 and 1."""
    s, p1, p3 = (np.exp(1j * e) * np.sin(e) for e in eta)
    return -s, -(p1 - 2 * p3), -p1 + p3, -p1 - 2 * p3


def integrals(c, weights, A, B, dA, dB):
    """Eqs. S77-S86 from the functions A, B and derivatives A', B' (S87, S88) of t at the cosines c.

    Parameters
    ----------
    c, weights : numpy.ndarray, shape (N,)
        Quadrature in p̂·k̂ with Σ weights = 1.
    A, B, dA, dB : numpy.ndarray of complex, shape (N,)

    Returns
    -------
    dict of str to float
        rate_tr, rate_s, omega_sk, omega_sw (per Γ); Omega_c, Omega_cs, Omega_sc, Omega_0, Omega_1, Omega_2 (per α).
    """

    def mean(f):
        return float(weights @ f)

    s2 = 1 - c**2
    jump = A * B.conj() * (1 - c) + (A * dB.conj() - dA * B.conj()) * s2 / 2
    even, odd = mean((dA * A.conj()).imag * (1 + c)), mean((dB * B.conj()).imag * s2 * (1 + c))
    cross, swap, square = mean(jump.real), mean(jump.imag), mean(np.abs(B) ** 2 * s2) / 2
    return {
        "rate_tr": mean((np.abs(A) ** 2 + np.abs(B) ** 2 * s2) * (1 - c)),
        "rate_s": 2 * square,
        "omega_sk": mean((A * B.conj()).imag * s2),
        "omega_sw": mean((A * B.conj()).real * s2),
        "Omega_c": 4 * (even + odd),
        "Omega_cs": 4 * (cross + square),
        "Omega_sc": 4 * (cross - square),
        "Omega_0": 4 * (even - odd - 2 * swap),
        "Omega_1": 4 * (even - swap),
        "Omega_2": 4 * (even - 2 / 5 * odd + swap),
    }


def traces(operators):
    """Eqs. S61-S64 and S72-S75 evaluated on the superoperators, with the tensors S56 and a factor n_im in S64.

    Returns
    -------
    dict of str to float
        rate_tr, rate_s, omega_sk, rate_0, rate_1, rate_2, Omega_c (with V_{αα,γγ}), Omega_cs, Omega_sc, Omega_0, …
    """
    first = _CARTESIAN[:, None] + np.arange(4)  # [j, μ]
    relaxation = operators.lambda_[first][:, :, first] / 3  # ⟨p̂_j Λ_μν k̂_l⟩ as [j, μ, l, ν]
    into = operators.drift[:, :4][:, :, first] / math.sqrt(3)  # ⟨V_j,μν k̂_l⟩ as [j, μ, l, ν]
    out = np.moveaxis(operators.drift[:, first][..., :4], 0, 2) / math.sqrt(3)  # ⟨p̂_j V_l,μν⟩ as [j, μ, l, ν]
    result = {
        "rate_tr": np.einsum("jj", relaxation[:, 0, :, 0]),
        "rate_s": np.trace(operators.lambda_[1:4, 1:4]) / 3,
        "omega_sk": np.einsum("akp,pka", LEVI_CIVITA, relaxation[:, 0, :, 1:]) / 2,
        "Omega_c": 2 * np.einsum("jj", into[:, 0, :, 0]),
        "Omega_cs": np.einsum("akv,vka", LEVI_CIVITA, into[:, 0, :, 1:]),
        "Omega_sc": np.einsum("akv,vak", LEVI_CIVITA, into[:, 1:, :, 0]),
    }
    for m, tensor in enumerate(TENSORS):
        for name, operator in (("rate", relaxation), ("Omega", out)):
            result[f"{name}_{m}"] = 2 / (2 * m + 1) * np.einsum("jbal,jbla", tensor, operator[:, 1:, :, 1:])
    return {key: float(value) for key, value in result.items()}


def moment_currents(c, sign=1):
    """Eqs. S67-S69 solved: response of currents to gradients, with `sign` that of Ω_sc in S68 (+1 as printed).

    Parameters
    ----------
    c : dict of str to float
        rate_tr, rate_1, omega_sk, Omega_c, Omega_cs, Omega_sc, Omega_1.

    Returns
    -------
    numpy.ndarray, shape (2, 2)
        -[[D_c, D θ_sH], [-2 D θ_sH, D_1]]: (J_i, ε_ijb J_jb) against (∂_i ρ, ε_ijb ∂_j s_b).
    """
    theta, gamma1 = c["omega_sk"] / c["rate_tr"], c["rate_1"] / c["rate_tr"]
    drive = np.array([[c["Omega_c"] - 1, c["Omega_sc"]], [-2 * c["Omega_cs"], c["Omega_1"] - 1]]) / (3 * c["rate_tr"])
    current = np.array([[1 - c["Omega_c"], -c["Omega_cs"]], [2 * -sign * c["Omega_sc"], 1 - c["Omega_1"]]])
    return current @ np.linalg.solve([[1, -theta], [2 * theta, gamma1]], drive)


SPIN_HALL_CONDUCTIVITY = 4 / (9 * math.pi**2)  # Eq. 18, in e k_F/ħ


def skew_spin_hall_conductivity(eta0, x):
    """Eq. 19, in e k_F/ħ: -(η0/12π) n_c/n_im."""
    return -eta0 / (12 * math.pi * x)


def anisotropy(eta0, eta2, x):
    """Eq. 20: D_L/D_T near η1 = π/2 for small η0, η2."""
    return 1 - 8 * x / (3 * math.pi) * (eta0 / 3 + eta2) + 4 * eta0**2 / 9
