"""Solve a steady case: every source for every magnetic state, then terminals, fields and measures."""

import time
from dataclasses import dataclass, field, replace
from functools import partial

import numba
import numpy as np

from boltzsim.axes import AXES
from boltzsim.device.electrodes import electrodes_of
from boltzsim.device.fields import conductance_unit, fields_of
from boltzsim.errors import Stopped
from boltzsim.measure.nonlocal_resistance import nonlocal_resistance
from boltzsim.measure.terminals import common_voltage, network, voltages
from boltzsim.result import Result, SolverReport, Terminals, provenance
from boltzsim.runs.conservation import Conservation
from boltzsim.runs.reuse import Reuse, Start
from boltzsim.transport.guess import Known


@dataclass
class SteadyState:
    """Progress of a steady run: everything that its checkpoint holds beside the case.

    Attributes
    ----------
    solved : dict of (int, int) to Solution
        Finished solutions by number of the magnetic state and of the source.
    place : tuple of (int, int) or None
        Magnetic state and source that is being solved.
    vector : numpy.ndarray or None
        Best Krylov vector of that source so far.
    """

    solved: dict = field(default_factory=dict)
    place: tuple | None = None
    vector: np.ndarray | None = None


def solve_steady(case, progress=None, reuse=None, checkpoint=None, saved=None):
    """Solve a steady case; parameters as `boltzsim.runs.start.run`.

    Parameters
    ----------
    case : Case
    progress : callable, optional
    reuse : Reuse, optional
    checkpoint : boltzsim.runs.checkpoint.Checkpoint, optional
        Receives a `SteadyState` whenever a checkpoint is due.
    saved : SteadyState, optional
        Checkpoint to continue from.

    Returns
    -------
    Result

    Raises
    ------
    Stopped
        If a signal has asked the run to stop.
    ConvergenceError
        If a source needs more than `solver.max_products` products, or if charge or spin is not conserved.
    """
    began = time.perf_counter()
    solver = SourceSolver(case, progress, reuse, checkpoint, saved)
    transport, solutions = solver(None)
    terminals, weights = terminals_of(case, flux_of(case, solutions), electrodes_of(case, transport))
    conservation, reversed_voltage = Conservation(), {}
    conservation.check(case, transport, solver.sources, solutions, weights)
    for name in case.magnetic_states[1:]:
        operator, turned = solver(name, solutions)
        found, own = terminals_of(case, flux_of(case, turned), electrodes_of(case, operator, name))
        conservation.check(case, operator, solver.sources, turned, own)
        reversed_voltage[name] = found.voltage
    conservation.require(case.solver.rtol)
    terminals = replace(terminals, voltage_reversed=reversed_voltage)
    if reuse is not None:
        reuse.finish(case, solver.sources, solver.vectors)
    solved = time.perf_counter()
    phi = sum(w * s.phi for w, s in zip(weights, solutions, strict=True))
    phi[:, :, 0, 0] += common_voltage(case.contact)
    fields = fields_of(case, transport, phi)
    driven = {c.name for c in case.contact if c.current is not None}
    measures = tuple(nonlocal_resistance(entry, terminals, driven) for entry in case.measure)
    wall_time = {**solver.wall_time, "evaluate": time.perf_counter() - solved}
    return Result(
        case=case,
        edges={axis: case.grid.edges(axis) for axis in AXES},
        fields=fields,
        terminals=terminals,
        measures=measures,
        solver=report_of(solver.solutions, conservation, wall_time),
        attributes=provenance(case, numba.get_num_threads(), time.perf_counter() - began),
    )


def sources_of(case):
    """The right-hand sides of a case.

    A unit charge potential behind every contact, then a unit spin potential behind every contact with an electrode,
    along its magnetisation, then the other drives, if there are any.
    """
    n = len(case.contact)
    unit = [(k, [1.0, 0.0, 0.0, 0.0]) for k in range(n)]
    unit += [(k, [0.0, *contact.direction]) for k, contact in enumerate(case.contact) if contact.electrode]
    sources = []
    for k, potential in unit:
        potentials = np.zeros((n, 4))
        potentials[k] = potential
        sources.append({"reservoirs": potentials})
    spin = np.array([[0.0, *c.spin_voltage] for c in case.contact]).reshape(n, 4)
    if np.any(spin) or np.any(case.drive.electric_field):
        sources.append({"reservoirs": spin, "field": case.drive.electric_field})
    return sources


def order_of(case):
    """Numbers of the sources in the order in which they are best solved.

    All contacts at one potential make a uniform state, so that one contact, the last of them here, follows from the
    others. It is the last of those that pass a tenth or more of what any passes: where only one does, its own source
    fills the device and drives small currents only, which takes the most products.
    """
    passing = np.array([contact.transmission * case.contact_area(contact) for contact in case.contact])
    numbers = list(range(len(sources_of(case))))
    if len(passing):
        numbers.insert(len(passing) - 1, numbers.pop(int(np.flatnonzero(passing >= 0.1 * passing.max())[-1])))
    return numbers


class SourceSolver:
    """Solves all sources of a case in turn; every call does so for one state of the contacts' magnetisations.

    Parameters as `solve_steady`.

    Attributes
    ----------
    state : SteadyState
    solutions : list of Solution
        In the order in which they were asked for.
    vectors : dict of (str or None, int) to numpy.ndarray
        Krylov vectors by reversed contact and source.
    wall_time : dict of str to float
        Seconds by phase.
    """

    def __init__(self, case, progress=None, reuse=None, checkpoint=None, saved=None):
        self.case, self.progress, self.checkpoint = case, progress, checkpoint
        self.sources, self.order = sources_of(case), order_of(case)
        self.total = len(self.sources) * len(case.magnetic_states)
        self.reuse = Reuse() if reuse is None else reuse
        self.state = SteadyState() if saved is None else saved
        self.solutions, self.vectors, self.wall_time = [], {}, {"setup": 0.0, "solve": 0.0}
        self.reuse.prepare(case)

    def __call__(self, reversed_contact, unreversed=None):
        """Solve every source with one contact reversed (None: no contact).

        Parameters
        ----------
        reversed_contact : str or None
        unreversed : list of Solution, optional
            Solutions with no contact reversed, to start from.

        Returns
        -------
        transport : DeviceModel
        solutions : list of Solution
        """
        began = time.perf_counter()
        operator = self.reuse.operator(self.case, reversed_contact)
        self.wall_time["setup"] += time.perf_counter() - began
        began, found = time.perf_counter(), {}
        known = Known(len(self.sources)) if unreversed else None  # what the reversal changes is alike for many sources
        for number in self.order:
            place = (self.case.magnetic_states.index(reversed_contact), number)
            if place not in self.state.solved:
                if self.checkpoint is not None and self.checkpoint.stopping:
                    self._watch(place, lambda: None)
                start = partial(self._start, operator, place, reversed_contact, number, unreversed, found, known)
                self.state.solved[place] = operator.solve(
                    self.sources[number], self.case.solver.rtol, start=start, **self._control(place)
                )
            solution = self.state.solved[place]
            found[number] = solution
            self.solutions.append(solution)
            self.vectors[reversed_contact, number] = solution.vector
        self.wall_time["solve"] += time.perf_counter() - began
        return operator.transport, [found[number] for number in range(len(self.sources))]

    def _start(self, operator, place, reversed_contact, number, unreversed, found, known):
        """The `Start` of a source."""
        if place == self.state.place:
            return Start(self.state.vector, known)
        if len(found) == len(self.case.contact) - 1:  # the last contact
            rest = operator.transport.uniform()
            for solution in found.values():
                rest -= solution.vector
            return Start(rest)
        left = len(self.order) - len(found) - 1 - (len(found) < len(self.case.contact) - 1)  # not counting the rest
        if known is not None and not left:
            known = known.copy()  # nobody is left to use what this source adds
        source = self.sources[number]
        image = operator.image(source, [(self.sources[k], solution.vector) for k, solution in found.items()])
        if image is not None:
            return image
        own = unreversed[number].vector if unreversed else None
        return Start(self.reuse.start(operator, reversed_contact, source, number, own), known)

    def _control(self, place):
        control = {"max_products": self.case.solver.max_products}
        if self.progress is not None:
            control["progress"] = partial(self.progress, "solve", len(self.solutions) + 1, self.total)
        if self.checkpoint is not None:
            control["watch"] = partial(self._watch, place)
        return control

    def _watch(self, place, iterate):
        """Called between products: write a checkpoint when one is due, and stop if a signal has asked for it."""
        if self.checkpoint.due():
            vector = iterate()
            if vector is not None or place != self.state.place:
                self.state.place, self.state.vector = place, vector
            self.checkpoint.save(self.state)
        if self.checkpoint.stopping:
            raise Stopped(f"stopped with {len(self.state.solved)} of {self.total} sources solved")


def flux_of(case, solutions):
    """Charge and spin currents into the contacts in A, from every source; shape (sources, contacts, 4)."""
    flux = np.array([s.flux for s in solutions]).reshape(len(solutions), len(case.contact), 4)
    return conductance_unit(case) * flux


def terminals_of(case, flux, electrodes):
    """Terminals, and the weight of every source in the solution that the contacts' voltages and currents require.

    Parameters
    ----------
    case : Case
    flux : numpy.ndarray, shape (sources, contacts, 4)
        Currents of `flux_of`, from every source of `sources_of`.
    electrodes : sequence of boltzsim.device.electrodes.Electrode
        Of the magnetic state that the currents belong to.

    Returns
    -------
    Terminals, numpy.ndarray
    """
    n = len(case.contact)
    reservoirs = np.array([source["reservoirs"] for source in sources_of(case)]).reshape(len(flux), n, 4)
    device = network(flux, reservoirs, electrodes)
    voltage = voltages(device.conductance, device.offset, case.contact) if n else np.zeros(0)
    weights = device.weights(voltage, len(flux) - n - len(electrodes))  # the common voltage drives nothing
    into = np.tensordot(weights, flux, 1)
    names = tuple(c.name for c in case.contact)
    behind = zip(electrodes, device.spin_potentials(voltage), strict=True)
    spins = {names[one.contact]: float(potential) for one, potential in behind}
    voltage = voltage + common_voltage(case.contact)
    return Terminals(names, into[:, 0], voltage, into[:, 1:], device.conductance, {}, spins), weights


def report_of(solutions, conservation, wall_time):
    """The solver's account of all solutions."""
    hardest = max(solutions, key=lambda s: s.products)
    return SolverReport(
        converged=True,
        products=hardest.products,
        products_total=sum(s.sweeps for s in solutions),
        sources=len(solutions),
        preconditioned=hardest.history[:, 0],
        true=hardest.history[:, 1],
        wall_time=wall_time,
        charge_balance=conservation.charge,
        spin_balance=conservation.spin,
        terminal_balance=conservation.terminals,
        products_single=sum(s.single for s in solutions),
        rounds=max(s.rounds for s in solutions),
    )
