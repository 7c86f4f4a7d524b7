"""The sweep: (p̂·∇ + loss) ψ = q by simple corner balance, for all ordinates, from moments to moments.

Each cell has 2^d corner volumes. With a = |μ|/hx, b = |η|/hy, c = |ξ|/hz and s = loss + a + b + c, corners counted
from the upwind one, the cell matrix is s + a J1 + b J2 + c J3 with commuting J = [[0, 1], [-1, 0]], J² = -1, so it is
inverted by the two-point transforms f0 ∓ i f1 along every axis and a division by s + i(a ± b ± c); Larmor precession
(ω/v_F)×ψ, about the first spin component, is one more such axis and is inverted with the rest. Inflow through an
upwind face adds 2a ψ_in to the corners next to it; outflow is the value of the downwind corners. The lumped bilinear
discontinuous element gives the same equations (second order, and with the thick diffusion limit).

State. Moments are arrays (cell, corner, moment, component) with cell = (k n1 + j) n0 + i, the first gridded axis the
fastest, and corner bit a set for the corner at the larger coordinate along axis a. The faces of axis a hold the
angular values that flow through, (block, line, corner of the face, 4 width) with ordinate-component pairs last: inflow
before the sweep, outflow after it.
"""

import numba
import numpy as np

from boltzsim.transport.compile import kernel
from boltzsim.transport.products import moments_to_ordinates, ordinates_to_moments


class Sweep:
    """The sweep operator of one device, angular set and loss rate.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
        Highest moment degree.
    loss : numpy.ndarray, shape (materials,)
        Scalar loss rates [1/m].
    precession : float
        Larmor rate ω/v_F [1/m] about the first spin component; the other two turn into one another.
    """

    def __init__(self, grid, octants, degree, loss, precession=0.0):
        self.cells = grid.cells
        self.material = grid.material
        width, d = octants.width, len(grid.cells)
        self.shape = (int(np.prod(grid.cells)), 2**d, (degree + 1) ** 2, 4)
        Y = np.moveaxis(octants.moments(degree), 1, 2)
        self.spread = _expand(Y).reshape(-1, 4 * width)
        self.gather = _expand(Y * octants.weights[:, None, :]).reshape(-1, 4 * width)
        rate = octants.cosines / np.array(grid.spacing)[None, :, None]
        self.inflow = _expand(2 * rate)
        self.flip = (octants.down * 2 ** np.arange(d)).sum(1)
        signs = 1.0 - 2 * (np.arange(2 ** (d - 1))[:, None] >> np.arange(d - 1) & 1)
        imaginary = rate[:, :1] + np.einsum("ma,baw->bmw", signs, rate[:, 1:])
        total = loss[:, None, None, None] + rate.sum(1)[None, :, None] + 1j * imaginary[None]
        scale = 2.0 ** (1 - d)
        plain = _parts(scale / total)
        if precession:
            squared = total**2 + precession**2
            self.inverse = np.stack([plain, plain, *[_parts(scale * total / squared)] * 2], -1)
            self.turn = np.stack([0 * plain, 0 * plain, *[_parts(scale * precession / squared)] * 2], -1)
        else:
            self.inverse, self.turn = np.stack([plain] * 4, -1), plain[:0, :, :, :, None]
        self.inverse, self.turn = (x.reshape(*x.shape[:3], 4 * width) for x in (self.inverse, self.turn))
        self.sizes = ((0,) * self.shape[2], (0,) * width, (0,) * 2**d)

    def faces(self):
        """Zero angular face values, one array per gridded axis."""
        n, half, lanes = self.cells, self.shape[1] // 2, self.inflow.shape[-1]
        return [np.zeros((len(self.flip), int(np.prod(n)) // n[a], half, lanes)) for a in range(len(n))]

    def __call__(self, source, faces):
        """Sweep all ordinates.

        Parameters
        ----------
        source : numpy.ndarray, shape (cells, corners, moments, 4)
            Moments of the source per unit length.
        faces : list of numpy.ndarray
            Inflow on entry, outflow on return (changed in place).

        Returns
        -------
        numpy.ndarray, shape as `source`
            Moments of ψ.
        """
        three = len(self.cells) == 3
        phi = np.zeros((1 if three else len(self.flip), source.size))
        padded = [*faces, *[np.zeros((1, 1, 1, 1))] * (3 - len(faces))]
        run = _sweep_wavefronts if three else _sweep_blocks
        run(
            np.ascontiguousarray(source).reshape(-1), phi, *padded, self.spread, self.gather, self.inflow,
            self.inverse, self.turn, self.material, self.flip, (*self.cells, 1, 1)[:3], *self.sizes,
        )  # fmt: skip
        return phi.sum(0).reshape(self.shape) if len(phi) > 1 else phi.reshape(self.shape)


def _parts(z):
    """Real and imaginary parts as neighbouring rows: (materials, blocks, modes, width) to (…, 2 modes, width)."""
    return np.stack([z.real, z.imag], 3).reshape(*z.shape[:2], -1, z.shape[-1])


def _expand(table):
    """Repeat the last axis (ordinates) for the four components."""
    return np.ascontiguousarray(np.repeat(table, 4, axis=-1))


@kernel()
def _transform1(f, gx, inflow):
    for n in range(f.shape[1]):
        f[0, n], f[1, n] = f[0, n] + inflow[0, n] * gx[0, n], -f[1, n]


@kernel()
def _transform2(f, gx, gy, inflow):
    for n in range(f.shape[1]):
        a, b = inflow[0, n], inflow[1, n]
        f0 = f[0, n] + a * gx[0, n] + b * gy[0, n]
        f1 = f[1, n] + b * gy[1, n]
        f2 = f[2, n] + a * gx[1, n]
        f3 = f[3, n]
        f[0, n], f[1, n], f[2, n], f[3, n] = f0 - f3, -f1 - f2, f0 + f3, f2 - f1


@kernel()
def _transform3(f, gx, gy, gz, inflow):
    for n in range(f.shape[1]):
        a, b, c = inflow[0, n], inflow[1, n], inflow[2, n]
        f0 = f[0, n] + a * gx[0, n] + b * gy[0, n] + c * gz[0, n]
        f1 = f[1, n] + b * gy[1, n] + c * gz[1, n]
        f2 = f[2, n] + a * gx[1, n] + c * gz[2, n]
        f3 = f[3, n] + c * gz[3, n]
        f4 = f[4, n] + a * gx[2, n] + b * gy[2, n]
        f5 = f[5, n] + b * gy[3, n]
        f6 = f[6, n] + a * gx[3, n]
        f7 = f[7, n]
        # along y, (f0 - i f1) ∓ i (f2 - i f3), at both z; then along z
        pr0, pi0, mr0, mi0 = f0 - f3, -f1 - f2, f0 + f3, f2 - f1
        pr1, pi1, mr1, mi1 = f4 - f7, -f5 - f6, f4 + f7, f6 - f5
        f[0, n], f[1, n], f[2, n], f[3, n] = pr0 + pi1, pi0 - pr1, mr0 + mi1, mi0 - mr1
        f[4, n], f[5, n], f[6, n], f[7, n] = pr0 - pi1, pi0 + pr1, mr0 - mi1, mi0 + mr1


@kernel()
def _divide(f, inverse):
    """Modes, real and imaginary parts in rows of their own, times the inverse eigenvalues."""
    for m in range(0, len(f), 2):
        for n in range(f.shape[1]):
            re, im, u, v = f[m, n], f[m + 1, n], inverse[m, n], inverse[m + 1, n]
            f[m, n], f[m + 1, n] = re * u - im * v, re * v + im * u


@kernel()
def _divide_precessing(f, inverse, turn):
    """As `_divide`, with the last two components turning into one another: (S, ω; -ω, S)⁻¹ of S = s + i(…)."""
    for m in range(0, len(f), 2):
        for n in range(0, f.shape[1], 2):
            re, im, other, wise = f[m, n], f[m + 1, n], f[m, n + 1], f[m + 1, n + 1]
            u, v, x, y = inverse[m, n], inverse[m + 1, n], turn[m, n], turn[m + 1, n]
            f[m, n], f[m + 1, n] = re * u - im * v - other * x + wise * y, re * v + im * u - other * y - wise * x
            f[m, n + 1] = other * u - wise * v + re * x - im * y
            f[m + 1, n + 1] = other * v + wise * u + re * y + im * x


@kernel()
def _restore1(f, gx):
    for n in range(f.shape[1]):
        f[1, n] = -f[1, n]
        gx[0, n] = f[1, n]


@kernel()
def _restore2(f, gx, gy):
    for n in range(f.shape[1]):
        pr, pi, mr, mi = f[0, n], f[1, n], f[2, n], f[3, n]
        f0, f1, f2, f3 = pr + mr, -pi - mi, mi - pi, mr - pr
        f[0, n], f[1, n], f[2, n], f[3, n] = f0, f1, f2, f3
        gx[0, n], gx[1, n] = f1, f3
        gy[0, n], gy[1, n] = f2, f3


@kernel()
def _restore3(f, gx, gy, gz):
    for n in range(f.shape[1]):
        ppr, ppi, mpr, mpi = f[0, n], f[1, n], f[2, n], f[3, n]
        pmr, pmi, mmr, mmi = f[4, n], f[5, n], f[6, n], f[7, n]
        # back along z: the sum at the upwind corner, i times the difference at the other one; then along y
        pr0, pi0, pr1, pi1 = ppr + pmr, ppi + pmi, pmi - ppi, ppr - pmr
        mr0, mi0, mr1, mi1 = mpr + mmr, mpi + mmi, mmi - mpi, mpr - mmr
        f0, f1, f2, f3 = pr0 + mr0, -pi0 - mi0, mi0 - pi0, mr0 - pr0
        f4, f5, f6, f7 = pr1 + mr1, -pi1 - mi1, mi1 - pi1, mr1 - pr1
        f[0, n], f[1, n], f[2, n], f[3, n] = f0, f1, f2, f3
        f[4, n], f[5, n], f[6, n], f[7, n] = f4, f5, f6, f7
        gx[0, n], gx[1, n], gx[2, n], gx[3, n] = f1, f3, f5, f7
        gy[0, n], gy[1, n], gy[2, n], gy[3, n] = f2, f3, f6, f7
        gz[0, n], gz[1, n], gz[2, n], gz[3, n] = f4, f5, f6, f7


@kernel()
def _copy(source, target, flip, half):
    for t in range(half):
        for n in range(target.shape[1]):
            target[t, n] = source[t ^ flip, n]


@kernel()
def _copy_back(source, target, flip, half):
    for t in range(half):
        for n in range(source.shape[1]):
            target[t ^ flip, n] = source[t, n]


@kernel()
def _sweep_line(
    block,
    j,
    k,
    q,
    phi,
    fx,
    fy,
    fz,
    spread,
    gather,
    inflow,
    inverse,
    turn,
    material,
    flip,
    cells,
    moments,
    width,
    corners,
):
    """Sweep one block of ordinates along one line of cells."""
    nm, half = len(moments), len(corners) // 2
    n0, n1, _ = cells
    f = np.empty((len(corners), 4 * len(width)))
    gx = np.empty((len(corners) // 2, 4 * len(width)))
    gy = np.empty((len(corners) // 2, 4 * len(width)))
    gz = np.empty((len(corners) // 2, 4 * len(width)))
    mask = flip[block]
    mask_x, mask_y, mask_z = mask >> 1, (mask & 1) | (mask >> 2 << 1), mask & 3
    line = k * n1 + j
    _copy(fx[block, line], gx, mask_x, half)
    for step in range(n0):
        i = n0 - 1 - step if mask & 1 else step
        cell = line * n0 + i
        start = cell * len(corners) * nm * 4
        moments_to_ordinates(q, start, mask, spread, block * nm, f, moments, width, corners)
        if half > 1:
            _copy(fy[block, k * n0 + i], gy, mask_y, half)
        if half > 2:
            _copy(fz[block, j * n0 + i], gz, mask_z, half)
        if half == 1:
            _transform1(f, gx, inflow[block])
        elif half == 2:
            _transform2(f, gx, gy, inflow[block])
        else:
            _transform3(f, gx, gy, gz, inflow[block])
        if turn.size:
            _divide_precessing(f, inverse[material[cell], block], turn[material[cell], block])
        else:
            _divide(f, inverse[material[cell], block])
        if half == 1:
            _restore1(f, gx)
        elif half == 2:
            _restore2(f, gx, gy)
        else:
            _restore3(f, gx, gy, gz)
        if half > 1:
            _copy_back(gy, fy[block, k * n0 + i], mask_y, half)
        if half > 2:
            _copy_back(gz, fz[block, j * n0 + i], mask_z, half)
        ordinates_to_moments(f, gather, block * nm, phi, start, mask, moments, width, corners)
    _copy_back(gx, fx[block, line], mask_x, half)


@kernel(parallel=True)
def _sweep_blocks(
    q, phi, fx, fy, fz, spread, gather, inflow, inverse, turn, material, flip, cells, moments, width, corners
):
    """1D and 2D: blocks of ordinates side by side, each with moments of its own, phi (blocks, size)."""
    rows = cells[1]
    for block in numba.prange(len(flip)):
        for step in range(rows):
            j = rows - 1 - step if flip[block] & 2 else step
            _sweep_line(
                block, j, 0, q, phi[block], fx, fy, fz, spread, gather, inflow, inverse, turn, material, flip, cells,
                moments, width, corners,
            )  # fmt: skip


@kernel(parallel=True)
def _sweep_wavefronts(
    q, phi, fx, fy, fz, spread, gather, inflow, inverse, turn, material, flip, cells, moments, width, corners
):
    """3D: block after block; the lines of a wavefront j + k = constant (from upwind) are independent. phi (1, size)."""
    n1, n2 = cells[1], cells[2]
    for block in range(len(flip)):
        for front in range(n1 + n2 - 1):
            first = max(0, front - n1 + 1)
            for step in numba.prange(min(front, n2 - 1) - first + 1):
                k = first + step
                j = front - k
                _sweep_line(
                    block, n1 - 1 - j if flip[block] & 2 else j, n2 - 1 - k if flip[block] & 4 else k, q, phi[0],
                    fx, fy, fz, spread, gather, inflow, inverse, turn, material, flip, cells, moments, width, corners,
                )  # fmt: skip
