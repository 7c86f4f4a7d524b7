"""Where an iteration starts: at the best combination of vectors whose images under the operator are known."""

import numpy as np

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
    """

    def __init__(self, most, saved=None):
        self.most, saved = most, dict.fromkeys((*_PARTS, "solutions"), ()) if saved is None else saved
        self.entries = list(zip(*(saved[name] for name in _PARTS), strict=True))
        self.solutions = list(saved["solutions"])  # what the images of the last solutions are made of, newest first

    def copy(self):
        """The same as it is now; the vectors are shared, since none is ever changed."""
        same = Known(self.most)
        same.entries, same.solutions = list(self.entries), list(self.solutions)
        return same

    def saved(self):
        """All that is known as arrays, for a checkpoint."""
        parts = {name: np.array([entry[k] for entry in self.entries]) for k, name in enumerate(_PARTS)}
        return parts | {"solutions": np.array([self._padded(shares) for shares in self.solutions])}

    def improve(self, start, residual, entering):
        """The start plus the combination that leaves the smallest residual, with its flux; `residual` is changed."""
        start, entering, shares = self._combined(start, residual, entering)
        self.solutions = [shares, *self.solutions][: max(1, self.most // 2)]
        return start, entering

    def add(self, vector, image, entering):
        """Add what the last solution has beside its start.

        Parameters
        ----------
        vector, image : numpy.ndarray, shape (unknowns,)
            Increment of the solution, and its image.
        entering : numpy.ndarray, shape (boundary corners, 4)
            Its flux into the boundary corners.
        """
        size, rest = np.linalg.norm(image), image.copy()
        vector, entering, shares = self._combined(-vector, rest, -entering)
        new = np.linalg.norm(rest)
        if new > _ROUNDING * size:
            self.entries.append((-vector / new, rest / new, -entering / new))
            self.solutions[0] = np.r_[self._padded(self.solutions[0])[:-1] + shares, new]
        if len(self.entries) > self.most:
            self._forget()

    def _combined(self, vector, residual, entering):
        """Take the known images out of a residual: what that adds to the vector and the flux, and the share of each."""
        shares = np.zeros(len(self.entries))
        for _ in range(2):  # the second time against rounding
            for k, (known, image, flux) in enumerate(self.entries):
                share = image @ residual
                residual -= share * image
                vector, entering = vector + share * known, entering + share * flux
                shares[k] += share
        return vector, entering, shares

    def _padded(self, shares):
        return np.pad(shares, (0, len(self.entries) - len(shares)))

    def _forget(self):
        """Keep what the last solutions are made of."""
        shares = np.array([self._padded(solution) for solution in self.solutions])
        basis = np.linalg.qr(shares.T)[0]
        self.entries = [
            tuple(sum(c * entry[k] for c, entry in zip(column, self.entries, strict=True)) for k in range(len(_PARTS)))
            for column in basis.T
        ]
        self.solutions = list(shares @ basis)
