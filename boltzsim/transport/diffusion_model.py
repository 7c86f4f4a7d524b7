"""The diffusion model: Eqs. 7-9 and 16 of Huang, Tokatly and Cazalilla on the grid and contacts of the kinetic solver.

Unknowns are the charge and spin potentials n = (n_c, n_x, n_y, n_z) at the corners of every cell,

    ∂_i J_i + n_s/τ_s - ω×n_s = 0,        J_i = D_ij (E_j 1_c - ∂_j n),        D_ij = P_0 W_i Λ_1⁻¹ W_j P_0†,

which holds D_c, D_0, D_1, D_2 (hence D_L, D_T, κ) and the spin Hall terms ±Dθ_sH ε_ijk, to all orders in α and for any
mixture of scatterers; lengths are those of the operators, ω is the Larmor rate over v_F. n and J·N are continuous
between materials. Boundary laws are those of `boltzsim.transport.law` for the half-range fluxes of the closure:

    f_out = n/4 + J·N/2,  f_in = n/4 - J·N/2 = R f_out + T n_res/4
    ⟹  J·N = ½ (1+R)⁻¹ [(1-R) n - T n_res],

R = r·r†, T = τ·τ†: a partial-current (Marshak, Robin) law with 4×4 coefficients, for any specularity. Walls (R = 1)
pass nothing; on symmetry planes R = -1 for the reflected spins, which vanish there. Interfaces join n and J·N of both
sides by the same law with 8×8 coefficients, J = 𝒯/4(1-𝒯) (n_A - n_B) for the simplest.

The closure is exact for charge deep in a conductor and right for weak spin-orbit scattering; it has no Knudsen layers
and no l = 2 tensor, and leaves the precession of the currents out, of order ωτ_tr.
"""

from copy import copy
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from boltzsim.errors import CaseError, ConvergenceError
from boltzsim.limits.diffusion import closure
from boltzsim.transport import mip
from boltzsim.transport.diffusion_solvers import direct, multigrid
from boltzsim.transport.law import Wall
from boltzsim.transport.solution import Solution, imbalance

_DIRICHLET = 1e-9  # added to 1 + R, which is singular where a mirror reverses a spin; the error is of this order


class DiffusionModel:
    """The discrete diffusion equation, a `boltzsim.transport.solution.DeviceModel`.

    Parameters
    ----------
    grid : Grid
    materials : sequence of Operators
        One per material number of the grid.
    walls, interfaces
        As for `Equation`.
    contacts : sequence of BoundaryLaw
    precession : array_like, shape (3,)
        Larmor vector ω/v_F, 1/length.

    Raises
    ------
    CaseError
        If nothing relaxes the current in a material.
    """

    def __init__(self, grid, materials, walls, contacts=(), precession=(0, 0, 0), interfaces=()):
        self.grid, self.contacts = grid, len(contacts)
        self._given = materials, precession, interfaces
        try:
            self.out, self.response = (np.array(part) for part in zip(*map(closure, materials), strict=True))
        except ValueError as error:
            raise CaseError(f"physics.model = 'diffusion': {error}; use the kinetic model") from None
        self.D = np.einsum("miab,mjbc->mijac", self.out, self.response)
        # Rounding must not couple components that are independent.
        self.D[np.abs(self.D) < 1e-15 * np.abs(self.D).max()] = 0.0
        gridded = self.D[:, list(grid.axes)][:, :, list(grid.axes)]
        velocity, conductance = (
            np.array([getattr(m, name) for m in materials]) for name in ("velocity", "conductance")
        )
        self.conductance = conductance[grid.metal]
        self._spins = grid.corner_volume * (conductance / velocity)[grid.metal]
        x, y, z = precession
        K = np.array([m.lambda_[:4, :4] for m in materials])
        K[:, 1:, 1:] -= np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) / velocity[:, None, None]
        K = grid.corner_volume[:, None, None] * (conductance[:, None, None] * K)[grid.metal]
        sink = np.repeat(K[:, None], grid.corners, 1)
        self.faces, leaks = [], []
        for axis in range(len(grid.cells)):
            for upper in (False, True):
                for inner in (False, True):
                    lines = grid.exposed(axis, upper, inner)
                    if len(lines):
                        wall = walls.get((axis, upper, True) if inner else (axis, upper), Wall())
                        self.faces.append(_Face(grid.end(axis, upper, lines, conductance), wall, contacts))
                        leaks.append(mip.Leak([self.faces[-1].end], self.faces[-1].leak[:, None, None]))
            for number, (below, above), _ in grid.interfaces(axis):
                ends = [grid.end(axis, up, lines, conductance) for up, lines in ((True, below), (False, above))]
                Z = np.array([mip.interface_resistance(grid, gridded, end, axis) for end in ends])
                factors = np.broadcast_to(_conducting(interfaces[number], Z), (len(below), 2, 2, 4, 4))
                leaks.append(mip.Leak(ends, factors, axis, Z))
        removal = np.abs(sink).max((0, 1))
        for leak in leaks:
            lost = (np.einsum("l,ltuv->uv", end.area, leak.factors[:, s]) for s, end in enumerate(leak.sides))
            removal += np.abs(sum(lost))
        floor = 1e-12 * grid.corner_volume.max() * max(m.loss for m in materials) * conductance.max()
        self.floating = removal.max(0) < floor
        fixed = np.diag(self.floating * self.D.max() * grid.corner_volume[0] / min(grid.sizes[0]) ** 2)
        sink[0, 0] += fixed  # a component that nothing removes is fixed to zero at one corner
        self.slopes = [sp.kron(slope, sp.eye_array(4)) for slope in _lifted_gradients(grid)]
        lifts, self._driven = mip.interface_lifts(grid, leaks, gridded)
        self.slopes = [slope + lift for slope, lift in zip(self.slopes, lifts, strict=True)]
        self.matrix = mip.operator(grid, gridded, sink, leaks, conductance)
        self.matrix.eliminate_zeros()

    @cached_property
    def _solver(self):
        return direct(self.matrix) if len(self.grid.cells) < 3 else multigrid(self.matrix)

    def solve(
        self,
        reservoirs=None,
        field=(0, 0, 0),
        start=None,
        rtol=1e-8,
        max_products=300,
        progress=None,
        watch=None,
        known=None,
    ):
        """Response to reservoir potentials and a uniform field; parameters and result as `Transport.solve`.

        The solve is quick, so that `watch` is not called and `known` not used. The moments of
        the solution are those of l = 0 and 1; `products` counts solves with the factors (one and two dimensions) or
        Krylov steps (three).

        Raises
        ------
        ConvergenceError
            If the linear solver misses its tolerance.
        """
        potentials, source = self._potentials(reservoirs), self.source(reservoirs, field)
        u, history = self._solver(source, start, min(rtol, 1e-10), max_products, progress)
        if not np.isfinite(u).all() or (history and history[-1] > rtol):
            raise ConvergenceError(
                f"not converged: residual {history[-1]:.1e} of the diffusion equation after {len(history)} products, "
                f"{rtol:.1e} wanted; raise solver.max_products",
                len(history),
                history[-1],
            )
        n = u.reshape(-1, self.grid.corners, 4).copy()
        residual = (source - self.matrix @ u).reshape(n.shape)
        flux = np.zeros((1 + self.contacts, 4))
        for face in self.faces:
            np.add.at(flux, face.portion, len(face.end.corners) * face.entering(potentials) - face.losing(n))
        if not self.contacts:
            n -= np.where(self.floating, n.mean((0, 1)), 0.0)
        phi = self._moments(n, field)
        sent = sum(np.abs(face.entering(potentials)).sum() * len(face.end.corners) for face in self.faces)
        balance = imbalance(self, lambda: phi, flux[1:], residual, sent)
        return Solution(
            phi, flux[1:], np.zeros((0, 4)), u, len(history), len(history), np.c_[history, history], *balance
        )

    def source(self, reservoirs=None, field=(0, 0, 0)):
        """Right-hand side b of `matrix` u = b for reservoir potentials (contacts, 4) and a uniform field."""
        potentials = self._potentials(reservoirs)
        source = self._field_source(field) if np.any(field) else np.zeros(self.matrix.shape[0])
        by_corner = source.reshape(-1, self.grid.corners, 4)
        for face in self.faces:
            by_corner[face.end.cells[:, None], face.end.corners] += face.entering(potentials)[:, None]
        return source

    def terminal_parts(self, reservoirs=None):
        """The charge that contacts take in as entering - leaving @ u, u the solution of `matrix` u = `source`.

        Returns
        -------
        entering : numpy.ndarray, shape (contacts,)
            What the reservoirs send in at their potentials (contacts, 4).
        leaving : numpy.ndarray, shape (contacts, unknowns)
        """
        potentials, entering = self._potentials(reservoirs), np.zeros(1 + self.contacts)
        leaving = np.zeros((1 + self.contacts, len(self.grid.metal), self.grid.corners, 4))
        for face in self.faces:
            end, leak = face.end, face.end.area[:, None, None] * face.leak[:, None, 0]
            np.add.at(entering, face.portion, len(end.corners) * face.entering(potentials)[:, 0])
            leaving[face.portion[:, None], end.cells[:, None], end.corners] += leak
        return entering[1:], leaving[1:].reshape(self.contacts, -1)

    def with_precession(self, precession):
        """The same device in another field; parameter as for `DiffusionModel`."""
        other, (materials, before, interfaces) = copy(self), self._given
        x, y, z = np.subtract(precession, before)
        turn = np.zeros((4, 4))
        turn[1:, 1:] = [[0, z, -y], [-z, 0, x], [y, -x, 0]]
        other.__dict__.pop("_solver", None)
        other._given = materials, precession, interfaces
        other.matrix = self.matrix + sp.kron(sp.diags_array(np.repeat(self._spins, self.grid.corners)), turn)
        return other

    def with_contacts(self, walls, contacts):
        """The same device with other laws of its contacts; parameters as for `DiffusionModel`."""
        materials, precession, interfaces = self._given
        return DiffusionModel(self.grid, materials, walls, contacts, precession, interfaces)

    def sent(self, reservoirs):
        """Flux ∫⟨W n⟩·dA that reservoirs at potentials (contacts, 4) send in through every contact, (contacts, 4)."""
        potentials, flux = np.concatenate([np.zeros((1, 4)), reservoirs]), np.zeros((1 + self.contacts, 4))
        for face in self.faces:
            np.add.at(flux, face.portion, face.sending(potentials))
        return flux[1:]

    def uniform(self):
        """Solution vector of a uniform unit charge potential, in the device and in all reservoirs."""
        return np.tile(np.eye(1, 4)[0], self.matrix.shape[0] // 4)

    def currents(self, phi):
        """⟨W n⟩ at every corner, (cells, corners, 3 flow, 4), times the metal's relative conductance."""
        first = phi[:, :, 1:4].reshape(*phi.shape[:2], 12)
        return np.einsum("l,liab,lcb->lcia", self.conductance, self.out[self.grid.metal], first, optimize=True)

    def _potentials(self, reservoirs):
        """Potentials of the walls (zero) and of all reservoirs, (1 + contacts, 4)."""
        potentials = np.zeros((1 + self.contacts, 4))
        if reservoirs is not None:
            potentials[1:] = reservoirs
        return potentials

    def _moments(self, n, field):
        """l = 0 and 1 moments, (cells, corners, 4, 4)."""
        force = np.zeros((*n.shape[:2], 3, 4))
        force[..., 0] = field
        drift = self._drift(field)
        for axis, slope, driven in zip(self.grid.axes, self.slopes, self._driven, strict=True):
            force[:, :, axis] -= (slope @ n.reshape(-1) - driven @ drift[:, axis].reshape(-1)).reshape(n.shape)
        first = np.einsum("ljbu,lcju->lcb", self.response[self.grid.metal], force)
        return np.concatenate([n[:, :, None], first.reshape(*n.shape[:2], 3, 4)], 2)

    def _drift(self, field):
        """The current D_ij E_j that a uniform field drives in the metal of every corner, (points, 3, 4)."""
        drift = np.einsum("mijac,j,c->mia", self.D, field, np.eye(4)[0])
        return np.repeat(drift[self.grid.metal], self.grid.corners, 0)

    def _field_source(self, field):
        """∂_i tested with the drift current, per corner unknown."""
        weight = np.repeat(self.grid.corner_volume * self.conductance, self.grid.corners)
        flow = weight[:, None, None] * self._drift(field)
        return sum(slope.T @ flow[:, axis].reshape(-1) for axis, slope in zip(self.grid.axes, self.slopes, strict=True))


class _Face:
    """The Robin law of faces with one kind of wall: J·N = leak n - feed n_res."""

    def __init__(self, end, wall, contacts):
        self.end, laws, one = end, [wall.law, *contacts], np.eye(4)
        self.portion = np.zeros(len(end.cells), int) if wall.portion is None else wall.portion
        back = np.array([np.linalg.inv((1 + _DIRICHLET) * one + law.reflection) for law in laws])
        passed = back @ np.array([one - law.reflection for law in laws])
        self.leak = passed[self.portion] / 2
        passing = np.array([law.transmission for law in laws])
        self.feed, self.half = (back @ passing / 2)[self.portion], (passing / 4)[self.portion]

    def entering(self, potentials):
        """Flux that the reservoirs send into every corner, (lines, 4)."""
        return self.end.area[:, None] * np.einsum("luv,lv->lu", self.feed, potentials[self.portion])

    def sending(self, potentials):
        """What the reservoirs send in, whatever returns to them: T n_res/4 on all corners of every face, (lines, 4)."""
        area = self.end.area[:, None] * len(self.end.corners)
        return area * np.einsum("luv,lv->lu", self.half, potentials[self.portion])

    def losing(self, n):
        """Flux that n sends out, summed over the corners, (lines, 4)."""
        inside = n[self.end.cells][:, self.end.corners]
        return self.end.area[:, None] * np.einsum("luv,lcv->lu", self.leak, inside)


def _conducting(law, Z):
    """J·N of either side of an interface per e + Z J·N of either side, (2, 2, 4, 4): the Robin law of both together."""
    (stays, other), (passes, back) = law.reflection, law.transmission
    rho = np.block([[stays, passes], [back, other]])
    one = np.eye(8)
    joined = np.linalg.solve(one + rho + (one - rho) @ np.diag(Z.reshape(-1)) / 2, one - rho) / 2
    return joined.reshape(2, 4, 2, 4).swapaxes(1, 2)


def _lifted_gradients(grid):
    """Gradients that include the jumps between cells, one (points, points) matrix per gridded axis.

    Adding area/volume = 2/h times the jump at every face, shared by both sides, makes the mean current of a cell the
    mean of the currents through its faces: it is constant along a conductor, to rounding.
    """
    lifted = []
    for axis, slope in enumerate(mip.edge_gradients(grid)):
        if grid.cells[axis] > 1 or grid.periodic[axis]:
            jump, mean = mip.face_rows(grid, axis)
            slope = slope - sp.diags_array(2 / np.repeat(grid.sizes[:, axis], grid.corners)) @ mean.T @ jump
        lifted.append(slope)
    return lifted
