"""One run: a case in, a result out."""

import time
from dataclasses import replace
from functools import partial

import numba
import numpy as np

from boltzsim import store, store_history, store_solutions
from boltzsim.case_fields import AXES
from boltzsim.checkpoint import Keeper, checkpoint_of
from boltzsim.errors import CaseError, Stopped
from boltzsim.fields import conductance_unit, fields_of
from boltzsim.measure.spinvalve import nonlocal_resistance
from boltzsim.measure.terminals import voltages
from boltzsim.result import Result, SolverReport, Terminals, provenance
from boltzsim.sharing import Kept


def run(case, threads=None, progress=None, kept=None, output=None, resumed=None):
    """Solve a case.

    Parameters
    ----------
    case : Case
    threads : int, optional
        Threads of the sweeps; all cores if omitted. Results do not depend on it.
    progress : callable, optional
        Called as progress(phase, source, sources, product, residual).
    kept : boltzsim.sharing.Kept, optional
        What the run before this one leaves for it, and this one for the next.
    output : path-like, optional
        File for the result. Checkpoints are written meanwhile; SIGTERM and SIGUSR1 end the run with one.
    resumed : tuple, optional
        Solved sources and the current one, as `boltzsim.store_solutions.load` gives them; a steady case.

    Returns
    -------
    Result

    Raises
    ------
    Stopped
        If a signal asked for the end of the run; `resume` goes on.
    CaseError
        For ordinates that cannot integrate the moments of the materials' scattering exactly.
    ConvergenceError
        If a source needs more than `solver.max_products` products.
    """
    if case.time is not None:
        from boltzsim.evolution import evolve

        return evolve(case, threads, progress, output)
    if output is None:
        return _steady(case, threads, progress, kept, None, None)
    with Keeper(checkpoint_of(output), case.solver.checkpoint).listening() as keeper:
        result = _steady(case, threads, progress, kept, keeper, resumed)
        result.save(output)
    keeper.path.unlink(missing_ok=True)
    return result


def resume(path, threads=None, progress=None):
    """Go on with the run that was to write a file, from its last checkpoint to its end.

    Parameters
    ----------
    path : path-like
        The result file.
    threads, progress
        As `run`.

    Returns
    -------
    Result

    Raises
    ------
    CaseError
        If the run is complete.
    StoreError
        If there is no file, or no checkpoint in it.
    """
    pending = checkpoint_of(path)
    if pending.exists():
        case, *resumed = store_solutions.load(pending)
        return run(case, threads, progress, output=path, resumed=resumed)
    result = store.open(path)
    if result.history is None or result.history.complete:
        raise CaseError(f"{path}: is complete, there is nothing to go on with; start another case from it: [initial]")
    from boltzsim.evolution import Saved, evolve

    return evolve(result.case, threads, progress, path, Saved(result.history, store_history.read_saved(path), path))


def _steady(case, threads, progress, kept, keeper, resumed):
    began = time.perf_counter()
    numba.set_num_threads(min(threads or numba.config.NUMBA_NUM_THREADS, numba.config.NUMBA_NUM_THREADS))
    sources = len(_sources(case)) * len(case.magnetic_states)
    solves = _Solves(case, sources, progress, kept, keeper, resumed)
    transport, solutions = solves(None)
    terminals, weights = _terminals(case, solutions)
    reversed_voltage = {}
    for name in case.magnetic_states[1:]:
        _, turned = solves(name, solutions)
        reversed_voltage[name] = _terminals(case, turned)[0].voltage
    terminals = replace(terminals, voltage_reversed=reversed_voltage)
    if kept is not None:
        kept.finish(solves.vectors)
    solved = time.perf_counter()
    phi = sum(w * s.phi for w, s in zip(weights, solutions, strict=True))
    fields = fields_of(case, transport, phi)
    driven = {c.name for c in case.contact if c.current is not None}
    measures = tuple(nonlocal_resistance(entry, terminals, driven) for entry in case.measure)
    wall_time = {**solves.wall_time, "evaluate": time.perf_counter() - solved}
    return Result(
        case=case,
        edges={axis: case.grid.edges(axis) for axis in AXES},
        fields=fields,
        terminals=terminals,
        measures=measures,
        solver=_report(solves.solutions, wall_time),
        attributes=provenance(case, numba.get_num_threads(), time.perf_counter() - began),
    )


def _sources(case):
    """The right-hand sides of a case: a unit voltage on every contact, then what drives it besides (if anything)."""
    n = len(case.contact)
    sources = []
    for k in range(n):
        potentials = np.zeros((n, 4))
        potentials[k, 0] = 1.0
        sources.append({"reservoirs": potentials})
    spin = np.array([[0.0, *c.spin_voltage] for c in case.contact]).reshape(n, 4)
    if np.any(spin) or np.any(case.drive.electric_field):
        sources.append({"reservoirs": spin, "field": case.drive.electric_field})
    return sources


class _Solves:
    """All sources of a case, one after the other, for one state of the contacts' magnetisations."""

    def __init__(self, case, total, progress, kept, keeper, resumed):
        self.case, self.total, self.progress = case, total, progress
        self.kept = Kept() if kept is None else kept
        self.keeper, (self.solved, self.current) = keeper, resumed or ({}, (None, None))
        self.solutions, self.vectors, self.wall_time = [], {}, {"setup": 0.0, "solve": 0.0}
        self.kept.prepare(case)

    def __call__(self, reversed_contact, unreversed=None):
        began = time.perf_counter()
        operator = self.kept.operator(self.case, reversed_contact)
        self.wall_time["setup"] += time.perf_counter() - began
        began, solver = time.perf_counter(), self.case.solver
        found = []
        for number, source in enumerate(_sources(self.case)):
            done = len(self.solutions)

            def report(product, residual, done=done):
                if self.progress is not None:
                    self.progress("solve", done + 1, self.total, product, residual)

            if number == len(self.case.contact) - 1:
                # All contacts at one potential leave the device uniform, which gives the last source for nothing.
                start = operator.transport.uniform() - sum(s.vector for s in found)
            else:
                start = unreversed[number].vector if unreversed else None
                start = self.kept.start(reversed_contact, number, start)
            place = (self.case.magnetic_states.index(reversed_contact), number)
            if place == self.current[0]:
                start = self.current[1]
            if place not in self.solved:
                control = {"max_products": solver.max_products, "progress": report}
                if self.keeper is not None:
                    control["watch"] = partial(self._watch, place)
                self.solved[place] = operator.solve(source, solver.rtol, start=start, **control)
            solution = self.solved[place]
            found.append(solution)
            self.solutions.append(solution)
            self.vectors[reversed_contact, number] = solution.vector
        self.wall_time["solve"] += time.perf_counter() - began
        return operator.transport, found

    def _watch(self, place, iterate):
        """Called between products: write a checkpoint when it is time, and leave if asked to."""
        if self.keeper.stopping or self.keeper.due():
            store_solutions.save(self.keeper.path, self.case, self.solved, (place, iterate()))
            self.keeper.saved()
        if self.keeper.stopping:
            raise Stopped(
                f"stopped with {len(self.solved)} of {self.total} sources solved, checkpoint in {self.keeper.path}; "
                "go on with 'boltzsim resume' and the name of the result"
            )


def _terminals(case, solutions):
    """Terminals, and the weight of every source in the solution they ask for."""
    n = len(case.contact)
    flux = conductance_unit(case) * np.array([s.flux for s in solutions]).reshape(len(solutions), n, 4)
    conductance = flux[:n, :, 0].T
    offset = flux[n:, :, 0].sum(0)
    voltage = voltages(conductance, offset, case.contact) if n else np.zeros(0)
    weights = np.r_[voltage, np.ones(len(solutions) - n)]
    into = np.tensordot(weights, flux, 1)
    names = tuple(c.name for c in case.contact)
    return Terminals(names, into[:, 0], voltage, into[:, 1:], conductance), weights


def _report(solutions, wall_time):
    hardest = max(solutions, key=lambda s: s.products)
    return SolverReport(
        converged=True,
        products=hardest.products,
        products_total=sum(s.sweeps for s in solutions),
        sources=len(solutions),
        preconditioned=hardest.history[:, 0],
        true=hardest.history[:, 1],
        wall_time=wall_time,
        charge_balance=float(max(s.charge_balance for s in solutions)),
        spin_balance=float(max(s.spin_balance for s in solutions)),
    )
