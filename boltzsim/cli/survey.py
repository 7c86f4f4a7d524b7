"""The command that looks for alloys in which an experiment could see that the two spin polarisations decay apart."""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from boltzsim.cli.app import Json, app
from boltzsim.cli.screen import print_json, status_line
from boltzsim.errors import CaseError

RANGE = 1.5707963267948966  # phase shifts beyond ±π/2 repeat those within
DEFAULT = [f"{name}={-RANGE:.4f}:{RANGE:.4f}" for name in ("s1/2", "p1/2", "p3/2")]
LARGEST = 1_000_000  # alloys: half an hour of one core, a table of some 150 MB
SHOWN = 12  # alloys of the frontier in the table on the screen, at most
NAMED = ("length_L", "length_T", "anisotropy", "p1_anisotropy", "helicity_rate", "spin_hall_angle", "conserved")


@app.command()
def survey(
    channel: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=LOW:HIGH",
            help="Range of a channel's phase shift in radians, or NAME=ETA; repeat per channel.",
        ),
    ] = DEFAULT,
    alloys: Annotated[int, typer.Option(min=1, help="Alloys drawn at random.")] = 4000,
    points: Annotated[
        int | None, typer.Option(min=2, help="A grid instead: this many phase shifts in every channel's range.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random alloys.")] = 0,
    alpha: Annotated[float, typer.Option(help="Side-jump parameter 1 / (2 k_F l0) of all alloys.")] = 0.0,
    min_length: Annotated[
        float, typer.Option(min=0.0, help="Visible: the shorter decay length has at least so many mean free paths.")
    ] = 1.5,
    min_anisotropy: Annotated[
        float, typer.Option(min=0.0, help="Visible: the ratio of the two lengths differs from 1 by at least this.")
    ] = 0.1,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 1,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="TABLE", help="Table, .h5 or .csv; the figure goes beside it as .png."),
    ] = Path("survey.h5"),
    json: Json = False,
):
    """Decay lengths of many alloys, and those in which an experiment could see that D_L differs from D_T."""
    from boltzsim.files import require_writable
    from boltzsim.limits import survey as limits
    from boltzsim.reports import tables as report
    from boltzsim.store import survey as survey_store

    ranges = _ranges(channel)
    count = alloys if points is None else math.prod(points if high > low else 1 for low, high in ranges.values())
    if count > LARGEST:
        raise CaseError(f"{count:,} alloys are too many; at most {LARGEST:,}: lower --alloys or --points")
    survey_store.require_format(output)
    figure = output.with_suffix(".png")
    for path in (output, figure):
        require_writable(path)
    from boltzsim.plotting.survey import draw_survey

    shifts = limits.random_shifts(ranges, alloys, seed) if points is None else limits.grid_shifts(ranges, points)
    start = time.monotonic()
    with status_line() as show:
        progress = None if show is None else lambda done, of: show(f"alloy {done} of {of}")
        try:
            found = limits.survey(ranges, shifts, alpha, jobs, min_length, min_anisotropy, progress)
        except ValueError as error:
            raise CaseError(f"--channel: {error}; give wider ranges") from None
    seconds = time.monotonic() - start
    origin = {"channels": " ".join(channel)} | ({"seed": seed} if points is None else {"points": points})
    found = replace(found, settings=found.settings | origin)
    survey_store.save(found, output)
    draw_survey(found, figure)
    if json:
        print_json(_data(found, seconds))
    else:
        report.show(*_tables(found, seconds))
        typer.echo(f"{output}, {figure}")


def _ranges(options):
    """{"p1/2": (low, high), …} from ["p1/2=low:high", "s1/2=eta", …], the names checked as in a case file."""
    from boltzsim.cli.theory import channels_of

    ends = []
    for option in options:
        name, equals, value = option.partition("=")
        low, _, high = value.partition(":")
        ends.append([f"{name}{equals}{end}" for end in (low, high or low)])
    low, high = (channels_of(list(end)) for end in zip(*ends, strict=True))
    for name in low:
        if high[name] < low[name]:
            raise CaseError(f"--channel {name}={low[name]:g}:{high[name]:g} runs backwards; write NAME=LOW:HIGH")
    return {name: (low[name], high[name]) for name in low}


def _frontier(found, count=None):
    """The visible alloys that none beats, most anisotropic first, as dicts; lengths in mean free paths."""
    columns = found.columns
    rows = []
    for i in found.frontier(count):
        row = {name: columns[name][i] for name in NAMED}
        for name in ("length_L", "length_T"):
            row[name] = row[name] / columns["mean_free_path"][i]
        rows.append(dict(zip(found.channels, found.shifts[i].tolist(), strict=True)) | row)
    return rows


def _data(found, seconds):
    counts = {"alloys": len(found.shifts), "visible": int(found.columns["visible"].sum()), "seconds": seconds}
    return counts | {"settings": found.settings, "frontier": _frontier(found)}


def _tables(found, seconds):
    from boltzsim.reports.tables import table_of

    visible, count = int(found.columns["visible"].sum()), len(found.shifts)
    rows = [
        [value if isinstance(value, str) else f"{value:.4g}" for value in row.values()]
        for row in _frontier(found, SHOWN)
    ]
    lengths = ["λ_L / mean free path", "λ_T / mean free path", "λ_L/λ_T", "λ_L/λ_T of Eq. 16"]
    title = (
        f"{count} alloys in {seconds:.1f} s, {visible} of them visible; those that no other beats in λ_T and λ_L/λ_T"
    )
    columns = [*found.channels, *lengths, "helicity rate / loss", "spin Hall angle", "nearly conserved"]
    yield table_of(title, *columns, rows=rows)
