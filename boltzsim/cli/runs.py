"""Commands on one case or result: run, check, info, plot, schema."""

from pathlib import Path
from typing import Annotated

import typer

from boltzsim.cli.app import CasePath, FigureWidth, Format, Json, Width, app
from boltzsim.cli.screen import print_json, progress_line, require_output, warn_before
from boltzsim.errors import StoreError


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
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    if output is not None:
        require_output(output, case)
    warn_before(loaded, case)
    from boltzsim.runs.start import run as solve

    with progress_line() as progress:
        result = solve(loaded, threads=threads, progress=progress, output=output)
    _tell(result, case, json)


@app.command()
def resume(
    result: Annotated[
        Path, typer.Argument(metavar="OUT.h5", help="Result of a run that was stopped.", show_default=False)
    ],
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the sweeps; all cores if omitted.")] = None,
    json: Json = False,
):
    """Go on with a stopped run from its last checkpoint; the numbers are those of an uninterrupted run."""
    from boltzsim.runs.start import resume as go_on

    with progress_line() as progress:
        found = go_on(result, threads=threads, progress=progress)
    _tell(found, json)


def _tell(result, json):
    """Print a result on standard output."""
    from boltzsim.reports import tables as report

    if json:
        print_json(report.result_data(result))
    else:
        report.show(*report.result_tables(result))


@app.command()
def check(case: CasePath):
    """Validate a case without solving it: grid, contacts, memory, expected sweeps."""
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    warn_before(loaded, case)
    from boltzsim.reports import case as case_report
    from boltzsim.reports import tables as report

    report.show(*case_report.check_tables(loaded))
    typer.echo(f"{case}: ok")


@app.command()
def info(case: CasePath):
    """Lengths, rates and coefficients of a case's materials, against its grid."""
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    from boltzsim.reports import case as case_report
    from boltzsim.reports import tables as report

    report.show(*case_report.info_tables(loaded))


@app.command()
def plot(
    result: Annotated[
        Path, typer.Argument(metavar="OUT.h5", help="Stored result or collected series.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FIG",
            help="Figure, .png, .pdf or .svg, or .gif for the frames of a transient run; OUT.png if omitted.",
        ),
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="Kind of the figure OUT.FORMAT where no name is given.", show_default=False)
    ] = None,
    width: FigureWidth = Width.double,
):
    """Draw a stored result, or the curves of a series."""
    from boltzsim.plotting import plot as draw
    from boltzsim.store import series as series_store
    from boltzsim.store.result import open as open_result

    if output is not None and format is not None and output.suffix.lower() != f".{format}":
        raise StoreError(f"{output}: --format {format} asks for another kind of file; leave out one of the two")
    figure = output or result.with_suffix(f".{format or 'png'}")
    if series_store.is_series(result):
        from boltzsim.analysis.series import analyses
        from boltzsim.plotting.series import draw_series

        draw_series(analyses(series_store.open(result)), figure, width.value)
    else:
        draw(open_result(result), figure, width.value)
    typer.echo(figure)


@app.command()
def schema():
    """Print the JSON Schema of case files."""
    from boltzsim.case.case import Case

    print_json(Case.model_json_schema())
