"""Time steps of the kinetic equation, with s = v_F t in place of time:

    ∂_s n = -∇·(W n) - (loss - gain) n + (ω/v_F)×n + W·E,        n known at s, wanted at s + h

by the two-stage, stiffly accurate, L-stable singly diagonally implicit Runge-Kutta method of order 2 with γ = 1 - 1/√2
(R. Alexander, SIAM J. Numer. Anal. 14, 1006 (1977)):

    n₁ = n + γh F(s + γh, n₁),        n₂ = n + (1-γ)h F₁ + γh F(s + h, n₂) = n + (1-γ)/γ (n₁ - n) + γh F₂.

Each stage is a steady problem with the loss raised by 1/γh and 1/γh times an angular distribution as source, solved for
its moments as in `boltzsim.transport.steady`; one last sweep then replaces the distribution by the solution. Two
distributions are kept: n, and the one that passes through the stages. A stage starts from the best combination of
earlier solutions (`boltzsim.transport.guess`), so that a few slow modes need no products.

The error of a step, in the moments, is h (e₀F₀ + e₁F₁ + e₂F₂), which for a linear equation is exactly the leading term
(e^z - R(z) ≈ c z³) of the method; F₀, the rate of change at s, is F₂ of the step before. Where there is none (the
start, and after jumps of the drive) it is γh (F₂ - F₁), the distance to the first of the two stages.

Contacts are driven by voltages, or by currents, and behind some is an electrode of finite resistance, which follows at
once. Potentials that adjust themselves, as these voltages and the spin potentials of electrodes, obey linear conditions
at every stage; the response of a stage to a unit of each is solved once per step size, from that of the last one.

With a magnet reversed a device passes through the same stages, each of which starts from the solution as it was before.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

import numpy as np

from boltzsim.transport.guess import Known

GAMMA = 1 - 2**-0.5
_ERROR_CONSTANT = 1 / 6 - 3 * GAMMA**2 + 2 * GAMMA**3
_E1 = _ERROR_CONSTANT / (GAMMA * (GAMMA - 0.5))
ERROR = (_E1 * (GAMMA - 1), _E1, -_E1 * GAMMA)
_REMEMBERED = 3  # with a new step size so many earlier solutions are where the first stage starts
KNOWN = 12  # so many vectors with known images are kept
_NOISE = 5  # the error of a step adds up so many times what the solver leaves of its stages
_FLOOR = 1e-6  # errors of charge or spin are relative to at least this share of the whole solution


@dataclass(frozen=True)
class DriveInTime:
    """Potentials and field that drive a device, as functions of time, and the potentials that adjust themselves.

    Attributes
    ----------
    reservoirs : callable
        s -> potentials (contacts, 4) in V, the free ones left at zero.
    free : numpy.ndarray, shape (unknowns, contacts, 4)
        Potentials at a unit of each unknown that adjusts itself.
    on_flux, on_potential : numpy.ndarray, shapes (unknowns, contacts, 4)
        Coefficients of the conditions on_flux·flux + on_potential·potentials = wanted, one per unknown; flux is
        ∫⟨W n⟩·dA into the device.
    wanted : callable
        s -> right side of the conditions (unknowns,).
    voltage : numpy.ndarray, shape (contacts, 4)
        Coefficients of each contact's voltage on its potentials.
    field : tuple of float
        Electric field, constant in time.
    """

    reservoirs: callable
    free: np.ndarray
    on_flux: np.ndarray
    on_potential: np.ndarray
    wanted: callable
    voltage: np.ndarray
    field: tuple = (0.0, 0.0, 0.0)

    def condition(self, flux, potentials):
        """Left side of the conditions (unknowns,)."""
        return np.einsum("ukc,kc->u", self.on_flux, flux) + np.einsum("ukc,kc->u", self.on_potential, potentials)


@dataclass(frozen=True)
class State:
    """State of a device at one time, besides its angular distribution.

    Attributes
    ----------
    phi : numpy.ndarray, shape (cells, corners, moments, 4)
        Moments, in the frame of the device.
    change : numpy.ndarray or None
        ∂_s of the moments; None at the start and after a jump of the drive.
    voltage : numpy.ndarray, shape (contacts,)
    flux : numpy.ndarray, shape (contacts, 4)
        Net ∫⟨W n⟩·dA into the device through every contact.
    unknown : numpy.ndarray, shape (unknowns,)
        The potentials that adjust themselves. They, the flux and the voltages that follow are NaN at the start.
    """

    phi: np.ndarray
    change: np.ndarray | None
    voltage: np.ndarray
    flux: np.ndarray
    unknown: np.ndarray


@dataclass
class Account:
    """Numbers of sources and sweeps; products and residuals (k, 2) of the hardest source; the worst spin balance."""

    sources: int = 0
    sweeps: int = 0
    products: int = 0
    history: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    spin_balance: float = 0.0

    def add(self, solution):
        """Count one solution."""
        self.sources += 1
        self.sweeps += solution.sweeps
        self.spin_balance = max(self.spin_balance, float(solution.spin_balance))
        if solution.products >= self.products:
            self.products, self.history = solution.products, solution.history


class Responses(NamedTuple):
    """Krylov vectors and fluxes of a stage's responses to a unit of every potential that adjusts itself."""

    vectors: np.ndarray
    fluxes: np.ndarray

    @classmethod
    def none(cls):
        """Before the first step."""
        return cls(np.zeros((0, 0)), np.zeros((0, 0, 4)))


class Evolution:
    """One device in time.

    Parameters
    ----------
    transport : callable
        rate -> Transport with that rate added to its loss, in a stage with rate = 1/γh.
    drive : DriveInTime
    angular : numpy.ndarray
        Angular distribution at the start (`Transport.isotropic`), which later steps overwrite.
    spare : numpy.ndarray
        Array for a second distribution.
    solver : dict
        `rtol`, `max_products` and `progress` of every stage.
    like : Evolution, optional
        The same device with all magnets as they are, which is a step ahead: attempts come first to it.

    Attributes
    ----------
    state : State
        Filled by `start` or `restore`.
    remembered : list of numpy.ndarray
        Krylov vectors of the last stages, oldest first.
    account : Account
        Cost of all stages so far.
    transport : Transport
        Operator of the last step size.
    """

    def __init__(self, transport, drive, angular, spare, solver, like=None):
        self.make, self.drive, self.solver, self.like = transport, drive, solver, like
        self.angular, self.spare, self.state = angular, spare, None
        self.remembered, self.account = [], Account()
        self._step, self.transport, self._candidate = None, None, None
        self._known, self._known_step, self._responses = Known(KNOWN), None, Responses.none()
        self._accepted = self._copied()

    def start(self, phi, voltage):
        """Begin with the angular distribution in `angular`, its moments, and the contacts' voltages (NaN: unknown)."""
        unknown = np.full(len(self.drive.free), np.nan)
        self.state = State(phi, None, voltage, np.full((len(voltage), 4), np.nan), unknown)

    def saved(self):
        """The state as plain arrays for a checkpoint."""
        state, (known, known_step, responses) = self.state, self._accepted
        return {
            **{name: getattr(state, name) for name in ("phi", "change", "voltage", "flux", "unknown")},
            "vectors": np.array(self.remembered),
            "known": known.saved(),
            "known_step": known_step,
            "responses": responses._asdict(),
            "account": asdict(self.account),
            "angular": self.angular,
        }

    def restore(self, saved, length):
        """Continue from the arrays that `saved` returned; `angular` has been filled already.

        Vectors of another length than `length`, from an earlier version, would only be starts, and are left out.
        """
        fits = np.shape(saved["vectors"])[1:] == (length,)
        unknown = saved.get("unknown", np.zeros(len(self.drive.free)))  # older checkpoints lack it; it is a guess
        self.state = State(saved["phi"], saved.get("change"), saved["voltage"], saved["flux"], unknown)
        self.remembered = list(saved["vectors"]) if fits else []
        self.account = Account(**saved["account"])
        if fits and "responses" in saved and "known_step" in saved:
            self._known, self._known_step = Known(KNOWN, saved["known"]), float(saved["known_step"])
            self._responses = Responses(**saved["responses"])
            self._accepted = self._copied()

    @property
    def order(self):
        """Power of the step size that the error of the next step is proportional to.

        A solution that begins with nothing is itself proportional to its first step, and so is the scale of the error.
        """
        if self.state.change is None:
            return 2 if self.state.phi.any() else 1
        return 3

    def attempt(self, s, step):
        """Try a step, which `accept` makes final.

        Parameters
        ----------
        s, step : float
            Start and length of the step, v_F × time in m.

        Returns
        -------
        float
            Estimated error relative to the solution, of charge and spin whichever is larger.
        """
        if step != self._step:
            self._use(step)
        before, made = self.state, []
        np.copyto(self.spare, self.angular)
        first = self._stage(s + GAMMA * step, before.unknown, made)
        self.spare -= self.angular
        self.spare *= (1 - GAMMA) / GAMMA
        self.spare += self.angular
        second = self._stage(s + step, first.unknown, made)
        slope = first.phi - before.phi
        F1 = slope / (GAMMA * step)
        F2 = (second.phi - before.phi - slope * (1 - GAMMA) / GAMMA) / (GAMMA * step)
        if before.change is None:
            error = GAMMA * step * (F2 - F1)
        else:
            error = step * (ERROR[0] * before.change + ERROR[1] * F1 + ERROR[2] * F2)
        self._candidate = replace(second, change=F2), made, (first, second)
        return _relative(error, _NOISE * self.solver["rtol"], second.phi, before.phi)

    def accept(self):
        """Make the last attempt the state.

        Returns
        -------
        numpy.ndarray, shape (contacts, 4)
            Mean flux through every contact during the step, as the method weighs it.
        """
        self.state, made, (first, _) = self._candidate
        self.remembered = (self.remembered + made)[-_REMEMBERED:]
        self.angular, self.spare = self.spare, self.angular
        self._accepted = self._copied()
        return (1 - GAMMA) * first.flux + GAMMA * self.state.flux

    def jump(self):
        """Forget the rate of change, which does not hold after a jump of the drive."""
        self.state = replace(self.state, change=None)

    def _copied(self):
        """What an attempt starts from and changes, as it is now; a stopped run goes on from that of the last step."""
        return self._known.copy(), self._known_step, self._responses

    def _use(self, step):
        """The operator of a step size, and its response to a unit of every potential that adjusts itself."""
        self._step, self.transport = step, self.make(1 / (GAMMA * step))
        if step == self._known_step:
            return
        self._known, self._known_step = Known(KNOWN), step
        if self.like is None:
            for vector in reversed(self.remembered):
                self.transport.learn(self._known, vector)
                self.account.sweeps += 1
        starts = self._accepted[-1] if self.like is None else self.like._responses
        solutions = []
        for number, unit in enumerate(self.drive.free):
            start = starts.vectors[number] if len(starts.vectors) else None
            solutions.append(self.transport.solve(unit, start=start, verified=False, **self.solver))
            self.account.add(solutions[-1])
        self._responses = Responses(*(np.array([getattr(s, name) for s in solutions]) for name in ("vector", "flux")))

    def _stage(self, s, unknown, made):
        """Solve a stage whose source is in `spare`, and leave the solution there."""
        drive, unknown, start = self.drive, np.nan_to_num(unknown), None
        if self.like is not None:
            _, vectors, states = self.like._candidate
            start, unknown = vectors[len(made)], states[len(made)].unknown
        reservoirs = drive.reservoirs(s) + np.tensordot(unknown, drive.free, 1)
        control = {"angular": self.spare, "known": self._known, "verified": False} | self.solver
        solution = self.transport.solve(reservoirs, drive.field, start, **control)
        vector = solution.vector
        if len(unknown):
            vectors, fluxes = self._responses
            matrix = np.array([drive.condition(flux, unit) for flux, unit in zip(fluxes, drive.free, strict=True)]).T
            added = np.linalg.solve(matrix, drive.wanted(s) - drive.condition(solution.flux, reservoirs))
            unknown = unknown + added
            reservoirs = reservoirs + np.tensordot(added, drive.free, 1)
            vector = vector + added @ vectors
        phi, flux = self.transport.advance(vector, self.spare, reservoirs, drive.field)
        made.append(vector)
        self.account.add(solution)
        self.account.sweeps += 1
        return State(phi, None, (drive.voltage * reservoirs).sum(1), flux, unknown)


def between(before, after, step, share):
    """Moments inside a step, by the Hermite polynomial through both ends and the known rates of change there.

    Parameters
    ----------
    before, after : State
    step : float
    share : float
        Fraction of the step, in [0, 1].

    Returns
    -------
    numpy.ndarray, shape as `State.phi`
    """
    x, rise, end = share, after.phi - before.phi, step * after.change
    if before.change is None:
        return before.phi + x * (2 - x) * rise + x * (x - 1) * end
    start = step * before.change
    return before.phi + x * start + x * x * (3 * rise - 2 * start - end) + x**3 * (start + end - 2 * rise)


def _relative(error, noise, *solutions):
    """Largest of the relative errors of charge and spin in the root mean square of all moments.

    A share `noise` of the whole solution is no error of the step: a shorter one would have the same.
    """
    size = np.array([[_norm(phi[..., :1]), _norm(phi[..., 1:])] for phi in solutions]).max(0)
    allowed = np.maximum(size, _FLOOR * size.max())
    found = np.array([_norm(error[..., :1]), _norm(error[..., 1:])])
    errors = np.sqrt(np.maximum(found**2 - (noise * size.max()) ** 2, 0.0))
    return float((errors / allowed).max()) if size.max() > 0 else 0.0


def _norm(values):
    return float(np.linalg.norm(values))
