"""Tables and plain data for people and scripts: what the command line prints of cases and results."""

import math
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boltzsim.result import EXTRA_UNITS
from boltzsim.units import engineering

PIPE_WIDTH = 120  # columns where standard output is no terminal


def show(*tables):
    """Print tables to standard output."""
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    for table in tables:
        console.print(table)


def grid_of(title, *columns, rows):
    """A table; columns of numbers are flush right, those of words flush left."""
    table = Table(title=title, title_justify="left", title_style="bold")
    rows = [[str(entry) for entry in row] for row in rows]
    for i, column in enumerate(columns):
        numbers = i > 0 and sum(row[i].lstrip("-")[:1].isdigit() for row in rows) > len(rows) / 2
        table.add_column(Text(column), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(entry) for entry in row))
    return table


def result_tables(result):
    """Terminals, measures and the solver's account."""
    terminals, solver = result.terminals, result.solver
    rows = []
    for i, name in enumerate(terminals.name):
        spin = [engineering(component, "A") for component in terminals.spin_current[i]]
        reversed_ = [engineering(voltages[i], "V") for voltages in terminals.voltage_reversed.values()]
        electric = [engineering(terminals.current[i], "A"), engineering(terminals.voltage[i], "V")]
        rows.append([name, *electric, *spin, *reversed_])
    columns = ["contact", "current", "voltage", "spin current x", "y", "z"]
    columns += [f"voltage, {name} reversed" for name in terminals.voltage_reversed]
    if rows:
        yield grid_of(result.case.title or "Terminals", *columns, rows=rows)

    rows = []
    for measure in result.measures:
        of = ", ".join(f"{key} {value}" for key, value in measure.entry.items() if key != "kind")
        more = ", ".join(
            f"{key} {_with_unit(value, EXTRA_UNITS.get(key, measure.unit))}"
            for key, value in measure.extra.items()
            if math.isfinite(value)
        )
        rows.append([measure.kind, of, _with_unit(measure.value, measure.unit), more])
    if rows:
        yield grid_of("Measures", "measure", "of", "value", "more", rows=rows)

    columns = ["products", "sources", "residual", "true residual", "charge balance", "spin balance", "time"]
    sizes = (*_residuals(solver), solver.charge_balance, solver.spin_balance)
    products = f"{solver.products} (all sources {solver.products_total})"
    row = [products, solver.sources, *(f"{size:.1e}" for size in sizes), f"{sum(solver.wall_time.values()):.1f} s"]
    yield grid_of("Solver", *columns, rows=[row])


def result_data(result):
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
            "wall_time": solver.wall_time,
        },
    }


def coefficient_tables(found):
    """The printed, P1 and exact coefficients of `boltzsim.limits` side by side, in units v_F = Γ = l0 = 1."""
    keys = [*found["p1"], *(key for key in found["exact"] if key not in found["p1"])]
    rows = [[key, *(_number(found[kind].get(key)) for kind in ("printed", "p1", "exact"))] for key in keys]
    yield grid_of(
        "Coefficients, v_F = Γ = l0 = 1", "coefficient", "as printed", "P1, corrected", "exact mode", rows=rows
    )


def audit_tables(findings):
    """Printed relations against the kinetic equation."""
    rows = []
    for finding in findings:
        corrected = "" if finding.corrected_error is None else f"{finding.corrected_error:.1e}"
        values = (f"{finding.printed:.5g}", f"{finding.kinetic:.5g}", f"{finding.ratio:.4g}")
        rows.append([finding.where, *values, f"{finding.printed_error:.1e}", corrected, finding.verdict])
    columns = ["relation", "printed", "kinetic", "ratio", "error as printed", "corrected", "verdict"]
    yield grid_of("The paper against its own kinetic equation", *columns, rows=rows)


def audit_data(findings):
    """The audit as nested dicts and lists."""
    return [{**asdict(finding), "agrees": finding.agrees} for finding in findings]


def _number(value):
    return "" if value is None else f"{value:.6g}"


def _residuals(solver):
    """Last preconditioned and true residual; zero where the source vanished and nothing was iterated."""
    return tuple(history[-1] if len(history) else 0.0 for history in (solver.preconditioned, solver.true))


def _with_unit(value, unit):
    if unit == "1" or "/" in unit:  # no prefixes
        return f"{value:.4g} {unit}".removesuffix(" 1")
    return engineering(value, {"ohm": "Ω", "Ohm": "Ω"}.get(unit, unit))


def plain(value):
    """A value as JSON has it: arrays become lists, what is not finite becomes null."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
