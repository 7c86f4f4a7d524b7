"""Published numbers to which nothing was fitted, from the operators alone: no device is solved.

Every check carries its source and its inputs. Spin-orbit coupling λ L·S splits a d resonance of half-width Δ: with
cot η = (E_d - E_F)/Δ, the cotangent rises by λ/Δ for d5/2 and falls by 3λ/2Δ for d3/2.
"""

import math
from types import SimpleNamespace

import numpy as np
from scipy.constants import e, hbar
from scipy.optimize import brentq

from boltzsim.limits.diffusion import OFF_SHELL, conductivities, p1
from boltzsim.limits.modes import decay_mode
from boltzsim.material.superoperators import impurity_operators, operators
from boltzsim.validate.record import Family

FRIEDEL = "J. Friedel, Nuovo Cimento Suppl. 7, 287 (1958)"
FERT = "A. Fert and P. M. Levy, Phys. Rev. Lett. 106, 157208 (2011)"
NIIMI = "Y. Niimi et al., Phys. Rev. Lett. 106, 126601 (2011)"
FOWLER = "Q. Fowler et al., J. Magn. Magn. Mater. (2009), arXiv:0809.2250"
COPPER, SILVER = 1.36e10, 1.20e10  # Fermi wave numbers of free electrons at a density of one per atom, 1/m
#: Doublets 4p of Ge⁺ and 5p of Sn⁺ in 1/cm (NIST Atomic Spectra Database): how tightly spin and orbit are tied.
FINE_STRUCTURE = {"Ge": 1767.4, "Sn": 4251.5}


def validate(quick):
    """Compare with published values; `quick` changes nothing."""
    family = Family("published numbers")
    _friedel(family)
    _fert(family)
    _valence(family)
    _lengths(family)
    _iridium(family)
    return family


def _friedel(family):
    """Momentum relaxation without spin-orbit scattering: Σ l sin²(η_{l-1} - η_l), exactly."""
    random = np.random.default_rng(1958)
    for number, highest in enumerate((1, 1, 2, 2, 2)):
        eta = random.uniform(-1.5, 1.5, highest + 1)
        channels = {f"{'spdf'[l]}{2 * l + s}/2": eta[l] for l in range(highest + 1) for s in (-1, 1) if 2 * l + s > 0}
        differences = np.sin(eta - np.append(eta[1:], 0.0)) ** 2
        family.relative(
            f"Friedel resistivity, random phase shifts {number + 1}",
            p1(impurity_operators(channels, 0.0))["rate_tr"],
            np.arange(1, highest + 2) @ differences,
            1e-12,
            source=FRIEDEL,
            inputs=f"phase shifts of s to {'spdf'[highest]}, " + ", ".join(f"{one:.3f}" for one in eta),
        )


def _fert(family):
    """Skew scattering of a split d resonance on a weak p wave: |θ| = 3/5 λ/Δ |sin η_p sin(2η_d - η_p)|."""
    splitting, weak = 1e-5, 1e-5
    for eta in (*np.linspace(0.4, 1.4, 6), *np.linspace(1.75, 2.75, 6)):
        found = p1(impurity_operators(split(weak, eta, splitting), 0.0))
        angle = found["D_theta_sH"] / (found["D_c"] * math.sin(weak) * math.sin(2 * eta - weak))
        family.relative(
            f"Fert's skew scattering, |θ| Δ/λ, η_d = {eta:.2f}",
            abs(angle) / splitting,
            3 / 5,
            1e-4,
            source=FERT,
            inputs=f"η_p = {weak}, λ/Δ = {splitting}, so that the resistivity is 5 sin² η_d; no side jump",
        )


def _valence(family):
    """Nickel has one electron less than copper: 10 η_d/π = -1, all of it in d channels."""
    channels = dict.fromkeys(("d3/2", "d5/2"), -math.pi / 10)
    found = 1e8 / conductivities(_metal(COPPER, channels, 0.01), side_jump=False)["sigma_c"]
    family.factor(
        "resistivity of Cu(Ni) in µΩ cm per at.%",
        found,
        1.25,
        1.5,
        source="handbook value, after J. O. Linde, Ann. Phys. 407, 219 (1932)",
        inputs="valence difference -1 in d channels (Friedel's sum rule), η_d = -π/10, k_F = 13.6/nm, x = 0.01",
    )


def _lengths(family):
    """Spin diffusion lengths of alloys with three electrons more than the host, in s and p channels.

    Resistivity and Friedel's sum rule give the mean phase shifts of s and p. What splits p1/2 and p3/2 is measured by
    no resistivity: for germanium it comes from the width of spin resonances, for tin from germanium by the ratio of the
    fine structures of the free ions, as if the p electron were as near to either nucleus.
    """
    length, more = 121e-9, FINE_STRUCTURE["Sn"] / FINE_STRUCTURE["Ge"]
    copper, silver = (COPPER, 0.021, 3.79e-8), (SILVER, 0.036, 4.36e-8)
    low, splitting, high = (_splitting(copper, length + change) for change in (10e-9, 0.0, -10e-9))
    wide = [f"{1e9 * _length(copper, one):.0f} nm" for one in (high, low)]
    family.relative(
        "spin diffusion length of Cu(2.1 % Ge) in nm",
        1e9 * _length(copper, splitting),
        117.0,
        0.3,
        source=f"{FOWLER}: 117 +10/-6 nm, from magnetoresistance",
        inputs="valence difference 3 and 3.79 µΩ cm/at.% (Linde) for the mean shifts of s and p; a p splitting of "
        f"{splitting:.4f} by the closure P1 from the spin-orbit cross-section in spin resonance (there, 121 ± 10 nm); "
        f"its error makes this {wide[0]} to {wide[1]}",
    )
    wide = [f"{1e9 * _length(silver, more * one):.0f} nm" for one in (1.3 * splitting, splitting / 1.3)]
    family.relative(
        "spin diffusion length of Ag(3.6 % Sn) in nm",
        1e9 * _length(silver, more * splitting),
        39.0,
        0.3,
        source=f"{FOWLER}: 39 ± 3 nm, from magnetoresistance",
        inputs="valence difference 3 and 4.36 µΩ cm/at.% (Linde) for the mean shifts of s and p; the p splitting is "
        f"assumed, that of Ge in Cu times {more:.2f}, the ratio of the fine structures of Sn⁺ and Ge⁺; 30 % more or "
        f"less of it make this {wide[0]} to {wide[1]}",
    )


def mean_shifts(k_F, resistivity):
    """Phase shifts of s and p by η_s + 3 η_p = 3π/2, three electrons, and sin²(η_s - η_p) + 2 sin² η_p.

    That sum is the resistivity in Ω m per at.% over 0.01 × 4πħ/(e² k_F). The p shift is that of about one electron.
    """
    size = resistivity * e**2 * k_F / (0.04 * math.pi * hbar)
    p = brentq(lambda p: math.cos(4 * p) ** 2 + 2 * math.sin(p) ** 2 - size, math.pi / 8, math.pi / 4)
    return 3 * math.pi / 2 - 3 * p, p


def _divided(alloy, splitting):
    """Operators in 1/m of an alloy, (k_F, concentration, resistivity per at.%), whose p shifts are apart."""
    k_F, concentration, resistivity = alloy
    s, p = mean_shifts(k_F, resistivity)
    channels = {"s1/2": s, "p1/2": p + 2 * splitting / 3, "p3/2": p - splitting / 3}
    return operators(_metal(k_F, channels, concentration), side_jump=False)


def _length(alloy, splitting):
    """Exact decay length in m of spins in the plane of a film, across their way."""
    return decay_mode(_divided(alloy, splitting), "T").length


def _splitting(alloy, length):
    """Splitting of the p shifts for a length √(D τ_s) in m of the two-moment closure."""

    def excess(splitting):
        found = p1(_divided(alloy, splitting))
        return math.sqrt(found["D_c"] / found["rate_s"]) / length - 1

    return brentq(excess, 1e-3, 0.5)


def _iridium(family):
    """The measured spin Hall angle of Cu(Ir) is the same from 1 to 12 %, and so is that of skew scattering alone."""
    inputs = (
        "valence difference -2 in d channels, η_d = -π/5; η_p = 0.1 and λ/Δ = 0.5 are assumed, no measured values, "
        "so that only the dependence on concentration is compared"
    )
    channels = split(0.1, -math.pi / 5, 0.5)
    for side_jump in (False, True):
        first, last = (_angle(channels, x, side_jump) for x in (0.01, 0.12))
        family.relative(
            f"spin Hall angle of Cu(Ir), 12 % over 1 %, {'with' if side_jump else 'without'} side jump of d channels",
            last / first,
            1.0,
            0.6 / 2.1,
            source=f"{NIIMI}: 2.1 ± 0.6 % at all concentrations from 1 to 12 %",
            inputs=inputs,
            limit=f"The angle changes its sign, the measured one does not. {OFF_SHELL}" if side_jump else "",
        )


def split(p, d, splitting):
    """Phase shifts of p and d channels, the d resonance split by λ/Δ = `splitting` about the phase shift `d`."""
    sign = math.copysign(1.0, math.sin(d))
    shifts = {"d3/2": -1.5 * splitting, "d5/2": splitting}
    resonance = {name: math.atan2(sign, sign * (1 / math.tan(d) + shift)) for name, shift in shifts.items()}
    return {"p1/2": p, "p3/2": p} | resonance


def _angle(channels, concentration, side_jump):
    found = conductivities(_metal(COPPER, channels, concentration), side_jump)
    return found["sigma_sH"] / found["sigma_c"]


def _metal(k_F, channels, concentration):
    """A metal with one impurity, as `boltzsim.material.alloy` describes a material."""
    impurity = SimpleNamespace(name="impurity", concentration=concentration, channels=channels)
    background = SimpleNamespace(tau_p=math.inf, tau_sf=math.inf, tau_ex=math.inf)
    return SimpleNamespace(k_F=k_F, mass=1.0, impurity=[impurity], background=background)
