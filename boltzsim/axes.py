"""The axes of space, in the order in which arrays of vectors hold their components."""

AXES: tuple[str, str, str] = ("x", "y", "z")
