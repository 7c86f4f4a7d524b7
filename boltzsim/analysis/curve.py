"""One measured curve of a series, beside what is true."""

from dataclasses import dataclass, field

import numpy as np

from boltzsim.units import engineering


@dataclass(frozen=True)
class Curve:
    """A signal along one axis of a series at fixed others.

    Attributes
    ----------
    kind : {"distance", "hanle", "ratio", "bar", "turn"}
        bar: a Hall bar with its probes moved; turn: a device with its magnetisations turned.
    label : str
        Magnetic state and the other axes.
    x, kinetic, formula : numpy.ndarray, shape (n,)
        Distance (m), field (T) or the axis; ΔR of the device and of the diffusion formula (Ω; nan where it fails).
    state : str
        As in `boltzsim.analysis.valve.magnetic_state`.
    distance, over_width, over_length : numpy.ndarray, shape (n,)
        Distance of the contacts (m); mean free path over channel width, and over the spin diffusion length.
    unit : str
        Of x.
    fits : tuple of fits.Fit
    true : dict of str to float
        `spin_constants`, and polarization, √(P_1 P_2) of the contacts.
    extra : dict of str to tuple of float
        Further extracted quantities with uncertainties (nan: none): polarization, angle.
    notes : tuple of str
        Why a fit failed.
    ticks : tuple of str
        Names of the points of x, for magnetisations.
    lines : dict of str to tuple of numpy.ndarray
        Lines to draw through the points, (x, signal) by name: fits, and the parts of a formula.
    """

    kind: str
    label: str
    state: str
    unit: str
    x: np.ndarray
    kinetic: np.ndarray
    formula: np.ndarray
    distance: np.ndarray
    over_width: np.ndarray
    over_length: np.ndarray
    fits: tuple = ()
    true: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)
    notes: tuple = ()
    ticks: tuple = ()
    lines: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Reciprocity:
    """One device measured both ways round.

    Attributes
    ----------
    label : str
        Leads of current and voltage, and the point of the series.
    forward, exchanged : float
        R in Ω; `exchanged` has current and voltage leads exchanged, magnetisations and field reversed.
    scale : float
        Size of the magnetic signal in Ω: the largest change of `forward` among the device's magnetisations, or
        `forward` itself where nothing is magnetic.
    """

    label: str
    forward: float
    exchanged: float
    scale: float

    @property
    def error(self):
        """Difference over the signal."""
        return abs(self.forward - self.exchanged) / self.scale


def turns(axis):
    """Whether an axis of a series turns magnetisations only."""
    return all(path.endswith("direction") for path in axis.values)


def directions(axis):
    """The magnetisations along an axis in words, one for every point."""
    return [" ".join(map(direction, values)) for values in zip(*axis.values.values(), strict=True)]


def direction(vector):
    """x, -y, … or the components of a vector."""
    unit = np.array(vector) / np.linalg.norm(vector)
    largest = int(np.abs(unit).argmax())
    if abs(unit[largest]) < 1 - 1e-9:
        return str(np.round(unit, 3).tolist())
    return ("-" if unit[largest] < 0 else "") + "xyz"[largest]


def place(axis, index):
    """A point of an axis in words."""
    if turns(axis):
        return f"{axis.name} {directions(axis)[index]}"
    value = axis.coordinate[index]
    return f"{axis.name} {value:.4g}" if axis.unit == "1" else f"{axis.name} {engineering(value, axis.unit)}"
