"""Concentrations that vary along one axis, as interdiffusion and segregation make them."""

import math
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from boltzsim.case.fields import AxisName, Length, OpenFraction, PositiveLength, Table

_ROOT_PI = math.sqrt(math.pi)
End = Literal["x_min", "x_max", "y_min", "y_max", "z_min", "z_max"]


class Profile(Table):
    """An excess of impurities that falls off with the distance s from a plane, value · f(s/length)."""

    axis: AxisName = Field(description="axis along which it varies", examples=['axis = "z"'])
    end: End | None = Field(
        None, alias="from", description="the end of the box from which it falls off; or give at, a plane inside"
    )
    at: Length | None = Field(None, description="coordinate of a plane from which it falls off to both sides")
    length: PositiveLength = Field(description="decay length", examples=['length = "3 nm"'])
    value: OpenFraction = Field(description="excess at the plane, impurities per carrier", examples=["value = 0.02"])
    kind: Literal["exponential", "gaussian", "erfc", "linear"] = Field(
        "exponential", description="f(u): exp(-u), exp(-u²), erfc(u) as after interdiffusion, or 1 - u up to u = 1"
    )

    @model_validator(mode="after")
    def _one_plane(self) -> "Profile":
        if (self.end is None) == (self.at is None):
            raise ValueError(f'must start at one plane; give from = "{self.axis}_max", or at = "40 nm"')
        if self.end is not None and self.end[0] != self.axis:
            raise ValueError(f"from = '{self.end}' lies on another axis than axis = '{self.axis}'; make them agree")
        return self

    def means(self, edges: np.ndarray) -> np.ndarray:
        """Mean excess in every cell, from the exact integral of f, so that no impurity is lost on any grid.

        Parameters
        ----------
        edges : numpy.ndarray, shape (cells + 1,)
            Cell edges along `axis` in m.
        """
        plane = self.at if self.at is not None else edges[-1 if str(self.end).endswith("max") else 0]
        u = (edges - plane) / self.length
        total = np.sign(u) * self._integral(np.abs(u))
        return self.value * np.diff(total) / np.diff(u)

    def _integral(self, u: np.ndarray) -> np.ndarray:
        """∫ f from 0 to u ≥ 0."""
        from scipy.special import erf, erfc  # slow to load, and few metals have a profile

        match self.kind:
            case "exponential":
                return -np.expm1(-u)
            case "gaussian":
                return _ROOT_PI / 2 * erf(u)
            case "erfc":
                return u * erfc(u) - np.expm1(-(u**2)) / _ROOT_PI
        inside = np.minimum(u, 1.0)
        return inside - inside**2 / 2
