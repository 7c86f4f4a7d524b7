"""Objects of the solver in single precision."""

from copy import copy

import numpy as np


def in_single(thing, made=None):
    """The same with all floating-point arrays in single precision; everything else is shared.

    Objects of this package, tuples, lists and dictionaries are entered; what occurs several times stays one thing.

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
    elif type(thing).__module__.startswith("boltzsim."):
        found = made[id(thing)] = copy(thing)
        vars(found).update({name: in_single(part, made) for name, part in vars(thing).items()})
    made[id(thing)] = found
    return found
