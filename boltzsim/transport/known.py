"""Vectors whose images under an operator are known: the best of their combinations is where the next solve starts."""

import numpy as np

_SEPARATE = 1e-9  # combinations of images smaller than this share of the largest one are left out


class Known:
    """The last vectors u, their images A u, and the fluxes that go with them.

    Parameters
    ----------
    most : int
        So many are kept.
    """

    def __init__(self, most):
        self.most, self.entries = most, []

    def add(self, vector, image, entering):
        """Keep a vector, its image and its flux into the boundary corners; the oldest one is dropped for it."""
        if image.any():
            self.entries = [*self.entries, (vector, image, entering)][-self.most :]

    def improve(self, start, residual, entering):
        """The start plus the combination that leaves the smallest residual, with its flux; `residual` is changed."""
        if not self.entries or not residual.any():
            return start, entering
        vectors, images, fluxes = zip(*self.entries, strict=True)
        sizes = np.array([np.linalg.norm(image) for image in images])
        matrix = np.stack([image / size for image, size in zip(images, sizes, strict=True)], 1)
        weights = np.linalg.lstsq(matrix, residual, _SEPARATE)[0] / sizes
        start = start + sum(w * vector for w, vector in zip(weights, vectors, strict=True))
        for w, image in zip(weights, images, strict=True):
            residual -= w * image
        return start, entering + sum(w * flux for w, flux in zip(weights, fluxes, strict=True))
