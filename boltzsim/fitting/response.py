"""Non-local resistances of a device and their exact derivatives, in the diffusion model and in the kinetic equation.

In the diffusion model A(p) u = b(p), and the charge that contacts take in is I = e(p) - c(p) u, so that

    ∂I/∂p = ∂e/∂p - ∂c/∂p u - wᵀ (∂b/∂p - ∂A/∂p u),        Aᵀ w = cᵀ:

with the factors of A one backward solve per contact gives the derivatives by all parameters at once. A, b, c and e are
sums of terms that hardly depend on one another, so that their derivatives are differences of assembled matrices, exact
where A is linear, as in diffusion constants and rates, and shared among all fields. By time reversal w is the response
to a source at the detector with field and magnetisations reversed; solving with the transposed factors is as cheap and
also right where a boundary breaks that symmetry.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from boltzsim.case.case import Case
from boltzsim.case.fit import number_at, with_values
from boltzsim.device.build import contact_laws, interface_laws, transport_of, walls_of
from boltzsim.device.fields import conductance_unit
from boltzsim.device.key import operator_key, shared
from boltzsim.device.metal import media_of, precession_of
from boltzsim.errors import CaseError
from boltzsim.machine import processors
from boltzsim.measure.terminals import fixed_voltages, voltages
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.steady import solve_steady, sources_of
from boltzsim.transport.diffusion_model import DiffusionModel

#: Change of the parameters along a path: values that are added, by dotted path.
Direction = Mapping[str, float]
#: Relative step of differences: one-sided of matrices, which have no error but rounding, central of kinetic runs.
STEP, KINETIC_STEP = 1e-6, 1e-3
_NO_FIELD = {"field.B": [0.0, 0.0, 0.0]}


@dataclass(frozen=True)
class Quantity:
    """What is read of a case: a `nonlocal` measure, by number, and its value, R_P, R_AP or delta_R."""

    measure: int = 0
    name: str = "value"

    def states(self, case: Case) -> dict[str | None, float]:
        """Weights of the resistances in the magnetic states of a case, by the contact that is reversed.

        Raises
        ------
        CaseError
            If the case has no such measure, or none of its two contacts is ever reversed.
        """
        entry = self.entry(case)
        if self.name in ("value", "R_P"):
            return {None: 1.0}
        turned = [name for name in case.magnetic_states if name in (entry.detector, entry.injector)]
        if not turned:
            raise case.error(
                f"{self.name} needs a second magnetic state; set detect_spin = true for the contact '{entry.detector}'"
            )
        turned.sort(key=lambda name: name != entry.detector)
        return {turned[0]: 1.0} if self.name == "R_AP" else {None: 1.0, turned[0]: -1.0}

    def entry(self, case: Case) -> Any:
        """The measure in the case."""
        if self.measure >= len(case.measure) or case.measure[self.measure].kind != "nonlocal":
            raise case.error("measure has no entry of kind 'nonlocal' to compare with the data; add one")
        return case.measure[self.measure]


class DiffusionResponse:
    """Resistances in the diffusion model; parts that points of a curve share are kept during one call.

    Devices whose contacts have electrodes are solved as any run is, with derivatives by differences.

    Parameters
    ----------
    turning : bool
        Whether the field turns spin currents too, by ωτ, as the diffusion equation leaves out. No derivatives then.
    """

    def __init__(self, turning: bool = False) -> None:
        self._parts: dict[Any, Any] = {}
        self._turning = turning
        self._runs = KineticResponse()

    def __call__(
        self, cases: Sequence[Case], quantity: Quantity, directions: Sequence[Direction]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Resistances and their derivatives.

        Parameters
        ----------
        cases : sequence of Case
            n cases with physics.model = "diffusion".
        quantity : Quantity
        directions : sequence of dict
            Changes of the case's values per unit of each of m parameters.

        Returns
        -------
        resistance : numpy.ndarray, shape (n,)
            In Ω.
        derivative : numpy.ndarray, shape (n, m)
        """
        if any(contact.electrode for contact in cases[0].contact):
            return self._runs(cases, quantity, directions)
        jobs = []
        for case in cases:
            entry, still = quantity.entry(case), case if self._turning else with_values(case, _NO_FIELD)
            for state in quantity.states(case):
                key = operator_key(still, state)
                parts = self._kept(key, partial(_assemble, still, state, self._turning))
                changes = [self._change(case, still, state, direction) for direction in directions]
                jobs.append((case, entry, parts, changes))
        with ThreadPoolExecutor(processors()) as pool:  # the factors are made and used outside Python's lock
            solved = iter(pool.map(lambda job: _solved(*job), jobs))
        value, slope = np.zeros(len(cases)), np.zeros((len(cases), len(directions)))
        for number, case in enumerate(cases):
            for weight in quantity.states(case).values():
                one, gradient = next(solved)
                value[number] += weight * one
                slope[number] += weight * gradient
        return value, slope

    def forget(self) -> None:
        """Drop what is kept; to be called when parameters have changed."""
        self._parts.clear()
        self._runs.forget()

    def _change(self, case, still, state, direction):
        """Derivative of the device's equation; a field that does not enter it is left out.

        That by diffusion constants is the same for all magnetisations.
        """
        if all(".diffusion." in path for path in direction):
            upright = {f"contact.{contact.name}.direction": [0.0, 0.0, 1.0] for contact in case.contact}
            case, key = still, operator_key(with_values(still, upright))
        else:
            if all(path.startswith("contact.") for path in direction):
                case = still
            key = operator_key(case, state)
        return self._kept(("slope", key, *direction.items()), lambda: self._slope(case, state, direction))

    def _slope(self, case, state, direction):
        base = self._kept(operator_key(case, state), lambda: _assemble(case, state))
        moved, step = next(_steps(case, direction, STEP))
        return (_assemble(moved, state) - base) / step

    def _kept(self, key, make: Callable[[], Any]) -> Any:
        if key not in self._parts:
            self._parts[key] = make()
        return self._parts[key]


class KineticResponse:
    """Resistances by runs, as a rule of the kinetic equation, derivatives by differences; as `DiffusionResponse`."""

    def __init__(self) -> None:
        self._reuse, self._found = Reuse(), dict[Any, float]()

    def __call__(
        self, cases: Sequence[Case], quantity: Quantity, directions: Sequence[Direction]
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `DiffusionResponse.__call__`, for cases with physics.model = "kinetic"."""
        value, slope = np.zeros(len(cases)), np.zeros((len(cases), len(directions)))
        order = list(chain.from_iterable(shared(cases)))
        for n in order:
            value[n] = self._resistance(cases[n], quantity)
        for m, direction in enumerate(directions):
            for n in order:
                moves = _steps(cases[n], direction, KINETIC_STEP)
                ends = [(self._resistance(one, quantity), step) for one, step in moves]
                ends.append((value[n], 0.0))  # one-sided where the other step is impossible
                slope[n, m] = (ends[0][0] - ends[1][0]) / (ends[0][1] - ends[1][1])
        return value, slope

    def forget(self) -> None:
        """Drop what is kept; operators and solutions of the last case stay, as starts for the next."""
        self._found.clear()

    def _resistance(self, case, quantity):
        key = operator_key(case), quantity
        if key not in self._found:
            entry, result = quantity.entry(case), solve_steady(case, reuse=self._reuse)
            measure = next(one for one in result.measures if one.entry == entry.model_dump())
            quantity.states(case)
            self._found[key] = measure.value if quantity.name == "value" else measure.extra[quantity.name]
        return self._found[key]


class _Parts(NamedTuple):
    """The equation A u = b and the reading of the contacts e - c u; `model` is None in a derivative."""

    model: Any
    matrix: Any
    source: np.ndarray
    entering: np.ndarray
    leaving: np.ndarray

    def __sub__(self, other):
        return _Parts(None, *(one - two for one, two in zip(self[1:], other[1:], strict=True)))

    def __truediv__(self, number):
        return _Parts(None, *(one / number for one in self[1:]))


def _assemble(case, reversed_contact, turning=False):
    model = transport_of(case, reversed_contact)
    if turning:
        metals = [with_turning_currents(metal, precession_of(case)) for metal in media_of(case).operators]
        laws = contact_laws(case, reversed_contact)
        model = DiffusionModel(
            model.grid, metals, walls_of(case, model.grid), laws, precession_of(case), interface_laws(case)
        )
    sources = sources_of(case)
    read = [model.terminal_parts(source["reservoirs"]) for source in sources]
    entering, leaving = np.array([one for one, _ in read]).T, read[0][1]
    source = np.array([model.source(**source) for source in sources]).T
    unit = conductance_unit(case)
    return _Parts(model, model.matrix, source, unit * entering, unit * leaving)


def with_turning_currents(metal, precession):
    """Operators whose first moments precess too, Λ_1 - ω×: their closure has currents that a field has turned."""
    x, y, z = np.asarray(precession) / metal.velocity
    gain, cross = metal.gain.copy(), np.zeros((4, 4))
    cross[1:, 1:] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    gain[4:16, 4:16] += np.kron(np.eye(3), cross)
    return replace(metal, gain=gain)


def _steps(case, direction, share):
    """Cases a step up and a step down a direction, with the size of the step, as far as they are possible.

    Raises
    ------
    CaseError
        If neither is.
    """
    values = {path: number_at(case, path) for path in direction}
    size = max(abs(value) for value in values.values()) or 1.0
    step, none = share * size / max(abs(change) for change in direction.values()), True
    for signed in (step, -step):
        try:
            moved = with_values(case, {path: values[path] + signed * change for path, change in direction.items()})
        except CaseError:
            continue
        none = False
        yield moved, signed
    if none:
        raise case.error(f"{next(iter(direction))} cannot be varied here; start elsewhere")


def _solved(case, entry, parts, changes):
    """Resistance of one magnetic state and its derivatives, from the equation without field and its derivatives."""
    matrix = parts.model.with_precession(precession_of(case)).matrix
    factors = splu(sp.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    u = factors.solve(parts.source)
    u += factors.solve(parts.source - matrix @ u)
    flux, slopes = parts.entering - parts.leaving @ u, []
    w = factors.solve(parts.leaving.T, "T").T if changes else None
    for change in changes:
        slopes.append(change.entering - change.leaving @ u - w @ (change.source - change.matrix @ u))
    return _nonlocal(case, entry, flux, slopes)


def _nonlocal(case, entry, flux, slopes):
    """Non-local resistance and its derivatives from the currents of all sources, (contacts, sources)."""
    n, names = len(case.contact), [contact.name for contact in case.contact]
    injector, detector, reference = (names.index(x) for x in (entry.injector, entry.detector, entry.reference))
    conductance, offset = flux[:, :n], flux[:, n:].sum(1)
    V = voltages(conductance, offset, case.contact)
    weights = np.r_[V, np.ones(flux.shape[1] - n)]
    current, free = flux @ weights, ~fixed_voltages(case.contact)
    R = (V[detector] - V[reference]) / current[injector]
    gradient = []
    for slope in slopes:
        dI = slope @ weights
        dV = np.zeros(n)
        dV[free] = -np.linalg.solve(conductance[np.ix_(free, free)], dI[free])
        dI = dI + conductance @ dV
        gradient.append((dV[detector] - dV[reference] - R * dI[injector]) / current[injector])
    return R, np.array(gradient)
