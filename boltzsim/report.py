"""Tables and plain data for people and scripts: what the command line prints of cases and results."""

import math
import sys

from rich.console import Console
from rich.table import Table

from boltzsim.units import engineering

PIPE_WIDTH = 120  # columns where standard output is no terminal


def show(*tables):
    """Print tables to standard output."""
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    for table in tables:
        console.print(table)


def grid_of(title, *columns, rows):
    """A table; the first column is flush left, the others flush right."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(entry) for entry in row))
    return table


def result_tables(result):
    """Terminals, measures and the solver's account."""
    terminals, solver = result.terminals, result.solver
    reversals = [(name, voltages) for name, voltages in terminals.voltage_reversed.items()]
    yield grid_of(
        result.case.title or "Terminals",
        "contact", "current", "voltage", "spin current x", "y", "z", *(f"voltage, {name} reversed" for name, _ in reversals),
        rows=[
            [
                name,
                engineering(terminals.current[i], "A"),
                engineering(terminals.voltage[i], "V"),
                *(engineering(component, "A") for component in terminals.spin_current[i]),
                *(engineering(voltages[i], "V") for _, voltages in reversals),
            ]
            for i, name in enumerate(terminals.name)
        ],
    )  # fmt: skip
    if result.measures:
        yield grid_of(
            "Measures",
            "measure", "of", "value", "more",
            rows=[
                [
                    measure.kind,
                    ", ".join(f"{key} {value}" for key, value in measure.entry.items() if key != "kind"),
                    _with_unit(measure.value, measure.unit),
                    ", ".join(f"{key} {_with_unit(value, measure.unit)}" for key, value in measure.extra.items()),
                ]
                for measure in result.measures
            ],
        )  # fmt: skip
    yield grid_of(
        "Solver",
        "products", "sources", "residual", "true residual", "charge balance", "spin balance", "time",
        rows=[
            [
                f"{solver.products} (all sources {solver.products_total})",
                solver.sources,
                *(f"{value:.1e}" for value in (*_residuals(solver), solver.charge_balance, solver.spin_balance)),
                f"{sum(solver.wall_time.values()):.1f} s",
            ]
        ],
    )  # fmt: skip


def result_data(result):
    """A result's numbers as JSON-able data; what is not finite becomes null."""
    terminals, solver = result.terminals, result.solver
    residual, true = _residuals(solver)
    return _plain(
        {
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
    )


def _residuals(solver):
    """Last preconditioned and true residual; zero where the source vanished and nothing was iterated."""
    return tuple(history[-1] if len(history) else 0.0 for history in (solver.preconditioned, solver.true))


def _with_unit(value, unit):
    return engineering(value, {"ohm": "Ω"}.get(unit, unit))


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
