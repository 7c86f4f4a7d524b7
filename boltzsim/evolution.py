"""A case in time: the initial state, steps to the end, signals after every step, frames between, checkpoints."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np

from boltzsim import preflight, store, store_history
from boltzsim.case_fields import AXES
from boltzsim.checkpoint import Keeper
from boltzsim.device import grid_of, transport_of
from boltzsim.errors import ConvergenceError, Stopped
from boltzsim.fields import conductance_unit, fields_of
from boltzsim.initial import initial_distribution
from boltzsim.material.alloy import fermi_velocity, loss_rate
from boltzsim.measure.terminals import fixed_voltages
from boltzsim.measure.transient import evaluate
from boltzsim.recorder import Recorder
from boltzsim.result import History, Result, SolverReport, Terminals, provenance
from boltzsim.signals import Signals
from boltzsim.transport.step_control import Steps
from boltzsim.transport.stepper import Account, DriveInTime, Evolution, State, between
from boltzsim.units import engineering

_SHORTEST = 1e-12  # step over the whole time, at which the choice of steps gives up


def evolve(case, threads=None, progress=None, output=None, saved=None):
    """Solve a transient case.

    Parameters
    ----------
    case : Case
        With [time].
    threads : int, optional
        Threads of the sweeps; all cores if omitted.
    progress : callable, optional
        Called as progress(phase, source, sources, product, residual).
    output : path-like, optional
        File that holds what there is, from checkpoint to checkpoint, and the result in the end.
    saved : Saved, optional
        Where to go on from; the initial state if omitted.

    Returns
    -------
    Result
        With its history.

    Raises
    ------
    CaseError, ConvergenceError
        As `boltzsim.simulation.run`; CaseError also for an initial result that does not fit.
    StoreError
        If a checkpoint cannot be written.
    Stopped
        If a signal asked for the end of the run; what is there has been saved.
    """
    numba.set_num_threads(min(threads or numba.config.NUMBA_NUM_THREADS, numba.config.NUMBA_NUM_THREADS))
    if output is None:
        run = _Run(case, progress, None, saved)
        run.to_the_end()
        return run.result(complete=True)
    with Keeper(output, case.solver.checkpoint).listening() as keeper:
        run = _Run(case, progress, keeper, saved)
        try:
            run.to_the_end()
        except _StopNow:
            store.save(run.result(complete=False), output, run.state())
            raise Stopped(
                f"stopped at t = {engineering(run.time, 's')} of {engineering(case.time.end, 's')}; "
                f"go on with 'boltzsim resume {output}'"
            ) from None
        result = run.result(complete=True)
        store.save(result, output, run.state() if case.time.keep_state else None)
    return result


@dataclass(frozen=True)
class Saved:
    """A checkpoint: the history so far, the state as made by the run but for its distributions, and their file."""

    history: History
    state: dict
    path: Path


class _StopNow(Exception):
    """Leaves a step that is not finished."""


class _Run:
    """A run on its way; `time` is the end of the last accepted step in s."""

    def __init__(self, case, progress, keeper, saved):
        self.case, self.progress, self.keeper = case, progress, keeper
        self.began = time.perf_counter()
        self.velocity = fermi_velocity(next(iter(case.material.values())))
        self.grid = grid_of(case)
        self.events = sorted({e for c in case.contact if c.waveform for e in c.waveform.events(case.time.end)})
        self.events.append(case.time.end)
        first, constant = self._first_step(), case.time.step is not None
        self.steps = Steps(first, None if constant else case.time.tolerance, first)
        # for shapes and currents, never solved: the stages have operators of their own
        solver = case.resolved()["solver"] | {"preconditioner": "none"}
        self.still = transport_of(case.replace(solver=solver), rate=1.0)
        self.recorder = Recorder(case, Signals(case, self.grid), conductance_unit(case), self.grid.corner_volume)
        self.time, self.segment = 0.0, (0.0, self.events[0])
        self.evolutions = [self._evolution(name) for name in case.magnetic_states]
        if saved is None:
            self._start()
        else:
            self._restore(saved)
        self.wall_time = {"setup": time.perf_counter() - self.began}

    def to_the_end(self):
        """Step from event to event."""
        while self.time < self.case.time.end:
            last = next(event for event in self.events if event > self.time)
            self.segment = (self.time, last)
            if self.time > 0 and self._jumps():
                self.steps.restart()
                for evolution in self.evolutions:
                    evolution.jump()
            while self.time < last:
                if self.keeper is not None and self.keeper.due():
                    store.save(self.result(complete=False), self.keeper.path, self.state())
                    self.keeper.saved()
                self._step(last)

    def _step(self, last):
        """Try steps until one is accepted."""
        while True:
            self._watch()
            left = last - self.time
            step = self.steps.fit(left)
            scale = self.velocity
            errors = [evolution.attempt(scale * self.time, scale * step) for evolution in self.evolutions]
            known = all(evolution.state.change is not None for evolution in self.evolutions)
            if self.steps.judge(max(errors), 3 if known else 2):
                break
            if self.steps.size < _SHORTEST * self.case.time.end:
                raise ConvergenceError(
                    f"steps of {engineering(self.steps.size, 's')} at t = {engineering(self.time, 's')} still miss the "
                    f"tolerance {self.case.time.tolerance:g}; raise time.tolerance, or lower solver.rtol"
                )
        before = self.evolutions[0].state
        means = [evolution.accept() for evolution in self.evolutions]
        start, self.time = self.time, last if step > (1 - 1e-9) * left else self.time + step
        for at in self.recorder.frames_between(start, self.time):
            share = min((at - start) / (self.time - start), 1.0)
            phi = between(before, self.evolutions[0].state, scale * step, share)
            self.recorder.frame(at, fields_of(self.case, self.still, phi))
        self.recorder.step(self.time, [evolution.state for evolution in self.evolutions], means, scale * step)

    def result(self, complete):
        """What there is by now."""
        case, history, state = self.case, self.recorder.history(complete), self.evolutions[0].state
        contacts = len(case.contact)
        terminals = Terminals(
            name=tuple(contact.name for contact in case.contact),
            current=history.current[-1],
            voltage=history.voltage[-1],
            spin_current=history.spin_current[-1],
            conductance=np.full((contacts, contacts), np.nan),
            voltage_reversed={name: voltage[-1] for name, voltage in history.voltage_reversed.items()},
        )
        measures = [evaluate(entry, history, terminals.name, case) for entry in case.measure] if complete else []
        spent = self.recorder.spent + time.perf_counter() - self.began
        accounts = [evolution.account for evolution in self.evolutions]
        hardest = max(accounts, key=lambda account: account.products)
        return Result(
            case=case,
            edges={axis: case.grid.edges(axis) for axis in AXES},
            fields=fields_of(case, self.still, state.phi),
            terminals=terminals,
            measures=tuple(measures),
            solver=SolverReport(
                converged=True,
                products=hardest.products,
                products_total=sum(account.sweeps for account in accounts),
                sources=sum(account.sources for account in accounts),
                preconditioned=hardest.history[:, 0],
                true=hardest.history[:, 1],
                wall_time={**self.wall_time, "solve": spent - self.wall_time["setup"]},
                charge_balance=float(history.charge_balance.max()),
                spin_balance=max(account.spin_balance for account in accounts),
            ),
            attributes=provenance(case, numba.get_num_threads(), spent),
            history=history,
        )

    def state(self):
        """All that `_restore` needs beside the history."""
        return {
            "time": self.time,
            "size": self.steps.size,
            "spent": self.recorder.spent + time.perf_counter() - self.began,
            "frame": self.still.frame,
            "charges": np.array(self.recorder.charges),
            "evolutions": [
                {
                    "phi": evolution.state.phi,
                    "change": evolution.state.change,
                    "voltage": evolution.state.voltage,
                    "flux": evolution.state.flux,
                    "times": np.array([s for s, _ in evolution.remembered]),
                    "vectors": np.array([vector for _, vector in evolution.remembered]),
                    "account": vars(evolution.account),
                    "angular": evolution.angular,
                }
                for evolution in self.evolutions
            ],
        }

    def _restore(self, saved):
        self.time, self.steps.size = saved.state["time"], saved.state["size"]
        for evolution, own in zip(self.evolutions, saved.state["evolutions"], strict=True):
            evolution.state = State(own["phi"], own.get("change"), own["voltage"], own["flux"])
            evolution.remembered = list(zip(own["times"], own["vectors"], strict=True))
            evolution.account = Account(**own["account"])
        for number, evolution in enumerate(self.evolutions):
            store_history.read_distribution(saved.path, evolution.angular, number)
        self.recorder.restore(saved.history, saved.state["charges"], saved.state["spent"])

    def _start(self):
        phi = initial_distribution(self.case, self.still, self.evolutions[0].angular)
        for evolution in self.evolutions:
            if evolution is not self.evolutions[0]:
                evolution.angular[:] = self.evolutions[0].angular
            voltage = np.where(evolution.drive.by_current, np.nan, self._reservoirs(0.0)[:, 0])
            evolution.state = State(phi, None, voltage, np.full((len(voltage), 4), np.nan))
        self.recorder.start([evolution.state for evolution in self.evolutions])
        self.recorder.frame(0.0, fields_of(self.case, self.still, phi))

    def _evolution(self, name):
        """The device with one contact reversed; its state is filled in later."""
        case, solver = self.case, self.case.solver
        unit, scale = conductance_unit(case), self.velocity
        current = np.array([contact.current or 0.0 for contact in case.contact]) / unit
        drive = DriveInTime(
            reservoirs=lambda s: self._reservoirs(s / scale),
            currents=lambda s: current * self._factors(s / scale),
            by_current=~fixed_voltages(case.contact),
            field=case.drive.electric_field,
        )
        control = {"rtol": solver.rtol, "max_products": solver.max_products, "progress": self._watch}
        rooms = [_room(case, self.still.sweep.distribution()) for _ in range(2)]
        return Evolution(lambda rate: self._transport(name, rate), drive, *rooms, None, control)

    def _transport(self, name, rate):
        """The operator of a stage; magnetic states share what does not depend on them."""
        like = None if name is None else self.evolutions[0].transport
        return transport_of(self.case, name, rate, like)

    def _reservoirs(self, t):
        """Potentials of the contacts, (contacts, 4)."""
        potentials = [[contact.voltage or 0.0, *contact.spin_voltage] for contact in self.case.contact]
        return np.reshape(potentials, (-1, 4)) * self._factors(t)[:, None]

    def _factors(self, t):
        """Factors of the waveforms, as they are inside the present segment."""
        first, last = self.segment
        t = min(max(t, first), np.nextafter(last, 0.0))
        return np.array([contact.waveform.factor(t) if contact.waveform else 1.0 for contact in self.case.contact])

    def _jumps(self):
        """Whether a drive jumps at the present time."""
        waves = [contact.waveform for contact in self.case.contact if contact.waveform]
        return any(abs(wave.factor(self.time) - wave.factor(np.nextafter(self.time, 0.0))) > 1e-9 for wave in waves)

    def _first_step(self):
        """As given, or one whose error should be about the tolerance: what happens in it goes with its square."""
        times = self.case.time
        if times.step or times.first_step:
            return times.step or times.first_step
        fastest = max(loss_rate(material) for material in self.case.material.values())
        return min(np.sqrt(times.tolerance) / fastest, times.end)

    def _watch(self, product=0, residual=np.nan):
        """Called between products: leave if asked to, else show how far we are."""
        if self.keeper is not None and self.keeper.stopping:
            raise _StopNow
        if self.progress is not None and product:
            phase = f"t = {engineering(self.time, 's')} of {engineering(self.case.time.end, 's')}"
            self.progress(phase, len(self.recorder.times), len(self.recorder.times), product, residual)


def _room(case, shape):
    """Memory for an angular distribution; in a file that vanishes with the process where it is too large."""
    if not preflight.state_in_file(case):
        return np.empty(shape)
    with tempfile.TemporaryFile(dir=Path.cwd()) as file:
        return np.memmap(file, np.float64, "w+", shape=shape)
