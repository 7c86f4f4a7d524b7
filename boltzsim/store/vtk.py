"""Results for ParaView and other viewers of VTK: .vti (image), .vtu (unstructured grid), .vtkhdf (either, in HDF5).

Fields are values of cells, in the units that the arrays carry with them; positions are in nanometres, because viewers
compute with single precision. Axes without cells are left out: a film is a line, a plane device a plane.
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
        cells one by one.

    Raises
    ------
    StoreError
        If the name has another ending, vtk is not installed, or the file cannot be written.
    """
    suffix = require_format(path)
    try:
        from vtkmodules import vtkFiltersCore, vtkIOHDF, vtkIOXML
    except ImportError as error:
        raise StoreError(f"{path}: to write it needs the package {error.name}; install boltzsim[vtk]") from None
    image: Any = _image(result)
    writer: Any
    if suffix == ".vtu":
        cells = vtkFiltersCore.vtkAppendFilter()
        cells.AddInputData(image)
        cells.Update()
        image, writer = cells.GetOutput(), vtkIOXML.vtkXMLUnstructuredGridWriter()
    else:
        writer = vtkIOXML.vtkXMLImageDataWriter() if suffix == ".vti" else vtkIOHDF.vtkHDFWriter()
    with replacing(path) as temporary:
        writer.SetFileName(str(temporary))
        writer.SetInputData(image)
        if not writer.Write() or not temporary.exists():
            raise StoreError(f"{path}: VTK could not write it; look whether the disk is full")


def require_format(path: str | os.PathLike[str]) -> str:
    """The suffix of a file's name in lower case; a StoreError if it is none that VTK has for a grid."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise StoreError(f"{path}: unknown kind of file {suffix!r}; end the name in {', '.join(FORMATS)}")
    return suffix


def _image(result: Result) -> Any:
    """The grid as an image of VTK, with one array of its cells for every field."""
    from vtkmodules.vtkCommonDataModel import vtkImageData

    axes = result.case.grid.axes
    image = vtkImageData()
    image.SetDimensions(*(len(result.edges[axis]) if axis in axes else 1 for axis in AXES))
    image.SetSpacing(*(result.case.grid.spacing(axis) / LENGTH if axis in axes else 1.0 for axis in AXES))
    for name, values in result.fields.items():
        unit, _, more = FIELDS[name]
        if more == ("flow", "polarisation"):
            for i, letter in enumerate(AXES):  # a vector of flow for each polarisation
                image.GetCellData().AddArray(_array(f"{name}_{letter}", values[..., i], unit))
        else:
            image.GetCellData().AddArray(_array(name, values, unit))
    image.GetCellData().AddArray(_array("material", result.case.material_index(), "1"))
    return image


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
