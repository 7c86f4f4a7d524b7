"""The tables of a case file: their keys, defaults and ranges, and the little geometry that follows from them."""

from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from boltzsim.case import words
from boltzsim.case.background import Background
from boltzsim.case.fields import (
    AxisName,
    Azimuthal,
    Count,
    Diffusivity,
    ElectricFields,
    Flag,
    Lifetime,
    MagneticFields,
    OpenFraction,
    Polar,
    Positive,
    PositiveLength,
    Real,
    Resistivity,
    SignedDiffusivity,
    Table,
    Text,
    WallClock,
    WaveNumber,
    written,
)
from boltzsim.case.impurity import Impurity
from boltzsim.material.alloy import fermi_energy
from boltzsim.material.host import host_times


class Diffusion(Table):
    """Effective constants of a metal in the diffusion model; those left out follow from its scatterers."""

    D_c: Diffusivity | None = Field(None, description="diffusion constant of charge")
    D_L: Diffusivity | None = Field(None, description="diffusion constant of spins along the way they diffuse")
    D_T: Diffusivity | None = Field(None, description="diffusion constant of spins across the way they diffuse")
    tau_s: Lifetime | None = Field(None, description="spin relaxation time")
    theta_sH: Real | None = Field(None, description="spin Hall angle σ_sH / σ_c")
    kappa: SignedDiffusivity | None = Field(
        None, description="swapping of spin and flow, κ of Eq. 16, which only boundaries feel"
    )


#: Keys of a metal that count its impurities too.
WHOLE = ("resistivity", "mean_free_path", "spin_diffusion_length")


class Material(Table):
    """A metal with a spherical Fermi surface and its scatterers.

    The host is given by its times or by numbers of the whole metal; `background` has the times in either case.
    """

    k_F: WaveNumber = Field(description="Fermi wave number", examples=['k_F = "13.6 1/nm"'])
    mass: Positive = Field(1.0, description="effective mass / electron mass")
    impurity: tuple[Impurity, ...] = Field((), description="species of impurities")
    resistivity: Resistivity | None = Field(
        None, description="resistivity of the metal with its impurities; instead of mean_free_path or background.tau_p"
    )
    mean_free_path: PositiveLength | None = Field(
        None,
        description="mean free path between any two collisions; instead of resistivity or background.tau_p",
    )
    spin_diffusion_length: PositiveLength | None = Field(
        None,
        description="√(D τ_s) of the metal with its impurities, D its charge diffusion coefficient; instead of "
        "background.tau_sf",
    )
    given_background: Background = Field(
        default_factory=Background, alias="background", description="host scattering given by its times"
    )
    diffusion: Diffusion | None = Field(
        None, description="effective constants for physics.model = 'diffusion', whatever the scatterers say"
    )

    @model_validator(mode="after")
    def _possible(self) -> "Material":
        for i, impurity in enumerate(self.impurity):
            if impurity.kondo is not None:
                impurity.kondo.require_below(fermi_energy(self), f"impurity[{i}].kondo")
        whole = [key for key in WHOLE if getattr(self, key) is not None]
        if whole and self.given_background.varies:
            varying = "phonons" if self.given_background.phonons else "table"
            raise ValueError(
                f"{whole[0]} belongs to one temperature and does not go with background.{varying}; keep one of them"
            )
        if not self.given_background.varies:
            host_times(self, self.given_background)
        return self

    @cached_property
    def background(self) -> Background:
        """Host scattering, from its own times or from what the metal's numbers leave beside the impurities.

        Where it varies with temperature, that at absolute zero; ValueError if its table does not reach there.
        """
        if self.given_background.varies:
            return self.given_background.at(self, 0.0)
        tau_p, tau_sf = host_times(self, self.given_background)
        return Background(tau_p=tau_p, tau_sf=tau_sf, tau_ex=self.given_background.tau_ex)

    def at(self, temperature: float) -> "Material":
        """The metal at a temperature in K, its host by plain times if they vary; its impurities stay as they are.

        Raises
        ------
        ValueError
            If the table of the host does not reach there.
        """
        if not self.given_background.varies:
            return self
        try:
            host = self.given_background.at(self, temperature)
        except ValueError as error:
            raise ValueError(f"background.{error}") from None
        tables = self.model_dump(exclude_none=True, by_alias=True)
        return Material(**tables | {"background": host.model_dump(exclude_none=True)})

    def __repr__(self) -> str:
        return words.material_line(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return words.material_table(self)

    @property
    def degree(self) -> int:
        """Highest l of the moments that scattering reads and writes: 2 l_max of the channels, at least 2."""
        channels = [channel for impurity in self.impurity for channel in impurity.channels]
        return max([2, *(2 * "spdf".index(channel[0]) for channel in channels)])


class MagneticField(Table):
    """Uniform magnetic field; it acts on spins only."""

    B: MagneticFields = Field((0.0, 0.0, 0.0), description="flux density along x, y, z")
    g: Real = Field(2.0, description="g factor of the Larmor precession")


class DrivingField(Table):
    """Electric field that drives the device."""

    electric_field: ElectricFields = Field(
        (0.0, 0.0, 0.0), description="field along x, y, z; along uniform and periodic axes only"
    )


class Angles(Table):
    """Ordinates on the Fermi sphere."""

    quadrature: Literal["product", "double-gauss", "graded", "lebedev"] = Field(
        "product",
        description="set of ordinates; double-gauss about the thin axis of films or slits, graded about that of wires",
    )
    polar: Polar = Field(8, description="polar levels; per half sphere in a double-gauss or graded set")
    azimuthal: Azimuthal = Field(16, description="azimuths per polar level")
    axis: AxisName = Field("z", description="polar axis of product, double-gauss and graded sets")
    order: Count = Field(17, description="degree of a Lebedev set")


class Physics(Table):
    """Terms of the kinetic equation that are kept."""

    side_jump: Flag = Field(True, description="I_1: side jump and its corrections of order 1 / k_F l0")
    model: Literal["kinetic", "diffusion"] = Field(
        "kinetic", description="kinetic equation, or its diffusion limit on the same grid and contacts"
    )


class Solver(Table):
    """Iteration control."""

    rtol: OpenFraction = Field(1e-8, description="relative residual at which a solve ends")
    max_products: Count = Field(300, description="operator products (sweeps) per source before giving up")
    preconditioner: Literal["diffusion", "none"] = Field(
        "diffusion", description="approximate inverse that the iteration uses"
    )
    checkpoint: WallClock = Field(written("300 s"), description="wall-clock time between checkpoints")


#: Axes of a series by name: values by dotted path (nested as TOML reads them), see `boltzsim.case.series`.
Series = dict[Text, dict[Text, Any]]
