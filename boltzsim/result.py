"""The result of a run: fields on the grid, terminals, measures and the solver's own account.

Arrays are float64, in SI units, ordered (z, y, x[, 3[, 3]]); an axis that the case leaves uniform is one cell,
[0, length], of length 1 m where the case gives none. Energies are divided by e: both potentials are in volts.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from boltzsim import __version__
from boltzsim.machine import git_revision
from boltzsim.text import html
from boltzsim.text.quantities import quantity
from boltzsim.text.results import MEASURES, measure_rows, terminal_table, unbalanced

if TYPE_CHECKING:
    from boltzsim.case.case import Case

#: Cell-centred fields: name -> (unit, long name, axes after (z, y, x)). The diffusion model has no helicity, and older
#: results hold none.
FIELDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "charge_potential": ("V", "charge electrochemical potential <n_c>/e", ()),
    "spin_potential": ("V", "spin potential <n_a>/e, half the splitting of up and down along a", ("polarisation",)),
    "charge_current": ("A/m2", "charge current density 2 e N_F <W n>_c", ("flow",)),
    "spin_current": ("A/m2", "spin current density 2 e N_F <W n>_a (up minus down)", ("flow", "polarisation")),
    "helicity_potential": (
        "V",
        "helicity <p.sigma n>/e, half the splitting of spins along and against their motion",
        (),
    ),
    "helicity_current": ("A/m2", "helicity current density 2 e N_F <p.sigma W n>", ("flow",)),
}

#: Columns of numerical errors and their long names; all but the order are in the unit of the row.
ACCURACY: dict[str, str] = {
    "value": "value of the case as it is",
    "extrapolated": "estimate without numerical errors",
    "order": "observed order of convergence in space, nan where there is none",
    "order_angles": "the same in directions per axis",
    "order_time": "the same in time",
    "space": "error from the grid",
    "angles": "error from the set of directions",
    "time": "error from the time steps",
    "iteration": "error from the tolerance of the iteration",
    "total": "numerical error, the sum of all",
}

#: Units of extras of measures that differ from their measure's unit.
EXTRA_UNITS: dict[str, str] = {"weight_slow": "1", "misfit": "1", "height": "V"}


@dataclass(frozen=True, eq=False, repr=False)
class Terminals:
    """Contacts after the solve, in the order of the case.

    Attributes
    ----------
    name : tuple of str, n names
    current : ndarray (n,), charge current into the device [A]
    voltage : ndarray (n,) [V]
    spin_current : ndarray (n, 3), spin current into the device by polarisation, charge units, up minus down [A]
    conductance : ndarray (n, n), rows: current into the device, columns: voltage applied [S]
    voltage_reversed : dict, for every contact with `detect_spin` the voltages (n,) of all contacts with that
        contact's magnetisation reversed [V]
    electrode_spin_potential : dict, for every contact with an electrode the spin potential mu_s at the end of the
        electrode, along its magnetisation [V]
    """

    name: tuple[str, ...]
    current: np.ndarray
    voltage: np.ndarray
    spin_current: np.ndarray
    conductance: np.ndarray
    voltage_reversed: dict[str, np.ndarray] = field(default_factory=dict)
    electrode_spin_potential: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.name)
        _require_shape("current", self.current, (n,))
        _require_shape("voltage", self.voltage, (n,))
        _require_shape("spin_current", self.spin_current, (n, 3))
        _require_shape("conductance", self.conductance, (n, n))
        for contact, voltage in self.voltage_reversed.items():
            if contact not in self.name:
                raise ValueError(f"voltage_reversed: {contact!r} is no terminal; terminals are {', '.join(self.name)}")
            _require_shape(f"voltage_reversed[{contact!r}]", voltage, (n,))
        for contact in self.electrode_spin_potential:
            if contact not in self.name:
                raise ValueError(f"electrode_spin_potential: {contact!r} is no terminal")

    def __repr__(self) -> str:
        rows = terminal_table(self)[1]
        return f"<Terminals {'; '.join(', '.join(row[:3]) for row in rows)}>"

    def _repr_html_(self) -> str:
        return html.table("Terminals", *terminal_table(self))


@dataclass(frozen=True)
class Measure:
    """One evaluated `[[measure]]` of the case: its entry, the value with its unit, and named extras.

    Extras are in the measure's unit, except for `EXTRA_UNITS`; nan is what does not exist.
    """

    kind: str
    entry: dict
    value: float
    unit: str
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SolverReport:
    """The solver's account of itself.

    Attributes
    ----------
    converged : bool
    products : int, sweep products of the source that needed most
    products_total, sources : int, products over all sources, and their number
    preconditioned, true : ndarray (k,), relative residuals of the source that needed most
    wall_time : dict, phase -> seconds
    charge_balance, spin_balance : float, charge and spin missing in a layer or in the whole, over the largest current
    terminal_balance : float, sums of terminal currents, rows and columns of the conductance matrix, over the largest
        current; NaN for transient runs, where the device stores charge
    energies : int, energies that a run at a temperature has solved for, else 1
    energy_error : float, last change of its currents and voltages by more energies, relative to themselves
    products_single : int, how many of all products were made in single precision
    rounds : int, most rounds of iterative refinement that these took for a source
    """

    converged: bool
    products: int
    products_total: int
    sources: int
    preconditioned: np.ndarray
    true: np.ndarray
    wall_time: dict[str, float]
    charge_balance: float
    spin_balance: float
    terminal_balance: float = float("nan")
    energies: int = 1
    energy_error: float = 0.0
    products_single: int = 0
    rounds: int = 0

    def __post_init__(self) -> None:
        _require_shape("true", self.true, (np.size(self.preconditioned),))


@dataclass(frozen=True, eq=False)
class History:
    """A transient run in time: signals after every step, fields at the frame times.

    Attributes
    ----------
    time : ndarray (n,), first 0, then the end of every step [s]
    current, voltage : ndarray (n, contacts) [A], [V]
    spin_current : ndarray (n, contacts, 3) [A]
    voltage_reversed : dict, for every contact with `detect_spin` the voltages (n, contacts) of all contacts with that
        contact's magnetisation reversed [V]
    electrode_spin_potential : dict, for every contact with an electrode mu_s (n,) [V]
    observed : dict, observed signal -> (n, 4), charge, x, y, z [V]
    charge_balance : ndarray (n,), relative violation of charge conservation up to then
    frame_time : ndarray (m,) [s]
    frames : dict, names of `FIELDS` -> arrays (m, z, y, x[, 3[, 3]])
    complete : bool, False while the run goes on or if it was stopped

    Raises
    ------
    ValueError
        A field is unknown, or a shape does not fit.
    """

    time: np.ndarray
    current: np.ndarray
    voltage: np.ndarray
    spin_current: np.ndarray
    voltage_reversed: dict[str, np.ndarray]
    observed: dict[str, np.ndarray]
    charge_balance: np.ndarray
    frame_time: np.ndarray
    frames: dict[str, np.ndarray]
    complete: bool
    electrode_spin_potential: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, contacts = len(self.time), np.shape(self.current)[-1]
        _require_shape("time", self.time, (n,))
        _require_shape("current", self.current, (n, contacts))
        _require_shape("voltage", self.voltage, (n, contacts))
        _require_shape("spin_current", self.spin_current, (n, contacts, 3))
        _require_shape("charge_balance", self.charge_balance, (n,))
        for contact, voltage in self.voltage_reversed.items():
            _require_shape(f"voltage_reversed[{contact!r}]", voltage, (n, contacts))
        for contact, potential in self.electrode_spin_potential.items():
            _require_shape(f"electrode_spin_potential[{contact!r}]", potential, (n,))
        for name, signal in self.observed.items():
            _require_shape(f"observed[{name!r}]", signal, (n, 4))
        for name, values in self.frames.items():
            _require_field(name)
            cells = np.shape(values)[1:4]
            _require_shape(name, values, (len(self.frame_time), *cells, *(3,) * len(FIELDS[name][2])))


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Numerical errors of a result's numbers, from runs on other grids, angular sets and time steps.

    Attributes
    ----------
    of, quantity, unit : tuple of str, which number each row is about, as in `boltzsim.measure.numbers`
    columns : dict, names of `ACCURACY` -> ndarray, one entry for each row
    settings : dict, how they were found (plain data, see `boltzsim.accuracy.study`)
    """

    of: tuple[str, ...]
    quantity: tuple[str, ...]
    unit: tuple[str, ...]
    columns: dict[str, np.ndarray]
    settings: dict

    def error(self, of: str, quantity: str) -> float | None:
        """Total numerical error of a number; None where it is not known."""
        rows = zip(self.of, self.quantity, self.columns["total"], strict=True)
        return next((float(total) for *name, total in rows if name == [of, quantity]), None)


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A solved case.

    Attributes
    ----------
    case : Case
    edges : dict, "x", "y", "z" -> cell edges (cells + 1,) [m]
    fields : dict, names of `FIELDS` -> arrays (z, y, x[, 3[, 3]]); of a transient run, like the terminals, at its end
    terminals : Terminals
    measures : tuple of Measure, in the order of the case
    solver : SolverReport
    attributes : dict, provenance as made by `provenance`
    history : History, or None for a steady run
    accuracy : Accuracy, or None where numerical errors are not known

    Raises
    ------
    ValueError
        A field is unknown, or a shape does not fit the grid.
    """

    case: Case
    edges: dict[str, np.ndarray]
    fields: dict[str, np.ndarray]
    terminals: Terminals
    measures: tuple[Measure, ...]
    solver: SolverReport
    attributes: dict[str, str | int | float]
    history: History | None = None
    accuracy: Accuracy | None = None

    def __post_init__(self) -> None:
        cells = tuple(len(self.edges[axis]) - 1 for axis in "zyx")
        for name, values in self.fields.items():
            _require_field(name)
            _require_shape(name, values, cells + (3,) * len(FIELDS[name][2]))
        if self.history is not None:
            for name, values in self.history.frames.items():
                _require_shape(f"frames: {name}", values[0], cells + (3,) * len(FIELDS[name][2]))
            _require_shape("current", self.history.current, (len(self.history.time), len(self.terminals.name)))

    def centres(self, axis: str) -> np.ndarray:
        """Cell centres along "x", "y" or "z" [m]."""
        return 0.5 * (self.edges[axis][1:] + self.edges[axis][:-1])

    def error(self, of: str, quantity: str) -> float | None:
        """Numerical error of one of the numbers (see `boltzsim.measure.numbers`); None where it is not known."""
        return None if self.accuracy is None else self.accuracy.error(of, quantity)

    def __repr__(self) -> str:
        numbers = [f"{one.kind} {quantity(one.value, one.unit)}" for one in self.measures]
        how = self.case.physics.model if self.history is None else f"{self.case.physics.model}, in time"
        return f"<Result {self.case.title!r}: {how}; {', '.join(numbers) or 'no measures'}; {self.terminals!r}>"

    def _repr_html_(self) -> str:
        tables = [
            html.table(self.case.title or "Result", *terminal_table(self.terminals, self.error, unbalanced(self)))
        ]
        if self.measures:
            tables.append(html.table("Measures", MEASURES, measure_rows(self.measures, EXTRA_UNITS, self.error)))
        return "\n".join(tables)

    #: Writes the result to an HDF5 file. The store puts `boltzsim.save` here, and its two neighbours, because this
    #: module knows no files.
    save: ClassVar[Callable[[Result, str | PathLike], None]]
    #: The result as an `xarray.Dataset`, see `boltzsim.store.tables.to_xarray`.
    to_xarray: ClassVar[Callable[..., Any]]
    #: The terminals as a `pandas.DataFrame`, see `boltzsim.store.tables.to_dataframe`.
    to_dataframe: ClassVar[Callable[[Result], Any]]


def provenance(case: Case, threads: int, wall_time: float) -> dict[str, str | int | float]:
    """Who made a result: root attributes of the file, apart from `format` and `format_version`.

    Parameters
    ----------
    case : Case, the hash of its text is `case_sha256`
    threads : threads of the sweep
    wall_time : duration of the run [s]
    """
    return {
        "version": __version__,
        "git": git_revision(),
        "created": now(),
        "host": platform.node(),
        "threads": threads,
        "wall_time": wall_time,
        "case_sha256": case.sha256,
    }


def now() -> str:
    """The present time in UTC, to milliseconds, as files hold it; later times are later in the alphabet."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _require_field(name: str) -> None:
    if name not in FIELDS:
        raise ValueError(f"fields: {name!r} is unknown; fields are {', '.join(FIELDS)}")


def _require_shape(name: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if np.shape(values) != shape:
        raise ValueError(f"{name}: shape {np.shape(values)} should be {shape}")
