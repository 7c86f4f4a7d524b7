"""A survey of alloys: in which of them could an experiment see that longitudinal and transverse spin decay apart?

For every alloy of one impurity species the exact decay lengths of both polarisations, the mean free path, what the
two-moment closure (Eq. 16) says instead, what scattering conserves or nearly conserves, and the spin Hall angle. An
experiment sees D_L ≠ D_T if the shorter of the two lengths is long enough and the two differ enough; the frontier is
made of those visible alloys that no other beats in both the transverse length and the ratio of the lengths.
"""

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np

from boltzsim.limits.alloys import Alloys
from boltzsim.limits.conserved import blocks, quantities_of
from boltzsim.limits.decay import decay_lengths
from boltzsim.limits.diffusion import p1

#: Least decay length in mean free paths of a visible alloy: spin that decays within one collision does not diffuse.
MIN_LENGTH = 1.5
#: Least deviation of the ratio of lengths from one: well above the few per cent to which a spin valve gives a length.
MIN_ANISOTROPY = 0.1
CHUNK = 250  # alloys in one task, which then takes a second or less
COLUMNS = {
    "mean_free_path": ("l0", "mean free path"),
    "length_L": ("l0", "exact decay length of longitudinal spin"),
    "length_T": ("l0", "exact decay length of transverse spin"),
    "p1_length_L": ("l0", "decay length of longitudinal spin, two-moment closure"),
    "p1_length_T": ("l0", "decay length of transverse spin, two-moment closure"),
    "anisotropy": ("1", "exact length_L / length_T"),
    "p1_anisotropy": ("1", "length_L / length_T of the two-moment closure"),
    "helicity_rate": ("loss rate", "relaxation rate of helicity"),
    "spin_rate": ("loss rate", "slowest relaxation rate of the modes that carry uniform spin"),
    "spin_weight": ("1", "share of the spin density in that mode"),
    "spin_hall_angle": ("1", "spin Hall angle D θ_sH / D_c"),
    "conserved": ("", "besides charge, quantities that relax slower than a tenth of the loss rate, the slowest first"),
    "visible": ("", "whether an experiment could see that the two lengths differ"),
    "frontier": ("", "visible, finite, and no other has both more mean free paths in length_T and a larger anisotropy"),
}


@dataclass(frozen=True, eq=False)
class Survey:
    """Alloys and what was found for them.

    Attributes
    ----------
    channels : tuple of str
        Names of the scattering channels.
    shifts : numpy.ndarray, shape (N, c)
        Phase shifts in radians.
    columns : dict of str to numpy.ndarray, shape (N,)
        As described by `COLUMNS`; lengths are infinite or, where no separate mode exists, nan.
    settings : dict
        alpha, min_length, min_anisotropy, and where the phase shifts come from.
    """

    channels: tuple
    shifts: np.ndarray
    columns: dict
    settings: dict

    def frontier(self, count=None):
        """Numbers of the frontier's alloys from the largest anisotropy on; `count` spread evenly over it if more."""
        found = np.flatnonzero(self.columns["frontier"])
        found = found[np.argsort(-self.columns["anisotropy"][found])]
        if count is None or len(found) <= count:
            return found
        return found[np.linspace(0, len(found) - 1, count).round().astype(int)]


def random_shifts(ranges, count, seed=0):
    """`count` alloys with phase shifts uniform in {channel: (low, high)}, shape (count, c)."""
    low, high = np.array(list(ranges.values()), float).T
    return np.random.default_rng(seed).uniform(low, high, (count, len(ranges)))


def grid_shifts(ranges, points):
    """All alloys on a grid of `points` values of every channel in {channel: (low, high)}; one value if low = high."""
    axes = [np.linspace(low, high, points if high > low else 1) for low, high in ranges.values()]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def survey(channels, shifts, alpha=0.0, jobs=1, min_length=MIN_LENGTH, min_anisotropy=MIN_ANISOTROPY, progress=None):
    """Find the decay lengths, conserved quantities and spin Hall angle of every alloy, and the frontier.

    Parameters
    ----------
    channels : sequence of str
    shifts : array_like, shape (N, c)
        Phase shifts in radians; alloys that do not scatter are left out.
    alpha : float
        Side-jump parameter 2x/3π of all alloys.
    jobs : int
        Processes (spawned) that share the work.
    min_length : float
        Least length, in mean free paths, of the shorter of the two decay lengths for an alloy to be visible.
    min_anisotropy : float
        Least |length_L / length_T - 1| for an alloy to be visible.
    progress : callable, optional
        Called with the alloys done and all alloys.

    Returns
    -------
    Survey

    Raises
    ------
    ValueError
        If none of the alloys scatters.
    """
    channels, shifts = tuple(channels), np.asarray(shifts, float)
    shifts = shifts[(np.sin(shifts) ** 2).sum(axis=1) > np.finfo(float).eps]
    if len(shifts) == 0:
        raise ValueError("none of the alloys scatters: every phase shift is a multiple of pi")
    tasks = [(channels, alpha, shifts[first : first + CHUNK]) for first in range(0, len(shifts), CHUNK)]
    found, done = [], 0
    for part in _mapped(tasks, jobs):
        found.append(part)
        done += len(part["length_L"])
        if progress is not None:
            progress(done, len(shifts))
    columns = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    columns["visible"] = _visible(columns, min_length, min_anisotropy)
    columns["frontier"] = _frontier(columns)
    settings = {"alpha": alpha, "min_length": min_length, "min_anisotropy": min_anisotropy}
    return Survey(channels, shifts, columns, settings)


def _mapped(tasks, jobs):
    if jobs == 1 or len(tasks) < 2:
        yield from map(_examine, tasks)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_examine, tasks)


_alloys = cache(Alloys)  # built once in every process


def _examine(task):
    """Columns of one chunk of alloys, except those that compare alloys with one another."""
    channels, alpha, shifts = task
    alloys = _alloys(channels, alpha)
    sectors = {name: alloys.sector(name, shifts) for name in ("charge", "L", "T")}
    loss = sectors["L"].loss
    length_L, length_T = (decay_lengths(sectors[name])[0] for name in ("L", "T"))
    parts = blocks(sectors["charge"], sectors["L"])
    rates, modes = np.linalg.eigh(parts[1, (("spin", 0), ("spin", 2))])
    closure = [p1(alloys.operators(one)) for one in shifts]
    p1_length_L, p1_length_T = (
        np.array([math.sqrt(c[D] / c["rate_s"]) if c["rate_s"] > 0 else math.inf for c in closure])
        for D in ("D_L", "D_T")
    )
    return {
        "mean_free_path": 1 / loss,
        "length_L": length_L,
        "length_T": length_T,
        "p1_length_L": p1_length_L,
        "p1_length_T": p1_length_T,
        "anisotropy": _ratio(length_L, length_T),
        "p1_anisotropy": _ratio(p1_length_L, p1_length_T),
        "helicity_rate": parts[0, (("spin", 1),)][:, 0, 0] / loss,
        "spin_rate": rates[:, 0] / loss,
        "spin_weight": modes[:, 0, 0] ** 2,
        "spin_hall_angle": np.array([c["D_theta_sH"] / c["D_c"] for c in closure]),
        "conserved": np.array(
            ["; ".join(q.name for q in every if q.name != "charge") for every in quantities_of(parts, loss)], object
        ),
    }


def _ratio(one, other):
    """one/other, nan where the other is infinite: without decay there is nothing to compare."""
    return np.divide(one, other, out=np.full(len(one), np.nan), where=np.isfinite(other))


def _visible(columns, min_length, min_anisotropy):
    shorter = np.minimum(columns["length_L"], columns["length_T"])
    differs = np.abs(columns["anisotropy"] - 1) >= min_anisotropy  # False where it is nan
    return differs & (shorter >= min_length * columns["mean_free_path"])


def _frontier(columns):
    """Visible alloys of finite ratio that none beats both in length_T / mean free path and in the ratio."""
    length, ratio = columns["length_T"] / columns["mean_free_path"], columns["anisotropy"]
    found = np.zeros(len(ratio), bool)
    best = -np.inf
    for i in np.lexsort((-ratio, -length)):
        if columns["visible"][i] and best < ratio[i] < np.inf:
            found[i], best = True, ratio[i]
    return found
