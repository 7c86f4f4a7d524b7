"""A steady run at a temperature: solves at many energies, averaged before anything floats or is driven by a current.

Every energy has the same reservoirs and crosses the device by itself. Conductances are averages over the energies; the
voltages of floating contacts and of those with a given current follow from the averages, and so do the fields.
"""

import time
from dataclasses import replace

import numba
import numpy as np
from scipy.constants import Boltzmann

from boltzsim.axes import AXES
from boltzsim.device.energies import resonances_of
from boltzsim.errors import ConvergenceError, Stopped
from boltzsim.material.thermal import means
from boltzsim.measure.nonlocal_resistance import nonlocal_resistance
from boltzsim.measure.terminals import common_voltage
from boltzsim.result import Result, provenance
from boltzsim.runs.conservation import Conservation
from boltzsim.runs.energies import shells
from boltzsim.runs.steady import SteadyState, report_of, terminals_of


def solve_thermal(case, progress=None, reuse=None, checkpoint=None, jobs=1, dask=None, threads=None):
    """Solve a steady case whose scatterers vary with energy.

    Parameters
    ----------
    case, progress, reuse, checkpoint
        As `boltzsim.runs.steady.solve_steady`.
    jobs, dask, threads
        As `boltzsim.runs.energies.shells`.

    Returns
    -------
    Result

    Raises
    ------
    Stopped
        If a signal has asked the run to stop; its checkpoint holds nothing yet, and the run starts anew from it.
    ConvergenceError
        As `solve_steady`, and if `temperature.max_energies` energies are not enough.
    """
    began, table, account = time.perf_counter(), case.temperature, _Account()
    last, moved = None, np.inf
    try:
        with shells(case, jobs, dask, threads, progress, reuse, checkpoint) as at:
            found = means(
                lambda energies: map(account.take, at(energies)),
                Boltzmann * table.T,
                resonances_of(*case.material.values()),
                table.tolerance,
                table.max_energies,
            )
            for response, _ in found:
                terminals, weights = _terminals(case, response, account.electrodes)
                answer = _answer(case, terminals, response, weights)
                moved = np.inf if last is None else _change(answer, last)
                if moved <= table.tolerance:
                    break
                last = answer
            else:
                raise ConvergenceError(
                    f"not converged: the answer moves by {moved:.1e} with {account.count} energies, "
                    f"{table.tolerance:.1e} wanted; raise temperature.max_energies or temperature.tolerance",
                    residual=moved,
                )
    except Stopped:
        if checkpoint is not None:
            checkpoint.save(SteadyState(place=(0, 0)))
        raise Stopped(f"stopped after {account.count} energies, which are not kept") from None
    account.conservation.require(case.solver.rtol)
    fields = {name: np.tensordot(weights, values, 1) for name, values in response.fields.items()}
    fields["charge_potential"] += common_voltage(case.contact)
    driven = {c.name for c in case.contact if c.current is not None}
    report = report_of(account.solutions, account.conservation, account.wall_time)
    return Result(
        case=case,
        edges={axis: case.grid.edges(axis) for axis in AXES},
        fields=fields,
        terminals=terminals,
        measures=tuple(nonlocal_resistance(entry, terminals, driven) for entry in case.measure),
        solver=replace(report, energies=account.count, energy_error=float(moved)),
        attributes=provenance(case, numba.get_num_threads(), time.perf_counter() - began),
    )


class _Account:
    """Adds up what the solves of all energies report."""

    def __init__(self):
        self.conservation, self.solutions, self.count, self.electrodes = Conservation(), [], 0, {}
        self.wall_time = {"setup": 0.0, "solve": 0.0}

    def take(self, shell):
        """Count a `Shell` in, and give its response."""
        self.electrodes = shell.electrodes
        self.conservation = self.conservation.worse(shell.conservation)
        self.solutions += shell.solutions
        self.count += 1
        for phase, seconds in shell.wall_time.items():
            self.wall_time[phase] += seconds
        return shell.response


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
