"""One run: a case in, a result out."""

import time
from dataclasses import replace

import numba
import numpy as np
from scipy.constants import elementary_charge

from boltzsim.case_fields import AXES
from boltzsim.device import transport_of
from boltzsim.material.alloy import density_of_states, fermi_velocity
from boltzsim.measure.spinvalve import nonlocal_resistance
from boltzsim.measure.terminals import voltages
from boltzsim.result import Result, SolverReport, Terminals, provenance
from boltzsim.sharing import Operator


def run(case, threads=None, progress=None, kept=None):
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

    Returns
    -------
    Result

    Raises
    ------
    CaseError
        For ordinates that cannot integrate the moments of the materials' scattering exactly.
    ConvergenceError
        If a source needs more than `solver.max_products` products.
    """
    began = time.perf_counter()
    numba.set_num_threads(min(threads or numba.config.NUMBA_NUM_THREADS, numba.config.NUMBA_NUM_THREADS))
    detected = [c.name for c in case.contact if c.detect_spin]
    sources = len(_sources(case)) * (1 + len(detected))
    solves = _Solves(case, sources, progress, kept)
    transport, solutions = solves(None)
    terminals, weights = _terminals(case, solutions)
    reversed_voltage = {}
    for name in detected:
        _, turned = solves(name, solutions)
        reversed_voltage[name] = _terminals(case, turned)[0].voltage
    terminals = replace(terminals, voltage_reversed=reversed_voltage)
    if kept is not None:
        kept.finish(solves.vectors)
    solved = time.perf_counter()
    phi = sum(w * s.phi for w, s in zip(weights, solutions, strict=True))
    fields = _fields(case, transport, phi)
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

    def __init__(self, case, total, progress, kept):
        self.case, self.total, self.progress, self.kept = case, total, progress, kept
        self.solutions, self.vectors, self.wall_time = [], {}, {"setup": 0.0, "solve": 0.0}
        if kept is not None:
            kept.prepare(case)

    def __call__(self, reversed_contact, unreversed=None):
        began = time.perf_counter()
        if self.kept is None:
            operator = Operator(transport_of(self.case, reversed_contact))
        else:
            operator = self.kept.operator(self.case, reversed_contact)
        self.wall_time["setup"] += time.perf_counter() - began
        began, solver = time.perf_counter(), self.case.solver
        found = []
        for number, source in enumerate(_sources(self.case)):
            done = len(self.solutions)

            def report(product, residual, done=done):
                if self.progress is not None:
                    self.progress("solve", done + 1, self.total, product, residual)

            start = unreversed[number].vector if unreversed else None
            if self.kept is not None:
                start = self.kept.start(reversed_contact, number, start)
            solution = operator.solve(
                source, solver.rtol, start=start, max_products=solver.max_products, progress=report
            )
            found.append(solution)
            self.solutions.append(solution)
            self.vectors[reversed_contact, number] = solution.vector
        self.wall_time["solve"] += time.perf_counter() - began
        return operator.transport, found


def _conductance_unit(case):
    """2 e² N_F v_F times the lengths of the uniform axes: from ∫⟨W n⟩·dA in V m^(d-1) to A."""
    material = next(iter(case.material.values()))
    uniform = np.prod([case.grid.length(axis) for axis in AXES if axis not in case.grid.axes])
    return 2 * elementary_charge**2 * density_of_states(material) * fermi_velocity(material) * uniform


def _terminals(case, solutions):
    """Terminals, and the weight of every source in the solution they ask for."""
    n = len(case.contact)
    flux = _conductance_unit(case) * np.array([s.flux for s in solutions]).reshape(len(solutions), n, 4)
    conductance = flux[:n, :, 0].T
    offset = flux[n:, :, 0].sum(0)
    voltage = voltages(conductance, offset, case.contact) if n else np.zeros(0)
    weights = np.r_[voltage, np.ones(len(solutions) - n)]
    into = np.tensordot(weights, flux, 1)
    names = tuple(c.name for c in case.contact)
    return Terminals(names, into[:, 0], voltage, into[:, 1:], conductance), weights


def _fields(case, transport, phi):
    """Cell averages of potentials and currents, arrays (z, y, x, …)."""
    density = phi[:, :, 0].mean(1)
    current = transport.currents(phi).mean(1)
    material = next(iter(case.material.values()))
    unit = 2 * elementary_charge**2 * density_of_states(material) * fermi_velocity(material)
    shape = case.grid.shape
    return {
        "charge_potential": density[:, 0].reshape(shape),
        "spin_potential": density[:, 1:].reshape(*shape, 3),
        "charge_current": unit * current[:, :, 0].reshape(*shape, 3),
        "spin_current": unit * current[:, :, 1:].reshape(*shape, 3, 3),
    }


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
