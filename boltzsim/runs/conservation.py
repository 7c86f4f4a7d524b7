"""Conservation of charge and spin in a steady run, checked independently of the solver; a run that loses some fails.

For every source, and for the solution the case asks for:

- the currents through all contacts add up to zero, and so do the columns of the conductance matrix;
- contacts at equal potentials exchange nothing: the rows add up to zero;
- spin in = spin out + relaxation + precession, and charge in = charge out, layer by layer, from the moments alone
  (`boltzsim.transport.balance`).

A violation is relative to the largest current, or to 1e-7 of the flux that reaches the contacts from their reservoirs,
whether it passes or not, if that is larger: smaller currents are differences of fluxes that hardly differ. Where all of
them are below 1e-12 of it, as behind a single open contact, the device is in equilibrium with what reaches it: nothing
flows but rounding errors, which are relative to all that reaches the contacts.
"""

from dataclasses import dataclass

import numpy as np

from boltzsim.axes import AXES
from boltzsim.errors import ConvergenceError
from boltzsim.material.barrier import sharvin_conductance
from boltzsim.transport.balance import balance
from boltzsim.transport.equation import Equation

#: Largest violation relative to the largest current; with a coarse solver.rtol ten times the tolerance is allowed.
ALLOWED = 1e-6
_KINDS = ("terminals", "charge", "spin")
_NOTHING = 1e-12  # currents below this share of what reaches the contacts are rounding errors of an equilibrium
_SMALL = 1e-7  # currents below this share of what reaches the contacts are hardly more than rounding errors


@dataclass
class Conservation:
    """The largest violations found so far, relative to the largest current.

    Attributes
    ----------
    terminals : float
        Violations in sums of terminal currents, and in rows and columns of the conductance matrix.
    charge, spin : float
        Violations in the balance of charge and of spin, of a layer of the device or of all of it.
    """

    terminals: float = 0.0
    charge: float = 0.0
    spin: float = 0.0

    def check(self, case, transport, sources, solutions, weights):
        """Balance all sources of one magnetic state, and their weighted sum.

        Parameters
        ----------
        case : Case
        transport : Transport or DiffusionModel
        sources : list of dict
            Sources of `boltzsim.runs.steady.sources_of`.
        solutions : list of Solution
            Their solutions.
        weights : numpy.ndarray
            Weights of the sources in the solution that the case asks for.
        """
        contacts = len(case.contact)
        flux = np.array([s.flux for s in solutions]).reshape(len(solutions), contacts, 4)
        scales = np.abs(flux).max((1, 2), initial=0.0)
        sent = _sent(case)
        coming = [(sent[:, None] * np.abs(source["reservoirs"])).max(initial=0.0) for source in sources]
        coming = np.array(coming)
        scales = np.where(scales > _NOTHING * coming, np.maximum(scales, _SMALL * coming), coming)
        for k in range(contacts, len(solutions)):  # a field can drive a current that no contact sees
            scales[k] = max(
                scales[k], np.abs(transport.currents(solutions[k].phi)).max() * _cross_section(transport.grid)
            )
        for solution, scale in zip(solutions, scales, strict=True):
            self._add(transport, solution.phi, solution.entering, solution.flux, scale)
        if contacts:
            equal = np.abs(flux[:contacts, :, 0].sum(0)).max()
            self.terminals = _worse(self.terminals, equal / scales[:contacts].max())
        wanted = (
            sum(w * getattr(s, name) for w, s in zip(weights, solutions, strict=True))
            for name in ("phi", "entering", "flux")
        )
        self._add(transport, *wanted, (np.abs(weights) * scales).max(initial=0.0))

    def worse(self, other):
        """The larger of each of two accounts' violations."""
        return Conservation(*(_worse(getattr(self, name), getattr(other, name)) for name in _KINDS))

    def require(self, rtol):
        """Refuse a result in which charge or spin is lost.

        Raises
        ------
        ConvergenceError
            Says what is not conserved, by how much, and what helps.
        """
        allowed = max(ALLOWED, 10 * rtol)
        for what, found in (
            ("the currents through the contacts do not add up to zero", self.terminals),
            ("charge is not conserved", self.charge),
            ("spin is not conserved", self.spin),
        ):
            if not found <= allowed:
                raise ConvergenceError(
                    f"{what}: {found:.1e} of the largest current is missing, {allowed:.0e} allowed; lower solver.rtol, "
                    f"and for a device of many thousand mean free paths take physics.model = 'diffusion'",
                    residual=found,
                )

    def _add(self, transport, phi, entering, flux, scale):
        """Balance one solution; `scale` is the least current to compare with, in the unit of `flux`."""
        missing = abs(np.sum(flux[:, 0]))
        self.terminals = _worse(self.terminals, missing / scale if scale > 0 else missing)
        if not isinstance(transport, Equation):  # the diffusion model has no fluxes by corner
            return
        found = balance(transport, phi, entering, least=scale)
        for name in _KINDS:
            setattr(self, name, _worse(getattr(self, name), getattr(found, name)))


def _sent(case):
    """Flux that reaches every contact from a reservoir at unit potential, ∫⟨p̂·N⟩ dA over half of the directions."""
    uniform = np.prod([case.grid.length(axis) for axis in AXES if axis not in case.grid.axes])
    sharvin = [sharvin_conductance(case.metal_at(c)) / sharvin_conductance(case.metal) for c in case.contact]
    areas = [bool(c.transmission) * case.contact_area(c) / uniform / 4 for c in case.contact]
    return np.multiply(sharvin, areas)


def _cross_section(grid):
    """The largest cross section of the device across a gridded axis."""
    return max(grid.cross_section(axis) for axis in range(len(grid.cells)))


def _worse(one, other):
    """The larger of two violations; nan counts as infinite."""
    return max(one, float(other)) if np.isfinite(other) else float("inf")
