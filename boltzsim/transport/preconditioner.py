"""The diffusion limit as preconditioner: an interior-penalty (MIP) operator on the corners for every slow even mode.

After a residual r of (1 - sweep∘collision) u, the error u - r solves the kinetic equation with the source gain r. Its
slow part lies in few even modes of the local Λ: the charge density, and per spin direction a the J = 1 modes made of
the spin density s_a and the tensor T_a = (p̂_a p̂_b - δ_ab/3) σ_b. Projected on them (amplitudes e, basis B),

    -∇·(D ∇e) + (K - ω×) e = Bᵀ gain r,    K = Bᵀ(loss - gain)B,    D_axis = Bᵀ p̂ Λ⁻¹ p̂ B

with the Marshak condition J·N = ½(1-R)/(1+R) e - 2/(1+R) J_in on the boundary, R the mean reflection of the law and
J_in the residual of the incoming flux. Discontinuous corner values, symmetric interior penalty with
κ = max(¼, 2 (D₁/h₁ + D₂/h₂)): Y. Wang and J. C. Ragusa, Nucl. Sci. Eng. 166, 145 (2010). Direct factors in one and
two dimensions; in three, a fixed number of symmetric multigrid cycles, so that the preconditioner stays linear.
"""

import numpy as np
import pyamg
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.transport.boundary import Face

_SLOW = 0.1  # a mode is slow when it gets this part of its loss back
_PENALTY = 2.0
_CYCLES = 2


class Diffusion:
    """M⁻¹ on the Krylov vector (moments, boundary unknowns).

    Parameters
    ----------
    grid : Grid
    degree : int
    materials : sequence of Operators
        With the loss that the sweep uses.
    boundary : sequence of Face and PeriodicFaces
    precession : float
        Larmor rate [1/m] about the first spin component. In three dimensions it enters as a removal.
    frame : numpy.ndarray, shape (3, 3)
        Rows: the axes of the three spin components.
    """

    def __init__(self, grid, degree, materials, boundary, precession=0.0, frame=np.eye(3)):
        self.grid, self.boundary = grid, boundary
        bases = [_charge(degree), *_slow_spin(degree, materials, frame)]
        couple = precession and len(grid.cells) < 3
        self.channels = []
        for group in [[0], [1], [2, 3]] if couple else [[0], [1], [2], [3]]:
            matrix = sum(_operator(grid, degree, materials, bases[c], boundary, c) for c in group) / len(group)
            volume = grid.corner_volume * sp.eye_array(matrix.shape[0])
            if len(group) == 2:
                matrix = matrix - 1j * precession * volume
            elif group[0] > 1:
                matrix = matrix + abs(precession) * volume
            gains = [np.array([bases[c] @ m.gain for m in materials])[grid.material] for c in group]
            self.channels.append((group, [bases[c] for c in group], gains, _solver(matrix, len(grid.cells))))

    def __call__(self, phi, unknowns):
        """Add the diffusive response to a residual.

        Parameters
        ----------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)
        unknowns : list of numpy.ndarray
            Boundary part, in the order of `boundary`.

        Returns
        -------
        phi, unknowns
            New arrays.
        """
        grid = self.grid
        flat = phi.reshape(*phi.shape[:2], -1)
        incoming = [self._incoming(part, values) for part, values in zip(self.boundary, unknowns, strict=True)]
        response = np.zeros_like(flat)
        for group, bases, gains, solve in self.channels:
            sources = []
            for B, gain, component in zip(bases, gains, group, strict=True):
                source = grid.corner_volume * np.einsum("lki,lci->lck", gain, flat, optimize=True)
                for pieces in incoming:
                    for cells, corners, moments, reflection in pieces:
                        scale = 2 / (1 + reflection[component])
                        values = scale[..., None] * np.einsum("ki,lci->lck", B, moments)
                        source[cells[:, None], corners[None, :]] += values
                sources.append(source.reshape(-1))
            if len(group) == 2:
                joint = solve(sources[0] + 1j * sources[1])
                amplitudes = [joint.real, joint.imag]
            else:
                amplitudes = [solve(sources[0])]
            for B, amplitude in zip(bases, amplitudes, strict=True):
                used = np.flatnonzero(B.any(0))
                response[..., used] += amplitude.reshape(*flat.shape[:2], -1) @ B[:, used]
        moments = response.reshape(phi.shape)
        updated = []
        for part, values in zip(self.boundary, unknowns, strict=True):
            if isinstance(part, Face):
                updated.append(values + part.reflect_moments(moments[part.cells][:, part.corners]))
            else:
                new = values.copy()
                for upper in (False, True):
                    source = moments[part.cells[not upper]][:, part.corners[not upper]]
                    new[part.down == upper] += part.pass_moments(source, upper)
                updated.append(new)
        return phi + moments, updated

    def _incoming(self, part, unknown):
        """(cells, corners, area × half-range moments, reflection (4, lines, 1)) of a boundary residual."""
        size = (*part.shape, -1)
        if isinstance(part, Face):
            moments = part.area * part.moments_in(unknown).reshape(size)
            return [(part.cells, part.corners, moments, _mean_reflection(part))]
        one = np.ones((4, part.shape[0], 1))
        return [
            (part.cells[k], part.corners[k], part.area * part.moments_in(unknown, bool(k)).reshape(size), one)
            for k in range(2)
        ]


def _mean_reflection(face):
    return np.moveaxis(np.diagonal(face.reflection, axis1=-2, axis2=-1), -1, 0)


def _charge(degree):
    vector = np.zeros((1, 4 * (degree + 1) ** 2))
    vector[0, 0] = 1
    return vector


def _slow_spin(degree, materials, frame):
    """Orthonormal bases (modes, 4 moments) of the slow J = 1 modes along each spin axis, one or two modes."""
    points, weights = sphere(degree + 2)
    Y, along = harmonics(points, degree), points @ frame.T
    pairs = []
    for a in range(3):
        density, tensor = np.zeros((2, (degree + 1) ** 2, 4))
        density[0, 1 + a] = 1
        for b in range(3):
            tensor[:, 1 + b] = Y.T @ (weights * (along[:, a] * along[:, b] - (a == b) / 3))
        pairs.append(np.array([density.reshape(-1), tensor.reshape(-1) / np.linalg.norm(tensor)]))
    slow = [np.array([1.0, 0.0])]
    for m in materials:
        block = pairs[0] @ m.gain @ pairs[0].T
        values, modes = np.linalg.eigh((block + block.T) / 2)
        picked = [mode for value, mode in zip(values, modes.T, strict=True) if value > _SLOW * m.loss]
        slow = picked if m is materials[0] and picked else slow + picked
    left, sizes, _ = np.linalg.svd(np.array(slow).T, full_matrices=False)
    return [left[:, sizes > 1e-6 * sizes[0]].T @ pair for pair in pairs]


def _operator(grid, degree, materials, B, boundary, component):
    """MIP matrix of one spin component on the corners, unknowns (cell, corner, mode)."""
    modes = len(B)
    size = int(np.prod(grid.cells)) * grid.corners * modes
    D = np.array([[_diffusivity(m, degree, B, axis) for m in materials] for axis in grid.axes])[:, grid.material]
    entries = []  # (row points, column points, blocks)
    for a, h in enumerate(grid.spacing):
        area, cells = grid.face_area(a), np.arange(len(grid.material))
        low, high = grid.face_corners(a, False), grid.face_corners(a, True)

        def points(cell, corners):
            return cell[:, None] * grid.corners + corners

        slope = area / h * D[a]
        _scatter(entries, [points(cells, low), points(cells, high)], [[slope, -slope], [-slope, slope]])
        left, right = _neighbours(grid, a)
        DL, DR = D[a][left] / h, D[a][right] / h
        one = np.eye(modes)
        kappa = np.maximum(0.25, _PENALTY * np.diagonal(DL + DR, axis1=1, axis2=2))[:, :, None] * one
        jump = [0, 1, -1, 0]
        mean = [-DL / 2, DL / 2, -DR / 2, DR / 2]
        stencil = [points(left, low), points(left, high), points(right, low), points(right, high)]
        blocks = [
            [area * (jump[i] * jump[j] * kappa - jump[i] * mean[j] - jump[j] * mean[i]) for j in range(4)]
            for i in range(4)
        ]
        _scatter(entries, stencil, blocks)
    leak = np.zeros((len(grid.material), grid.corners))
    for part in boundary:
        if isinstance(part, Face):
            R = _mean_reflection(part)[component]
            leak[part.cells[:, None], part.corners] += part.area * (1 - R) / (1 + R) / 2
    K = np.array([B @ (m.loss * np.eye(B.shape[1]) - m.gain) @ B.T for m in materials])
    K = (K + K.swapaxes(1, 2))[grid.material] / 2
    if component == 0:
        K = 0 * K  # exactly: what the charge loses it gets back
    diagonal = grid.corner_volume * K[:, None] + leak[:, :, None, None] * np.eye(modes)
    everywhere = np.arange(size // modes).reshape(leak.shape)
    entries.append((everywhere, everywhere, diagonal))
    matrix = _assemble(entries, modes, size)
    if np.abs(diagonal).max() < 1e-12 * np.abs(matrix.diagonal()).max():
        matrix[0, 0] *= 2  # no sink at all: fix one potential
    return matrix


def _diffusivity(operators, degree, B, axis):
    """Bᵀ p̂ Λ⁻¹ p̂ B along one axis, (modes, modes); Λ on the odd moments, the bare loss beyond them."""
    points, weights = sphere(2 * degree + 2)
    Y = harmonics(points, degree)
    values = points[:, axis, None] * np.einsum("ni,kiu->knu", Y, B.reshape(len(B), -1, 4))
    odd = np.repeat(np.floor(np.sqrt(np.arange(Y.shape[1]))) % 2 == 1, 4)
    moments = np.einsum("n,ni,knu->kiu", weights, Y, values).reshape(len(B), -1)[:, odd]
    relaxation = operators.lambda_[np.ix_(odd, odd)]
    D = np.einsum("n,knu,jnu->kj", weights, values, values) / operators.loss
    D = D + moments @ (np.linalg.inv(relaxation) - np.eye(len(relaxation)) / operators.loss) @ moments.T
    return (D + D.T) / 2


def _neighbours(grid, axis):
    """Cells below and above every inner face normal to a gridded axis, periodic ones included."""
    cells = np.moveaxis(np.arange(len(grid.material)).reshape(grid.cells[::-1]), len(grid.cells) - 1 - axis, 0)
    if grid.periodic[axis]:
        return cells.reshape(-1), np.roll(cells, -1, 0).reshape(-1)
    return cells[:-1].reshape(-1), cells[1:].reshape(-1)


def _scatter(entries, points, blocks):
    for row, line in zip(points, blocks, strict=True):
        for column, block in zip(points, line, strict=True):
            entries.append((row, column, np.broadcast_to(block[:, None], (*row.shape, *block.shape[1:]))))


def _assemble(entries, modes, size):
    mode = np.arange(modes)
    rows, columns, data = [], [], []
    for row, column, block in entries:
        row, column = np.broadcast_arrays(
            row[..., None, None] * modes + mode[:, None], column[..., None, None] * modes + mode
        )
        rows.append(row.ravel())
        columns.append(column.ravel())
        data.append(np.broadcast_to(block, row.shape).ravel())
    matrix = sp.coo_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), (size, size))
    return matrix.tocsr()


def _solver(matrix, dimensions):
    """Function that applies A⁻¹: exactly in one and two dimensions, by multigrid cycles in three."""
    if dimensions < 3:
        return splu(sp.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve
    levels = pyamg.smoothed_aggregation_solver(sp.csr_matrix(matrix), max_coarse=200)
    return lambda source: levels.solve(source, tol=1e-300, maxiter=_CYCLES, cycle="V")
