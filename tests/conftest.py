"""Floating-point errors are errors; an independent dense kinetic operator; reference tables."""

import signal
from types import SimpleNamespace

import numpy as np
import pytest
from broken_sweeps import MUTATIONS

from boltzsim.transport.sweep import Sweep
from boltzsim.validate import tables

np.seterr(all="raise", under="ignore")
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start what runs in the background without it

SIGMA = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@pytest.fixture(scope="session")
def reference():
    """Reference table by name from boltzsim/validate/reference."""
    return tables.reference


@pytest.fixture(scope="session")
def dense():
    """Λ and W on all angles × 4 components as full matrices, t and D t of s and p channels written out as 2×2 matrices.

    Shares nothing with the package: states are n(p̂) = n_μ σ_μ on product ordinates, index 4 × ordinate + μ.
    """

    def build(eta, alpha, polar, azimuthal):
        mu, weight = np.polynomial.legendre.leggauss(polar)
        phi = 2 * np.pi * np.arange(azimuthal) / azimuthal
        sine = np.sqrt(1 - mu**2)
        p = np.array([[s * np.cos(f), s * np.sin(f), m] for m, s in zip(mu, sine, strict=True) for f in phi])
        w = np.repeat(weight / 2 / azimuthal, azimuthal)
        f0, f1, f2 = (np.exp(1j * e) * np.sin(e) for e in eta)
        a0, a1, b = -f0, -(f1 + 2 * f2), -(f1 - f2)
        cross = np.cross(p[:, None], p[None])
        t = (a0 + a1 * (p @ p.T))[..., None, None] * SIGMA[0] + 1j * b * np.tensordot(cross, SIGMA[1:], 1)
        total, change = p[:, None] + p[None], p[None] - p[:, None]
        turn = np.stack(  # (k - p) × σ
            [
                np.tensordot(change[..., 1], SIGMA[3], 0) - np.tensordot(change[..., 2], SIGMA[2], 0),
                np.tensordot(change[..., 2], SIGMA[1], 0) - np.tensordot(change[..., 0], SIGMA[3], 0),
                np.tensordot(change[..., 0], SIGMA[2], 0) - np.tensordot(change[..., 1], SIGMA[1], 0),
            ]
        )
        Dt = a1 * np.moveaxis(total, -1, 0)[..., None, None] * SIGMA[0] + 1j * b * turn

        def superoperator(left, right):  # ½ tr σ_μ left σ_ν right†
            out = np.einsum("mij,pkjl,nlr,pkir->pmkn", SIGMA, left, SIGMA, right.conj(), optimize=True) / 2
            return out * w[None, None, :, None]

        gain = superoperator(t, t).real
        V = np.stack([(1j * (superoperator(t, d) - superoperator(d, t))).real for d in Dt])
        loss = np.einsum("pkij,pkij,k->p", t, t.conj(), w).real / 2
        size = 4 * len(w)
        return SimpleNamespace(
            directions=p,
            weights=w,
            loss=loss,
            gain=gain.reshape(size, size),
            V=V.reshape(3, size, size),
            Lambda=np.diag(np.repeat(loss, 4)) - gain.reshape(size, size),
            W=np.stack([np.diag(np.repeat(p[:, a], 4)) for a in range(3)]) - alpha * V.reshape(3, size, size),
        )

    return build


@pytest.fixture
def broken(request, monkeypatch):
    """Every sweep made from now on is broken in one way."""
    make, damage = Sweep.__init__, MUTATIONS[request.param]

    def made(self, *arguments, **options):
        make(self, *arguments, **options)
        damage(self)

    monkeypatch.setattr(Sweep, "__init__", made)


@pytest.fixture
def shared(monkeypatch):
    """Threads share the work on arrays of any size, as they otherwise do on large ones."""
    monkeypatch.setattr("boltzsim.transport.kernels.compile.SHARED", 0)
