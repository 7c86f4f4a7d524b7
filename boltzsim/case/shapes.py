"""Tables of regions and of the shapes that bound them: boxes, polygons, and layers of a layout."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from boltzsim.axes import AXES
from boltzsim.case.fields import Corners, Layer, Outlines, Place, Stretch, Table, Text
from boltzsim.case.masks import read_layer
from boltzsim.case.messages import shown
from boltzsim.case.outlines import fault

#: The name of a region's material that stands for no metal.
VOID = "void"
PlaneName = Literal["xy", "xz", "yz"]


class Box(Table):
    """A part of the box: [from, to] along some axes, everything along the others."""

    x: Stretch | None = Field(None, description="from and to along x; everything if omitted")
    y: Stretch | None = Field(None, description="from and to along y; everything if omitted")
    z: Stretch | None = Field(None, description="from and to along z; everything if omitted")

    @property
    def stretches(self) -> dict[str, tuple[float, float]]:
        """The stretches that are given, as a dict of axis to (from, to) in m."""
        return {name: getattr(self, name) for name in AXES if getattr(self, name) is not None}


class Polygon(Table):
    """A simple polygon in a plane, extruded along the third axis."""

    plane: PlaneName = Field("xy", description="plane of the polygon; it is extruded along the third axis")
    points: Corners = Field(
        description="corners in order, around the polygon once",
        examples=['points = [["0 nm", "0 nm"], ["90 nm", "0 nm"], ["45 nm", "60 nm"]]'],
    )

    @field_validator("points")
    @classmethod
    def _simple(cls, points: Any) -> Any:
        if reason := fault(points):
            raise ValueError(f"is no simple polygon: {reason}; give its corners in order, around it once")
        return points

    @property
    def outlines(self) -> tuple[Any, ...]:
        """The polygon as the only outline, corners in m in the plane."""
        return (self.points,)


class Mask(Table):
    """All polygons on a layer of a GDSII or OASIS layout, extruded along the third axis."""

    file: Text = Field(
        description="layout, relative to the folder of the case file; reading it needs the extra `gds`",
        examples=['file = "chip.gds"'],
    )
    layer: Layer = Field(description="number of the layer", examples=["layer = 3"])
    datatype: Layer = Field(0, description="data type on the layer")
    cell: Text | None = Field(None, description="cell of the layout; its only top cell if omitted")
    plane: PlaneName = Field("xy", description="plane in which the layout lies")
    offset: Place = Field((0.0, 0.0), description="where the origin of the layout lies in that plane of the box")
    polygons: Outlines | None = Field(
        None, description="outlines as read from the file, which results keep; with them the file is not read again"
    )

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        if self.polygons is None:
            folder = (info.context or {}).get("folder", Path())
            try:
                found = read_layer(folder / self.file, self.layer, self.datatype, self.cell)
            except ValueError as error:
                raise ValueError(f"file = {shown(self.file)} {error}") from None
            polygons = tuple(tuple((x, y) for x, y in points) for points in found)
            object.__setattr__(self, "polygons", polygons)
        return self

    @property
    def outlines(self) -> tuple[Any, ...]:
        """The outlines, corners in m in the plane of the box."""
        across, up = self.offset
        return tuple(tuple((x + across, y + up) for x, y in points) for points in self.polygons or ())


class Region(Table):
    """A part of the box that holds another material, or none: a box, or the shapes of a polygon or mask inside it."""

    material: Text = Field(
        description="name of a [material.…] table, or void for no metal", examples=['material = "alloy"']
    )
    box: Box = Field(default_factory=Box, description="whole box if omitted; ends snap to the nearest cell edges")
    polygon: Polygon | None = Field(None, description="a polygon, whose cells are those with their centre inside")
    mask: Mask | None = Field(None, description="a layer of a layout, whose cells are those with their centre inside")

    @property
    def shape(self) -> Polygon | Mask | None:
        """The polygon or mask, if there is one."""
        return self.polygon or self.mask
