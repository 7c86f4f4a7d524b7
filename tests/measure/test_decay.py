"""Measures of transient runs: slow rates from curves with several rates, arrival of a signal."""

import math

import numpy as np
import pytest
from transient_cases import LEFT_ON, grating
from valve import changed

from boltzsim.case.case import Case
from boltzsim.limits.grating import decay_curve
from boltzsim.limits.modes import relaxation_rate, slow_mode
from boltzsim.material.superoperators import impurity_operators
from boltzsim.measure import decay
from boltzsim.measure.decay import exponentials, fit_decay
from boltzsim.measure.transient import evaluate
from boltzsim.result import EXTRA_UNITS, History
from boltzsim.text.results import measure_rows

SP = ("s1/2", "p1/2", "p3/2")
KONDO, STRONG, WEAK = (0.1, math.pi / 2, 0.05), (0.4, 1.1, -0.3), (1.2, 0.2, 0.0)


def s_and_p(eta, alpha=0.01):
    return impurity_operators(dict(zip(SP, eta, strict=True)), alpha)


def adaptive(end, first=0.02, growth=1.2, last=60):
    """Times of steps that grow from a small one, as error control leaves them."""
    times, step = [0.0], first
    while times[-1] < end:
        times.append(min(times[-1] + step, end))
        step = min(growth * step, end / last)
    return np.array(times)


def noisy(curve, size, seed=0):
    return curve * (1 + size * np.random.default_rng(seed).standard_normal(len(curve)))


def history(time, observed=None, voltage=None, voltage_reversed=None):
    n, contacts = len(time), 3
    voltage = np.zeros((n, contacts)) if voltage is None else voltage
    return History(
        time=time,
        current=np.zeros((n, contacts)),
        voltage=voltage,
        spin_current=np.zeros((n, contacts, 3)),
        voltage_reversed=voltage_reversed or {},
        observed=observed or {},
        charge_balance=np.zeros(n),
        frame_time=np.zeros(0),
        frames={},
        complete=True,
    )


@pytest.mark.parametrize("size", [0.0, 1e-5])
@pytest.mark.parametrize("eta", [KONDO, STRONG, WEAK])
def test_slow_rates_of_gratings_are_the_exact_ones(eta, size):
    """All modes and the continuum are in the curves; eight lifetimes of the slow mode on uneven times."""
    operators = s_and_p(eta)
    for q, polarization in ((0.05, "L"), (0.3, "L"), (0.3, "T")):
        rate = relaxation_rate(operators, q, polarization)
        times = adaptive(8 / rate)
        found = fit_decay(times, noisy(decay_curve(operators, q, polarization, times), size))
        assert found.rate == pytest.approx(rate, rel=1e-4)
        assert abs(found.rate - rate) < 20 * found.rate_error + 1e-9 * rate


def test_both_rates_and_the_weight_at_the_kondo_point():
    operators = s_and_p(KONDO, 0.0)
    slow, times = slow_mode(operators), adaptive(250.0)
    found = fit_decay(times, noisy(decay_curve(operators, 0.0, "L", times), 1e-5))
    exact = decay_curve(operators, 0.0, "L", [0.5, 1.0]) - slow.weight * np.exp(-slow.rate * np.array([0.5, 1.0]))
    assert found.rate == pytest.approx(slow.rate, rel=1e-4)
    assert found.rate_fast == pytest.approx(2 * math.log(exact[0] / exact[1]), rel=1e-3)
    assert found.weight_slow == pytest.approx(slow.weight, rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_two_exponentials_of_opposite_signs_are_found_in_every_window(seed, monkeypatch):
    """The later a window begins the narrower is the valley of their misfit, which earlier windows lead into."""
    rng, misfits = np.random.default_rng(seed), []
    slow, times = rng.uniform(1, 4), np.linspace(0, 1, 200)
    curve = np.exp(-slow * times) - rng.uniform(0.2, 0.9) * np.exp(-slow * rng.uniform(1.5, 3) * times)

    def recorded(*arguments):
        found = exponentials(*arguments)
        misfits.append(found.misfit)
        return found

    monkeypatch.setattr(decay, "exponentials", recorded)
    fit_decay(times, noisy(curve, 1e-8, seed))
    assert np.max(misfits[1:32:2]) < 3e-8 < np.min(misfits[0:32:2])


@pytest.mark.parametrize("size", [0.0, 1e-10, 1e-5, 1e-3])
def test_pure_exponentials_have_one_rate(size):
    times = adaptive(5.0)
    found = fit_decay(times, -2e-3 * noisy(np.exp(-1.3 * times), size))
    assert found.rate == pytest.approx(1.3, rel=max(size, 1e-9))
    assert math.isnan(found.rate_fast) or size > 1e-4
    assert found.weight_slow == pytest.approx(1, abs=max(3 * size, 1e-9))
    assert found.misfit == pytest.approx(size, rel=0.5, abs=1e-12)


def test_uncertainties_are_those_of_the_noise():
    """Of many records with random errors the rates scatter by what each says of itself, within a factor 2."""
    times = np.linspace(0, 3, 61)
    found = [fit_decay(times, noisy(np.exp(-times), 1e-3, seed), search=False) for seed in range(20)]
    scatter, said = np.std([one.rate for one in found]), np.median([one.rate_error for one in found])
    assert 0.5 < said / scatter < 2


def test_samples_weigh_as_much_as_the_time_they_stand_for():
    """A burst of samples of another rate early on, as small steps leave it, counts little beside the rest."""
    times = np.concatenate([np.linspace(0, 0.01, 200), np.linspace(0.05, 4, 80)])
    rate = np.where(times <= 0.01, 1.1, 1.0)
    found = fit_decay(times, np.exp(-rate * times), search=False)
    assert found.rate == pytest.approx(1.0, abs=1e-4)


def test_a_signal_that_stays_has_rate_zero():
    assert fit_decay(np.linspace(0, 2, 50), np.full(50, 3.0)).rate == pytest.approx(0, abs=1e-10)
    growing = fit_decay(np.linspace(0, 2, 50), np.exp(np.linspace(0, 1, 50)))
    assert growing.rate == pytest.approx(-0.5, rel=1e-6)


def test_an_oscillation_has_no_sure_rate():
    """A ballistic grating rings: two complex modes are no two exponentials, and the error says so."""
    times = np.linspace(0, 10, 400)
    found = fit_decay(times, np.exp(-times) * np.cos(3 * times))
    assert found.rate_error > 0.1 * abs(found.rate) and found.misfit > 0.1


def test_signals_without_a_decay_are_refused():
    with pytest.raises(ValueError, match="vanishes"):
        fit_decay(np.linspace(0, 2, 50), np.zeros(50))
    with pytest.raises(ValueError, match="at least 6 samples"):
        fit_decay(np.linspace(0, 2, 5), np.ones(5))


def test_decay_measures_fit_the_component_from_the_time_asked_for():
    case, times = grating(), adaptive(20e-12, 1e-14)
    signal = np.zeros((len(times), 4))
    signal[:, 3] = np.where(times < 0.9e-12, 1.0, np.exp(-4e11 * times))
    found = evaluate(case.measure[0], history(times, {"grating": signal}), (), case)
    assert (found.kind, found.unit) == ("decay", "1/s")
    assert found.value == pytest.approx(4e11, rel=1e-8)
    assert found.entry == {"kind": "decay", "signal": "grating", "component": "z", "from": 1e-12}
    assert set(found.extra) == {"rate_error", "rate_fast", "weight_slow", "misfit"}
    empty = evaluate(case.measure[0], history(times, {"grating": 0 * signal}), (), case)
    assert math.isnan(empty.value) and set(empty.extra) == set(found.extra)


def test_arrival_is_the_vertex_of_the_largest_signal():
    case, names = Case(**changed(LEFT_ON)), ("injector", "left", "right")
    times = np.array([0, 0.5, 0.9, 2.0, 2.3]) * 1e-12
    voltage = np.zeros((5, 3))
    voltage[:, 2] = 1e18 * (times - 1.3e-12) ** 2 - 2e-6
    found = evaluate(case.measure[0], history(times, voltage=voltage), names, case)
    assert (found.kind, found.unit, found.entry) == ("arrival", "s", {"kind": "arrival", "signal": "right"})
    assert found.value == pytest.approx(1.3e-12, rel=1e-12)
    assert found.extra == {"height": pytest.approx(-2e-6, rel=1e-12), "at_least": pytest.approx(np.nan, nan_ok=True)}


def test_a_signal_that_still_rises_at_the_end_has_not_arrived():
    case, times = Case(**changed(LEFT_ON)), np.linspace(0, 1e-12, 9)
    voltage = np.zeros((9, 3))
    voltage[:, 2] = 1e18 * times**2
    found = evaluate(case.measure[0], history(times, voltage=voltage), ("injector", "left", "right"), case)
    assert math.isnan(found.value) and found.extra == pytest.approx({"height": 1e-6, "at_least": 1e-12})
    (row,) = measure_rows([found], EXTRA_UNITS)
    assert row[2:] == ["not known", "height 1 µV, at_least 1 ps"]


def test_a_contact_that_detects_spin_signals_the_change_on_turning_it():
    magnetic = {"contact.2.transmission": 0.1, "contact.2.polarization": 0.3, "contact.2.direction": [1, 0, 0]}
    case = Case(**changed(LEFT_ON | magnetic | {"contact.2.detect_spin": True}))
    times = np.linspace(0, 4e-12, 401)
    pulse = 1e-9 * np.exp(-(((times - 1.5e-12) / 0.3e-12) ** 2))
    voltage = np.zeros((401, 3))
    voltage[:, 2] = 1e-6 * np.exp(-times / 1e-12)  # the charge part, equal in both states
    reverse = voltage.copy()
    voltage[:, 2] += pulse / 2
    reverse[:, 2] -= pulse / 2
    record = history(times, voltage=voltage, voltage_reversed={"right": reverse})
    found = evaluate(case.measure[0], record, ("injector", "left", "right"), case)
    assert found.value == pytest.approx(1.5e-12, rel=1e-4)
    assert found.extra["height"] == pytest.approx(1e-9, rel=1e-4)


def test_a_signal_that_never_comes_has_no_arrival():
    case = Case(**changed(LEFT_ON))
    found = evaluate(case.measure[0], history(np.linspace(0, 1, 9)), ("injector", "left", "right"), case)
    assert math.isnan(found.value) and math.isnan(found.extra["height"])
