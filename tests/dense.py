"""An independent discretisation of the kinetic equation: plain NumPy, every ordinate, one dense matrix.

    ∇·(p̂ψ - Φ) + loss ψ - ω×ψ = gain φ + (αV - X)·∇φ + W·E,    Φ = Xφ,    φ = Σ w Y ψ

on corner points: an axis with n cells has 2n control volumes of width h/2 and 2n + 1 faces. Through the mid-cell
faces flows the mean of both sides, through the faces between cells the upwind value of p̂ψ and the mean of Φ; on the
boundary F = N·(p̂ψ - Φ) of the inside point leaves, and what enters is -f_in of the boundary law, taken as a flux. So
that uniform potentials are in equilibrium, only a part X of αV is in flux form, and the rest acts as (αV - X)·∇φ.
Nothing is eliminated, swept or iterated. States are (ordinates, *points, 4, columns), points slowest axis first.
"""

from dataclasses import dataclass, replace

import numpy as np

from boltzsim.material.harmonics import harmonics
from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law, mirror_law
from boltzsim.transport.steady import Transport

CHANNELS = ("s1/2", "p1/2", "p3/2")


def alloy(eta, alpha=0.0, degree=None):
    """Operators of s and p phase shifts in units of Γ = l0 = v_F = 1."""
    return impurity_operators(dict(zip(CHANNELS, eta, strict=True)), alpha, degree)


def face_points(grid, axis, values):
    """Values (lines, corners of the face, …) over the points of a face, the slowest axis first."""
    others = [a for a in range(len(grid.cells)) if a != axis]
    picked = ([entry[a] for a in others] for entry in (grid.axes, grid.cells, grid.spacing, grid.periodic))
    axes, cells, spacing, periodic = map(tuple, picked)
    return Grid(axes, cells, spacing, np.zeros(int(np.prod(cells)), int), periodic).to_points(values)


def mixed_device(dimensions, ordinates, alpha=0.05, periodic=False, specularity=0.5):
    """A small device with everything in it: two alloys, cells of different sizes, two magnets, walls, a field.

    Returns the arguments of `Transport`, and potentials of its two reservoirs.
    """
    axes, cells = {1: ((2,), (4,)), 2: ((0, 2), (2, 2)), 3: ((0, 1, 2), (2, 1, 1))}[dimensions]
    material = np.random.default_rng(1).integers(0, 2, int(np.prod(cells)))
    spacing = (np.array([0.4, 0.5, 0.2, 0.3])[: cells[0]], np.array([0.7, 0.3])[-cells[-1] :], 0.5)[:dimensions]
    grid = Grid(axes, cells, spacing, material, (periodic, False, False)[:dimensions])
    last = dimensions - 1
    bottom, top = np.zeros((2, len(grid.exposed(last, True))), int)
    bottom[0], top[-1] = 1, 2
    walls = {
        (last, False): Wall(specularity, BoundaryLaw(), bottom),
        (last, True): Wall(0.6 * specularity, BoundaryLaw(), top),
    }
    if dimensions > 1:
        walls[0, False], walls[0, True] = Wall(1.0), Wall(specularity)
    laws = [contact_law(0.5, 0.6, (1, 0.3, 0.2), 0.7), contact_law(0.3, -0.5, (0, 1, 1), 0.2)]
    operators = [alloy((0.4, 1.1, -0.3), alpha), alloy((0.1, 1.4, 0.2), 0.4 * alpha)]
    arguments = (grid, ordinates, operators, walls, laws, (0.3, -0.2, 0.5))
    return arguments, np.array([[1.0, 0.3, 0.2, 0.5], [0.0, 0.0, -0.1, 0.2]])


@dataclass(frozen=True)
class Device:
    """A device drawn in (x, y, z) order, so that it can be turned and reflected.

    Attributes
    ----------
    cells : ndarray of int, (nx, ny, nz)
        Material of every cell; an axis of one cell is uniform.
    spacing : (3,)
        A number along every axis, or one for every layer of cells.
    portions : dict of (axis, upper) to ndarray of int
        Law of the faces of the cells on an end, shaped as `cells` but one thick along the axis.
    specularity : dict of (axis, upper) to float
    contacts : sequence of (transmission, polarization, direction, mixing phase)
    precession : (3,)
    reservoirs : ndarray, (contacts, 4)
    materials : sequence of Operators
    """

    cells: np.ndarray
    spacing: tuple
    portions: dict
    specularity: dict
    contacts: tuple
    precession: tuple
    reservoirs: np.ndarray
    materials: tuple

    def arguments(self, ordinates, symmetry=()):
        """Arguments of `Transport`; faces (axis, upper) in `symmetry` are mirror planes."""
        axes = tuple(a for a in range(3) if self.cells.shape[a] > 1)
        count, spacing = zip(*[(self.cells.shape[a], self.spacing[a]) for a in axes], strict=True)
        grid = Grid(axes, count, spacing, self.cells.T.reshape(-1).copy(), (False,) * len(axes))
        walls = {}
        for number, axis in enumerate(axes):
            for up in (False, True):
                mirror = (axis, up) in symmetry
                portion = self.portions.get((axis, up))
                walls[number, up] = Wall(
                    1.0 if mirror else self.specularity.get((axis, up), 0.0),
                    mirror_law(axis) if mirror else BoundaryLaw(),
                    None if portion is None else portion.T.reshape(-1).copy(),
                )
        laws = [contact_law(*contact) for contact in self.contacts]
        return grid, ordinates, self.materials, walls, laws, self.precession

    def transformed(self, R):
        """The device with positions R r, R a signed permutation; spins and fields are axial vectors."""
        source, signs, axial = np.abs(R).argmax(1), R.sum(1), np.linalg.det(R) * R
        turned = list(zip(source, signs.astype(int), strict=True))

        def moved(array):
            array = array.transpose(source)
            return np.flip(array, [a for a in range(3) if signs[a] < 0])

        def face(axis, upper):
            new = int(np.abs(R[:, axis]).argmax())
            return new, upper if signs[new] > 0 else not upper

        return Device(
            moved(self.cells),
            tuple(self.spacing[a][::s] if np.ndim(self.spacing[a]) else self.spacing[a] for a, s in turned),
            {face(*f): moved(portion) for f, portion in self.portions.items()},
            {face(*f): p for f, p in self.specularity.items()},
            tuple((t, p, axial @ m, phase) for t, p, m, phase in self.contacts),
            tuple(axial @ self.precession),
            np.c_[self.reservoirs[:, :1], self.reservoirs[:, 1:] @ axial.T],
            self.materials,
        )

    def reversed(self):
        """Larmor vector and magnetisations turned round, as by time reversal."""
        contacts = tuple((t, -p, m, -phase) for t, p, m, phase in self.contacts)
        return replace(self, contacts=contacts, precession=tuple(-np.array(self.precession)))

    def solve(self, ordinates, rtol=1e-12, symmetry=(), **options):
        """Moments (nx points, ny points, nz points, moments, 4), currents (…, 3, 4), fluxes of the contacts (…, 4)."""
        transport = Transport(*self.arguments(ordinates, symmetry), **options)
        solution = transport.solve(self.reservoirs, rtol=rtol)
        shape = [2 * n if n > 1 else 1 for n in self.cells.shape]
        fields = [transport.grid.to_points(x) for x in (solution.phi, transport.currents(solution.phi))]
        return (*(_xyz(x, shape) for x in fields), solution.flux)


def _xyz(values, shape):
    """Values over (z, y, x) points, uniform axes left out, as (x, y, z)."""
    return values.reshape(*shape[::-1], *values.shape[-2:]).transpose(2, 1, 0, 3, 4)


class DenseKinetic:
    """The arguments are those of `Transport`."""

    def __init__(self, grid, ordinates, materials, walls, contacts=(), precession=(0, 0, 0)):
        self.grid, self.ordinates, self.materials = grid, ordinates, materials
        self.walls, self.contacts = walls, list(contacts)
        self.Y = harmonics(ordinates.directions, materials[0].degree)
        self.w = ordinates.weights
        self.points = tuple(2 * n for n in grid.cells[::-1])
        self.material = self._to_points(grid.material.reshape(grid.cells[::-1]))
        self.shape = (len(self.w), *self.points, 4)
        x, y, z = precession
        self.cross = np.zeros((4, 4))  # n -> ω×n
        self.cross[1:, 1:] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]

    def _to_points(self, per_cell):
        for axis in range(per_cell.ndim):
            per_cell = np.repeat(per_cell, 2, axis)
        return per_cell

    def cosines(self, axis):
        return self.ordinates.directions[:, self.grid.axes[axis]]

    def widths(self, axis):
        """Size of the cell around every point along an axis."""
        return np.repeat(np.broadcast_to(self.grid.spacing[axis], self.grid.cells[axis]), 2)

    def areas(self, axis):
        """Part of a face that belongs to each of its points."""
        area = np.ones(())
        for other in reversed(range(len(self.grid.cells))):
            if other != axis:
                area = np.multiply.outer(area, self.widths(other) / 2)
        return area

    def moments(self, psi):
        """(*points, moments, 4, columns)."""
        return np.tensordot(self.w[:, None] * self.Y, psi, (0, 0)).transpose(*np.r_[1 : psi.ndim - 2, 0, -2, -1])

    def spread(self, phi):
        """Angular values of moments, as a state."""
        return np.tensordot(self.Y, phi, (1, phi.ndim - 3))

    def per_point(self, matrices, phi):
        """Matrices on flat moments, one per material, applied point by point."""
        flat = phi.reshape(*phi.shape[:-3], -1, phi.shape[-1])
        return (np.array(matrices)[self.material] @ flat).reshape(phi.shape)

    def side_jump(self, phi, axis):
        """Φ = Xφ along a gridded axis as a state."""
        return self.spread(self.per_point([self.in_flux_form(drift) for drift in self.drifts(axis)], phi))

    def drifts(self, axis):
        """αV along a gridded axis of every material."""
        return [m.drift[self.grid.axes[axis]] for m in self.materials]

    def in_flux_form(self, drift):
        """X = Π αV Q + ½ Q αV Q, Π the projector on the isotropic part and Q = 1 - Π."""
        P = np.diag(np.arange(len(drift)) < 4) * 1.0
        Q = np.eye(len(drift)) - P
        return P @ drift @ Q + Q @ drift @ Q / 2

    def advection(self, phi, axis):
        """(αV - X)·∇φ as a state, with the mean of both sides on every face and the inside value on the boundary."""
        rest = [drift - self.in_flux_form(drift) for drift in self.drifts(axis)]
        phi = np.moveaxis(phi, self._position(axis) - 1, 0)
        ends = (phi[-1:], phi[:1]) if self.grid.periodic[axis] else (phi[:1], phi[-1:])
        padded = np.concatenate([ends[0], phi, ends[1]])
        slope = np.moveaxis(padded[2:] - padded[:-2], 0, self._position(axis) - 1)
        slope = slope / _along(self.widths(axis), slope, self._position(axis) - 1)
        return self.spread(self.per_point(rest, slope))

    def faces(self):
        return [(a, up) for a in range(len(self.grid.cells)) if not self.grid.periodic[a] for up in (False, True)]

    def _position(self, axis):
        return len(self.grid.cells) - axis  # of a gridded axis in a state

    def outgoing(self, psi, phi, axis, upper):
        """f_out at the points of a face, (ordinates, …, 4, columns); zero for incoming ordinates."""
        sign, take = (1 if upper else -1), (-1 if upper else 0)
        inside, jump = (np.take(x, take, self._position(axis)) for x in (psi, self.side_jump(phi, axis)))
        cosine = _columns(sign * self.cosines(axis), inside)
        return np.where(cosine >= 0, cosine * inside - sign * jump, 0.0)

    def law(self, flux, axis, upper):
        """f_in of an outgoing flux; nothing is injected."""
        wall = self.walls.get((axis, upper), Wall())
        cosine = (1 if upper else -1) * self.cosines(axis)
        into, along, p = np.maximum(-cosine, 0), cosine == 0, wall.specularity
        total = np.tensordot(self.w * np.where(along, 1.0, 1 - p), flux, 1)  # a tangential flux cannot be mirrored
        spread = _columns(into, flux) * total / (self.w @ into)
        return self._matrices(axis, upper, "reflection") @ spread + self.mirrored(flux, axis, upper)

    def mirrored(self, flux, axis, upper):
        """The part of `law` that keeps its direction along the face."""
        into = (1 if upper else -1) * self.cosines(axis) < 0
        image = flux[self.ordinates.mirror(self.grid.axes[axis])]
        back = self.walls.get((axis, upper), Wall()).specularity * self._matrices(axis, upper, "reflection") @ image
        return np.where(_columns(into, flux), back, 0.0)

    def injected(self, potentials, axis, upper):
        """f_in = |p̂·N| τ n_res τ† of reservoirs with potentials (contacts, 4)."""
        level = np.vstack([np.zeros(4), np.reshape(potentials, (len(self.contacts), 4))])[self.portion(axis, upper)]
        amplitude = self._matrices(axis, upper, "transmission") @ level[..., None]
        into = np.maximum((-1 if upper else 1) * self.cosines(axis), 0)
        return np.multiply.outer(into, amplitude)

    def portion(self, axis, upper):
        """Law number at the points of a face."""
        portion = self.walls.get((axis, upper), Wall()).portion
        across = [n for a, n in enumerate(self.grid.cells) if a != axis][::-1]
        return self._to_points(np.reshape(np.zeros(across, int) if portion is None else portion, across))

    def _matrices(self, axis, upper, kind):
        own = self.walls.get((axis, upper), Wall(0.0, BoundaryLaw())).law
        return np.array([getattr(law, kind) for law in (own, *self.contacts)])[self.portion(axis, upper)]

    def fluxes(self, psi, phi, entering, axis):
        """N·(p̂ψ - Φ) through all faces normal to an axis, which comes first: (faces, ordinates, …, 4, columns)."""
        psi, jump = (np.moveaxis(x, self._position(axis), 0) for x in (psi, self.side_jump(phi, axis)))
        if self.grid.periodic[axis]:
            psi, jump = (np.concatenate([x[-1:], x, x[:1]]) for x in (psi, jump))
        cosine = _columns(self.cosines(axis), psi[0])
        left, right = psi[:-1], psi[1:]
        inner = cosine * np.where(cosine > 0, left, right)
        middle = slice(1, None, 2) if self.grid.periodic[axis] else slice(0, None, 2)
        inner[middle] = cosine * (left + right)[middle] / 2
        inner -= (jump[:-1] + jump[1:]) / 2
        if self.grid.periodic[axis]:
            return inner
        ends = []
        for upper in (False, True):
            sign = 1 if upper else -1
            at = -1 if upper else 0
            leaving = sign * (cosine * psi[at] - jump[at])
            ends.append(sign * np.where(sign * cosine >= 0, leaving, -entering[axis, upper])[None])
        return np.concatenate([ends[0], inner, ends[1]])

    def balance(self, psi, phi, entering):
        """Left minus right side of the kinetic equation: streaming of ψ, scattering and side jump of φ."""
        loss = np.array([m.loss for m in self.materials])[self.material][..., None, None]
        out = loss * psi - self.cross @ psi - self.spread(self.per_point([m.gain for m in self.materials], phi))
        for axis in range(len(self.grid.cells)):
            through = self.fluxes(psi, phi, entering, axis)
            depth = _along(self.widths(axis) / 2, psi, self._position(axis))
            out = out + np.moveaxis(through[1:] - through[:-1], 0, self._position(axis)) / depth
            out = out - self.advection(phi, axis)
        return out

    def operator(self, psi):
        """Left minus right side with the boundary laws put in, nothing driven."""
        phi = self.moments(psi)
        return self.balance(psi, phi, {f: self.law(self.outgoing(psi, phi, *f), *f) for f in self.faces()})

    def zeros(self):
        return np.zeros((*self.shape, 1)), np.zeros((*self.points, self.Y.shape[1], 4, 1))

    def matrix(self, operator=None):
        """The dense matrix of an operator on states; of the whole equation by default."""
        size = int(np.prod(self.shape))
        return (operator or self.operator)(np.eye(size).reshape(*self.shape, size)).reshape(size, size)

    def solve(self, potentials=None, field=(0, 0, 0)):
        """State of a device driven by reservoirs and a field."""
        driven = np.zeros((len(self.contacts), 4)) if potentials is None else potentials
        right = -self.balance(*self.zeros(), {f: self.injected(driven, *f) for f in self.faces()})
        unit = np.zeros_like(self.zeros()[1])
        unit[..., 0, 0, :] = 1.0
        for axis in range(3):
            velocity = -self.spread(self.per_point([m.drift[axis] for m in self.materials], unit))
            velocity[..., 0, :] += _columns(self.ordinates.directions[:, axis], velocity[..., 0, :])
            right = right + field[axis] * velocity
        return np.linalg.solve(self.matrix(), right.reshape(-1)).reshape(right.shape)

    def terminal_flux(self, psi, potentials):
        """Net ∫⟨W n⟩·dA into the device through every contact, (contacts, 4)."""
        phi, total = self.moments(psi), np.zeros((1 + len(self.contacts), 4))
        for f in self.faces():
            leaving = self.outgoing(psi, phi, *f)
            net = np.tensordot(self.w, self.law(leaving, *f) + self.injected(potentials, *f) - leaving, 1)
            np.add.at(total, self.portion(*f), self.areas(f[0])[..., None] * net[..., 0])
        return total[1:]


def _along(values, like, position):
    """Values along one axis of a state, to be broadcast against it."""
    return np.expand_dims(values, [a for a in range(like.ndim) if a != position])


def _columns(values, like):
    """Values per ordinate, broadcast against a state or a face of it."""
    return np.asarray(values).reshape(-1, *[1] * (like.ndim - 1))
