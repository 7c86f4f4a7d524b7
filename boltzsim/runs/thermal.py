"""A steady run at a temperature: solves at many energies, averaged before anything floats or is driven by a current.

Every energy has the same reservoirs and crosses the device by itself. Conductances are averages over the energies; the
voltages of floating contacts and of those with a given current follow from the averages, and so do the fields.
"""

import time
from dataclasses import dataclass, replace

import numba
import numpy as np
from scipy.constants import Boltzmann

from boltzsim.axes import AXES
from boltzsim.device.electrodes import electrodes_of
from boltzsim.device.energies import case_at, resonances_of
from boltzsim.device.fields import fields_of
from boltzsim.errors import ConvergenceError, Stopped
from boltzsim.material.thermal import means
from boltzsim.measure.nonlocal_resistance import nonlocal_resistance
from boltzsim.measure.terminals import common_voltage
from boltzsim.result import Result, provenance
from boltzsim.runs.conservation import Conservation
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.steady import SourceSolver, SteadyState, flux_of, report_of, terminals_of


@dataclass(frozen=True)
class Response:
    """Response of a device to all its sources; responses add and scale.

    Attributes
    ----------
    flux : numpy.ndarray, shape (magnetic states, sources, contacts, 4)
        Currents into the contacts, charge and spin, in A.
    fields : dict of str to numpy.ndarray
        Fields of `boltzsim.result.FIELDS` for every source, no contact reversed.
    """

    flux: np.ndarray
    fields: dict

    def __add__(self, other):
        return Response(self.flux + other.flux, {name: self.fields[name] + other.fields[name] for name in self.fields})

    def __rmul__(self, factor):
        return Response(factor * self.flux, {name: factor * values for name, values in self.fields.items()})


def solve_thermal(case, progress=None, reuse=None, checkpoint=None):
    """Solve a steady case whose scatterers vary with energy; parameters and result as `solve_steady`.

    Raises
    ------
    Stopped
        If a signal has asked the run to stop; its checkpoint holds nothing yet, and the run starts anew from it.
    ConvergenceError
        As `solve_steady`, and if `temperature.max_energies` energies are not enough.
    """
    began, solver = time.perf_counter(), _Energies(case, progress, Reuse() if reuse is None else reuse, checkpoint)
    table, last, moved = case.temperature, None, np.inf
    responses = means(solver, Boltzmann * table.T, resonances_of(case), table.tolerance, table.max_energies)
    for response, _ in responses:
        terminals, weights = _terminals(case, response, solver.electrodes)
        answer = _answer(case, terminals, response, weights)
        moved = np.inf if last is None else _change(answer, last)
        if moved <= table.tolerance:
            break
        last = answer
    else:
        raise ConvergenceError(
            f"not converged: the answer moves by {moved:.1e} with {solver.count} energies, {table.tolerance:.1e} "
            f"wanted; raise temperature.max_energies or temperature.tolerance",
            residual=moved,
        )
    solver.conservation.require(case.solver.rtol)
    fields = {name: np.tensordot(weights, values, 1) for name, values in response.fields.items()}
    fields["charge_potential"] += common_voltage(case.contact)
    driven = {c.name for c in case.contact if c.current is not None}
    report = report_of(solver.solutions, solver.conservation, solver.wall_time)
    return Result(
        case=case,
        edges={axis: case.grid.edges(axis) for axis in AXES},
        fields=fields,
        terminals=terminals,
        measures=tuple(nonlocal_resistance(entry, terminals, driven) for entry in case.measure),
        solver=replace(report, energies=solver.count, energy_error=float(moved)),
        attributes=provenance(case, numba.get_num_threads(), time.perf_counter() - began),
    )


class _Energies:
    """Solves a case at one energy after the other, each starting from the solutions of the one before."""

    def __init__(self, case, progress, reuse, checkpoint):
        self.case, self.progress, self.reuse, self.checkpoint = case, progress, reuse, checkpoint
        self.conservation, self.solutions, self.count, self.electrodes = Conservation(), [], 0, {}
        self.wall_time = {"setup": 0.0, "solve": 0.0}

    def __call__(self, energies):
        """Yield the response at each energy (J, from the Fermi energy)."""
        for energy in energies:
            try:
                yield self._respond(case_at(self.case, energy))
            except Stopped:
                self.checkpoint.save(SteadyState(place=(0, 0)))
                raise Stopped(f"stopped after {self.count} energies, which are not kept") from None
            self.count += 1

    def _respond(self, shell):
        control = None if self.checkpoint is None else _StopsOnly(self.checkpoint)
        solver = SourceSolver(shell, self.progress, self.reuse, control)
        fluxes, unreversed, fields = [], None, None
        for name in shell.magnetic_states:
            transport, solutions = solver(name, unreversed)
            flux, electrodes = flux_of(shell, solutions), electrodes_of(shell, transport, name)
            self.electrodes[name] = electrodes  # the same at all energies
            weights = terminals_of(shell, flux, electrodes)[1]
            self.conservation.check(shell, transport, solver.sources, solutions, weights)
            fluxes.append(flux)
            if name is None:
                unreversed = solutions
                each = [fields_of(shell, transport, solution.phi) for solution in solutions]
                fields = {key: np.array([one[key] for one in each]) for key in each[0]}
        self.reuse.finish(solver.vectors)
        self.solutions += [replace(s, phi=None, vector=None, entering=None) for s in solver.solutions]
        for phase, seconds in solver.wall_time.items():
            self.wall_time[phase] += seconds
        return Response(np.array(fluxes), fields)


class _StopsOnly:
    """A checkpoint that stops the solver but keeps nothing of one energy."""

    def __init__(self, checkpoint):
        self._checkpoint = checkpoint

    @property
    def stopping(self):
        return self._checkpoint.stopping

    def due(self):
        return False


def _terminals(case, response, electrodes):
    """Terminals and weights of the sources from averaged currents, with the voltages of every reversal."""
    states = zip(case.magnetic_states, response.flux, strict=True)
    (terminals, weights), *turned = (terminals_of(case, flux, electrodes[name]) for name, flux in states)
    reversed_voltage = dict(zip(case.magnetic_states[1:], (found.voltage for found, _ in turned), strict=True))
    return replace(terminals, voltage_reversed=reversed_voltage), weights


def _answer(case, terminals, response, weights):
    """Groups of numbers that have to stop moving, each with the size below which a number is only the solver's error.

    The voltages between all pairs of contacts, and what reversals change in them, hold every measure.
    """
    if not terminals.name:
        currents = [_mean_current(response.fields[f"{kind}_current"], weights) for kind in ("charge", "spin")]
        return [(np.concatenate(currents), np.abs(currents[0]).max())]
    share, between = case.solver.rtol / case.temperature.tolerance, np.subtract.outer
    voltage = terminals.voltage
    pairs = [between(voltage, voltage)]
    pairs += [between(turned - voltage, turned - voltage) for turned in terminals.voltage_reversed.values()]
    smallest = share * np.abs(pairs[0]).max()
    groups = [(pair, smallest) for pair in pairs]
    groups += [(values, np.abs(values).max()) for values in (terminals.current, terminals.conductance)]
    return groups


def _mean_current(fields, weights):
    """Average of a current density over the device, of all sources together."""
    return np.tensordot(weights, fields.mean((1, 2, 3)), 1).reshape(-1)


def _change(answer, last):
    """Largest change of a number of an answer, relative to itself or to the least size of its group."""
    return max(
        float((np.abs(one - other) / np.maximum(np.maximum(np.abs(one), least), 1e-300)).max())
        for (one, least), (other, _) in zip(answer, last, strict=True)
    )
