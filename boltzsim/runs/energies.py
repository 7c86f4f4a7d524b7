"""Solve a device at many energies: in turn, in processes of this machine, or on a dask cluster.

Energies that one process solves start from the solutions of the one before; in processes, neighbours stay together.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.case.case import Case
from boltzsim.device.electrodes import electrodes_of
from boltzsim.device.energies import case_at
from boltzsim.device.fields import fields_of
from boltzsim.errors import Stopped
from boltzsim.runs.conservation import Conservation
from boltzsim.runs.pools import in_processes, in_turn, lost, on_dask, outcomes_until_error, threads_of_each
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.steady import SourceSolver, flux_of, terminals_of
from boltzsim.runs.threads import computing


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


@dataclass(frozen=True)
class Shell:
    """The carriers of one energy.

    Attributes
    ----------
    response : Response
    electrodes : dict of (str or None) to list of boltzsim.device.electrodes.Electrode
        By the contact that is reversed; the same at all energies.
    conservation : Conservation
    solutions : list of Solution
        Without their moments.
    wall_time : dict of str to float
    """

    response: Response
    electrodes: dict
    conservation: Conservation
    solutions: list
    wall_time: dict


@contextmanager
def shells(case, jobs=1, dask=None, threads=None, progress=None, reuse=None, checkpoint=None):
    """A function from energies (J, from the Fermi energy) to their `Shell`s in the same order.

    Parameters
    ----------
    case : Case
    jobs : int
        Energies solved at a time, each in a process of its own (spawned) if more than one.
    dask : str, optional
        Address of a dask scheduler, or "local" for a cluster of `jobs` workers on this machine.
    threads : int, optional
        Threads of each process.
    progress, reuse, checkpoint
        As `boltzsim.runs.steady.solve_steady`.

    Raises
    ------
    Stopped
        If the checkpoint is asked to stop.
    ConvergenceError
        If an energy does not converge, or is lost with its process.
    """
    control = None if checkpoint is None else _StopsOnly(checkpoint)
    reuse = Reuse() if reuse is None else reuse

    def stop():
        if control is not None and control.stopping:
            raise Stopped("stopped between energies")

    def here(task):
        for number, energy in task[1]:
            yield number, solve_shell(case_at(case, energy), reuse, progress, control), None

    if dask:
        pool = on_dask(_solve, dask, jobs, stop)
    elif jobs > 1:
        pool = in_processes(_solve_in_process, jobs, stop, _lost)
    else:
        pool = in_turn(here, stop)
    threads, tables = threads_of_each(threads, jobs, dask), case.resolved()
    with pool as solve:

        def at(energies: Sequence[float]) -> Iterator[Shell]:
            count = len(energies) if dask else min(jobs, len(energies))
            parts = np.array_split(np.arange(len(energies)), count)  # neighbours together
            tasks = [(tables, [(int(k), energies[k]) for k in part], threads) for part in parts]
            waiting: dict[int, Shell] = {}
            following = 0
            for number, shell, error in solve(tasks):
                if error is not None:
                    raise error
                waiting[number] = shell
                if progress is not None and len(tasks) > 1:
                    progress(f"{following + len(waiting)} of {len(energies)} energies", 1, 1, 0, float("nan"))
                while following in waiting:
                    yield waiting.pop(following)
                    following += 1

        yield at


def solve_shell(shell, reuse, progress=None, control=None):
    """Solve a device whose scatterers have one energy.

    Parameters
    ----------
    shell : Case
        Of `boltzsim.device.energies.case_at`.
    reuse, progress, control
        As `boltzsim.runs.steady.SourceSolver`.

    Returns
    -------
    Shell
    """
    solver, conservation = SourceSolver(shell, progress, reuse, control), Conservation()
    fluxes, electrodes, unreversed, fields = [], {}, None, {}
    for name in shell.magnetic_states:
        transport, solutions = solver(name, unreversed)
        flux, electrodes[name] = flux_of(shell, solutions), electrodes_of(shell, transport, name)
        weights = terminals_of(shell, flux, electrodes[name])[1]
        conservation.check(shell, transport, solver.sources, solutions, weights)
        fluxes.append(flux)
        if name is None:
            unreversed = solutions
            each = [fields_of(shell, transport, solution.phi) for solution in solutions]
            fields = {key: np.array([one[key] for one in each]) for key in each[0]}
    reuse.finish(shell, solver.sources, solver.vectors)
    kept = [replace(s, phi=None, vector=None, entering=None) for s in solver.solutions]
    return Shell(Response(np.array(fluxes), fields), electrodes, conservation, kept, solver.wall_time)


class _StopsOnly:
    """A checkpoint that stops the solver but keeps nothing of one energy."""

    def __init__(self, checkpoint):
        self._checkpoint = checkpoint

    @property
    def stopping(self):
        return self._checkpoint.stopping

    def due(self):
        return False


def _solve(task, reuse=None):
    """Outcomes (number, Shell, error) of a task, which is plain data: tables, numbered energies, threads.

    Either the shell or the error is None.
    """
    tables, energies, threads = task
    case, reuse, by_number = Case(**tables), Reuse() if reuse is None else reuse, dict(energies)

    def solve(number):
        with computing(threads):
            return solve_shell(case_at(case, by_number[number]), reuse)

    return outcomes_until_error(by_number, solve)


def _solve_in_process(task):
    """The same, starting from the last task of this process."""
    return _solve(task, reuse_in_process())


@cache
def reuse_in_process():
    return Reuse()


def _lost(task):
    """Outcome of a task whose process died."""
    number, energy = task[1][0]
    yield lost(number, f"{energy / elementary_charge:.3g} eV from the Fermi energy")
