"""Curves of spin valves: decay lengths from distances, Hanle fits, the ratio to the diffusion formula."""

import numpy as np
from scipy.constants import hbar, physical_constants

from boltzsim.analysis import fits, hanle
from boltzsim.analysis.curve import Curve
from boltzsim.analysis.valve import magnetic_state, separation, spin_constants, valve

_BOHR_MAGNETON = physical_constants["Bohr magneton"][0]


def valve_curve(kind, axis, cases, entry, delta_R, more):
    """ΔR of one valve along an axis.

    Parameters
    ----------
    kind : {"distance", "hanle", "ratio"}
    axis : boltzsim.case.series.Axis
    cases : list of Case
    entry : dict
        Of the measure.
    delta_R : numpy.ndarray, shape (n,)
    more : list of str
        Words for the label.

    Returns
    -------
    Curve
    """
    distances = np.array([separation(case, entry)[0] for case in cases])
    constants = _constants(cases)
    valves = [_valve(case, entry, true) for case, true in zip(cases, constants, strict=True)]
    state = magnetic_state(cases[0], entry)
    longest = "length_L" if state == "L" else "length_T"
    true = constants[0] | ({"polarization": valves[0].polarization} if valves[0] else {})
    coordinate, unit, found = axis.coordinate, axis.unit, _Found()
    if kind == "distance":
        coordinate, unit = distances, "m"
        found = _lengths(distances, delta_R)
    elif kind == "hanle":
        coordinate, unit = np.array([_field(case) for case in cases]), "T"
        found = _hanle(cases, coordinate, delta_R, distances[0], valves[0], true)
    return Curve(
        kind=kind,
        label=", ".join([state, *more]),
        state=state,
        unit=unit,
        x=coordinate,
        kinetic=np.array(delta_R),
        formula=np.array([v.delta_R if v else np.nan for v in valves]),
        distance=distances,
        over_width=np.array([v.mean_free_path / v.width if v else np.nan for v in valves]),
        over_length=np.array([c["mean_free_path"] / c[longest] for c in constants]),
        fits=tuple(found.fits),
        true=true,
        extra=found.extra,
        notes=tuple(dict.fromkeys(found.notes)),
        lines=found.lines,
    )


class _Found:
    """Fits of one curve as they come, with what is drawn and why others failed."""

    def __init__(self):
        self.fits, self.extra, self.notes, self.lines = [], {}, [], {}

    def attempt(self, fit, *arguments):
        """The fit, kept; None with a note where it fails."""
        try:
            self.fits.append(fit(*arguments))
        except ValueError as error:
            self.notes.append(str(error))
            return None
        return self.fits[-1]


def _lengths(distances, delta_R):
    found = _Found()
    fine = np.linspace(distances.min(), distances.max(), 200)
    for fit in (fits.exponential, fits.two_exponentials):
        made = found.attempt(fit, distances, delta_R)
        if made is not None:
            found.lines = {"fit": (fine, fits.decay(made, fine))}
    return found


def _hanle(cases, fields, delta_R, distance, valve, true):
    """The standard lineshape and the matrix-D formula; lines of the better one and of the formula with what is true."""
    found, rate = _Found(), cases[0].field.g * _BOHR_MAGNETON / hbar
    fine = np.linspace(fields.min(), fields.max(), 201)
    standard = found.attempt(fits.hanle, rate * fields, delta_R, distance)
    if standard is not None:
        shape = (standard.value[name] for name in ("amplitude", "tau_s", "D"))
        found.lines = {"fit": (fine, fits.hanle_lineshape(rate * fine, *shape, distance))}
    if valve is None:
        return found
    if standard is not None:
        try:
            found.extra["polarization"] = fits.injected_polarization(
                standard, valve.channel.states, valve.channel.area, steps=2
            )
        except ValueError as error:
            found.notes.append(str(error))
    strongest = np.array(cases[int(np.abs(fields).argmax())].field.B)
    unit = rate * strongest / fields[np.abs(fields).argmax()]
    matrix = found.attempt(hanle.fit, [(valve, np.outer(fields, unit), delta_R)])
    found.lines |= {"formula, true constants": (fine, hanle.curve(valve, np.outer(fine, unit), true))}
    if matrix is not None:
        found.lines["fit"] = (fine, hanle.curve(valve, np.outer(fine, unit), matrix.value))
    return found


def _constants(cases):
    """`spin_constants` of cases, found once for each metal."""
    metals = [repr((next(iter(case.material.values())), case.degree, case.physics.side_jump)) for case in cases]
    found = {metal: spin_constants(case) for metal, case in dict(zip(metals, cases, strict=True)).items()}
    return [found[metal] for metal in metals]


def _valve(case, entry, true):
    """The valve, or None where the diffusion formula does not apply."""
    try:
        return valve(case, entry, true)
    except ValueError:
        return None


def _field(case):
    """B along its largest component, with that one's sign, T."""
    B = np.array(case.field.B)
    return float(np.sign(B[np.abs(B).argmax()]) * np.linalg.norm(B))
