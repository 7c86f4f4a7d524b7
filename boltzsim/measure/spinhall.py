"""Spin Hall measurements: edge accumulation, the non-local Hall bar, four-terminal resistances and their reciprocity.

In a bar of width W along x with field E, charge conductivity σ and spin Hall angle θ (Huang, Tokatly and Cazalilla,
Eqs. 8 and 9: the spin current along j polarised along b is θ ε_jkb times the charge current along k, so along y and
polarised along z it is -θ times that along x) the diffusion equation gives

    s_z(y) = -θ' E λ sinh(y/λ)/cosh(W/2λ),    J_yz(y) = -θ σ E [1 - cosh(y/λ)/cosh(W/2λ)],    θ' = D θ_sH / D_T,

y from the middle. The two-moment closure is exact for θ_sH: no other moment couples to the current of a uniform field.
Valid where the mean free path is far below W and λ.
"""

import math

import numpy as np

from boltzsim.limits.diffusion import p1


def bulk_angle(operators):
    """Exact spin Hall angle D θ_sH / D_c of a material from its `Operators`; dimensionless."""
    closure = p1(operators)
    return closure["D_theta_sH"] / closure["D_c"]


def edge_accumulation(angle, field, width, length):
    """Half the difference s(+W/2) - s(-W/2) of the edges' spin potentials in V.

    Parameters
    ----------
    angle : float
        θ' = D θ_sH / D_T.
    field : float
        E in V/m.
    width, length : float
        W and the spin diffusion length λ in m.
    """
    return -angle * field * length * math.tanh(width / (2 * length))


def angle_from_edges(accumulation, field, width, length):
    """Inverse of `edge_accumulation`: the θ' that edges with half difference `accumulation` (V) show."""
    return accumulation / edge_accumulation(1.0, field, width, length)


def angle_from_current(spin_current, charge_current, width, length):
    """Spin Hall angle from J_yz in the middle of a bar and the mean charge current density along x."""
    return -spin_current / charge_current / (1 - 1 / math.cosh(width / (2 * length)))


def four_terminal(conductance, current, voltage):
    """Resistance (V_a - V_b)/I of a linear network, I from contact i to contact j, all others floating.

    Parameters
    ----------
    conductance : numpy.ndarray, shape (n, n)
        In S, rows: current into the device.
    current, voltage : tuple of int
        (i, j) and (a, b).

    Returns
    -------
    float
        In Ω. Reciprocity: exchanging the pairs and reversing magnetisations and field gives the same.
    """
    drive = np.zeros(len(conductance))
    drive[current[0]], drive[current[1]] = 1.0, -1.0
    potential = np.zeros(len(conductance))
    potential[1:] = np.linalg.solve(conductance[1:, 1:], drive[1:])
    return float(potential[voltage[0]] - potential[voltage[1]])


def ohmic_background(sheet_resistance, distance, width):
    """Non-local resistance of a long bar with opposite point contacts at a distance L, (2ρ/π) ln coth(πL/2W), in Ω."""
    return 2 * sheet_resistance / math.pi * math.log(1 / math.tanh(math.pi * distance / (2 * width)))


def spin_hall_resistance(sheet_resistance, angle, length, distance, width, terms=400):
    """Spin part of the non-local resistance of a Hall bar in Ω,

        -2 θ² ρ ∫ dk/2π e^{ikL} tanh²(kW/2) / [q tanh(qW/2)],   q² = k² + 1/λ²,

    D. A. Abanin et al., Phys. Rev. B 79, 035304 (2009), closed in the upper half plane: poles at q = 2πin/W and, of
    second order, at k = iπ(2n+1)/W.

    Parameters
    ----------
    sheet_resistance : float
        ρ/thickness in Ω.
    angle : float
        Spin Hall angle.
    length, distance, width : float
        λ, L > 0, W in m.
    terms : int
        Poles of each kind; e^{-2πnL/W} of them is left out.

    Raises
    ------
    ValueError
        For L ≤ 0, where the integral diverges logarithmically or is not defined.
    """
    if distance <= 0:
        raise ValueError("the contacts of a Hall bar must be apart")
    a, L = length / width, distance / width  # W = 1
    n = np.arange(terms)
    kappa = np.sqrt(1 / a**2 + (2 * math.pi * n) ** 2)
    k = math.pi * (2 * n + 1)
    if np.min(np.abs(kappa[:, None] - k)) < 1e-3:  # a simple and a double pole meet, their sum is smooth: go around
        around = [length * (1 + step) for step in (-2e-3, 2e-3)]
        return sum(spin_hall_resistance(sheet_resistance, angle, l, distance, width, terms) for l in around) / 2
    simple = -(np.tan(kappa / 2) ** 2) * np.where(n == 0, 1.0, 2.0) / kappa * np.exp(-kappa * L)
    return float(-2 * angle**2 * sheet_resistance * np.sum(simple + _second_order(k, a, L)))


def _second_order(k, a, L):
    """i × residues of e^{ikL} tanh²(k/2) / [q tanh(q/2)] at its poles of second order, k = iκ; κ given, W = 1.

    tanh²(k/2) = 4/(k - iκ)² + regular, so that the residue is 4 d/dk [e^{ikL}/(q tanh(q/2))].
    """
    square = 1 / a**2 - k**2
    q = np.sqrt(square.astype(complex))
    g = q * np.tanh(q / 2)
    slope = (np.tanh(q / 2) + q / 2 / np.cosh(q / 2) ** 2) / q  # dg/d(q²) × 2
    derivative = (1j * L / g - slope * 1j * k / g**2) * np.exp(-k * L)
    return np.real(1j * 4 * derivative)
