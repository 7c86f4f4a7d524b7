"""Objects of the solver in single precision, and tables that lose less charge in spite of it.

Rounded tables create or lose up to 5e-8 of the charge in every collision and at every reflection, the same everywhere,
which adds up over a device of many mean free paths. Two factors, multiplied into tables before these are rounded, take
most of it back: what comes back of a uniform charge, from a cell and from a wall, is then nearly that of double
precision, and a round of products in single precision (`boltzsim.transport.rounds`) leaves half as much of a residual.
"""

from copy import copy

import numpy as np


def in_single(thing, made=None):
    """The same with all floating-point arrays in single precision; everything else is shared.

    Objects of this package's classes and of those derived from them, tuples, lists and dictionaries are entered; what
    occurs several times stays one thing.

    Parameters
    ----------
    thing : object
    made : dict, optional
        What has been made so far, by the identity of the original.

    Returns
    -------
    object
        Of the same type.
    """
    made = {} if made is None else made
    if id(thing) in made:
        return made[id(thing)]
    found = thing
    if isinstance(thing, np.ndarray | np.floating):
        with np.errstate(all="ignore"):  # what an array holds before its first use may be beyond the range
            found = thing.astype(np.float32) if thing.dtype == np.float64 else thing
    elif isinstance(thing, tuple):
        parts = [in_single(part, made) for part in thing]
        found = type(thing)(*parts) if hasattr(thing, "_fields") else tuple(parts)
    elif isinstance(thing, list):
        found = [in_single(part, made) for part in thing]
    elif isinstance(thing, dict):
        found = {key: in_single(part, made) for key, part in thing.items()}
    elif any(kind.__module__.startswith("boltzsim.") for kind in type(thing).__mro__):
        found = made[id(thing)] = copy(thing)
        vars(found).update({name: in_single(part, made) for name, part in vars(thing).items()})
    made[id(thing)] = found
    return found


def keep_charge(equation, single):
    """Let the tables of an equation in single precision return as much of a uniform charge as they do in double.

    Parameters
    ----------
    equation, single : Equation
        The second is `in_single` of the first, and is changed.
    """
    exact, rounded = (
        _returned(own.sweep, np.array([m.gain[0, 0] for m in own.materials], float)[own.grid.kinds.metal])
        for own in (equation, single)
    )
    *others, inverse, _ = equation.sweep.tables
    inverse = (inverse.reshape(len(exact), -1) * (exact / rounded)[:, None]).astype(np.float32)
    single.sweep.tables = (*single.sweep.tables[: len(others)], inverse.reshape(-1), single.sweep.tables[-1])
    keep_reflected(equation.boundary, single.boundary)


def keep_reflected(parts, singles):
    """The same for what parts of the boundary return; the second ones are `in_single` of the first."""
    for part, single in zip(parts, singles, strict=True):
        for side, own in zip(part.sides, single.sides, strict=True):
            if hasattr(side, "half"):
                own.match(side)


def _returned(sweep, scattered):
    """Mean charge at the corners of a cell of every kind that scatters a uniform unit charge, which also enters."""
    count, lanes, d = len(sweep.flip), 4 * sweep.sizes[0], len(sweep.cells)
    _, weights, _, rates, inverse, _ = (table.astype(float) for table in sweep.tables)
    rates = rates.reshape(-1, count, d, lanes)[..., ::4]
    real, imaginary = np.moveaxis(inverse.reshape(len(scattered), count, -1, 2, lanes)[..., ::4], 3, 0)
    upwind = 1 - (np.arange(2**d)[:, None] >> np.arange(d) & 1)
    f = scattered[:, None, None, None] + np.einsum("ca,kbaw->kbcw", upwind, rates)
    f = f.reshape(*f.shape[:2], *(2,) * d, -1)  # corner bits, that of the last axis first
    for axis in range(d):
        low, high = np.moveaxis(f, 1 + d - axis, 0)
        f = low - 1j * high if axis == 0 else np.stack([low - 1j * high, low + 1j * high], 1 + d - axis)
    f = f * (real + 1j * imaginary).reshape(f.shape)
    for axis in range(1, d):
        low, high = np.moveaxis(f, 1 + d - axis, 0)
        f = np.stack([low + high, 1j * (low - high)], 1 + d - axis)
    total = (f.real - f.imag).sum(tuple(range(2, 1 + d))) / 2**d
    return np.einsum("bw,kbw->k", weights.reshape(count, lanes)[:, ::4], total)
