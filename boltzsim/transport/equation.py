"""The discrete kinetic equation of a device, u = sweep∘collision u + source, on Krylov vectors u = (φ, b).

A vector holds the moments of every corner and the boundary unknowns; the angular distribution is not in it. Larmor
precession is inverted with the streaming term inside the sweep, in a spin frame whose first axis lies along the field;
moments are returned in the frame of the device.
"""

from dataclasses import replace

import numpy as np

from boltzsim.transport.boundary_parts import boundary_parts
from boltzsim.transport.collision import Collision
from boltzsim.transport.krylov import Basis
from boltzsim.transport.order import sweep_order
from boltzsim.transport.ordinates import octants
from boltzsim.transport.preconditioner import DiffusionPreconditioner
from boltzsim.transport.spin_frame import rotated, spin_frame
from boltzsim.transport.sweep import Sweep


class Equation:
    """The discrete kinetic equation.

    Parameters
    ----------
    grid : Grid
    ordinates : Ordinates
    materials : sequence of Operators
        One per material number of the grid, of equal degree.
    walls : dict of (int, bool) or (int, bool, bool) to Wall
        By gridded axis number, side (upper), and whether the metal ends inside the box (False where it is left out);
        missing faces are diffuse walls. Periodic axes have none at the ends of the box.
    contacts : sequence of BoundaryLaw
    precession : array_like, shape (3,)
        Larmor vector ω/v_F, 1/length, where the relative velocity of `Operators` is 1.
    interfaces : sequence of InterfaceLaw
        By the numbers in `Grid.interface`.
    preconditioned : bool
        False leaves GMRES without the diffusion limit, for comparison.
    rate : float
        1/length, added to the loss: 1/(γ v_F Δt) in a stage of an implicit time step (`boltzsim.transport.stepper`),
        where the relative velocity is 1.

    Raises
    ------
    CaseError
        If the ordinates cannot integrate the moments exactly.
    """

    def __init__(
        self,
        grid,
        ordinates,
        materials,
        walls,
        contacts=(),
        precession=(0, 0, 0),
        interfaces=(),
        preconditioned=True,
        rate=0.0,
    ):
        self.grid, self.degree, self.rate, self.interfaces = grid, materials[0].degree, rate, interfaces
        ordinates.check(self.degree)
        self.frame, larmor = spin_frame(np.asarray(precession, float))
        self.turn = np.eye(4)
        self.turn[1:, 1:] = self.frame
        self.operators, self.precession = materials, np.asarray(precession, float)
        self.materials = [rotated(m, self.turn) for m in materials]
        self.octants = octants(ordinates, grid.axes, widest=16 if len(grid.axes) == 3 else 32)
        velocity, loss, self.conductance = (
            np.array([getattr(m, name) for m in materials]) for name in ("velocity", "loss", "conductance")
        )
        self.rates, larmor = rate / velocity, larmor / velocity
        self.volume = grid.corner_volume * self.conductance[grid.metal]
        self.collision = Collision(grid, self.materials)
        self.contacts = len(contacts)
        self.order = sweep_order(grid, self.octants, walls, contacts, interfaces)
        self.boundary = self._parts(walls, contacts)
        crossings = [crossing for part in self.boundary for crossing in part.crossings()]
        self.sweep = Sweep(grid, self.octants, self.degree, loss + self.rates, larmor, crossings, self.order)
        self._faces = self.sweep.faces()
        self.preconditioner = None
        if preconditioned:
            self.preconditioner = DiffusionPreconditioner(
                grid, self.degree, self.materials, self.boundary, larmor, self.frame, self.rates
            )
        shapes = [self.sweep.shape, *[part.unknowns for part in self.boundary]]
        self._shapes, self._ends = shapes, np.cumsum([0, *[int(np.prod(s)) for s in shapes]])
        # Arrays for a source and a product, made once because new memory is slow at first use.
        self._source, self._applied = np.empty(self.sweep.shape), np.empty(self._ends[-1])
        self._memory = {}  # for the Krylov vectors of iterations, by precision; copies of this equation share it

    def _parts(self, walls, contacts):
        """The parts of the boundary, with their laws in the spin frame of the sweep."""
        turned = {end: replace(wall, law=wall.law.rotated(self.frame)) for end, wall in walls.items()}
        contacts, interfaces = ([law.rotated(self.frame) for law in laws] for laws in (contacts, self.interfaces))
        return boundary_parts(
            self.grid, self.octants, self.materials, turned, contacts, interfaces, self.conductance, self.order
        )

    @property
    def bases(self):
        """Memory for two sets of Krylov vectors, which iterations hand on to one another, a list of two `Basis`."""
        fresh = [Basis(len(self._applied), self.precision) for _ in range(2)]
        return self._memory.setdefault(self.precision, fresh)

    @property
    def precision(self):
        """Type of the numbers in all arrays."""
        return self._applied.dtype

    def in_device_frame(self, values):
        """Values (…, 4) in the spin frame of the device, of those in the frame of the sweep."""
        return values if np.array_equal(self.turn, np.eye(4)) else values @ self.turn

    def uniform(self):
        """Krylov vector of the steady state at a unit charge potential, in the device and in all reservoirs."""
        vector = np.zeros(self._ends[-1])
        phi, *unknowns = self._split(vector)
        phi[:, :, 0, 0] = 1.0
        for part, unknown in zip(self.boundary, unknowns, strict=True):
            if unknown.size:
                unknown += part.equilibrium(1.0)
        return vector

    def advance(self, vector, angular, reservoirs=None, field=(0, 0, 0)):
        """Replace an angular distribution by the solution that a Krylov vector stands for.

        Charge is conserved to rounding: the charge that the vector's residual would create at a corner, or at a wall
        next to it, is subtracted from the isotropic part there.

        Parameters
        ----------
        vector : numpy.ndarray
            `Solution.vector`, or a sum of several with the same sum of their sources.
        angular : numpy.ndarray
            Source of `solve` on entry, the solution on return.
        reservoirs, field
            As for `solve`.

        Returns
        -------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)
            Moments of the solution.
        flux : numpy.ndarray, shape (contacts, 4)
            Net ∫⟨W n⟩·dA into the device through every contact.
        """
        if not self.rate:
            angular[:] = 0.0
        drive = (self._field_source(field), self._drives(reservoirs), angular)
        after, entering = self._product(vector, *drive, store=True, wanted=True)
        flux = self.terminal_flux(entering)
        if not self.rate:
            return self._split(after)[0] @ self.turn, flux @ self.turn
        phi = self._split(after)[0]
        stored = (self.volume * self.rates[self.grid.metal])[:, None]
        charge = self._created(after - vector, contacts=False)[..., 0] / stored
        phi[:, :, 0, 0] += charge
        for values, flip in zip(angular, self.sweep.flip, strict=True):
            values.reshape(*charge.shape, -1, 4)[..., 0] += charge[:, np.arange(self.grid.corners) ^ flip, None]
        return phi @ self.turn, flux @ self.turn

    def isotropic(self, n, out):
        """Fill an angular distribution with an isotropic n, (cells, corners, 4); returns its moments."""
        turned = n @ self.turn.T
        for values, flip in zip(out, self.sweep.flip, strict=True):
            values.reshape(*n.shape[:2], -1, 4)[:] = turned[:, np.arange(self.grid.corners) ^ flip, None]
        phi = np.zeros(self.sweep.shape)
        phi[:, :, 0] = n
        return phi

    def turned(self, angular, frame):
        """Turn an angular distribution from spin axes `frame` (rows) to those of the sweep; returns its moments."""
        turn = np.eye(4)
        turn[1:, 1:] = self.frame @ frame.T
        phi, Y = np.zeros(self.sweep.shape), self.octants.moments(self.degree) * self.octants.weights[:, :, None]
        for values, flip, harmonics in zip(angular, self.sweep.flip, Y, strict=True):
            psi = values.reshape(*phi.shape[:2], -1, 4)
            psi[:] = psi @ turn.T
            phi += np.einsum("ni,lcnu->lciu", harmonics, psi, optimize=True)[:, np.arange(self.grid.corners) ^ flip]
        return phi @ self.turn

    def currents(self, phi):
        """⟨W n⟩ at every corner, (cells, corners, 3 flow, 4), times the metal's relative conductance.

        The moments are those in the frame of the device.
        """
        flow = phi[..., [3, 1, 2], :] / np.sqrt(3)  # harmonics 1, 2, 3 are √3 (y, z, x)
        if self.collision.side_jump:
            jump = self.by_metal([m.drift[:, :4].reshape(12, -1) for m in self.operators], phi)
            flow = flow - jump.reshape(flow.shape)
        return self.conductance[self.grid.metal, None, None, None] * flow

    def by_metal(self, matrices, phi):
        """Products of a matrix (rows, 4 moments) of each metal with the moments there, (cells, corners, rows)."""
        flat = phi.reshape(*phi.shape[:2], -1)
        if len(matrices) == 1:
            return flat @ matrices[0].T
        found = np.empty((*flat.shape[:2], len(matrices[0])))
        for number, matrix in enumerate(matrices):
            here = self.grid.metal == number
            found[here] = flat[here] @ matrix.T
        return found

    def _drives(self, reservoirs):
        potentials = np.zeros((1 + self.contacts, 4))
        if reservoirs is not None:
            potentials[1:] = np.asarray(reservoirs, float) @ self.turn.T
        return [part.drive(potentials) for part in self.boundary]

    def _field_source(self, field):
        """Moments of W·E on the unit charge, (cells, 1, moments, 4)."""
        if not np.any(field):
            return None
        size = (self.degree + 1) ** 2
        vectors = []
        for m in self.materials:
            vector = -np.einsum("a,ai->i", field, m.drift[:, :, 0]).reshape(size, 4)
            vector[[3, 1, 2], 0] += np.asarray(field) / np.sqrt(3)
            vectors.append(vector)
        return np.array(vectors)[self.grid.metal][:, None]

    def _split(self, vector):
        return [
            vector[a:b].reshape(shape)
            for a, b, shape in zip(self._ends[:-1], self._ends[1:], self._shapes, strict=True)
        ]

    def _product(self, vector, source=None, drives=None, angular=None, store=False, wanted=False):
        """sweep∘collision of a Krylov vector plus sources; on request also the net flux into every boundary corner.

        The product is overwritten by the next one. The fluxes, (boundary corners, 4), follow the faces and their lines.
        """
        entering, leaving = self._swept(vector, source, drives, angular, store)
        fluxes = [np.zeros((0, 4), self.precision)]
        parts = zip(self.boundary, self._split(self._applied)[1:], entering, leaving, strict=True)
        for part, new, inflow, outflow in parts:
            if new.size:
                new[:] = part.reflect(outflow)
            if wanted:
                fluxes.append(part.net_flux(inflow, outflow))
        return self._applied, np.concatenate(fluxes)

    def _swept(self, vector, source=None, drives=None, angular=None, store=False):
        """What enters and what leaves through every part of the boundary in a sweep of a Krylov vector and sources."""
        phi, *unknowns = self._split(vector)
        q = self.collision(phi, self._source)
        if source is not None:
            q += source
        faces, count = self._faces, len(self.boundary)  # the parts overwrite every inflow
        jumps = [part.side_jump(phi, q) for part in self.boundary]
        drives, leaving = [0.0] * count if drives is None else drives, [None] * count
        entering = [
            part.inflow(unknown, drive) for part, unknown, drive in zip(self.boundary, unknowns, drives, strict=True)
        ]
        for part, unknown, inflow, jump in zip(self.boundary, unknowns, entering, jumps, strict=True):
            if unknown.size:
                part.enter(inflow, jump, faces)

        def before(phase):
            for k, part in enumerate(self.boundary):
                if phase in part.awaited:
                    entering[k], leaving[k] = part.before(phase, entering[k], jumps[k], faces)

        self.sweep(q, faces, angular, self.rates, store, self._split(self._applied)[0], before)
        for k, part in enumerate(self.boundary):
            if leaving[k] is None:
                leaving[k] = part.leave(faces, jumps[k])
        return entering, leaving

    def terminal_flux(self, entering):
        """Sum of the fluxes into boundary corners over every contact, (contacts, 4)."""
        flux = np.zeros((1 + self.contacts, 4))
        np.add.at(flux, np.concatenate([np.zeros(0, int), *[part.corner_portion for part in self.boundary]]), entering)
        return flux[1:]

    def sent(self, reservoirs):
        """Flux ∫⟨W n⟩·dA that reservoirs at potentials (contacts, 4) send in through every contact, (contacts, 4)."""
        flux = np.zeros((1 + self.contacts, 4))
        for portion, sent in self._injected(self._drives(reservoirs)):
            np.add.at(flux, portion, sent.sum(1))
        return flux[1:] @ self.turn

    def _injected(self, drives):
        """Portions of the faces with contacts, and what reservoirs send in there, (lines, corners, 4)."""
        return [
            (part.portion, part.side.incoming(drive)[2][..., :4])
            for part, drive in zip(self.boundary, drives, strict=True)
            if part.portion.any()
        ]

    def _precondition(self, vector, out=None):
        out = np.empty_like(vector) if out is None else out
        out[:] = vector
        if self.preconditioner is not None:
            phi, *unknowns = self._split(out)
            self.preconditioner(phi, unknowns)
        return out

    def _created(self, change, contacts=True):
        """Charge and spin that a residual creates at every corner and on the faces next to it, (cells, corners, 4)."""
        phi, *boundary = self._split(change)
        loss = np.array([m.loss for m in self.materials])[self.grid.metal]
        created = (self.volume * loss)[:, None, None] * phi[:, :, 0]
        for part, values in zip(self.boundary, boundary, strict=True):
            counted = contacts | (part.portion == 0)
            for cells, corners, moments in part.incoming(values):
                created[cells[:, None], corners] += moments[:, :, :4] * counted[:, None, None]
        return created
