"""Spin relaxation and diffusion from the decay rates of gratings against wave number, beside the exact modes.

    rate(q) = 1/τ_s + D q² + c q⁴ + d q⁶

is fitted to gratings longer than the mean free path: s ∥ q gives D_L, s ⊥ q gives D_T, charge gives D_c.
Every rate, also that of a ballistic grating, stands beside the exact rate of the discrete mode of its wave number, if
there is one.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from boltzsim.analysis.labels import place
from boltzsim.device.metal import materials_of
from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import relaxation_rate, slow_mode
from boltzsim.material.alloy import fermi_velocity

#: Tables of a case that change the grating or the grid, but not the metal.
NUMERIC = ("initial", "observe", "grid", "time", "measure")
#: Coefficients of 1, q², q⁴ and q⁶ in the fit; no more of them are fitted than there are wave numbers.
TERMS = ("rate", "D", "c", "d")
#: Gratings with a larger product of wave number and mean free path are not fitted: they are ballistic.
DIFFUSIVE = 0.3
#: Wave numbers of the exact curve in a figure.
FINE = 33


@dataclass(frozen=True)
class Dispersion:
    """Decay rates of one polarisation against wave number.

    Attributes
    ----------
    kind : "dispersion"
    label : str
        Polarisation and what else a series varies.
    polarization : {"L", "T", "charge"}
        Spin along or across the wave vector, or charge.
    q, rate, error, exact : numpy.ndarray, shape (n,)
        Wave numbers in ascending order (1/m), fitted rates with uncertainties and exact ones (1/s; nan for none).
    mean_free_path : float
        In m.
    fitted : numpy.ndarray of bool, shape (n,)
        Whether a point takes part in the fit.
    value, uncertainty : dict of str to float
        rate (1/τ_s, 1/s), D (m²/s), and where fitted c (m⁴/s) and d (m⁶/s), with standard uncertainties; empty without
        fit.
    bulk, closure : dict of str to float
        rate and D of the exact slow mode of the bulk metal and of the two-moment closure; nan where there is none.
    fine : tuple of numpy.ndarray
        Wave numbers, exact rates (nan for none) and 1/τ_s + D q² of the slow mode, for a figure.
    note : str
        Reason why there is no fit or no exact rate.
    """

    kind: str
    label: str
    polarization: str
    q: np.ndarray
    rate: np.ndarray
    error: np.ndarray
    exact: np.ndarray
    mean_free_path: float
    fitted: np.ndarray
    value: dict
    uncertainty: dict
    bulk: dict
    closure: dict
    fine: tuple
    note: str


def dispersions(series) -> list[Dispersion]:
    """Dispersion relations in the decay measures of a series.

    Parameters
    ----------
    series : boltzsim.store.series.SeriesResult

    Returns
    -------
    list of Dispersion
        One for each polarisation and each point of the axes that do not vary the wave; none without gratings.
    """
    points = series.points()
    groups: dict = {}
    metal = [i for i, axis in enumerate(series.axes) if not _varies_wave(axis)]
    for index in itertools.product(*map(range, series.shape)):
        more = ", ".join(place(series.axes[i], index[i]) for i in metal)
        for number, measure in enumerate(series.measures):
            wave = _wave(points[index], number)
            if wave is None or not np.isfinite(measure.value[index]):
                continue
            polarization, q = wave
            entry = (q, measure.value[index], measure.extra["rate_error"][index])
            groups.setdefault((more, polarization), (points[index], []))[1].append(entry)
    return [_dispersion(*key, *groups[key]) for key in sorted(groups)]


def _varies_wave(axis):
    return all(path.split(".")[0] in NUMERIC for path in axis.values)


def _wave(case, number):
    """Polarisation and wave number (1/m) of a point's decay measure; None if it does not observe a grating."""
    measure = case.measure[number]
    if measure.kind != "decay":
        return None
    signal = next(entry for entry in case.observed if entry.name == measure.signal)
    if signal.kind != "fourier":
        return None
    along = "L" if measure.component == signal.axis else "T"
    polarization = "charge" if measure.component == "charge" else along
    return polarization, 2 * math.pi * signal.periods / case.grid.length(signal.axis)


def _dispersion(more, polarization, case, entries):
    q, rate, error = np.array(sorted(entries)).T
    used = np.unique(case.material_index())
    first = int(used[used >= 0][0])
    v_F, operators = fermi_velocity(list(case.material.values())[first]), materials_of(case)[first]
    note = ""
    if len(used) > 1 or case.interfaces:
        note = "no exact rates: the box is not filled by one metal"
    elif any(case.field.B) and polarization != "charge":
        note = "no exact rates: spins precess in the field"
    known = not note
    fitted = q / operators.loss <= DIFFUSIVE
    value, uncertainty = {}, {}
    try:
        value, uncertainty = fit_dispersion(q[fitted], rate[fitted], error[fitted])
    except ValueError as reason:
        note = "; ".join(filter(None, [note, str(reason)]))
    fine = np.sqrt(np.linspace(q[0] ** 2, q[-1] ** 2, FINE)) if len(q) > 1 else q
    bulk = _slow(operators, polarization, v_F) if known else {"rate": np.nan, "D": np.nan}
    return Dispersion(
        kind="dispersion",
        label=", ".join(filter(None, [polarization, more])),
        polarization=polarization,
        q=q,
        rate=rate,
        error=error,
        exact=_rates(operators, polarization, q, v_F) if known else np.full(len(q), np.nan),
        mean_free_path=1 / operators.loss,
        fitted=fitted,
        value=value,
        uncertainty=uncertainty,
        bulk=bulk,
        closure=_closure(operators, polarization, v_F),
        fine=(
            fine,
            _rates(operators, polarization, fine, v_F) if known else np.full(len(fine), np.nan),
            bulk["rate"] + bulk["D"] * fine**2,
        ),
        note=note,
    )


def fit_dispersion(q: np.ndarray, rate: np.ndarray, error: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
    """Least squares of rate(q) = rate + D q² + c q⁴ + d q⁶, the last terms as far as there are wave numbers.

    Parameters
    ----------
    q, rate, error : numpy.ndarray, shape (n,)
        1/m, 1/s and the standard uncertainties of the rates.

    Returns
    -------
    value, uncertainty : dict of str to float
        Standard uncertainties follow from those of the rates, or from the misfit if that is larger.

    Raises
    ------
    ValueError
        For fewer than 2 wave numbers.
    """
    different = len(np.unique(np.round(q / q.max(initial=1.0), 9)))
    if different < 2:
        raise ValueError(f"no fit: it needs 2 gratings of q times mean free path up to {DIFFUSIVE}, found {different}")
    terms = TERMS[:different]
    scale = q.max() ** 2
    sigma = np.maximum(error, 1e-9 * np.abs(rate).max())
    design = np.vander(q**2 / scale, len(terms), increasing=True) / sigma[:, None]
    found, *_ = np.linalg.lstsq(design, rate / sigma, rcond=None)
    free = len(q) - len(terms)
    misfit = np.sum((design @ found - rate / sigma) ** 2) / free if free else 0.0
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * max(1.0, misfit))
    units = scale ** -np.arange(len(terms), dtype=float)
    value, uncertainty = (dict(zip(terms, (part * units).tolist(), strict=True)) for part in (found, errors))
    return value, uncertainty


def _rates(operators, polarization, q, v_F):
    """Exact rates in 1/s, nan where no discrete mode exists."""
    found = [relaxation_rate(operators, one, polarization) if one > 0 else None for one in q]
    return np.array([np.nan if rate is None else v_F * rate for rate in found])


def _slow(operators, polarization, v_F):
    """1/τ_s and D of the exact slow mode."""
    if polarization == "charge":
        return _closure(operators, polarization, v_F)  # the closure is exact for charge
    mode = slow_mode(operators)
    if mode is None:
        return {"rate": np.nan, "D": np.nan}
    return {"rate": v_F * mode.rate, "D": v_F * getattr(mode, f"D_{polarization}")}


def _closure(operators, polarization, v_F):
    """1/τ_s and D of the two-moment closure."""
    found = p1(operators)
    if polarization == "charge":
        return {"rate": 0.0, "D": v_F * found["D_c"]}
    return {"rate": v_F * found["rate_s"], "D": v_F * found[f"D_{polarization}"]}
