"""The command line: arguments in, tables or JSON out, errors to exit codes. Everything heavy is imported on use."""

import os
import sys

from boltzsim.cli import runs, studies, survey, theory  # noqa: F401  (their commands register themselves)
from boltzsim.cli.app import app, closed
from boltzsim.machine import any_encoding


def main():
    """Entry point of the command `boltzsim`."""
    # The sweeps bring their own threads; idle BLAS threads that spin between small products only get in their way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115  (open until the process ends)
    if sys.stdout is None:
        sys.exit(closed())
    any_encoding()
    app()
