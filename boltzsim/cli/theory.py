"""Commands on the theory: coefficients of a scatterer, audit of the paper."""

import math
from pathlib import Path
from typing import Annotated

import typer

from boltzsim.cli.app import Json, app
from boltzsim.cli.screen import print_json
from boltzsim.errors import CaseError


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
    from boltzsim.limits.summary import coefficients_of
    from boltzsim.reports import tables as report

    try:
        found = coefficients_of(channels_of(channel), alpha)
    except ValueError as error:
        raise CaseError(
            f"--channel {' '.join(channel)}: {error}; give a phase shift that is no multiple of pi"
        ) from None
    if json:
        print_json(found)
    else:
        report.show(*report.coefficient_tables(found))
        if found["limit"]:
            typer.echo(f"Limit: {found['limit']}")


def channels_of(options):
    """{"p1/2": 1.57, …} from ["p1/2=1.57", …], checked as in a case file."""
    from boltzsim.case.case import Impurity

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
        if 2 * math.pi < abs(shifts[name]) < math.inf:
            radians = f"{name}={math.radians(shifts[name]):.5g}"
            raise CaseError(
                f"--channel {option} exceeds 2π; phase shifts are in radians here: write {radians} for degrees"
            )
    try:
        return Impurity(concentration=0.01, channels=shifts).channels
    except CaseError as error:
        raise CaseError([problem.replace("channels.", "--channel ") for problem in error.problems]) from None


@app.command()
def audit(json: Json = False):
    """Every printed relation of the paper against the operators of its own kinetic equation."""
    from boltzsim.limits.audit import audit as compare
    from boltzsim.reports import tables as report

    findings = compare()
    if json:
        print_json(report.audit_data(findings))
    else:
        report.show(*report.audit_tables(findings))


@app.command()
def kondo(
    channel: Annotated[str, typer.Option(help="Channel of the multiplet, of 2j + 1 states.")] = "p1/2",
    T_K: Annotated[
        str | None, typer.Option("--T-K", help="Kondo temperature, e.g. '1 K'; or --coupling; or --level and two more.")
    ] = None,
    coupling: Annotated[float | None, typer.Option(help="Exchange J N_F, N_F per spin.")] = None,
    level: Annotated[str | None, typer.Option(help="Orbital from the Fermi energy, e.g. '-1 eV'.")] = None,
    repulsion: Annotated[str | None, typer.Option(help="Cost of a second electron, e.g. '3 eV'.")] = None,
    width: Annotated[str | None, typer.Option(help="π N_F |V|² of the orbital, e.g. '0.2 eV'.")] = None,
    occupation: Annotated[float, typer.Option(help="Electrons in the multiplet.")] = 1.0,
    fermi_energy: Annotated[str, typer.Option(help="Fermi energy of the metal.")] = "7 eV",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FIG", help="Figure, .png, .pdf or .svg.")
    ] = None,
    json: Json = False,
):
    """A screened moment: from its orbital or its exchange to T_K, resonance, phase shift and resistivity."""
    from boltzsim.case.impurity import Kondo
    from boltzsim.limits import screening
    from boltzsim.reports import kondo as report
    from boltzsim.reports.tables import show
    from boltzsim.units import parse

    given = {"T_K": T_K, "coupling": coupling, "level": level, "repulsion": repulsion, "width": width}
    try:
        energy = parse(fermi_energy, "energy")
        if not 0 < energy < float("inf"):
            raise ValueError("must be greater than 0 and finite")
    except ValueError as error:
        raise CaseError(f"--fermi-energy = {fermi_energy!r} {error}") from None
    moment = Kondo(channel=channel, occupation=occupation, **{k: v for k, v in given.items() if v is not None})
    try:
        moment.require_below(energy, "kondo")
    except ValueError as error:
        raise CaseError(str(error)) from None
    found, cooling = screening.chain(moment, energy), screening.on_cooling(moment, energy)
    if output is not None:
        from boltzsim.plotting.kondo import draw_kondo

        title = f"Kondo resonance of {channel}, $T_\\mathrm{{K}}$ = {found['T_K']:.4g} K"
        draw_kondo(screening.curves(moment.resonance(energy)), title, output)
    if json:
        lists = {"cooling": {key: values.tolist() for key, values in cooling.items()}}
        print_json(found | lists | ({} if output is None else {"output": str(output)}))
    else:
        show(report.chain_table(found), report.cooling_table(cooling))
