"""Spin Hall effect by the diffusion equation: edge accumulation and the non-local Hall bar.

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

#: Lengths of source and probe along the bar, m.
Spans = tuple[float, float]


def bulk_angle(operators) -> float:
    """Exact spin Hall angle D θ_sH / D_c of a material from its `Operators`; dimensionless."""
    closure = p1(operators)
    return closure["D_theta_sH"] / closure["D_c"]


def edge_accumulation(angle: float, field: float, width: float, length: float) -> float:
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


def ohmic_background(
    sheet_resistance: float, distance: float, width: float, contacts: Spans = (0.0, 0.0), terms: int = 400
) -> float:
    """Non-local resistance in Ω of a long bar with opposite contacts: (2ρ/π) ln coth(πL/2W) if they are points.

    Parameters
    ----------
    sheet_resistance : float
        ρ/thickness in Ω.
    distance, width : float
        L between the middles of source and probe and W of the bar, m.
    contacts : tuple of float
        Lengths a, b along the bar of source and probe, m. The current leaves the source evenly and the probe reads the
        mean, as tunnel contacts do: (4ρ/π) Σ_{n odd} e^{-κL}/n × sinh(κa/2)/(κa/2) × sinh(κb/2)/(κb/2), κ = nπ/W. An
        equipotential on a diffusive metal would have the Bessel function I₀(κa/2) instead, for short contacts.
    terms : int
        Number of terms of the sum.

    Raises
    ------
    ValueError
        If source and probe overlap.
    """
    _require_apart(distance, contacts)
    if not any(contacts):
        return 2 * sheet_resistance / math.pi * math.log(1 / math.tanh(math.pi * distance / (2 * width)))
    n = 2 * np.arange(terms) + 1
    return float(4 * sheet_resistance / math.pi * np.sum(_decay(n * math.pi / width, distance, contacts) / n))


def spin_hall_resistance(
    sheet_resistance: float,
    angle: float,
    length: float,
    distance: float,
    width: float,
    contacts: Spans = (0.0, 0.0),
    terms: int = 400,
) -> float:
    """Spin part of the non-local resistance of a Hall bar in Ω,

        -2 θ² ρ ∫ dk/2π e^{ikL} F(k) tanh²(kW/2) / [q tanh(qW/2)],   q² = k² + 1/λ²,

    D. A. Abanin et al., Phys. Rev. B 79, 035304 (2009), closed in the upper half plane: poles at q = 2πin/W and, of
    second order, at k = iπ(2n+1)/W. F = 1 for point contacts, sin(ka/2)/(ka/2) × sin(kb/2)/(kb/2) for tunnel contacts
    of lengths a and b.

    Parameters
    ----------
    sheet_resistance : float
        ρ/thickness in Ω.
    angle : float
        Spin Hall angle.
    length, distance, width : float
        λ, L, W in m.
    contacts : tuple of float
        a, b in m.
    terms : int
        Number of poles of each kind; the n-th contributes e^{-2πnL/W}.

    Raises
    ------
    ValueError
        If source and probe overlap; for L = 0 the integral diverges logarithmically.
    """
    _require_apart(distance, contacts)
    a, L, spans = length / width, distance / width, [span / width for span in contacts]  # W = 1
    n = np.arange(terms)
    kappa = np.sqrt(1 / a**2 + (2 * math.pi * n) ** 2)
    k = math.pi * (2 * n + 1)
    if np.min(np.abs(kappa[:, None] - k)) < 1e-3:  # a simple and a double pole meet, their sum is smooth: go around
        around = [length * (1 + step) for step in (-2e-3, 2e-3)]
        return (
            sum(spin_hall_resistance(sheet_resistance, angle, l, distance, width, contacts, terms) for l in around) / 2
        )
    simple = -(np.tan(kappa / 2) ** 2) * np.where(n == 0, 1.0, 2.0) / kappa * _decay(kappa, L, spans)
    return float(-2 * angle**2 * sheet_resistance * np.sum(simple + _second_order(k, a, L, spans)))


def _require_apart(distance, contacts):
    if distance <= sum(contacts) / 2:
        raise ValueError("source and probe of a Hall bar must be apart")


def _decay(kappa, distance, contacts):
    """e^{-κL} averaged over the lengths of source and probe."""
    found = np.exp(-kappa * (distance - sum(contacts) / 2))
    for span in contacts:
        found = found * (-np.expm1(-kappa * span) / (kappa * span) if span else 1.0)
    return found


def _second_order(k, a, L, contacts):
    """i × residues of e^{ikL} F tanh²(k/2) / [q tanh(q/2)] at its poles of second order, k = iκ; κ given, W = 1.

    tanh²(k/2) = 4/(k - iκ)² + regular, so that the residue is 4 d/dk [e^{ikL} F/(q tanh(q/2))].
    """
    square = 1 / a**2 - k**2
    q = np.sqrt(square.astype(complex))
    g = q * np.tanh(q / 2)
    slope = (np.tanh(q / 2) + q / 2 / np.cosh(q / 2) ** 2) / q  # dg/d(q²) × 2
    nearer = L - sum(span / 2 / np.tanh(k * span / 2) - 1 / k for span in contacts if span)  # d/dk ln(e^{ikL} F) / i
    derivative = (1j * nearer / g - slope * 1j * k / g**2) * _decay(k, L, contacts)
    return np.real(1j * 4 * derivative)
