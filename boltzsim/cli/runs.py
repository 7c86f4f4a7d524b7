"""Commands on one case or result: run, check, info, plot, schema."""

from pathlib import Path
from typing import Annotated

import typer

from boltzsim.cli.app import CasePath, Json, app
from boltzsim.cli.screen import print_json, progress_line, require_output, warn_before


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
    result: Annotated[Path, typer.Argument(metavar="OUT.h5", help="Stored result.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FIG",
            help="Figure, .png, .pdf or .svg, or .gif for the frames of a transient run; OUT.png if omitted.",
        ),
    ] = None,
):
    """Draw a stored result."""
    from boltzsim.plotting import plot as draw
    from boltzsim.store.result import open as open_result

    figure = output or result.with_suffix(".png")
    draw(open_result(result), figure)
    typer.echo(figure)


@app.command()
def schema():
    """Print the JSON Schema of case files."""
    from boltzsim.case.case import Case

    print_json(Case.model_json_schema())
