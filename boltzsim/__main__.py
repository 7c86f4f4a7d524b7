"""The command `boltzsim`, also as `python -m boltzsim`. Ctrl-C counts from the first import on."""

import gc
import sys


def main() -> None:
    """Entry point of the command."""
    sys.unraisablehook = _ignored
    try:
        from boltzsim.cli import main as command

        command()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    finally:
        gc.freeze()  # the process ends, and need not search a hundred thousand objects of its libraries for cycles


def _ignored(unraisable) -> None:
    """Say nothing about a Ctrl-C that a callback of Python swallowed: it has been noted and ends the run."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    main()
