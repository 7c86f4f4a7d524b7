"""Right-preconditioned GMRES that shows its iterate and can be continued after every product.

Y. Saad and M. H. Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986). The residual monitored is the true one. Both V and
M⁻¹ V are kept, as in the flexible variant (Y. Saad, SIAM J. Sci. Comput. 14, 461 (1993)). Then neither the iterate
u = u0 + M⁻¹ V y nor M⁻¹ of its residual takes an application of M⁻¹ that the next product does not need as well.
"""

import numba
import numpy as np
from scipy.linalg import solve_triangular

from boltzsim.transport.kernels.compile import kernel

_ROWS = 8  # so many vectors are allocated together
_KEPT = 0.1  # a larger share of a vector beside those before it needs no second pass in single precision
_CHUNK = 4096  # so many entries stay in cache while all basis vectors are multiplied with them


class Gmres:
    """Solve A u = b, one product at a time.

    Parameters
    ----------
    operator : callable
        A on flat vectors, linear and the same in every call. It may return the same array every time, and what it
        returns is changed.
    preconditioner : callable
        preconditioner(vector, out) writes M⁻¹ of the first into the second; linear and the same in every call.
    residual : numpy.ndarray
        b - A u0.
    bases : list of Basis, optional
        Those of an earlier solution, which lose their vectors to this one.
    """

    def __init__(self, operator, preconditioner, residual, bases=None):
        self.operator, self.preconditioner = operator, preconditioner
        self.start = norm(residual)
        bases = [Basis(len(residual), residual.dtype) for _ in range(2)] if bases is None else bases
        bases[:] = [basis.successor() for basis in bases]
        self.basis, self.prepared = bases  # the second has M⁻¹ of the vectors of the first, made when wanted
        self.basis.append(residual / self.start if self.start > 0 else residual)
        self.R = np.zeros((0, 0))  # triangular factor of the Hessenberg matrix
        self.rotations = []
        self.g = np.array([self.start])  # rotated right-hand side; |g[-1]| is the residual norm

    @property
    def residual_norm(self):
        return abs(self.g[-1])

    def advance(self):
        """One product: extend the Krylov space and minimise the residual over it."""
        k = len(self.rotations)
        self._prepare()
        w = self.operator(self.prepared[k])
        h = np.zeros(k + 2)
        for _ in range(2):  # classical Gram-Schmidt, twice
            overlap = self.basis.overlap(w)
            self.basis.subtract(overlap, w)
            h[: k + 1] += overlap
            h[k + 1] = norm(w)
            if w.dtype == np.float32 and h[k + 1] > _KEPT * np.linalg.norm(overlap):
                break  # in rounds of few products, which end at a residual of 1e-5
        if h[k + 1] > 0:
            w /= h[k + 1]
        self.basis.append(w)
        for i, (c, s) in enumerate(self.rotations):
            h[i], h[i + 1] = c * h[i] + s * h[i + 1], c * h[i + 1] - s * h[i]
        r = np.hypot(h[k], h[k + 1])
        c, s = (h[k] / r, h[k + 1] / r) if r > 0 else (1.0, 0.0)
        self.rotations.append((c, s))
        R = np.zeros((k + 1, k + 1))
        R[:k, :k] = self.R
        R[:k, k], R[k, k] = h[:k], r
        self.R = R
        self.g = np.r_[self.g[:k], c * self.g[k], -s * self.g[k]]

    def weights(self):
        """y of the present minimiser u0 + M⁻¹ V y, one number per product."""
        k = len(self.rotations)
        return solve_triangular(self.R, self.g[:k]) if k else np.zeros(0)

    def correction(self):
        """u - u0 = M⁻¹ V y of the present minimiser."""
        return self.prepared.combined(self.weights())

    def residual(self):
        """Residual vector of the present minimiser."""
        return self.basis.combined(self._shares())

    def error(self):
        """M⁻¹ of that residual, an estimate of what the minimiser is still wrong by."""
        self._prepare()
        return self.prepared.combined(self._shares())

    def _prepare(self):
        """Apply the preconditioner to the last vector of the basis."""
        if len(self.prepared) < len(self.basis):
            self.preconditioner(self.basis[len(self.prepared)], self.prepared.extended())

    def _shares(self):
        """Coefficients of the residual in the basis."""
        e = np.zeros(len(self.g))
        e[-1] = self.g[-1]
        for i in reversed(range(len(self.rotations))):
            c, s = self.rotations[i]
            e[i], e[i + 1] = c * e[i] - s * e[i + 1], s * e[i] + c * e[i + 1]
        return e


class Basis:
    """Krylov vectors of one length, stored a few rows at a time as they come.

    Memory is slow at its first use, so that a basis may hand it on.

    Parameters
    ----------
    length : int
    precision : numpy.dtype
    """

    def __init__(self, length, precision=np.float64):
        self.length, self.precision, self.count, self.blocks = length, precision, 0, []

    def successor(self):
        """An empty basis with the memory of this one, which is left without any."""
        other = Basis(self.length, self.precision)
        other.blocks, self.blocks, self.count = self.blocks, [], 0
        return other

    def shared(self):
        """The same vectors in the same memory; what this basis receives later is not part of it."""
        other = Basis(self.length, self.precision)
        other.blocks, other.count = list(self.blocks), self.count
        return other

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        if not 0 <= number < self.count:
            raise IndexError(number)
        return self.blocks[number // _ROWS][number % _ROWS]

    def append(self, vector):
        self.extended()[:] = vector

    def extended(self):
        """The memory of another vector, which belongs to the basis from now on."""
        if self.count == _ROWS * len(self.blocks):
            self.blocks.append(np.empty((_ROWS, self.length), self.precision))
        self.count += 1
        return self[self.count - 1]

    def overlap(self, w):
        """Inner products of all vectors with w."""
        starts = range(0, self.count, _ROWS)
        return np.concatenate([_overlap(self.blocks[start // _ROWS][: self.count - start], w) for start in starts])

    def combined(self, coefficients):
        """Σ coefficients × vectors."""
        total = np.zeros(self.length, self.precision)
        self.subtract(-coefficients, total)
        return total

    def subtract(self, coefficients, w):
        """w -= Σ coefficients × vectors, for as many vectors as there are coefficients."""
        coefficients = coefficients.astype(w.dtype)
        for start in range(0, len(coefficients), _ROWS):
            _subtract(self.blocks[start // _ROWS], coefficients[start : start + _ROWS], w)


def norm(vector):
    """Norm of a vector, summed in double precision."""
    return float(np.sqrt(_overlap(vector[None], vector)[0]))


def _overlap(vectors, w):
    """Inner products of several vectors with w in double precision; the sums do not depend on the threads."""
    sums = np.zeros((-(-len(w) // _CHUNK), len(vectors)))
    _project(vectors, w, sums)
    return sums.sum(0)


@kernel(shared="w")
def _project(basis, w, overlaps):
    """Inner products of w with the first rows of basis, as many as overlaps has columns, chunk by chunk.

    The loops over slices, whose indices cannot be negative, become vector instructions.
    """
    for chunk in numba.prange(len(overlaps)):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, len(w))
        own = w[first:last]
        for i in range(overlaps.shape[1]):
            row, total = basis[i, first:last], 0.0
            for n in range(len(own)):
                total += row[n] * own[n]
            overlaps[chunk, i] = total


@kernel(shared="w")
def _subtract(basis, coefficients, w):
    for chunk in numba.prange(-(-len(w) // _CHUNK)):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, len(w))
        own = w[first:last]
        for i in range(len(coefficients)):
            row, coefficient = basis[i, first:last], coefficients[i]
            for n in range(len(own)):
                own[n] -= coefficient * row[n]
