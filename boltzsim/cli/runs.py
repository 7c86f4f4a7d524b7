"""Commands on one case or result: run, check, info, plot, schema."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from boltzsim.cli.app import CasePath, FigureWidth, Format, Json, Width, app
from boltzsim.cli.screen import print_file, print_json, print_tables, progress_line, require_output, tell, warn_before
from boltzsim.errors import CaseError, StoreError
from boltzsim.machine import printable


@app.command()
def run(
    case: CasePath,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="OUT.h5", help="HDF5 file for the result; nothing is written without it."
        ),
    ] = None,
    replace_checkpoint: Annotated[
        bool,
        typer.Option(
            "--replace-checkpoint", help="Give up an unfinished run that was to write OUT.h5, and start anew."
        ),
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option(metavar="OUT.h5", help="Quote the numerical errors that 'converge' has stored for this case."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the sweeps; all processors if omitted.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, help="Processes that share the energies of a temperature, or else the sources.")
    ] = 1,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Share them out on a dask scheduler; 'local' starts a cluster."),
    ] = None,
    json: Json = False,
):
    """Solve a case and print its terminals and measures.

    Ctrl-C, and the signals TERM, HUP and USR1, stop a run with -o after the product at hand and leave a checkpoint:
    OUT.h5.checkpoint, or for a transient run OUT.h5 itself. 'boltzsim resume OUT.h5' goes on.
    """
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    if output is not None:
        require_output(output, case)
    warn_before(loaded, case)
    from boltzsim.runs.start import run as solve

    accuracy = None
    if errors is not None:
        if output is not None and loaded.time is not None and loaded.time.keep_state:
            raise CaseError(
                "--errors: numerical errors cannot be written beside the state that time.keep_state asks for; leave "
                "out one of --errors, --output and time.keep_state"
            )
        from boltzsim.accuracy.stored import stored_accuracy

        accuracy = stored_accuracy(errors, loaded)
    with progress_line() as progress:
        result = solve(
            loaded,
            threads=threads,
            progress=progress,
            output=output,
            replace_checkpoint=replace_checkpoint,
            jobs=jobs,
            dask=dask,
        )
    if accuracy is not None:
        result = replace(result, accuracy=accuracy)
        if output is not None:
            result.save(output)
    _tell(result, output, json)


@app.command()
def resume(
    result: Annotated[
        Path, typer.Argument(metavar="OUT.h5", help="Result of a run that was stopped.", show_default=False)
    ],
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the sweeps; all processors if omitted.")
    ] = None,
    json: Json = False,
):
    """Go on with a stopped run from its last checkpoint; the numbers are those of an uninterrupted run."""
    from boltzsim.runs.start import resume as go_on

    with progress_line() as progress:
        found = go_on(result, threads=threads, progress=progress)
    _tell(found, result, json)


def _tell(result, output, json):
    """Print a result on standard output; name its file on stderr."""
    from boltzsim.reports import tables as report

    if json:
        print_json(report.result_data(result))
    else:
        report.show(*report.result_tables(result))
    if output is not None:
        tell(f"result in {output}")


@app.command()
def check(case: CasePath, json: Json = False):
    """Validate a case without solving it: grid, contacts, memory, expected sweeps."""
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    warnings = warn_before(loaded, case)
    from boltzsim.reports import case as case_report

    print_tables(list(case_report.check_tables(loaded)), json, case=str(case), warnings=warnings)
    if not json:
        typer.echo(f"{printable(str(case))}: ok")


@app.command()
def info(case: CasePath, json: Json = False):
    """Lengths, rates and coefficients of a case's materials, against its grid."""
    from boltzsim.case.case import load_case

    loaded = load_case(case)
    from boltzsim.reports import case as case_report

    print_tables(list(case_report.info_tables(loaded)), json, case=str(case))


def _figure(output, format, default):
    """Name of a figure: as given, or the default with the suffix of the format asked for."""
    if output is None:
        return default.with_suffix(f".{format or 'png'}")
    if format is not None and output.suffix.lower() != f".{format}":
        raise StoreError(f"{output}: --format {format} asks for another kind of file; leave out one of the two")
    return output


@app.command()
def draw(
    case: CasePath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FIG", help="Figure, .png, .pdf or .svg; else CASE.device.png here."),
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="Kind of the figure CASE.device.FORMAT without a name.", show_default=False)
    ] = None,
    width: FigureWidth = Width.double,
    json: Json = False,
):
    """Draw the device of a case before it is solved: metals, voids, contacts, interfaces and grid."""
    from boltzsim.case.case import load_case
    from boltzsim.plotting.device import draw as draw_device

    figure = _figure(output, format, Path(f"{case.stem}.device.png"))
    draw_device(load_case(case), figure, width.value)
    print_file(figure, json)


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
    json: Json = False,
):
    """Draw a stored result, or the curves of a series."""
    from boltzsim.api.figures import plot as draw

    figure = _figure(output, format, result.with_suffix(".png"))
    draw(result, figure, width.value)
    print_file(figure, json)


@app.command()
def export(
    result: Annotated[Path, typer.Argument(metavar="OUT.h5", help="Stored result.", show_default=False)],
    output: Annotated[
        Path, typer.Argument(metavar="OUT.vtu", help="File for ParaView: .vtu, .vti or .vtkhdf.", show_default=False)
    ],
    json: Json = False,
):
    """Write the fields of a result for ParaView and other viewers of VTK."""
    from boltzsim.api.files import export as write

    write(result, output)
    print_file(output, json)


@app.command()
def schema(json: Json = True):
    """Print the JSON Schema of case files, with or without --json."""
    from boltzsim.case.case import Case

    print_json(Case.model_json_schema())
