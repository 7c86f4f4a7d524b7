"""The application: its commands' frame, exit codes, and the options that several commands share."""

from contextlib import contextmanager
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from boltzsim import __version__
from boltzsim.cli import screen
from boltzsim.errors import CaseError, ConvergenceError, Stopped, StoreError
from boltzsim.runs import interruption


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    CHECK_FAILED = 1
    BAD_CASE = 2
    NOT_CONVERGED = 3
    FILE_TROUBLE = 4
    STOPPED = 75
    INTERRUPTED = 130


class Format(StrEnum):
    """Kinds of figures."""

    pdf = "pdf"
    svg = "svg"
    png = "png"


class Width(StrEnum):
    """Widths of figures: one or two columns of a journal."""

    single = "single"
    double = "double"


@contextmanager
def exit_codes():
    """Turn the package's errors into a message on stderr and an exit code; anything else is a bug and shows itself."""
    try:
        yield
    except CaseError as error:
        _leave(error, Exit.BAD_CASE)
    except ConvergenceError as error:
        _leave(error, Exit.NOT_CONVERGED)
    except StoreError as error:
        _leave(error, Exit.FILE_TROUBLE)
    except Stopped as error:
        _leave(error, Exit.STOPPED)
    except KeyboardInterrupt:
        _leave("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _leave(f"{where}{(error.strerror or str(error)).lower()}", Exit.FILE_TROUBLE)
    except MemoryError:
        _leave("out of memory; take fewer cells or a smaller max_products", Exit.BAD_CASE)
    except ValueError as error:
        if "Number of threads" not in str(error):  # as Numba says at import
            raise
        _leave("NUMBA_NUM_THREADS must be a number of threads, 1 or more; set it so, or unset it", Exit.BAD_CASE)


def closed():
    """Exit code, and message, where standard output is closed: the next file opened would take its place."""
    screen.say("standard output is closed; send it to a file, or to /dev/null")
    return int(Exit.FILE_TROUBLE)


def _leave(message, code):
    screen.say(message)
    raise typer.Exit(int(code)) from None


class Commands(TyperGroup):
    """All commands, each under `exit_codes`; -q and -v may stand anywhere on the line."""

    def parse_args(self, ctx, args):
        known, rest = args, []
        if "--" in args:
            known, rest = args[: args.index("--")], args[args.index("--") :]
        first = [word for word in known if word in _ANYWHERE]
        return super().parse_args(ctx, first + [word for word in known if word not in _ANYWHERE] + rest)

    def get_params(self, ctx):
        return _plain_flags(super().get_params(ctx))

    def get_command(self, ctx, cmd_name):
        command = super().get_command(ctx, cmd_name)
        if command:
            _plain_flags(command.get_params(ctx))
        return command

    def format_commands(self, ctx, formatter):
        """The first paragraph of every command's help, whole."""
        helps = [(name, self.get_command(ctx, name).help) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, " ".join(text.partition("\n\n")[0].split())) for name, text in helps])

    def invoke(self, ctx):
        with exit_codes(), interruption.noting():
            found = super().invoke(ctx)
            if interruption.asked() is not None:  # too late to stop anything, or ignored by a callback
                raise KeyboardInterrupt
            return found


def _plain_flags(options):
    """The same options; flags take no value, and their help names none."""
    for option in options:
        if getattr(option, "is_flag", False):
            option.metavar = ""
    return options


_ANYWHERE = ("-q", "--quiet", "-v", "--verbose")


app = typer.Typer(
    cls=Commands,
    help="Kinetic simulation of coupled spin and charge transport in metals with strong spin-orbit impurities.",
    epilog="Exit codes: 0 ok, 1 a validation failed, 2 bad case or usage, 3 not converged, 4 file trouble, "
    "75 stopped with a checkpoint, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text: its frames take more time than all the rest of the command line
    context_settings={"help_option_names": ["-h", "--help"]},
)
CasePath = Annotated[Path, typer.Argument(metavar="CASE", help="Case file (TOML).", show_default=False)]
SeriesPath = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="OUT.h5", help="Collected series; CASE.h5 here if omitted.", show_default=False
    ),
]
FigureWidth = Annotated[Width, typer.Option(help="One column of a journal (85 mm) or two (170 mm).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def _version(wanted: bool):
    if wanted:
        typer.echo(f"boltzsim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("-q", "--quiet", help="On stderr only warnings and errors. Anywhere on the line."),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("-v", "--verbose", help="On stderr a line for every product. Anywhere on the line."),
    ] = False,
):
    screen.verbosity = screen.Verbosity.QUIET if quiet else screen.Verbosity(1 + verbose)
