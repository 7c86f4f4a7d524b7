"""Where an iteration starts: at the best combination of vectors whose images under the operator are known."""

import numpy as np

from boltzsim.transport.krylov import Basis

_PARTS = ("vectors", "images", "fluxes")
_ROUNDING = 1e-6  # an image of which less than this share is new has lost too many digits


class Known:
    """Vectors u with orthonormal images A u, and the fluxes that go with them.

    Parameters
    ----------
    most : int
        So many are kept. When there are more, those remain that the last most/2 solutions are made of.
    saved : dict of str to numpy.ndarray, optional
        From `saved`.

    Attributes
    ----------
    vectors, images, fluxes : Basis
        Row by row what is known; the fluxes are flat.
    solutions : list of numpy.ndarray
        What the images of the last solutions are made of, newest first.
    complete : bool
        Whether nothing is added any more.
    """

    def __init__(self, most, saved=None):
        self.most, saved = most, dict.fromkeys((*_PARTS, "solutions"), ()) if saved is None else saved
        self.vectors, self.images, self.fluxes = (_basis(saved[name]) for name in _PARTS)
        self.solutions, self.complete = list(saved["solutions"]), False

    def __len__(self):
        return len(self.vectors)

    def copy(self):
        """The same as it is now; the copy, which shares the memory of the original, is complete."""
        same = Known(self.most)
        same.complete = True
        same.vectors, same.images, same.fluxes = (getattr(self, name).shared() for name in _PARTS)
        same.solutions = list(self.solutions)
        return same

    def saved(self):
        """All that is known as arrays, for a checkpoint."""
        parts = {name: np.array(list(getattr(self, name))) for name in _PARTS}
        return parts | {"solutions": np.array([self._padded(shares) for shares in self.solutions])}

    def improve(self, start, residual, entering):
        """The start plus the combination that leaves the smallest residual, with its flux; `residual` is changed."""
        shares = self._taken(residual, 1)
        self.solutions = [shares, *self.solutions][: max(1, self.most // 2)]
        if not len(self):
            return start, entering
        return start + self.vectors.combined(shares), entering + self._flux(shares, entering)

    def add(self, vector, image, entering):
        """Add what the last solution has beside its start.

        Parameters
        ----------
        vector, image : numpy.ndarray, shape (unknowns,)
            Increment of the solution, and its image; both are changed.
        entering : numpy.ndarray, shape (boundary corners, 4)
            Its flux into the boundary corners.
        """
        if self.complete:
            return
        if not len(self):
            self.vectors, self.images, self.fluxes = Basis(vector.size), Basis(image.size), Basis(entering.size)
        size = np.linalg.norm(image)
        shares = self._taken(image, 2)  # the second time against rounding
        new = np.linalg.norm(image)
        if new > _ROUNDING * size:
            if len(self):
                vector -= self.vectors.combined(shares)
                entering = entering - self._flux(shares, entering)
            for basis, values in ((self.vectors, vector), (self.images, image), (self.fluxes, entering.reshape(-1))):
                basis.append(values)
                basis[len(basis) - 1][:] /= new
            self.solutions[0] = np.r_[self._padded(self.solutions[0])[:-1] + shares, new]
        if len(self) > self.most:
            self._forget()

    def _taken(self, residual, times):
        """Take the known images out of a residual, in place; returns the share of each."""
        shares = np.zeros(len(self))
        for _ in range(times if len(self) else 0):
            found = self.images.overlap(residual)
            self.images.subtract(found, residual)
            shares += found
        return shares

    def _flux(self, shares, entering):
        return self.fluxes.combined(shares).reshape(entering.shape)

    def _padded(self, shares):
        return np.pad(shares, (0, len(self) - len(shares)))

    def _forget(self):
        """Keep what the last solutions are made of."""
        shares = np.array([self._padded(solution) for solution in self.solutions])
        kept = np.linalg.qr(shares.T)[0]
        self.vectors, self.images, self.fluxes = (
            _basis([basis.combined(column) for column in kept.T]) for basis in (self.vectors, self.images, self.fluxes)
        )
        self.solutions = list(shares @ kept)


def _basis(rows):
    """A basis of some vectors."""
    basis = Basis(len(rows[0]) if len(rows) else 0)
    for row in rows:
        basis.append(np.reshape(row, -1))
    return basis
