"""Results for ParaView and other viewers of VTK: .vti (image), .vtu (unstructured grid), .vtkhdf (either, in HDF5).

Fields are values of cells, in the units that the arrays carry with them; positions are in nanometres, because viewers
compute with single precision. Axes without cells are left out: a film is a line, a plane device a plane. Cells of
different sizes make no image.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from boltzsim.axes import AXES
from boltzsim.errors import StoreError
from boltzsim.files import replacing
from boltzsim.result import FIELDS, Result

FORMATS = (".vti", ".vtu", ".vtkhdf")
LENGTH = 1e-9  # m, the unit of positions


def export(result: Result, path: str | os.PathLike[str]) -> None:
    """Write the fields of a result and its map of materials to a file of VTK.

    Parameters
    ----------
    result : Result
        Of a transient run the fields at its end.
    path : path-like
        A file whose name ends in .vti, .vtu or .vtkhdf. In a .vti or .vtkhdf file the grid is an image; .vtu has its
        cells one by one, and so has .vtkhdf where they have different sizes.

    Raises
    ------
    StoreError
        If the name has another ending, a .vti file is asked for cells of different sizes, vtk is not installed, or the
        file cannot be written.
    """
    suffix = require_format(path)
    graded = any(map(result.case.grid.is_graded, AXES))
    if graded and suffix == ".vti":
        raise StoreError(f"{path}: cells of different sizes make no image; end the name in .vtu or .vtkhdf")
    try:
        from vtkmodules import vtkFiltersCore, vtkIOHDF, vtkIOXML
    except ImportError as error:
        raise StoreError(f"{path}: to write it needs the package {error.name}; install boltzsim[vtk]") from None
    grid: Any = _with_fields(result, _rectilinear(result) if graded else _image(result))
    if graded or suffix == ".vtu":
        cells = vtkFiltersCore.vtkAppendFilter()
        cells.AddInputData(grid)
        cells.Update()
        grid = cells.GetOutput()
    writer: Any
    if suffix == ".vtkhdf":
        writer = vtkIOHDF.vtkHDFWriter()
    else:
        writer = vtkIOXML.vtkXMLImageDataWriter() if suffix == ".vti" else vtkIOXML.vtkXMLUnstructuredGridWriter()
    with replacing(path) as temporary:
        writer.SetFileName(str(temporary))
        writer.SetInputData(grid)
        if not writer.Write() or not temporary.exists():
            raise StoreError(f"{path}: VTK could not write it; look whether the disk is full")


def require_format(path: str | os.PathLike[str]) -> str:
    """The suffix of a file's name in lower case; a StoreError if it is none that VTK has for a grid."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise StoreError(f"{path}: unknown kind of file {suffix!r}; end the name in {', '.join(FORMATS)}")
    return suffix


def _image(result: Result) -> Any:
    """The grid as an image of VTK."""
    from vtkmodules.vtkCommonDataModel import vtkImageData

    axes = result.case.grid.axes
    image = vtkImageData()
    image.SetDimensions(*(len(result.edges[axis]) if axis in axes else 1 for axis in AXES))
    image.SetSpacing(*(result.case.grid.sizes(axis)[0] / LENGTH if axis in axes else 1.0 for axis in AXES))
    return image


def _rectilinear(result: Result) -> Any:
    """The grid as planes of VTK at the edges of its cells."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkRectilinearGrid

    planes = vtkRectilinearGrid()
    edges = [result.edges[axis] / LENGTH if axis in result.case.grid.axes else np.zeros(1) for axis in AXES]
    planes.SetDimensions(*map(len, edges))
    for axis, own in zip(AXES, edges, strict=True):
        getattr(planes, f"Set{axis.upper()}Coordinates")(numpy_to_vtk(own, deep=True))
    return planes


def _with_fields(result: Result, grid: Any) -> Any:
    """The grid with one array of its cells for every field."""
    for name, values in result.fields.items():
        unit, _, more = FIELDS[name]
        if more == ("flow", "polarisation"):
            for i, letter in enumerate(AXES):  # a vector of flow for each polarisation
                grid.GetCellData().AddArray(_array(f"{name}_{letter}", values[..., i], unit))
        else:
            grid.GetCellData().AddArray(_array(name, values, unit))
    grid.GetCellData().AddArray(_array("material", result.case.material_index(), "1"))
    return grid


def _array(name: str, values: np.ndarray, unit: str) -> Any:
    """An array of the cells (z, y, x[, 3]), x the fastest as in VTK."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkDataArray

    vector = values.ndim == 4
    array = numpy_to_vtk(np.ascontiguousarray(values.reshape(-1, 3) if vector else values.reshape(-1)), deep=True)
    array.SetName(name)
    for i, letter in enumerate(AXES if vector else ""):
        array.SetComponentName(i, letter)
    array.GetInformation().Set(vtkDataArray.UNITS_LABEL(), unit)
    return array
