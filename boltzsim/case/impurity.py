"""Tables of impurities: phase shifts, and moments that are screened below a Kondo temperature or what fixes it.

kondo = { channel = "p1/2", T_K = "1 K" }
kondo = { channel = "p1/2", coupling = 0.12 }                                       # J N_F
kondo = { channel = "f5/2", level = "-2 eV", repulsion = "6 eV", width = "0.15 eV" }
kondo = { channel = "p1/2", T_K = "1 K", inelastic = true }
"""

import math
from functools import cached_property

from pydantic import Field, model_validator
from scipy.constants import Boltzmann, elementary_charge

from boltzsim.case.fields import (
    ChannelName,
    Energy,
    Flag,
    Fraction,
    PhaseShift,
    Positive,
    PositiveEnergy,
    PositiveTemperature,
    Share,
    SpinKept,
    Table,
    Text,
)
from boltzsim.case.profile import Profile
from boltzsim.material.anderson import AndersonImpurity
from boltzsim.material.inelastic import Scattered, scattered
from boltzsim.material.kondo import KondoResonance, friedel_phase, kondo_resonance, resonance_at
from boltzsim.material.scattering import channel

_COLDEST = 1e-9  # K; no metal has been cooler, and phase shifts would vary over energies below rounding
_ANDERSON = ("level", "repulsion", "width")


class Kondo(Table):
    """A channel whose impurity multiplet has a moment that the conduction electrons screen."""

    channel: ChannelName = Field(
        description="the channel of the multiplet, which holds 2j + 1 states", examples=['channel = "p1/2"']
    )
    T_K: PositiveTemperature | None = Field(None, description="Kondo temperature; or give coupling, or level")
    coupling: Positive | None = Field(None, description="exchange J N_F, N_F per spin; k_B T_K = ε_F exp(-1/J N_F)")
    level: Energy | None = Field(None, description="energy of the orbital from the Fermi energy, below it: negative")
    repulsion: PositiveEnergy | None = Field(None, description="cost of a second electron in the orbital")
    width: PositiveEnergy | None = Field(None, description="π N_F |V|², half the width at which the orbital decays")
    occupation: Positive = Field(1.0, description="electrons in the multiplet, fewer than its states")
    inelastic: Flag = Field(
        False,
        description="scattering of a spin ½ at any T and energy, inelastic events included, in place of the mean "
        "field; for one electron in a channel of two states",
    )
    spin_kept: SpinKept | None = Field(
        None, description="part of the spin that inelastic events return; by default 1 - (4/3) 4Tχ"
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Kondo":
        anderson = [key for key in _ANDERSON if getattr(self, key) is not None]
        ways = [key for key in ("T_K", "coupling") if getattr(self, key) is not None]
        ways += [", ".join(anderson)] if anderson else []
        if not ways:
            raise ValueError('T_K is missing; give T_K = "1 K", or coupling, or level, repulsion and width')
        if len(ways) > 1:
            raise ValueError(f"{' and '.join(ways)} each fix the Kondo temperature; keep one of them")
        if anderson and len(anderson) < 3:
            missing = next(key for key in _ANDERSON if key not in anderson)
            raise ValueError(f"{missing} is missing beside {' and '.join(anderson)}; give level, repulsion and width")
        if self.occupation >= self.degeneracy:
            raise ValueError(
                f"occupation = {self.occupation:g} fills the {self.degeneracy} states of {self.channel} or more; "
                f"allowed: above 0 and below {self.degeneracy}"
            )
        if self.inelastic and (self.degeneracy, self.occupation) != (2, 1):
            raise ValueError(
                f"inelastic = true is for one electron in a channel with j = 1/2, not for {self.occupation:g} in "
                f"{self.channel}; choose s1/2 or p1/2 with occupation = 1, or remove inelastic"
            )
        if self.spin_kept is not None and not self.inelastic:
            raise ValueError("spin_kept is a property of inelastic events; set inelastic = true, or remove spin_kept")
        if self.anderson is not None:
            if self.occupation != 1:
                raise ValueError(
                    f"occupation = {self.occupation:g} does not go with level, repulsion and width, whose exchange is "
                    f"that of one electron; give T_K or coupling instead"
                )
            self.anderson.require_moment()
        return self

    @property
    def degeneracy(self) -> int:
        """N = 2j + 1 states of the multiplet."""
        return channel(self.channel)[1] + 1

    @property
    def phase(self) -> float:
        """Phase shift at the Fermi energy by Friedel's sum rule, π⟨n⟩/N."""
        return friedel_phase(self.occupation, self.degeneracy)

    @property
    def anderson(self) -> AndersonImpurity | None:
        """The impurity orbital, energies in J, if its parameters are given."""
        if self.level is None or self.repulsion is None or self.width is None:
            return None
        return AndersonImpurity(self.level, self.repulsion, self.width, self.degeneracy)

    def resonance(self, fermi_energy: float) -> KondoResonance:
        """The resonance in a metal, energies in J."""
        if self.T_K is not None:
            return resonance_at(Boltzmann * self.T_K, self.occupation, self.degeneracy)
        coupling = self.coupling if self.anderson is None else self.anderson.coupling
        assert coupling is not None
        return kondo_resonance(coupling, fermi_energy, self.occupation, self.degeneracy)

    def scattered(self, energy: float, temperature: float, fermi_energy: float) -> Scattered:
        """What the channel does to electrons of an energy from ε_F at k_B T, all in J.

        Raises
        ------
        ValueError
            With inelastic events, for temperatures above those of their table.
        """
        resonance = self.resonance(fermi_energy)
        if not self.inelastic:
            return Scattered(resonance.phase_shift(energy), 1.0, 1.0)
        found = scattered(energy / resonance.temperature, temperature / resonance.temperature)
        return found if self.spin_kept is None else found._replace(spin_kept=self.spin_kept)

    def require_below(self, fermi_energy: float, path: str) -> None:
        """Refuse a Kondo temperature that is not below the Fermi temperature of the metal, or that nobody can reach.

        Raises
        ------
        ValueError
            With `path` before the key.
        """
        size = self.resonance(fermi_energy).temperature
        if size >= fermi_energy:
            raise ValueError(
                f"{path}.T_K = '{size / Boltzmann:.4g} K' is not below the Fermi temperature "
                f"{fermi_energy / Boltzmann:.4g} K ({fermi_energy / elementary_charge:.3g} eV); lower T_K, or raise k_F"
            )
        if size < Boltzmann * _COLDEST or not math.isfinite(size):
            raise ValueError(
                f"{path} has a Kondo temperature of {size / Boltzmann:.1e} K, below {_COLDEST:g} K: the moment is "
                f"never screened; raise the coupling or the width, or describe free moments by background.tau_ex"
            )


class Inelastic(Table):
    """Events that take electrons of a channel to other energies; its phase shift is half the phase of S."""

    channel: ChannelName = Field(description="the channel, with j = 1/2", examples=['channel = "p1/2"'])
    survival: Fraction = Field(
        description="|S|²: chance of an electron wave to leave with the energy it came with",
        examples=["survival = 0.8"],
    )
    spin_kept: SpinKept = Field(
        1.0, description="part of the spin that the other electrons keep: 1, or down to -1/3 for free moments"
    )

    @model_validator(mode="after")
    def _doublet(self) -> "Inelastic":
        if channel(self.channel)[1] != 1:
            raise ValueError(f"channel = '{self.channel}' has more than two states; choose one of s1/2, p1/2")
        return self


class Impurity(Table):
    """One species of impurity: its concentration and its phase shifts at the Fermi energy."""

    name: Text = Field("impurity", description="name in tables, messages and paths of a series")
    concentration: Share = Field(
        0.0, description="x = n_im / n_c, impurities per carrier; that far from the plane of a concentration_profile"
    )
    concentration_profile: Profile | None = Field(
        None,
        description="a further concentration that varies along an axis, on top of it",
    )
    given_channels: dict[ChannelName, PhaseShift] = Field(
        default_factory=dict,
        alias="channels",
        description="phase shift of each channel at the Fermi energy, in rad where it has no unit; may be left out "
        "beside kondo",
        examples=['channels = { "s1/2" = 0.1, "p1/2" = "90 deg", "p3/2" = 0.05 }'],
    )
    kondo: Kondo | None = Field(None, description="a further channel, on resonance with a screened moment")
    inelastic: Inelastic | None = Field(None, description="inelastic events in one of the channels")

    @model_validator(mode="after")
    def _scatters(self) -> "Impurity":
        if self.concentration_profile is None and "concentration" not in self.model_fields_set:
            raise ValueError("concentration is missing; give for example concentration = 0.02")
        if self.concentration_profile is None and self.concentration == 0:
            raise ValueError("concentration = 0 puts no impurity there; it must lie in (0, 1)")
        if self.kondo is None and "given_channels" not in self.model_fields_set:
            raise ValueError(
                'channels is missing; give for example channels = { "s1/2" = 0.1, "p1/2" = "90 deg", "p3/2" = 0.05 }'
            )
        if self.kondo is not None and self.kondo.channel in self.given_channels:
            raise ValueError(
                f'channels has "{self.kondo.channel}", whose phase shift follows from kondo; remove one of the two'
            )
        if self.inelastic is not None and self.inelastic.channel not in self.given_channels:
            raise ValueError(
                f"inelastic.channel = '{self.inelastic.channel}' is not among channels; give its phase shift there"
            )
        return self

    @cached_property
    def channels(self) -> dict[str, float]:
        """Phase shifts at the Fermi energy, that of a Kondo channel by Friedel's sum rule."""
        found = {str(name): shift for name, shift in self.given_channels.items()}
        return found if self.kondo is None else found | {self.kondo.channel: self.kondo.phase}
