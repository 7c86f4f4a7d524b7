"""Commands on the theory: coefficients of a scatterer, audit of the paper."""

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
    from boltzsim import limits
    from boltzsim.reports import tables as report

    shifts = channels_of(channel)
    try:
        found = limits.coefficients(shifts, alpha)
    except ValueError as error:
        raise CaseError(
            f"--channel {' '.join(channel)}: {error}; give a phase shift that is no multiple of pi"
        ) from None
    if json:
        print_json(found)
    else:
        report.show(*report.coefficient_tables(found))


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
