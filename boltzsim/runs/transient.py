"""Solve a transient case: initial state, time steps to the end, signals after every step, frames, and checkpoints."""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np

from boltzsim import machine
from boltzsim.axes import AXES
from boltzsim.device import preflight
from boltzsim.device.build import transport_of
from boltzsim.device.electrodes import electrodes_of
from boltzsim.device.fields import conductance_unit, fields_of
from boltzsim.device.signals import Signals
from boltzsim.errors import ConvergenceError, Stopped, StoreError
from boltzsim.material.alloy import fermi_velocity, loss_rate
from boltzsim.measure.terminals import fixed_voltages
from boltzsim.measure.transient import evaluate
from boltzsim.result import History, Result, SolverReport, Terminals, provenance
from boltzsim.runs.conservation import ALLOWED
from boltzsim.runs.initial import initial_distribution
from boltzsim.runs.recorder import Recorder
from boltzsim.transport.step_control import Steps
from boltzsim.transport.stepper import DriveInTime, Evolution, between
from boltzsim.units import engineering

_SHORTEST = 1e-12  # a run whose steps become shorter than this share of the whole time has failed


def evolve(case, progress=None, checkpoint=None, saved=None, earlier=None):
    """Solve a transient case.

    Parameters
    ----------
    case : Case
        With [time].
    progress : callable, optional
        Called as progress(phase, source, sources, product, residual).
    checkpoint : boltzsim.runs.checkpoint.Checkpoint, optional
        Receives the result so far, and the state to continue from, whenever a checkpoint is due.
    saved : Saved, optional
        Checkpoint to continue from; the run starts from the initial state if omitted.
    earlier : boltzsim.runs.initial.Earlier, optional
        For a case that starts from an earlier result.

    Returns
    -------
    result : Result
        With its history.
    state : dict
        Nested dicts, lists and arrays: everything, beside the history, that a later run needs to continue from here.

    Raises
    ------
    CaseError, ConvergenceError
        As `boltzsim.runs.start.run`; CaseError also for an initial result that does not fit.
    Stopped
        If a signal has asked the run to stop; the checkpoint then holds the result so far.
    """
    run = _Run(case, progress, checkpoint, saved, earlier)
    run.to_the_end()
    return run.result(complete=True), run.state()


@dataclass(frozen=True)
class Saved:
    """A checkpoint to continue from.

    Attributes
    ----------
    history : History
        Up to the checkpoint.
    state : dict
        As returned by `evolve`, without the angular distributions.
    read_distribution : callable
        (out, magnetic state) fills an array with an angular distribution.
    """

    history: History
    state: dict
    read_distribution: Callable


class _Run:
    """A transient run in progress; `time` is the end of the last accepted step in s."""

    def __init__(self, case, progress, checkpoint, saved, earlier):
        self.case, self.progress, self.checkpoint = case, progress, checkpoint
        self.began = time.perf_counter()
        self.velocity = fermi_velocity(case.metal)
        self.events = sorted({e for c in case.contact if c.waveform for e in c.waveform.events(case.time.end)})
        self.events.append(case.time.end)
        first, constant = self._first_step(), case.time.step is not None
        self.steps = Steps(first, None if constant else case.time.tolerance, first)
        # This operator gives shapes and currents and is never solved: the stages have operators of their own.
        solver = case.resolved()["solver"] | {"preconditioner": "none"}
        self.still = transport_of(case.replace(solver=solver), rate=1.0)
        grid, density = self.still.grid, [metal.conductance / metal.velocity for metal in self.still.operators]
        volume = grid.corner_volume * np.array(density)[grid.metal]
        self.recorder = Recorder(case, Signals(case, grid), conductance_unit(case), volume)
        self.time, self.segment = 0.0, (0.0, self.events[0])
        self.evolutions = []
        for name in case.magnetic_states:
            self.evolutions.append(self._evolution(name, self.evolutions[0] if self.evolutions else None))
        if saved is None:
            self._start(earlier)
        else:
            self._restore(saved)
        self.wall_time = {"setup": time.perf_counter() - self.began}

    def to_the_end(self):
        """Advance from event to event up to the end of the run."""
        while self.time < self.case.time.end:
            last = next(event for event in self.events if event > self.time)
            self.segment = (self.time, last)
            if self.time in self.events:
                self.steps.after_event()
            if self.time > 0 and self._jumps():
                self.steps.restart()
                for evolution in self.evolutions:
                    evolution.jump()
            while self.time < last:
                if self.checkpoint is not None and self.checkpoint.due():
                    self._save()
                self._step(last)

    def _step(self, last):
        """Try steps, the next shorter than the last, until one is accepted."""
        while True:
            self._watch()
            left = last - self.time
            step = self.steps.fit(left)
            scale = self.velocity
            errors = [evolution.attempt(scale * self.time, scale * step) for evolution in self.evolutions]
            if not np.isfinite(errors).all():
                raise ConvergenceError(f"the state at t = {engineering(self.time, 's')} is not finite")
            if self.steps.judge(max(errors), min(evolution.order for evolution in self.evolutions)):
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
        missing = self.recorder.step(self.time, [evolution.state for evolution in self.evolutions], means, scale * step)
        if not missing <= max(ALLOWED, 10 * self.case.solver.rtol):
            raise ConvergenceError(
                f"charge is not conserved at t = {engineering(self.time, 's')}: {missing:.1e} of what moved is "
                f"missing; lower solver.rtol"
            )

    def _save(self):
        """Write a checkpoint, and stop the run if a signal has asked for it."""
        self.checkpoint.save(self.result(complete=False), self.state())
        if self.checkpoint.stopping:
            end = engineering(self.case.time.end, "s")
            raise Stopped(f"stopped at t = {engineering(self.time, 's')} of {end}")

    def result(self, complete):
        """The result up to now."""
        case, history, state = self.case, self.recorder.history(complete), self.evolutions[0].state
        contacts = len(case.contact)
        terminals = Terminals(
            name=tuple(contact.name for contact in case.contact),
            current=history.current[-1],
            voltage=history.voltage[-1],
            spin_current=history.spin_current[-1],
            conductance=np.full((contacts, contacts), np.nan),
            voltage_reversed={name: voltage[-1] for name, voltage in history.voltage_reversed.items()},
            electrode_spin_potential={name: float(mu[-1]) for name, mu in history.electrode_spin_potential.items()},
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
        """Data that `_restore` needs beside the history to continue the run."""
        return {
            "time": self.time,
            "size": self.steps.size,
            "frame": self.still.frame,
            "recorder": self.recorder.saved(time.perf_counter() - self.began),
            "evolutions": [evolution.saved() for evolution in self.evolutions],
        }

    def _restore(self, saved):
        self.time, self.steps.size = saved.state["time"], saved.state["size"]
        for number, (evolution, own) in enumerate(zip(self.evolutions, saved.state["evolutions"], strict=True)):
            saved.read_distribution(evolution.angular, number)
            evolution.restore(own, len(self.still.uniform()))
        self.recorder.restore(saved.history, saved.state["recorder"])

    def _start(self, earlier):
        phi = initial_distribution(self.case, self.still, self.evolutions[0].angular, earlier)
        for evolution in self.evolutions:
            if evolution is not self.evolutions[0]:
                evolution.angular[:] = self.evolutions[0].angular
            voltage = np.where(fixed_voltages(self.case.contact), self._reservoirs(0.0)[:, 0], np.nan)
            evolution.start(phi, voltage)
        self.recorder.start([evolution.state for evolution in self.evolutions])
        self.recorder.frame(0.0, fields_of(self.case, self.still, phi))

    def _evolution(self, name, like):
        """Evolution of the device with one contact reversed (None: no contact), not yet in any state."""
        case, solver = self.case, self.case.solver
        drive = self._drive(electrodes_of(case, self.still, name))
        control = {"rtol": solver.rtol, "max_products": solver.max_products, "progress": self._watch}
        rooms = [_room(case, self.still.sweep.distribution()) for _ in range(2)]
        return Evolution(lambda rate: self._transport(name, rate), drive, *rooms, control, like)

    def _drive(self, electrodes):
        """The drive of the device; voltages of contacts driven by currents, then μ_s of electrodes, adjust."""
        case, scale, contacts = self.case, self.velocity, len(self.case.contact)
        current = np.array([contact.current or 0.0 for contact in case.contact]) / conductance_unit(case)
        fixed = fixed_voltages(case.contact)
        by_current = np.flatnonzero(~fixed)
        free = np.zeros((len(by_current) + len(electrodes), contacts, 4))
        on_flux, on_potential, voltage = np.zeros_like(free), np.zeros_like(free), np.tile(np.eye(1, 4), (contacts, 1))
        free[range(len(by_current)), by_current, 0] = on_flux[range(len(by_current)), by_current, 0] = 1.0
        for number, one in enumerate(electrodes, len(by_current)):
            k = one.contact
            voltage[k, 1:] = one.polarization * one.axis
            free[number, k] = [-one.polarization if fixed[k] else 0.0, *one.axis]
            on_flux[number, k] = one.on_flux
            on_potential[number, k] = np.r_[one.on_charge, one.on_spin * one.axis] / conductance_unit(case)
        return DriveInTime(
            reservoirs=lambda s: self._reservoirs(s / scale),
            free=free,
            on_flux=on_flux,
            on_potential=on_potential,
            wanted=lambda s: np.r_[(current * self._factors(s / scale))[by_current], np.zeros(len(electrodes))],
            voltage=voltage,
            field=case.drive.electric_field,
        )

    def _transport(self, name, rate):
        """The operator of a stage; magnetic states share what does not depend on them."""
        like = None if name is None else self.evolutions[0].transport
        return transport_of(self.case, name, rate, like)

    def _reservoirs(self, t):
        """Potentials of the contacts, (contacts, 4)."""
        potentials = [[contact.voltage or 0.0, *contact.spin_voltage] for contact in self.case.contact]
        return np.reshape(potentials, (-1, 4)) * self._factors(t)[:, None]

    def _factors(self, t):
        """Factors of the waveforms at a time; at a jump the value on the side of the present segment counts."""
        first, last = self.segment
        t = min(max(t, first), np.nextafter(last, 0.0))
        return np.array([contact.waveform.factor(t) if contact.waveform else 1.0 for contact in self.case.contact])

    def _jumps(self):
        """Whether the factor of any waveform jumps at the present time."""
        waves = [contact.waveform for contact in self.case.contact if contact.waveform]
        return any(abs(wave.factor(self.time) - wave.factor(np.nextafter(self.time, 0.0))) > 1e-9 for wave in waves)

    def _first_step(self):
        """The first step in s: as given, or one whose error, which grows with its square, is about the tolerance."""
        times = self.case.time
        if times.step or times.first_step:
            return times.step or times.first_step
        fastest = max(loss_rate(material) for material in self.case.material.values())
        return min(np.sqrt(times.tolerance) / fastest, times.end)

    def _watch(self, product=0, residual=np.nan):
        """Called between products: stop if a signal has asked for it, else report the progress."""
        if self.checkpoint is not None and self.checkpoint.stopping:
            self._save()
        if self.progress is not None and product:
            phase = f"t = {engineering(self.time, 's')} of {engineering(self.case.time.end, 's')}"
            done = len(self.recorder.times)
            left = math.ceil((self.case.time.end - self.time) / self.steps.size - 1e-6)
            self.progress(phase, done, done + max(left - 1, 0), product, residual)


def _room(case, shape):
    """Array for an angular distribution; if it is large, in a file that is deleted when the process ends."""
    if not preflight.state_in_file(case):
        return np.empty(shape)
    folder, size = Path.cwd(), 8 * int(np.prod(shape))
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            machine.reserve(file, size)
            return np.memmap(file, np.float64, "r+", shape=shape)
    except OSError as error:
        raise StoreError(
            f"{folder}: the angular distribution exceeds the memory and needs a file of {preflight.gigabytes(size)} "
            f"here, which cannot be made: {(error.strerror or str(error)).lower()}; run in a folder with more room"
        ) from error
