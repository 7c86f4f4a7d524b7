"""Outlines on a layer of a GDSII or OASIS layout, read with gdstk (the optional extra `gds`)."""

from os import PathLike
from pathlib import Path
from typing import Any


def read_layer(path: str | PathLike[str], layer: int, datatype: int, cell: str | None) -> list[list[list[float]]]:
    """Corners in m of all polygons on a layer, references, paths and boxes included.

    Parameters
    ----------
    path : path-like
    layer, datatype : int
    cell : str or None
        Name of the cell of the layout; its only top cell if None.

    Raises
    ------
    ValueError
        With the end of a sentence about the file: it cannot be read, or has no such cell, or no polygon there.
    """
    try:
        import gdstk
    except ImportError:
        raise ValueError("needs the library gdstk to be read; install it: pip install 'boltzsim[gds]'") from None
    if not Path(path).is_file():
        raise ValueError(f"is no file at {Path(path).resolve()}; paths are relative to the folder of the case file")
    try:
        reader = gdstk.read_oas if Path(path).suffix.lower() in (".oas", ".oasis") else gdstk.read_gds
        library = reader(str(path))
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"is no layout that gdstk reads ({error}); export it as GDSII or OASIS") from None
    chosen = _cell(library, cell)
    found = chosen.get_polygons(layer=layer, datatype=datatype)
    if not found:
        known = sorted({(polygon.layer, polygon.datatype) for polygon in chosen.get_polygons()})
        listed = ", ".join(f"{one}/{other}" for one, other in known) or "none"
        raise ValueError(
            f"has nothing on layer {layer}/{datatype} of cell '{chosen.name}'; layers with polygons: {listed}"
        )
    return [(polygon.points * library.unit).tolist() for polygon in found]


def _cell(library: Any, name: str | None) -> Any:
    if name is None:
        tops = library.top_level()
        if len(tops) != 1:
            names = ", ".join(cell.name for cell in tops) or "none"
            raise ValueError(f'has {len(tops)} top cells ({names}); name the cell to read: cell = "…"')
        return tops[0]
    cells = {cell.name: cell for cell in library.cells}
    if name not in cells:
        raise ValueError(f"has no cell '{name}'; known: {', '.join(cells) or 'none'}")
    return cells[name]
