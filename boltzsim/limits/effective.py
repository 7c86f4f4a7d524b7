"""The diffusion equation with constants that are given rather than derived: the inverse of the two-moment closure.

With D_c, D_L, D_T, κ and D_c θ_sH of Eq. 16 the diffusion tensor is

    D_ij = D_c δ_ij on charge,  D_ij = D_T δ_ij δ_ab + (D_L - D_T + κ) δ_jb δ_ia - κ δ_ib δ_ja on spin (flow i, spin b),

with ±D_c θ_sH ε between them. The operators made here have a relaxation Λ_1 of the first moments whose closure is just
that tensor. They know nothing of higher moments, so that only the diffusion model may use them.
"""

import math
from collections.abc import Mapping

import numpy as np

from boltzsim.limits.diffusion import streaming
from boltzsim.material.superoperators import Operators

#: The constants of Eq. 16, and the rate of spin relaxation.
CONSTANTS = ("D_c", "D_L", "D_T", "kappa", "D_theta_sH", "rate_s")
_LEVI_CIVITA = np.array([[[(i - j) * (j - k) * (k - i) / 2 for k in range(3)] for j in range(3)] for i in range(3)])


def effective_operators(constants: Mapping[str, float], degree: int = 2) -> Operators:
    """Operators whose two-moment closure has given constants.

    Parameters
    ----------
    constants : dict of str to float
        `CONSTANTS`, as `boltzsim.limits.diffusion.p1` names them: D_c, D_L, D_T, kappa and D_theta_sH in units
        v_F × length, rate_s in 1/length.
    degree : int
        Highest moment degree of the result.

    Returns
    -------
    Operators
        `loss` is v_F/3D_c.

    Raises
    ------
    ValueError
        If the constants make spins diffuse uphill: D_c, D_0 = D_L - 2κ, D_1 = 2 D_T - D_L - κ and D_2 = D_L + κ must be
        positive. The message is the end of a sentence about the constants.
    """
    c = constants
    parts = {
        "D_c": c["D_c"],
        "D_L - 2 kappa": c["D_L"] - 2 * c["kappa"],
        "2 D_T - D_L - kappa": 2 * c["D_T"] - c["D_L"] - c["kappa"],
        "D_L + kappa": c["D_L"] + c["kappa"],
    }
    wrong = [name for name, value in parts.items() if not (value > 0 and math.isfinite(value))]
    if wrong:
        raise ValueError(
            f"make spins diffuse uphill: {wrong[0]} must be positive and finite; change one of the constants"
        )
    out = np.kron(streaming(1), np.eye(4))[:, :4, 4:16]
    inverse = 9 * np.einsum("iax,ijab,jby->xy", out, _tensor(c), out)
    loss = 1 / (3 * c["D_c"])
    relaxation = loss * np.eye(4 * (degree + 1) ** 2)
    relaxation[0, 0] = 0.0
    relaxation[range(1, 4), range(1, 4)] = c["rate_s"]
    relaxation[4:16, 4:16] = np.linalg.inv(inverse)
    gain = loss * np.eye(len(relaxation)) - relaxation
    gain[0, 0] = loss
    return Operators(degree, loss, gain, np.zeros((3, *gain.shape)))


def _tensor(c: Mapping[str, float]) -> np.ndarray:
    """D_ij on (c, x, y, z), shape (3, 3, 4, 4)."""
    one, D = np.eye(3), np.zeros((3, 3, 4, 4))
    D[:, :, 0, 0] = c["D_c"] * one
    same, swapped = np.einsum("ij,ba->ijba", one, one), np.einsum("jb,ia->ijba", one, one)
    D[:, :, 1:, 1:] = c["D_T"] * same + (c["D_L"] - c["D_T"] + c["kappa"]) * swapped
    D[:, :, 1:, 1:] -= c["kappa"] * np.einsum("ib,ja->ijba", one, one)
    D[:, :, 0, 1:] = D[:, :, 1:, 0] = c["D_theta_sH"] * _LEVI_CIVITA
    return D
