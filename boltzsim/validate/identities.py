"""Symmetries and conservation: rotations, parity, time reversal, Onsager's relations, balances."""

import numpy as np

from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.transport.law import contact_law
from boltzsim.validate.channel import slab, triple
from boltzsim.validate.record import Family

SIGN = np.array([1.0, -1.0, -1.0, -1.0])


def validate(quick):
    """Check identities of the operators and of the discrete equation, for random phase shifts."""
    family = Family("identities")
    random = np.random.default_rng(2019)
    for number, eta in enumerate(random.uniform(-1.5, 1.5, (1 if quick else 5, 3))):
        _operators(family, f"random phase shifts {number + 1}", triple(eta, 0.02), random)
    _onsager(family, "no side jump", triple((0.4, 1.1, -0.3)), 1e-9)
    # With side jump the law at the ends is reciprocal up to the square of the cell size and of α.
    _onsager(family, "α = 0.01", triple((0.4, 1.1, -0.3), 0.01), 1e-4)
    _equilibrium(family, triple((0.4, 1.1, -0.3), 0.01))
    _axes(family, triple((0.4, 1.1, -0.3), 0.01))
    return family


def _operators(family, name, operators, random):
    gain, drift = operators.gain, operators.drift
    degree, count = operators.degree, len(gain) // 4
    odd = np.repeat(np.floor(np.sqrt(np.arange(count))) % 2 == 1, 4)
    family.below(f"{name}: gain mixes parities", np.abs(gain[np.ix_(odd, ~odd)]).max(), 1e-13)
    family.below(f"{name}: side jump keeps parity", np.abs(drift[:, odd][:, :, odd]).max(), 1e-13)
    sign = np.tile(SIGN, count)
    family.below(f"{name}: gain = S gainᵀ S", np.abs(gain - sign[:, None] * gain.T * sign).max(), 1e-13)
    reversed_ = sign[:, None] * drift.transpose(0, 2, 1) * sign
    family.below(f"{name}: V = S Vᵀ S", np.abs(drift - reversed_).max(), 1e-13)
    charge = operators.lambda_[0].copy(), operators.lambda_[:, 0].copy()
    family.below(f"{name}: charge is a null vector", np.abs(charge).max(), 0.0)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    turn *= np.linalg.det(turn)
    points, weights = sphere(2 * degree)
    rotate_Y = (harmonics(points, degree) * weights[:, None]).T @ harmonics(points @ turn, degree)
    full = np.eye(4)
    full[1:, 1:] = turn
    rotation = np.kron(rotate_Y, full)
    family.below(f"{name}: gain turns with the axes", np.abs(rotation @ gain @ rotation.T - gain).max(), 1e-12)
    turned = np.tensordot(turn, rotation @ drift @ rotation.T, 1)
    family.below(f"{name}: side jump turns with the axes", np.abs(turned - drift).max(), 1e-12)


def _onsager(family, name, operators, tolerance):
    """Compare the charge and spin response of a slab between a magnet and a reservoir in a field with the reversed one.

    A transparent reservoir passes all spin; behind the magnet, which absorbs some, only charge is counted.
    """
    drives = [np.eye(8)[k].reshape(2, 4) for k in (0, 4, 5, 6, 7)]
    responses = []
    for sign in (1, -1):
        magnet = contact_law(0.5, 0.4 * sign, (1, 0, 1), 0.6 * sign)
        transport = slab(operators, 2.0, 24, (magnet, contact_law(1.0)), sign * np.array([0.1, 0.3, 0.05]))
        solutions = [transport.solve(drive, rtol=1e-11) for drive in drives]
        responses.append(np.array([np.r_[s.flux[0, 0], s.flux[1]] for s in solutions]).T)
    there, back = responses
    sign = np.r_[1.0, SIGN]
    violation = np.abs(there - sign[:, None] * back.T * sign).max() / np.abs(there).max()
    family.below(f"Onsager, {name}: charge and spin, magnet and reservoir, B and m reversed", violation, tolerance)
    balances = np.array([(s.charge_balance, s.spin_balance) for s in solutions]).max(0)
    family.below(f"conservation of charge, {name}: corner by corner and in all", balances[0], 1e-9)
    family.below(f"balance of spin, {name}", balances[1], 1e-9)


def _equilibrium(family, operators):
    """Check that two magnets at one potential leave a slab uniform and without currents."""
    magnets = [contact_law(0.5, 0.4, (1, 0, 1), 0.6), contact_law(0.3, 0.6, (0, 1, 0.5))]
    transport = slab(operators, 2.0, 24, magnets, (0.1, 0.3, 0.05))
    solution = transport.solve([[1, 0, 0, 0], [1, 0, 0, 0]], rtol=1e-12)
    family.below("equilibrium with side jump: potential", np.abs(solution.phi[:, :, 0] - [1, 0, 0, 0]).max(), 1e-9)
    family.below("equilibrium with side jump: currents", np.abs(transport.currents(solution.phi)).max(), 1e-9)


def _axes(family, operators):
    """Compare the same slab along x, y and z: a cyclic permutation of space and spin changes nothing."""
    found = []
    for axis in range(3):
        magnet = contact_law(0.5, 0.4, np.roll((0.3, 0.2, 1.0), axis + 1))
        transport = slab(operators, 2.0, 24, (magnet, contact_law(1.0)), np.roll((0.1, 0.2, 0.3), axis + 1), axis=axis)
        flux = transport.solve([[1, 0, 0, 0], [0, 0, 0, 0]], rtol=1e-12).flux
        found.append(np.c_[flux[:, 0], np.roll(flux[:, 1:], -(axis + 1), axis=1)])
    violation = max(np.abs(other - found[2]).max() for other in found[:2]) / np.abs(found[2]).max()
    family.below("slab along x, y and z", violation, 1e-9)
