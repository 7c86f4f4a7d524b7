"""Commands that run many solves: compare, converge, validate, series, collect, report, fit."""

from pathlib import Path
from typing import Annotated

import typer

from boltzsim.cli.app import CasePath, Exit, FigureWidth, Json, SeriesPath, Width, app
from boltzsim.cli.screen import (
    points_line,
    print_file,
    print_json,
    progress_line,
    require_output,
    status_line,
    tell,
    warn_before,
)
from boltzsim.errors import CaseError


@app.command()
def compare(
    case: CasePath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FIG", help="Figure with cuts of both models, .png, .pdf or .svg."),
    ] = None,
    width: FigureWidth = Width.double,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the sweeps; all processors if omitted.")
    ] = None,
    json: Json = False,
):
    """Solve a case in both models, kinetic and diffusion, and print their terminals and measures side by side."""
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    if output is not None:
        from boltzsim.plotting.sheet import require_format

        require_format(output)
        require_output(output, case)
    warn_before(loaded, case)
    from boltzsim.reports import compare as both
    from boltzsim.reports import tables as report
    from boltzsim.runs.compare import compare as solve_both

    with progress_line() as progress:
        comparison = solve_both(loaded, threads=threads, progress=progress)
    if json:
        print_json(both.data(comparison))
    else:
        report.show(*both.tables(comparison))
    if output is not None:
        from boltzsim.api.figures import plot

        plot(comparison, output, width.value)


@app.command()
def converge(
    case: CasePath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT.h5", help="HDF5 file for the result with its numerical errors."),
    ] = None,
    budget: Annotated[
        float, typer.Option(help="Work of all further runs over that of the case's own: cells × directions × steps.")
    ] = 30.0,
    wanted: Annotated[
        str | None, typer.Option(metavar="ERROR", help="Also name the cheapest grid for an error such as 0.1%.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the sweeps; all processors if omitted.")
    ] = None,
    json: Json = False,
):
    """Solve a case on other grids, angular sets and time steps too, and print its numbers with numerical errors."""
    from boltzsim.case.case import load_case

    loaded, share = load_case(case), _share(wanted)
    if output is not None:
        require_output(output, case)
    warn_before(loaded, case)
    from boltzsim.accuracy.cheapest import cheapest
    from boltzsim.accuracy.study import converge as study
    from boltzsim.reports import accuracy as both
    from boltzsim.reports import tables as report

    with progress_line() as progress:
        result = study(loaded, budget, threads, progress)
    if output is not None:
        result.save(output)
    choice = None if share is None else cheapest(result, share)
    if json:
        print_json(both.data(result, share, choice))
    else:
        report.show(*both.tables(result, share, choice))
    if output is not None:
        tell(f"result in {output}")


def _share(wanted):
    """A relative error from "0.1%" or "0.001"."""
    if wanted is None:
        return None
    try:
        share = float(wanted.removesuffix("%")) / (100 if wanted.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise CaseError(f"--wanted {wanted} must be a relative error between 0 and 1; write 0.1% or 0.001")
    return share


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
    from boltzsim.files import require_writable

    figure = output.with_suffix(".png")
    for path in (output, figure):
        require_writable(path)
    from boltzsim.plotting.validation import draw_validation
    from boltzsim.reports import tables as report
    from boltzsim.validate import report as validation

    with status_line() as progress:
        found = validation.run(quick, progress)
    validation.save(found, output)
    draw_validation(found, figure)
    if json:
        print_json(found)
    else:
        report.show(*validation.tables(found))
        typer.echo(f"{output}, {figure}")
    if not found["passed"]:
        raise typer.Exit(int(Exit.CHECK_FAILED))


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
    json: Json = False,
):
    """Solve every point of a case's series that is not there yet, and collect them into one file."""
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    output = output or Path(f"{case.stem}.h5")
    require_output(output, case)
    warn_before(loaded, case)
    from boltzsim.runs.series import folder_of, run_series

    with points_line() as progress:
        run_series(loaded, folder_of(output), jobs, dask, index, count, threads, progress)
    if count == 1:
        _collect(loaded, output, json)


@app.command()
def collect(case: CasePath, output: SeriesPath = None, json: Json = False):
    """Join the points of a case's series that jobs of an array have solved."""
    from boltzsim.case.case import load_case

    loaded, output = load_case(case), output or Path(f"{case.stem}.h5")
    require_output(output, case)
    _collect(loaded, output, json)


def _collect(loaded, output, json):
    from boltzsim.runs.series import collect, folder_of

    collect(loaded, folder_of(output)).save(output)
    print_file(output, json)


@app.command()
def report(
    result: Annotated[Path, typer.Argument(metavar="OUT.h5", help="Collected series.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FIG", help="Figure, .png, .pdf or .svg; OUT.png if omitted."),
    ] = None,
    width: FigureWidth = Width.double,
    json: Json = False,
):
    """Numbers that an experimenter would extract from a series, beside those of the bulk metal, and a figure."""
    from boltzsim.api.figures import plot
    from boltzsim.api.reports import report as report_on
    from boltzsim.reports import tables
    from boltzsim.store import series as series_store

    series, figure = series_store.open(result), output or result.with_suffix(".png")
    plot(series, figure, width.value)
    found = report_on(series)
    if json:
        print_json(found.data)
    else:
        tables.show(*found.tables)
        typer.echo(figure)


@app.command()
def fit(
    description: Annotated[Path, typer.Argument(metavar="FIT", help="Fit file (TOML).", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Result, .h5, or figure, .png, .pdf or .svg."),
    ] = None,
    json: Json = False,
):
    """Fit parameters of a device to measured or simulated curves, and print values, errors and correlations."""
    from boltzsim.fitting.fit import fit as solve
    from boltzsim.plotting.fit import draw_fit
    from boltzsim.reports import fit as fit_report
    from boltzsim.reports import tables as report
    from boltzsim.store import fit as fit_store

    if output is not None:
        require_output(output, description)
    with progress_line() as progress:
        found = solve(description, progress and (lambda number, misfit: progress("fit", 1, 1, number, misfit)))
    if output is not None:
        (fit_store.save if output.suffix == ".h5" else draw_fit)(found, output)
    if json:
        print_json(fit_report.data(found))
    else:
        report.show(*fit_report.tables(found))
