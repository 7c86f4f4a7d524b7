"""The sweep: (p̂·∇ + loss) ψ = q by simple corner balance, for all ordinates, from moments to moments.

Each cell has 2^d corner volumes. With a = |μ|/hx, b = |η|/hy, c = |ξ|/hz and s = loss + a + b + c, corners counted
from the upwind one, the cell matrix is s + a J1 + b J2 + c J3 with commuting J = [[0, 1], [-1, 0]], J² = -1, so it is
inverted by the two-point transforms f0 ∓ i f1 along every axis and a division by s + i(a ± b ± c); Larmor precession
(ω/v_F)×ψ, about the first spin component, is one more such axis and is inverted with the rest. Inflow through an
upwind face adds 2a ψ_in to the corners next to it; outflow is the value of the downwind corners. The lumped bilinear
discontinuous element gives the same equations (second order, and with the thick diffusion limit).

State. Moments are arrays (cell, corner, moment, component) with cell = (k n1 + j) n0 + i, the first gridded axis the
fastest, and corner bit a set for the corner at the larger coordinate along axis a. The faces of axis a hold the
angular values that flow through, (block, line, corner of the face, 4 width) with ordinate-component pairs last and the
corners in the block's own order (`Octants.face_order`): inflow before the sweep, outflow after it. Implicit time steps
have a source for every ordinate and keep ψ: an angular distribution is an array (block, cell, corner, 4 width) with its
corners in the block's order too.
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
        self.weights = _expand(octants.weights).reshape(-1)
        rate = octants.cosines / np.array(grid.spacing)[None, :, None]
        self.inflow = _expand(2 * rate).reshape(-1)
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
        self.inverse, self.turn = (np.ascontiguousarray(x).reshape(-1) for x in (self.inverse, self.turn))
        self.work = None
        self.sizes = ((0,) * self.shape[2], (0,) * width, (0,) * 2**d)

    def faces(self):
        """Zero angular face values, one array per gridded axis."""
        n, half, lanes = self.cells, self.shape[1] // 2, 4 * len(self.sizes[1])
        return [np.zeros((len(self.flip), int(np.prod(n)) // n[a], half, lanes)) for a in range(len(n))]

    def distribution(self):
        """Shape of an angular distribution."""
        return len(self.flip), self.shape[0], self.shape[1], 4 * len(self.sizes[1])

    def __call__(self, source, faces, angular=None, rate=0.0, store=False, out=None):
        """Sweep all ordinates.

        Parameters
        ----------
        source : numpy.ndarray, shape (cells, corners, moments, 4)
            Moments of the source per unit length.
        faces : list of numpy.ndarray
            Inflow on entry, outflow on return (changed in place).
        angular : numpy.ndarray, shape `distribution()`, optional
            Angular distribution; `rate` times it is added to the source.
        rate : float
            1/length.
        store : bool
            Overwrite `angular` with ψ.
        out : numpy.ndarray, shape as `source`, optional
            Where to put the moments.

        Returns
        -------
        numpy.ndarray, shape as `source`
            Moments of ψ.
        """
        three = len(self.cells) == 3
        out = np.empty(self.shape) if out is None else out
        if not three and self.work is None:
            self.work = np.empty((len(self.flip), source.size))
        phi = out.reshape(1, -1) if three else self.work
        flat = [face.reshape(-1) for face in faces] + [self.turn[:0]] * (3 - len(faces))
        angular = self.turn[:0] if angular is None else angular.reshape(-1)
        run = _sweep_wavefronts if three else _sweep_blocks
        run(
            np.ascontiguousarray(source).reshape(-1), phi, *flat, self.spread.reshape(-1), self.weights,
            self.inflow, self.inverse, self.turn, self.material, self.flip, angular, rate, store,
            (*self.cells, 1, 1)[:3], *self.sizes,
        )  # fmt: skip
        if not three:
            phi.sum(0, out=out.reshape(-1))
        return out


def _parts(z):
    """Real and imaginary parts as neighbouring rows: (materials, blocks, modes, width) to (…, 2 modes, width)."""
    return np.stack([z.real, z.imag], 3).reshape(*z.shape[:2], -1, z.shape[-1])


def _expand(table):
    """Repeat the last axis (ordinates) for the four components."""
    return np.ascontiguousarray(np.repeat(table, 4, axis=-1))


# One line's scratch is a single flat array of rows of `lanes` = 4 width values: the corners 0 … 2^d - 1, then the faces
# along each axis. Row offsets are compile-time constants, which lets the compiler see that rows do not overlap.


@kernel()
def _transform1(s, inflow, width):
    """Add the inflow and go over to modes."""
    L = 4 * len(width)
    for n in range(L):
        s[n], s[L + n] = s[n] + inflow[n] * s[2 * L + n], -s[L + n]


@kernel()
def _transform2(s, inflow, width):
    L = 4 * len(width)
    for n in range(L):
        a, b = inflow[n], inflow[L + n]
        f0 = s[n] + a * s[4 * L + n] + b * s[6 * L + n]
        f1 = s[L + n] + b * s[7 * L + n]
        f2 = s[2 * L + n] + a * s[5 * L + n]
        f3 = s[3 * L + n]
        s[n] = f0 - f3
        s[L + n] = -f1 - f2
        s[2 * L + n] = f0 + f3
        s[3 * L + n] = f2 - f1


@kernel()
def _transform3(s, inflow, width):
    L = 4 * len(width)
    for n in range(L):
        a, b, c = inflow[n], inflow[L + n], inflow[2 * L + n]
        f0 = s[n] + a * s[8 * L + n] + b * s[12 * L + n] + c * s[16 * L + n]
        f1 = s[L + n] + b * s[13 * L + n] + c * s[17 * L + n]
        f2 = s[2 * L + n] + a * s[9 * L + n] + c * s[18 * L + n]
        f3 = s[3 * L + n] + c * s[19 * L + n]
        f4 = s[4 * L + n] + a * s[10 * L + n] + b * s[14 * L + n]
        f5 = s[5 * L + n] + b * s[15 * L + n]
        f6 = s[6 * L + n] + a * s[11 * L + n]
        f7 = s[7 * L + n]
        # along y, (f0 - i f1) ∓ i (f2 - i f3), at both z; then along z
        pr0, pi0, mr0, mi0 = f0 - f3, -f1 - f2, f0 + f3, f2 - f1
        pr1, pi1, mr1, mi1 = f4 - f7, -f5 - f6, f4 + f7, f6 - f5
        s[n] = pr0 + pi1
        s[L + n] = pi0 - pr1
        s[2 * L + n] = mr0 + mi1
        s[3 * L + n] = mi0 - mr1
        s[4 * L + n] = pr0 - pi1
        s[5 * L + n] = pi0 + pr1
        s[6 * L + n] = mr0 - mi1
        s[7 * L + n] = mi0 + mr1


@kernel()
def _divide(s, inverse, corners, width):
    """Modes, real and imaginary parts in rows of their own, times the inverse eigenvalues."""
    L = 4 * len(width)
    for m in range(0, len(corners), 2):
        for n in range(m * L, (m + 1) * L):
            re, im, u, v = s[n], s[L + n], inverse[n], inverse[L + n]
            s[n] = re * u - im * v
            s[L + n] = re * v + im * u


@kernel()
def _divide_precessing(s, inverse, turn, corners, width):
    """As `_divide`, with the last two components turning into one another: (S, ω; -ω, S)⁻¹ of S = s + i(…)."""
    L = 4 * len(width)
    for m in range(0, len(corners), 2):
        for n in range(m * L, (m + 1) * L, 2):
            re, im, other, wise = s[n], s[L + n], s[n + 1], s[L + n + 1]
            u, v, x, y = inverse[n], inverse[L + n], turn[n], turn[L + n]
            s[n] = re * u - im * v - other * x + wise * y
            s[L + n] = re * v + im * u - other * y - wise * x
            s[n + 1] = other * u - wise * v + re * x - im * y
            s[L + n + 1] = other * v + wise * u + re * y + im * x


@kernel()
def _restore1(s, width):
    """Back from modes to corners, and the outflow through the downwind faces."""
    L = 4 * len(width)
    for n in range(L):
        s[L + n] = -s[L + n]
        s[2 * L + n] = s[L + n]


@kernel()
def _restore2(s, width):
    L = 4 * len(width)
    for n in range(L):
        pr, pi, mr, mi = s[n], s[L + n], s[2 * L + n], s[3 * L + n]
        f1, f2, f3 = -pi - mi, mi - pi, mr - pr
        s[n] = pr + mr
        s[L + n] = f1
        s[2 * L + n] = f2
        s[3 * L + n] = f3
        s[4 * L + n] = f1
        s[5 * L + n] = f3
        s[6 * L + n] = f2
        s[7 * L + n] = f3


@kernel()
def _restore3(s, width):
    L = 4 * len(width)
    for n in range(L):
        ppr, ppi, mpr, mpi = s[n], s[L + n], s[2 * L + n], s[3 * L + n]
        pmr, pmi, mmr, mmi = s[4 * L + n], s[5 * L + n], s[6 * L + n], s[7 * L + n]
        # back along z: the sum at the upwind corner, i times the difference at the other one; then along y
        pr0, pi0, pr1, pi1 = ppr + pmr, ppi + pmi, pmi - ppi, ppr - pmr
        mr0, mi0, mr1, mi1 = mpr + mmr, mpi + mmi, mmi - mpi, mpr - mmr
        f1, f2, f3, f4 = -pi0 - mi0, mi0 - pi0, mr0 - pr0, pr1 + mr1
        f5, f6, f7 = -pi1 - mi1, mi1 - pi1, mr1 - pr1
        s[n] = pr0 + mr0
        s[L + n] = f1
        s[2 * L + n] = f2
        s[3 * L + n] = f3
        s[4 * L + n] = f4
        s[5 * L + n] = f5
        s[6 * L + n] = f6
        s[7 * L + n] = f7
        s[8 * L + n] = f1
        s[9 * L + n] = f3
        s[10 * L + n] = f5
        s[11 * L + n] = f7
        s[12 * L + n] = f2
        s[13 * L + n] = f3
        s[14 * L + n] = f6
        s[15 * L + n] = f7
        s[16 * L + n] = f4
        s[17 * L + n] = f5
        s[18 * L + n] = f6
        s[19 * L + n] = f7


@kernel()
def _copy(source, target, corners, width):
    """The values of one face of a cell."""
    for n in range(len(corners) // 2 * 4 * len(width)):
        target[n] = source[n]


@kernel()
def _add(source, rate, s, corners, width):
    """rate × the angular source of a cell, added to what its moments gave."""
    for n in range(len(corners) * 4 * len(width)):
        s[n] += rate * source[n]


@kernel()
def _keep(s, target, corners, width):
    """The angular values of a cell."""
    for n in range(len(corners) * 4 * len(width)):
        target[n] = s[n]


@kernel()
def _sweep_line(
    block, j, k, q, phi, fx, fy, fz, spread, weights, inflow, inverse, turn, material, flip, angular, rate, store,
    cells, moments, width, corners,
):  # fmt: skip
    """Sweep one block of ordinates along one line of cells."""
    nm, nc, half, lanes = len(moments), len(corners), len(corners) // 2, 4 * len(width)
    n0, n1, n2 = cells
    d = 1 if half == 1 else (2 if half == 2 else 3)
    s = np.empty((len(corners) + 3 * (len(corners) // 2)) * 4 * len(width))
    mask = flip[block]
    line, rates = k * n1 + j, inflow[block * d * lanes :]
    _copy(fx[(block * n1 * n2 + line) * half * lanes :], s[nc * lanes :], corners, width)
    for step in range(n0):
        i = n0 - 1 - step if mask & 1 else step
        cell = line * n0 + i
        start = cell * nc * nm * 4
        row = (material[cell] * len(flip) + block) * nc * lanes
        moments_to_ordinates(q, start, mask, spread, block * nm, s, moments, width, corners)
        here = (block * n0 * n1 * n2 + cell) * nc * lanes
        if angular.size:
            _add(angular[here:], rate, s, corners, width)
        if half > 1:
            y = ((block * n2 + k) * n0 + i) * half * lanes
            _copy(fy[y:], s[(nc + half) * lanes :], corners, width)
        if half > 2:
            z = ((block * n1 + j) * n0 + i) * half * lanes
            _copy(fz[z:], s[(nc + 2 * half) * lanes :], corners, width)
        if half == 1:
            _transform1(s, rates, width)
        elif half == 2:
            _transform2(s, rates, width)
        else:
            _transform3(s, rates, width)
        if turn.size:
            _divide_precessing(s, inverse[row:], turn[row:], corners, width)
        else:
            _divide(s, inverse[row:], corners, width)
        if half == 1:
            _restore1(s, width)
        elif half == 2:
            _restore2(s, width)
        else:
            _restore3(s, width)
        if store:
            _keep(s, angular[here:], corners, width)
        if half > 1:
            _copy(s[(nc + half) * lanes :], fy[y:], corners, width)
        if half > 2:
            _copy(s[(nc + 2 * half) * lanes :], fz[z:], corners, width)
        ordinates_to_moments(s, spread, block * nm, weights[block * lanes :], phi, start, mask, moments, width, corners)
    _copy(s[nc * lanes :], fx[(block * n1 * n2 + line) * half * lanes :], corners, width)


@kernel(parallel=True)
def _sweep_blocks(
    q, phi, fx, fy, fz, spread, weights, inflow, inverse, turn, material, flip, angular, rate, store, cells, moments,
    width, corners,
):  # fmt: skip
    """1D and 2D: blocks of ordinates side by side, each with moments of its own, phi (blocks, size)."""
    rows = cells[1]
    for block in numba.prange(len(flip)):
        phi[block] = 0.0
        for step in range(rows):
            j = rows - 1 - step if flip[block] & 2 else step
            _sweep_line(
                block, j, 0, q, phi[block], fx, fy, fz, spread, weights, inflow, inverse, turn, material, flip, angular,
                rate, store, cells, moments, width, corners,
            )  # fmt: skip


@kernel(parallel=True)
def _sweep_wavefronts(
    q, phi, fx, fy, fz, spread, weights, inflow, inverse, turn, material, flip, angular, rate, store, cells, moments,
    width, corners,
):  # fmt: skip
    """3D: the lines of a wavefront j + k = constant (from upwind) are independent. phi (1, size).

    Blocks that differ only in their direction along the line follow one another while its moments are in cache.
    """
    n1, n2 = cells[1], cells[2]
    together = len(flip) // 4
    phi[0] = 0.0
    for group in range(4):
        mask = flip[group * together]
        for front in range(n1 + n2 - 1):
            first = max(0, front - n1 + 1)
            for step in numba.prange(min(front, n2 - 1) - first + 1):
                k = first + step
                j = n1 - 1 - front + k if mask & 2 else front - k
                if mask & 4:
                    k = n2 - 1 - k
                for block in range(group * together, (group + 1) * together):
                    _sweep_line(
                        block, j, k, q, phi[0], fx, fy, fz, spread, weights, inflow, inverse, turn, material, flip,
                        angular, rate, store, cells, moments, width, corners,
                    )  # fmt: skip
