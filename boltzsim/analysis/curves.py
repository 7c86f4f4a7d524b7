"""Curves that a series measures, one class for each kind, with the constants of the bulk metal beside them."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from boltzsim.analysis.fits import Fit

#: Lines to draw through the points: (x, signal) by name.
Lines = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class SignalCurve:
    """A resistance of one device along one axis of a series, beside a diffusion formula.

    Attributes
    ----------
    kind : str
        Name of the class in tables and JSON.
    label : str
        Magnetic state or leads, and the values of the other axes.
    unit : str
        SI unit of x.
    x, kinetic, formula : numpy.ndarray, shape (n,)
        Abscissa; the signal of the device and that of the formula (Ω; nan where the formula does not apply).
    distance : numpy.ndarray, shape (n,)
        Distance between the middles of the contacts (m).
    over_width, over_length : numpy.ndarray, shape (n,)
        Mean free path over the width of the channel, and over the spin diffusion length.
    """

    kind: ClassVar[str]

    label: str
    unit: str
    x: np.ndarray
    kinetic: np.ndarray
    formula: np.ndarray
    distance: np.ndarray
    over_width: np.ndarray
    over_length: np.ndarray

    @property
    def symbol(self) -> str:
        """What the signal is: "ΔR", or "R" of a device in one magnetic state."""
        return "ΔR"

    @property
    def points(self) -> list[str] | None:
        """Names of the points where x is no quantity; None where it is one."""
        return None


@dataclass(frozen=True, kw_only=True)
class ValveCurve(SignalCurve):
    """ΔR = R_P - R_AP of a spin valve.

    Attributes
    ----------
    state : str
        As `boltzsim.analysis.valve_device.magnetic_state` names it.
    bulk : dict of str to float
        `boltzsim.analysis.valve_device.spin_constants` of the bulk metal, and where the formula applies polarization,
        √|P_1 P_2| of the contacts.
    channel : dict of str to float
        `boltzsim.device.channel.channel_constants`; empty where there are none, or nobody has asked for them.
    """

    state: str
    bulk: dict[str, float]
    channel: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RatioCurve(ValveCurve):
    """ΔR against anything that changes ℓ/width or ℓ/λ: its ratio to the formula is of interest."""

    kind = "ratio"


@dataclass(frozen=True, kw_only=True)
class TrendCurve(SignalCurve):
    """A resistance against anything else that changes the metal or the geometry, the formula beside it if there is one.

    Attributes
    ----------
    name : str
        That of the axis.
    states : bool
        Whether both magnetic states are known, so that the signal is their difference.
    ticks : tuple of str
        The points in words where the axis has no numbers for them; x counts these.
    """

    kind = "trend"

    name: str
    states: bool
    ticks: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """As the magnetic states are known."""
        return "ΔR" if self.states else "R"

    @property
    def points(self) -> list[str] | None:
        """The words, if any."""
        return list(self.ticks) or None


@dataclass(frozen=True, kw_only=True)
class DistanceCurve(ValveCurve):
    """ΔR against the distance of the contacts, with the decay lengths fitted to it.

    Attributes
    ----------
    fits : tuple of Fit
        One and two exponentials, as far as they could be fitted.
    notes : tuple of str
        Reasons for the fits that are missing.
    lines : dict
        The fitted curve.
    """

    kind = "distance"

    fits: tuple[Fit, ...] = ()
    notes: tuple[str, ...] = ()
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HanleCurve(ValveCurve):
    """ΔR against a magnetic field, with lifetimes and diffusion constants fitted to it.

    Attributes
    ----------
    parallel, antiparallel : numpy.ndarray, shape (n,)
        R_P and R_AP (Ω).
    fits, notes : tuple
        As in `DistanceCurve`: the standard lineshape and the formula with a matrix of diffusion constants.
    polarization : tuple of float or None
        √(P_1 P_2) and its standard uncertainty from the amplitude of the standard lineshape.
    lines : dict
        The better of the fits, and the formula with the constants of the bulk.
    """

    kind = "hanle"

    parallel: np.ndarray
    antiparallel: np.ndarray
    fits: tuple[Fit, ...] = ()
    notes: tuple[str, ...] = ()
    polarization: tuple[float, float] | None = None
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SpinHallCurve(SignalCurve):
    """A signal of the spin Hall effect.

    Attributes
    ----------
    angle, bulk_angle : float or None
        Spin Hall angle extracted with the formula, and the exact one of the bulk metal; None where there is no formula.
    """

    angle: float | None
    bulk_angle: float | None


@dataclass(frozen=True, kw_only=True)
class HallBarCurve(SpinHallCurve):
    """Non-local resistance of a Hall bar against the distance of its probes from the source.

    Attributes
    ----------
    spin : numpy.ndarray, shape (n,)
        The spin Hall part of the formula (Ω); the rest is the ohmic background.
    """

    kind = "bar"

    spin: np.ndarray

    @property
    def symbol(self) -> str:
        """A bar has no magnets."""
        return "R"

    @property
    def lines(self) -> Lines:
        """The two parts of the formula."""
        return {"ohmic": (self.distance, self.formula - self.spin), "spin Hall": (self.distance, self.spin)}


@dataclass(frozen=True, kw_only=True)
class TurnedCurve(SpinHallCurve):
    """ΔR of a device whose magnetisations are turned; x counts the directions in `ticks`."""

    kind = "turn"

    ticks: tuple[str, ...]

    @property
    def points(self) -> list[str]:
        """The directions."""
        return list(self.ticks)
