"""The command line: arguments in, tables or JSON out, errors to exit codes. Everything heavy is imported on use."""

import json as json_format
import os
import sys
import time
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from boltzsim.errors import CaseError, ConvergenceError, Stopped, StoreError


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    CHECK_FAILED = 1
    BAD_CASE = 2
    NOT_CONVERGED = 3
    FILE_TROUBLE = 4
    STOPPED = 75
    INTERRUPTED = 130


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


def _leave(message, code):
    typer.echo(str(message), err=True)
    raise typer.Exit(int(code)) from None


class Commands(TyperGroup):
    """All commands, each under `exit_codes`."""

    def invoke(self, ctx):
        with exit_codes():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    help="Kinetic simulation of coupled spin and charge transport in metals with strong spin-orbit impurities.",
    epilog="Exit codes: 0 ok, 1 a validation failed, 2 bad case or usage, 3 not converged, 4 file trouble, "
    "75 stopped with a checkpoint, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
CasePath = Annotated[Path, typer.Argument(metavar="CASE", help="Case file (TOML).", show_default=False)]
SeriesPath = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="OUT.h5", help="Collected series; CASE.h5 here if omitted.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def _version(wanted: bool):
    if wanted:
        from importlib.metadata import version

        typer.echo(f"boltzsim {version('boltzsim')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
):
    pass


@app.command()
def run(
    case: CasePath,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="OUT.h5", help="HDF5 file for the result; nothing is written without it."
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the sweeps; all cores if omitted.")] = None,
    json: Json = False,
):
    """Solve a case and print its terminals and measures."""
    from boltzsim.case import load_case

    loaded = load_case(case)
    if output is not None:
        _require_output(output, case)
    _preflight(loaded, case)
    from boltzsim import report
    from boltzsim.simulation import run as solve

    with _progress_line() as progress:
        result = solve(loaded, threads=threads, progress=progress)
    if output is not None:
        result.save(output)
    for warning in report.result_warnings(result):
        typer.echo(f"{case}: warning: {warning}", err=True)
    if json:
        _print_json(report.result_data(result))
    else:
        report.show(*report.result_tables(result))


@app.command()
def check(case: CasePath):
    """Validate a case without solving it: grid, contacts, memory, expected sweeps."""
    from boltzsim.case import load_case

    loaded = load_case(case)
    _preflight(loaded, case)
    from boltzsim import case_report, report

    report.show(*case_report.check_tables(loaded))
    typer.echo(f"{case}: ok")


def _preflight(loaded, path):
    """Refuse what cannot run; warn on stderr."""
    from boltzsim import preflight

    for warning in preflight.require(loaded):
        typer.echo(f"{path}: warning: {warning}", err=True)


@app.command()
def info(case: CasePath):
    """Lengths, rates and coefficients of a case's materials, against its grid."""
    from boltzsim.case import load_case

    loaded = load_case(case)
    from boltzsim import case_report, report

    report.show(*case_report.info_tables(loaded))


@app.command()
def coefficients(
    channel: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=ETA", help="Phase shift of a channel in radians, e.g. p1/2=1.5708; repeat per channel."
        ),
    ],
    alpha: Annotated[float, typer.Option(help="Side-jump parameter 1 / (2 k_F l0).")] = 0.0,
    json: Json = False,
):
    """Transport coefficients of one impurity species, in units v_F = Γ = l0 = 1."""
    from boltzsim import limits, report

    shifts = _channels(channel)
    try:
        found = limits.coefficients(shifts, alpha)
    except ValueError as error:
        raise CaseError(
            f"--channel {' '.join(channel)}: {error}; give a phase shift that is no multiple of pi"
        ) from None
    if json:
        _print_json(found)
    else:
        report.show(*report.coefficient_tables(found))


def _channels(options):
    """{"p1/2": 1.57, …} from ["p1/2=1.57", …], checked as in a case file."""
    from boltzsim.case import Impurity

    shifts = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or name in shifts:
            why = "has no '='" if not equals else f"gives '{name}' a second time"
            raise CaseError(f"--channel {option} {why}; write each channel once as NAME=ETA, for example p1/2=1.5708")
        try:
            shifts[name] = float(value)
        except ValueError:
            raise CaseError(f"--channel {option} has no number after '='; give the phase shift in radians") from None
    try:
        return Impurity(concentration=0.01, channels=shifts).channels
    except CaseError as error:
        raise CaseError([problem.replace("channels.", "--channel ") for problem in error.problems]) from None


@app.command()
def audit(json: Json = False):
    """Every printed relation of the paper against the operators of its own kinetic equation."""
    from boltzsim import report
    from boltzsim.limits.audit import audit as compare

    findings = compare()
    if json:
        _print_json(report.audit_data(findings))
    else:
        report.show(*report.audit_tables(findings))


@app.command()
def compare(
    case: CasePath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FIG", help="Figure with cuts of both models, .png, .pdf or .svg."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the sweeps; all cores if omitted.")] = None,
    json: Json = False,
):
    """Solve a case in both models, kinetic and diffusion, and print their terminals and measures side by side."""
    from boltzsim.case import load_case

    loaded = load_case(case)
    if output is not None:
        from boltzsim.plotting import require_format

        require_format(output)
        _require_output(output, case)
    _preflight(loaded, case)
    from boltzsim import compare as models
    from boltzsim import report

    with _progress_line() as progress:
        comparison = models.compare(loaded, threads=threads, progress=progress)
    if json:
        _print_json(models.data(comparison))
    else:
        report.show(*models.tables(comparison))
    if output is not None:
        from boltzsim.plotting.comparison import draw_comparison

        draw_comparison(comparison.kinetic, comparison.diffusion, output)


@app.command()
def validate(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer points of every ladder; under a minute.")] = False,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="REPORT.json", help="Report; the figure goes beside it as .png."),
    ] = Path("validation.json"),
    json: Json = False,
):
    """The solver against diffusion limit, exact modes, tables and identities; exit code 0 only if all checks pass."""
    from boltzsim.store import require_writable

    figure = output.with_suffix(".png")
    for path in (output, figure):
        require_writable(path)
    from boltzsim import report
    from boltzsim.plotting.validation import draw_validation
    from boltzsim.validate import report as validation

    with _family_line() as progress:
        found = validation.run(quick, progress)
    validation.save(found, output)
    draw_validation(found, figure)
    if json:
        _print_json(found)
    else:
        report.show(*validation.tables(found))
        typer.echo(f"{output}, {figure}")
    if not found["passed"]:
        raise typer.Exit(int(Exit.CHECK_FAILED))


@contextmanager
def _family_line():
    """A callback that shows on a terminal's stderr which checks run; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def progress(family):
        print(f"\r\x1b[K{family}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@app.command()
def series(
    case: CasePath,
    output: SeriesPath = None,
    jobs: Annotated[int, typer.Option(min=1, help="Points at a time, each in a process.")] = 1,
    index: Annotated[int, typer.Option(min=0, help="Share of this job in an array of jobs.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="Jobs in the array; 'collect' joins what they leave.")] = 1,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Solve on a dask scheduler; 'local' starts a cluster of --jobs workers."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of each point.")] = None,
):
    """Solve every point of a case's [series] that is not there yet, and collect them into one file."""
    from boltzsim.case import load_case

    loaded = load_case(case)
    output = output or Path(f"{case.stem}.h5")
    _require_output(output, case)
    _preflight(loaded, case)
    from boltzsim.series import folder_of, run_series

    with _points_line() as progress:
        run_series(loaded, folder_of(output), jobs, dask, index, count, threads, progress)
    if count == 1:
        _collect(loaded, output)


@app.command()
def collect(case: CasePath, output: SeriesPath = None):
    """Join the points of a case's [series] that jobs of an array have solved."""
    from boltzsim.case import load_case

    loaded, output = load_case(case), output or Path(f"{case.stem}.h5")
    _require_output(output, case)
    _collect(loaded, output)


def _collect(loaded, output):
    from boltzsim.series import collect, folder_of

    collect(loaded, folder_of(output)).save(output)
    typer.echo(output)


@app.command()
def report(
    result: Annotated[Path, typer.Argument(metavar="OUT.h5", help="Collected series.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FIG", help="Figure, .png, .pdf or .svg; OUT.png if omitted."),
    ] = None,
    json: Json = False,
):
    """What an experimenter would extract from a series, beside what is true; numbers and a figure."""
    from boltzsim import report, series_analysis, series_report, series_store
    from boltzsim.plotting.series import draw_series

    found = series_analysis.analyses(series_store.open(result))
    figure = output or result.with_suffix(".png")
    draw_series(found, figure)
    if json:
        _print_json(series_report.data(found))
    else:
        report.show(*series_report.tables(found))
        typer.echo(figure)


@contextmanager
def _points_line():
    """A callback that keeps the number of solved points and the time left on a terminal's stderr; else None."""
    if not sys.stderr.isatty():
        yield None
        return

    def progress(done, total, left):
        more = "" if left is None else f", {left // 60:.0f} min {left % 60:.0f} s left"
        print(f"\r\x1b[Kpoint {done} of {total}{more}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@app.command()
def plot(
    result: Annotated[Path, typer.Argument(metavar="OUT.h5", help="Stored result.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FIG", help="Figure, .png, .pdf or .svg; OUT.png beside the result if omitted."
        ),
    ] = None,
):
    """Draw a stored result."""
    from boltzsim.plotting import plot as draw

    figure = output or result.with_suffix(".png")
    draw(result, figure)
    typer.echo(figure)


@app.command()
def schema():
    """Print the JSON Schema of case files."""
    from boltzsim.case import Case

    _print_json(Case.model_json_schema())


def _print_json(data):
    from boltzsim.report import plain

    typer.echo(json_format.dumps(plain(data), indent=2, allow_nan=False, ensure_ascii=False))


def _require_output(output, case):
    from boltzsim.store import require_writable

    if output.exists() and output.samefile(case):
        raise StoreError(f"{output}: is the case file itself; name another file for the result")
    require_writable(output)


@contextmanager
def _progress_line():
    """A callback that keeps one line on a terminal's stderr up to date; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    start, last = time.monotonic(), 0.0
    print("setting up …", end="", file=sys.stderr, flush=True)

    def progress(phase, source, sources, product, residual):
        nonlocal last
        now = time.monotonic()
        if now - last > 0.1:
            last = now
            line = (
                f"{phase}: source {source}/{sources}, product {product}, residual {residual:.1e}, {now - start:.0f} s"
            )
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def main():
    """Entry point of the command `boltzsim`."""
    # The sweeps bring their own threads; idle BLAS threads that spin between small products only get in their way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()
