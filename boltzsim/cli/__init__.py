"""The command line: arguments in, tables or JSON out, errors to exit codes. Everything heavy is imported on use."""

import os

from boltzsim.cli import runs, studies, survey, theory  # noqa: F401  (their commands register themselves)
from boltzsim.cli.app import app
from boltzsim.machine import any_encoding


def main():
    """Entry point of the command `boltzsim`."""
    # The sweeps bring their own threads; idle BLAS threads that spin between small products only get in their way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    any_encoding()
    app()
