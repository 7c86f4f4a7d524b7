"""Tables and plain data for people and scripts: what the command line prints of cases and results."""

import io
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boltzsim.machine import printable
from boltzsim.result import EXTRA_UNITS, Accuracy, Result
from boltzsim.text.results import MEASURES, measure_rows, terminal_table, unbalanced

#: Columns of the tables where standard output is no terminal.
PIPE_WIDTH = 120


def show(*tables: Table | str) -> None:
    """Print tables to standard output."""
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    for table in tables:
        console.print(table)


def text_of(*tables: Table) -> str:
    """Tables as they look where standard output is no terminal."""
    text = io.StringIO()
    console = Console(width=PIPE_WIDTH, file=text, color_system=None)
    for table in tables:
        console.print(table)
    return text.getvalue().rstrip()


def data_of(table: Table) -> dict:
    """A table as JSON has it: its title, and a dict of every row by the names of the columns."""
    columns = [str(column.header) for column in table.columns]
    cells = zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    return {"title": str(table.title), "rows": [dict(zip(columns, row, strict=True)) for row in cells]}


def table_of(title: str, *columns: str, rows: Iterable[Iterable]) -> Table:
    """A table; columns of numbers are flush right, those of words flush left."""
    table = Table(title=Text(printable(title)), title_justify="left", title_style="bold")
    words = [[printable(str(entry)) for entry in row] for row in rows]
    for i, column in enumerate(columns):
        numbers = i > 0 and sum(row[i].lstrip("-")[:1].isdigit() for row in words) > len(words) / 2
        table.add_column(Text(printable(column)), justify="right" if numbers else "left", overflow="fold")
    for row in words:
        table.add_row(*(Text(entry) for entry in row))
    return table


def result_tables(result: Result) -> Iterator[Table]:
    """Terminals, measures and the solver's account."""
    terminals, solver = result.terminals, result.solver
    if terminals.name:
        columns, rows = terminal_table(terminals, result.error, unbalanced(result))
        yield table_of(result.case.title or "Terminals", *columns, rows=rows)
    if result.measures:
        yield table_of("Measures", *MEASURES, rows=measure_rows(result.measures, EXTRA_UNITS, result.error))

    columns = ["products", "sources", "residual", "true residual", "charge balance", "spin balance", "sum of currents"]
    sizes = (*_residuals(solver), solver.charge_balance, solver.spin_balance, solver.terminal_balance)
    single = f", {solver.products_single} in single precision" if solver.products_single else ""
    products = f"{solver.products} (all sources {solver.products_total}{single})"
    at = "" if solver.energies == 1 else f" at {solver.energies} energies (last change {solver.energy_error:.0e})"
    known = ["" if math.isnan(size) else f"{size:.1e}" for size in sizes]
    row = [products, f"{solver.sources}{at}", *known, f"{sum(solver.wall_time.values()):.1f} s"]
    yield table_of("Solver", *columns, "time", rows=[row])


def result_data(result: Result) -> dict:
    """A result's numbers as nested dicts and lists."""
    terminals, solver = result.terminals, result.solver
    residual, true = _residuals(solver)
    return {
        "terminals": [
            {
                "name": name,
                "current": terminals.current[i],
                "voltage": terminals.voltage[i],
                "spin_current": terminals.spin_current[i],
                "conductance": terminals.conductance[i],
                "voltage_reversed": {of: voltages[i] for of, voltages in terminals.voltage_reversed.items()},
                "electrode_spin_potential": terminals.electrode_spin_potential.get(name),
            }
            for i, name in enumerate(terminals.name)
        ],
        "measures": [
            {"kind": measure.kind, "value": measure.value, "unit": measure.unit}
            | {"entry": measure.entry, "extra": measure.extra}
            for measure in result.measures
        ],
        "solver": {
            "converged": solver.converged,
            "products": solver.products,
            "products_total": solver.products_total,
            "sources": solver.sources,
            "residual": residual,
            "true_residual": true,
            "charge_balance": solver.charge_balance,
            "spin_balance": solver.spin_balance,
            "terminal_balance": solver.terminal_balance,
            "energies": solver.energies,
            "energy_error": solver.energy_error,
            "products_single": solver.products_single,
            "rounds": solver.rounds,
            "wall_time": solver.wall_time,
        },
    } | ({} if result.accuracy is None else {"numerical_errors": rows_of(result.accuracy)})


def rows_of(accuracy: Accuracy) -> list[dict]:
    """Every number and its numerical errors as a dict."""
    names = zip(accuracy.of, accuracy.quantity, accuracy.unit, strict=True)
    return [
        {"of": of, "quantity": name, "unit": unit} | {key: float(column[i]) for key, column in accuracy.columns.items()}
        for i, (of, name, unit) in enumerate(names)
    ]


def coefficient_tables(found: dict) -> Iterator[Table]:
    """The printed, P1 and exact coefficients of `boltzsim.limits` side by side, in units v_F = Γ = l0 = 1."""
    keys = [*found["p1"], *(key for key in found["exact"] if key not in found["p1"])]
    rows = [[key, *(_number(found[kind].get(key)) for kind in ("printed", "p1", "exact"))] for key in keys]
    yield table_of(
        "Coefficients, v_F = Γ = l0 = 1", "coefficient", "as printed", "P1, corrected", "exact mode", rows=rows
    )
    yield conserved_table("Conserved by scattering, or nearly", found["conserved"], lambda rate: f"{rate:.6g}")


def conserved_table(title, quantities, rate_of):
    """Quantities that scattering conserves or nearly conserves (dicts as in `boltzsim.limits.summary.coefficients`)."""
    rows = [
        [quantity["name"], quantity["J"], quantity["parity"], rate_of(quantity["rate"]) if quantity["rate"] else "0"]
        for quantity in quantities
    ]
    return table_of(title, "quantity", "J", "parity", "relaxation rate", rows=rows)


def audit_tables(findings: list) -> Iterator[Table]:
    """Printed relations against the kinetic equation."""
    rows = []
    for finding in findings:
        corrected = "" if finding.corrected_error is None else f"{finding.corrected_error:.1e}"
        values = (f"{finding.printed:.5g}", f"{finding.kinetic:.5g}", f"{finding.ratio:.4g}")
        rows.append([finding.where, *values, f"{finding.printed_error:.1e}", corrected, finding.verdict])
    columns = ["relation", "printed", "kinetic", "ratio", "error as printed", "corrected", "verdict"]
    yield table_of("The paper against its own kinetic equation", *columns, rows=rows)


def audit_data(findings: list) -> list[dict]:
    """The audit as nested dicts and lists."""
    return [{**asdict(finding), "agrees": finding.agrees} for finding in findings]


def _number(value):
    """A number in a table: empty for none, "infinite" for the infinite."""
    if value is None:
        return ""
    return f"{value:.6g}" if math.isfinite(value) else "infinite" if value > 0 else "-infinite"


def _residuals(solver):
    """Last preconditioned and true residual; zero where the source vanished and nothing was iterated.

    The preconditioned one is not evaluated after every product.
    """
    known = ([value for value in history if math.isfinite(value)] for history in (solver.preconditioned, solver.true))
    return tuple(history[-1] if history else 0.0 for history in known)
