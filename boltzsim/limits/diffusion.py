"""The diffusion limit of the kinetic equation: two-moment (P1) closure, keeping l = 0 and 1.

For any impurities the closure reads, with ρ, s the charge and spin potentials and Λ_1 the relaxation operator on l = 1,

    D_ij = P_0 W_i Λ_1⁻¹ W_j P_0†,      W = p̂ - αV,                        Huang, Tokatly and Cazalilla, Eqs. 7-16
    J_j  = -D_c ∂_j ρ - D θ_sH ε_jka ∂_k s_a
    J_jb = -D_T ∂_j s_b - (D_L - D_T) ∂_b s_j - κ (∂_b s_j - δ_jb ∂_k s_k) - D θ_sH ε_jkb ∂_k ρ
    ∂_t s - D_T ∇²s - (D_L - D_T) ∇(∇·s) = -s/τ_s,

D_T = (D_1 + D_2)/2, D_L = (D_0 + 2 D_2)/3, κ = (D_2 - D_0)/3. For charge this is the exact small-gradient limit of the
kinetic equation; for spin it is not, because the spin density relaxes together with the l = 2 tensor (see
`boltzsim.limits.modes` for the exact constants). It is right where spin-orbit scattering is weak.
"""

import math
from functools import cache

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.material import alloy, superoperators
from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.material.scattering import channel

KEYS = ("D_c", "D_0", "D_1", "D_2", "D_L", "D_T", "kappa", "D_theta_sH", "rate_s", "rate_tr")
#: What the side jump of d and f channels rests on, and cannot know.
OFF_SHELL = (
    "On-shell phase shifts do not fix how the amplitude goes on off the energy shell, (pk/k_F²)^l here, on which the "
    "side jump rests for l >= 2."
)
CONSERVED = 1e-12  # relative to the loss rate: a smaller relaxation rate is the rounding of a conserved quantity
_L1 = 4 * np.array([3, 1, 2])  # flat charge indices of √3 (x, y, z)
HELICITY = np.bincount(_L1 + np.arange(1, 4) - 4, minlength=12) / math.sqrt(3)  # Σ_a p̂_a σ_a among the moments l = 1


@cache
def streaming(degree):
    """Matrix elements ⟨Y_i p̂_a Y_j⟩ of the direction between harmonics l ≤ `degree`, shape (3, n, n)."""
    directions, weights = sphere(2 * degree + 1)
    Y = harmonics(directions, degree)
    return np.einsum("pi,p,pa,pj->aij", Y, weights, directions, Y, optimize=True)


def moment_coefficients(operators):
    """Rates and side-jump coefficients of the two-moment equations (Eqs. S59-S75), read off the operators.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators

    Returns
    -------
    dict of str to float
        rate_tr, rate_s, rate_0, rate_1, rate_2 (1/τ_tr, 1/τ_s, 1/τ_m) and omega_sk in the unit of `operators.loss`;
        Omega_c, Omega_cs, Omega_sc, Omega_0, Omega_1, Omega_2 (dimensionless, α included), defined by
        J_j = (1-Ω_c) g_j - Ω_cs ε_jka G_ka and J_jb = Σ_m (1-Ω_m) G^m_jb - Ω_sc ε_jkb g_k.
    """
    relaxation = operators.lambda_
    x, y, z = _L1
    jump = math.sqrt(3) * operators.drift[0]
    tensor = {  # elements xz,xz and xz,zx and xx,zz
        "rate": (relaxation[x + 3, x + 3], relaxation[x + 3, z + 1], relaxation[x + 1, z + 3]),
        "Omega": (jump[3, x + 3], jump[3, z + 1], jump[1, z + 3]),
    }
    coefficients = {"rate_tr": relaxation[x, x], "rate_s": relaxation[3, 3], "omega_sk": -relaxation[x, y + 3]}
    coefficients |= {"Omega_c": jump[0, x], "Omega_cs": jump[0, y + 3], "Omega_sc": jump[3, y]}
    for name, (same, swapped, trace) in tensor.items():
        two = same + swapped
        coefficients |= {f"{name}_0": two + 3 * trace, f"{name}_1": same - swapped, f"{name}_2": two}
    return {key: float(value) for key, value in coefficients.items()}


def closure(operators):
    """The two-moment closure: φ_1 = response_j (E_j 1_c - ∂_j φ_0), J_i = out_i φ_1, hence D_ij = out_i response_j.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators

    Returns
    -------
    out : numpy.ndarray, shape (3, 4, 12)
        P_0 W_i on the l = 1 moments, dimensionless.
    response : numpy.ndarray, shape (3, 12, 4)
        Λ_1⁻¹ W_j P_0†, in units of 1/`operators.loss`.

    Raises
    ------
    ValueError
        If nothing relaxes one of the first moments, so that no diffusion limit exists: nothing scatters, or helicity is
        conserved and D_0 is infinite.
    """
    relaxation = operators.lambda_[4:16, 4:16]
    if operators.loss == 0:
        raise ValueError("nothing relaxes the first moments: there is no diffusion limit")
    if np.linalg.matrix_rank(relaxation, tol=CONSERVED * operators.loss) < 12:
        raise ValueError(
            "scattering conserves a first moment (helicity where the phase shifts of s1/2 and p1/2 agree): a diffusion "
            "constant of the two-moment closure is infinite; the kinetic equation has none of this trouble"
        )
    return _closure(operators, relaxation)


def _closure(operators, relaxation):
    direction = np.kron(streaming(1), np.eye(4))
    into = direction[:, 4:16, :4] - operators.drift[:, 4:16, :4]
    return direction[:, :4, 4:16] - operators.drift[:, :4, 4:16], np.linalg.solve(relaxation, into)


def p1(operators, first_order=False):
    """Transport coefficients of the two-moment closure for any impurities, mixtures and background.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    first_order : bool
        Keep the side jump to first order in α (as Eqs. 11-14 do) instead of all orders.

    Returns
    -------
    dict of str to float
        D_c, D_0, D_1, D_2, D_L, D_T, kappa, D_theta_sH in units v_F × length (length² Γ where Γ = l0 = v_F = 1), and
        rate_s = 1/τ_s, rate_tr = 1/τ_tr in the unit of `operators.loss` (v_F = 1). Where scattering conserves helicity,
        D_0 and D_L are infinite and kappa minus infinite; all others are as they are.

    Raises
    ------
    ValueError
        If nothing relaxes the current, so that no diffusion limit exists.
    """
    first = operators.lambda_[4:16, 4:16]
    helical = operators.loss > 0 and HELICITY @ first @ HELICITY < CONSERVED * operators.loss
    if helical:  # only D_0 knows of this moment, which mixes with no other
        first = first + operators.loss * np.outer(HELICITY, HELICITY)
        out, response = _closure(operators, first)
    else:
        out, response = closure(operators)
    D = np.einsum("iab,jbc->ijac", out, response)
    if first_order:
        bare = np.kron(streaming(1), np.eye(4))[:, :4, 4:16]
        jump = np.linalg.solve(first, operators.drift[:, 4:16, :4])
        D -= np.einsum("iab,jbc->ijac", bare - out, jump)
    same, swapped, trace = D[0, 0, 3, 3], D[0, 2, 3, 1], D[0, 2, 1, 3]  # ∂_x s_z and ∂_z s_x in J_xz, ∂_z s_z in J_xx
    D_2 = same + swapped
    return _complete(
        D_c=D[0, 0, 0, 0],
        D_0=math.inf if helical else D_2 + 3 * trace,
        D_1=same - swapped,
        D_2=D_2,
        D_theta_sH=D[0, 1, 0, 3],
        rate_s=operators.lambda_[3, 3],
        rate_tr=operators.lambda_[4, 4],
    )


def closed_form(eta, alpha):
    """P1 coefficients of s and p channels in closed form, to first order in α (Eqs. 11-14, corrected).

    Parameters
    ----------
    eta : sequence of three floats
        Phase shifts of s1/2, p1/2, p3/2 in radians.
    alpha : float
        Side-jump parameter 2x/3π.

    Returns
    -------
    dict of str to float
        Keys as `p1`, in units v_F = Γ = l0 = 1.
    """
    c = closed_moments(eta)
    return from_moments({key: alpha * value if key.startswith("Omega") else value for key, value in c.items()})


def closed_moments(eta):
    """Rates (per Γ) and side-jump coefficients (per α) of s and p channels (Eqs. S94-S103, corrected).

    Returns
    -------
    dict of str to float
        rate_tr, rate_s, omega_sk, omega_sw, Omega_c, Omega_cs, Omega_sc, Omega_0, Omega_1, Omega_2.
    """
    e0, e1, e2 = eta
    sin, cos = math.sin, math.cos
    d01, d02, d12 = 2 * (e0 - e1), 2 * (e0 - e2), 2 * (e1 - e2)
    skew = 2 / 3 * sin(e0) * sin(e1 - e2)
    return {
        "rate_tr": (9 - cos(d01) - 2 * cos(d02) - 2 * cos(2 * e1) - 4 * cos(2 * e2)) / 6,
        "rate_s": 8 / 9 * sin(e1 - e2) ** 2,
        "omega_sk": skew * sin(e0 - e1 - e2),
        "omega_sw": skew * cos(e0 - e1 - e2),
        "Omega_c": sin(e0) * (3 * cos(e0) - cos(e0 - 2 * e1) - 2 * cos(e0 - 2 * e2)),
        "Omega_cs": cos(e0) * (cos(e0 - 2 * e1) - cos(e0 - 2 * e2)),
        "Omega_sc": (4 + 3 * cos(d01) + 3 * cos(2 * e1) - 3 * cos(d02) - 4 * cos(d12) - 3 * cos(2 * e2)) / 6,
        "Omega_0": sin(e1) * (3 * cos(2 * e0 - e1) + cos(e1) - 4 * cos(e1 - 2 * e2)),
        "Omega_1": (3 * sin(2 * e0) - 2 * sin(d01) - sin(d02) - 2 * sin(d12) - 3 * sin(2 * e2)) / 2,
        "Omega_2": sin(e2) * (3 * cos(2 * e0 - e2) - 2 * cos(2 * e1 - e2) - cos(e2)),
    }


def from_moments(c):
    """Eqs. 11-14 from rates and side-jump coefficients (γ_m of Eq. S89); keys as `closed_moments` and `p1`.

    A diffusion constant whose γ_m vanishes is infinite.
    """
    tau = 1 / c["rate_tr"]
    theta, swap = c["omega_sk"] * tau, c["omega_sw"] * tau
    gamma0, gamma1, gamma2 = 1 - 2 * swap, 1 - swap, 1 + swap
    D, delta = tau / 3, gamma1 + 2 * theta**2
    side_jump = -c["Omega_cs"] - c["Omega_sc"] * gamma1
    return _complete(
        D_c=D * (gamma1 * (1 - 2 * c["Omega_c"]) + 4 * theta * c["Omega_cs"]) / delta,
        D_0=_over(D * (1 - 2 * c["Omega_0"]), gamma0),
        D_1=D * ((1 - 2 * c["Omega_1"]) + 4 * theta * c["Omega_sc"]) / delta,
        D_2=_over(D * (1 - 2 * c["Omega_2"]), gamma2),
        D_theta_sH=D * ((1 - c["Omega_c"] - c["Omega_1"]) * theta + side_jump) / delta,
        rate_s=c["rate_s"],
        rate_tr=c["rate_tr"],
    )


def _over(numerator, gamma):
    """numerator / γ_m, infinite where γ_m is the rounding of zero."""
    return numerator / gamma if abs(gamma) > CONSERVED else math.inf


def off_shell(channels, alpha):
    """The statement `OFF_SHELL` where side jump of d or f channels counts, else an empty string."""
    return OFF_SHELL if alpha and any(eta and channel(name)[0] > 1 for name, eta in channels.items()) else ""


def conductivities(material, side_jump=True):
    """P1 quantities of a material in SI.

    Parameters
    ----------
    material : object
        As described in `boltzsim.material.alloy`.
    side_jump : bool
        Whether I_1 is kept.

    Returns
    -------
    dict of str to float
        sigma_c = 2 e² N_F D_c and sigma_sH = 2 e² N_F D θ_sH (S/m; spin current in charge units, up minus down; N_F is
        per spin, hence the factor 2 that the paper's σ_c = e² N_F D_c lacks), tau_tr, tau_s (s), D_c, D_0, D_1, D_2,
        D_L, D_T, kappa, D_theta_sH (m²/s), diffusion_length_L, diffusion_length_T = √(D τ_s) (m).
    """
    v_F = alloy.fermi_velocity(material)
    reduced = p1(superoperators.operators(material, side_jump=side_jump))
    si = {key: v_F * value for key, value in reduced.items() if not key.startswith("rate")}
    unit = 2 * elementary_charge**2 * alloy.density_of_states(material)
    tau_s = 1 / (v_F * reduced["rate_s"]) if reduced["rate_s"] > 0 else math.inf
    return {
        "sigma_c": unit * si["D_c"],
        "sigma_sH": unit * si["D_theta_sH"],
        "tau_tr": 1 / (v_F * reduced["rate_tr"]),
        "tau_s": tau_s,
        **si,
        "diffusion_length_L": math.sqrt(si["D_L"] * tau_s),
        "diffusion_length_T": math.sqrt(si["D_T"] * tau_s),
    }


def _complete(D_0, D_1, D_2, **given):
    """All coefficients in the order of `KEYS`, with D_L, D_T and κ from D_0, D_1, D_2."""
    spin = {"D_0": D_0, "D_1": D_1, "D_2": D_2, "kappa": (D_2 - D_0) / 3}
    every = given | spin | {"D_L": (D_0 + 2 * D_2) / 3, "D_T": (D_1 + D_2) / 2}
    return {key: float(every[key]) for key in KEYS}
