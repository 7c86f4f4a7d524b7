"""Screened moments: Anderson's orbital, the mean field of the Kondo problem, thermal averages over its resonance."""

import numpy as np
import pytest
from scipy.optimize import brentq

from boltzsim import CaseError, Material
from boltzsim.limits import screening
from boltzsim.material.anderson import AndersonImpurity
from boltzsim.material.kondo import (
    KondoResonance,
    coupling_of,
    free_energy,
    kondo_resonance,
    resonance_at,
    shift_of_band,
    wilson_ratio,
)
from boltzsim.material.thermal import average, means


@pytest.mark.parametrize(("occupation", "degeneracy"), [(1, 2), (1, 4), (1, 6), (3, 8)])
def test_exact_mean_field_is_an_extremum_of_the_free_energy(occupation, degeneracy):
    """S153 and S157 by differences; the phase shift at the bottom of the band, which S153 drops, is counted here."""
    g, fermi, q, h = 0.3, 1.0, occupation / degeneracy, 1e-5
    found = kondo_resonance(g, fermi, occupation, degeneracy, weak=False)
    z, full = complex(found.level, found.width), found.temperature
    assert np.log(full / abs(z + fermi)) == pytest.approx(-1 / g, rel=1e-12)  # S158

    def F(level, width):
        return free_energy(KondoResonance(level, width), g, fermi, q)

    slope = (F(found.level, found.width + h) - F(found.level, found.width - h)) / (2 * h)
    assert slope == pytest.approx(0, abs=1e-8)
    slope = (F(found.level + h, found.width) - F(found.level - h, found.width)) / (2 * h)
    assert slope == pytest.approx(-np.angle(z + fermi) / np.pi, abs=1e-8)
    weak = kondo_resonance(0.1, fermi, occupation, degeneracy)
    assert kondo_resonance(0.1, fermi, occupation, degeneracy, weak=False).temperature == pytest.approx(
        weak.temperature, rel=1e-4
    )
    binding = -weak.temperature * np.sin(np.pi * q) / np.pi
    assert free_energy(weak, 0.1, fermi, q) == pytest.approx(binding, rel=1e-3)
    assert coupling_of(weak.temperature, fermi) == pytest.approx(0.1)


def test_fumi_and_friedel_against_the_levels_of_a_large_box():
    """A level in a band of 1201 states in [-1, 1]: what diagonalisation says of the energy and of the occupation."""
    states, level, width = 1201, 0.004, 0.01
    band = np.linspace(-1, 1, states)
    hopping = np.sqrt(width / np.pi * (band[1] - band[0]))
    H = np.diag(np.r_[level, band])
    H[0, 1:] = H[1:, 0] = hopping
    energies, vectors = np.linalg.eigh(H)
    filled = energies < 0
    occupation = (vectors[0, filled] ** 2).sum()
    found = KondoResonance(level, width)
    edge = (found.phase_shift(-1.0) + np.pi - found.phase_shift(1.0)) / np.pi  # the band is not wide beyond its edges
    assert occupation == pytest.approx(found.phase_shift() / np.pi, abs=edge)
    shift = energies[filled].sum() - band[band < 0].sum()
    # the resonant level itself is one of the filled states; a band of finite width adds a self-energy at its edges
    assert shift == pytest.approx(shift_of_band(found, 1.0), rel=0.02)
    other = KondoResonance(level, 2 * width)
    H[0, 1:] = H[1:, 0] = np.sqrt(2) * hopping
    wider = np.linalg.eigvalsh(H)
    change = wider[wider < 0].sum() - energies[filled].sum()
    assert change == pytest.approx(shift_of_band(other, 1.0) - shift_of_band(found, 1.0), rel=0.03)


def test_anderson_orbital_makes_the_exchange_of_the_paper():
    doublet = AndersonImpurity(-1.0, 3.0, 0.1)
    assert doublet.coupling == pytest.approx(2 * 0.1 / np.pi * (1 / 2 + 1))  # S129
    assert doublet.potential == pytest.approx(-0.1 / np.pi / 2)  # S130
    assert doublet.spinless_potential == pytest.approx(-0.1 / np.pi / 2 * (1 / 2 - 1))  # S136
    assert AndersonImpurity(-1.0, 2.0, 0.1).spinless_potential == pytest.approx(0, abs=1e-15)
    assert wilson_ratio(2) == 2
    assert wilson_ratio(4) == pytest.approx(4 / 3)


def test_local_moment_appears_where_anderson_says():
    """At the symmetric point n = ½ and the moment appears at U = πΔ."""
    assert AndersonImpurity(-1.0, 2.0, 2 / np.pi).stoner == pytest.approx(1)
    up, down = AndersonImpurity(-1.0, 2.0, 0.97 * 2 / np.pi).occupations
    assert up - down > 0.1
    assert up + down == pytest.approx(1)
    up, down = AndersonImpurity(-1.0, 2.0, 1.03 * 2 / np.pi).occupations
    assert up - down < 1e-6
    one, others = AndersonImpurity(-1.0, 4.0, 0.05, 4).occupations
    assert one > 0.95
    assert others < 0.02


@pytest.mark.parametrize(
    ("kondo", "message"),
    [
        ({"channel": "p1/2"}, r"impurity\[0\].kondo.T_K is missing"),
        ({"channel": "p1/2", "T_K": "1 K", "coupling": 0.1}, "each fix the Kondo temperature"),
        ({"channel": "p1/2", "T_K": "2e5 K"}, "is not below the Fermi temperature"),
        ({"channel": "p1/2", "T_K": "-1 K"}, "must be greater than 0"),
        ({"channel": "p1/2", "T_K": "1 K", "occupation": 2}, "fills the 2 states"),
        ({"channel": "p5/2", "T_K": "1 K"}, "choose one of s1/2"),
        ({"channel": "p1/2", "level": "-1 eV", "repulsion": "3 eV"}, "width is missing beside level and repulsion"),
        ({"channel": "p1/2", "level": "-1 eV", "repulsion": "2 eV", "width": "1 eV"}, "no local moment"),
        ({"channel": "p1/2", "level": "1 eV", "repulsion": "2 eV", "width": "0.1 eV"}, "below the Fermi energy"),
        ({"channel": "p1/2", "level": "-3 eV", "repulsion": "2 eV", "width": "0.1 eV"}, "above the Fermi energy"),
        ({"channel": "s1/2", "T_K": "1 K"}, 'channels has "s1/2", whose phase shift follows from kondo'),
        ({"channel": "p1/2", "coupling": 0.01}, "never screened"),
    ],
)
def test_one_message_for_each_mistake(kondo, message):
    with pytest.raises(CaseError, match=message) as caught:
        Material(k_F=1.36e10, impurity=[{"concentration": 0.01, "channels": {"s1/2": 0.1}, "kondo": kondo}])
    assert len(caught.value.problems) == 1


def test_screened_channel_has_friedels_phase_shift():
    for name, phase in (("p1/2", np.pi / 2), ("p3/2", np.pi / 4), ("f7/2", np.pi / 8)):
        metal = Material(k_F=1.36e10, impurity=[{"concentration": 0.01, "kondo": {"channel": name, "T_K": "1 K"}}])
        assert metal.impurity[0].channels == {name: pytest.approx(phase)}
    same = {"level": "-1 eV", "repulsion": "3 eV", "width": "0.15 eV"}
    metal = Material(k_F=1.36e10, impurity=[{"concentration": 0.01, "kondo": {"channel": "p1/2", **same}}])
    found = screening.chain(metal.impurity[0].kondo, 7.05 * 1.602176634e-19)
    assert found["T_K"] == pytest.approx(7.05 / 8.617333262e-5 * np.exp(-1 / found["coupling"]), rel=1e-8)
    assert found["binding_energy"] == pytest.approx(2 / np.pi * found["width"], rel=1e-4)


def test_dilute_impurities_in_a_host_that_dominates():
    """The thermal average of sin²η with half-heights matched; 0.838, 0.223, 0.075 are known from direct quadrature."""
    found = resonance_at(1.0)
    half = screening.half_temperature(found)
    assert screening.resistivity(found, half * np.array([0.3, 3, 10])) == pytest.approx([0.838, 0.223, 0.075], abs=6e-4)
    assert screening.empirical_resistivity([0.3, 3, 10]) == pytest.approx([0.785, 0.311, 0.183], abs=6e-4)


@pytest.mark.parametrize("T", [0.1, 1.0, 7.0])
def test_impurities_alone_conduct_as_the_mean_of_their_conductivities(T):
    found = resonance_at(1.0)
    mean = average(lambda e: 1 / np.sin(found.phase_shift(e)) ** 2, T, [found])
    assert mean == pytest.approx(1 + np.pi**2 / 3 * T**2, rel=1e-6)


def test_low_temperatures_obey_sommerfeld():
    found, T = resonance_at(1.0, 1, 4), 0.02

    def scattering(energy):
        return np.sin(found.phase_shift(energy)) ** 2

    curvature = (scattering(0.01) - 2 * scattering(0) + scattering(-0.01)) / 1e-4
    change = average(scattering, T, [found], 1e-11) - scattering(0)
    assert change == pytest.approx(np.pi**2 / 6 * T**2 * curvature, rel=0.01)


@pytest.mark.parametrize("T", [0.01, 0.3, 3.0, 100.0])
@pytest.mark.parametrize("q", [(1, 2), (1, 4)])
def test_energies_converge_exponentially(T, q):
    """The number of right digits doubles from level to level, however narrow the resonance is."""
    found = resonance_at(1.0, *q)

    def conductivity(energy):
        return 1 / (0.5 + np.sin(found.phase_shift(energy)) ** 2)

    exact = average(conductivity, T, [found], 1e-12)
    errors, counts = [], []
    for mean, count in means(lambda energies: map(conductivity, energies), T, [found], 1e-9, 200):
        errors.append(abs(mean / exact - 1))
        counts.append(count)
    assert errors[1] < 5e-3
    assert errors[2] < 5e-6
    assert errors[3] < 1e-10
    assert counts[1] <= 25


def test_zero_temperature_and_no_resonance_need_one_energy():
    assert average(lambda e: 3.0 + e, 0.0, [resonance_at(1.0)]) == 3.0
    assert average(lambda e: 3.0, 1.0, []) == 3.0
    with pytest.raises(ArithmeticError, match="still moves"):
        average(lambda e: 1 / abs(e - 0.3) if e != 0.3 else 0.0, 1.0, [resonance_at(1.0)], 1e-12)


def test_half_temperature_of_the_doublet():
    found = resonance_at(2.0)
    half = brentq(lambda T: screening.resistivity(found, T) - 0.5, 0.5, 5)
    assert screening.half_temperature(found) == pytest.approx(half)
    assert half / 2 == pytest.approx(0.98888, abs=1e-4)
