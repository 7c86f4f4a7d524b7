"""Tables about the device of a case: the metal that its cells make, and the resistances of contacts and interfaces."""

from collections.abc import Iterator

from rich.table import Table

from boltzsim.case.boundaries import Electrode
from boltzsim.case.case import Case
from boltzsim.case.cells import NO_METAL
from boltzsim.case.extents import dimensions, drawn_extent, metal_extents, shape_extent
from boltzsim.material import barrier
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import ABSENT, quantity

#: Names of what cells hold and of what bounds it, by the number of axes that have a length.
_CONTENTS = {1: ("length", "ends"), 2: ("area", "perimeter"), 3: ("volume", "surface")}
_STAIRCASES = (
    "Polygons and masks: slanted edges are staircases of cells, so that the perimeter of the cells does not converge "
    "to the drawn one as the cells shrink, though their area does"
)


def extent_tables(case: Case) -> Iterator[Table]:
    """The metal of a device with voids or shapes, and its polygons and masks beside the cells they became."""
    shaped = [(n, region.material, region.shape) for n, region in enumerate(case.region) if region.shape]
    if shaped or (case.material_index() == NO_METAL).any():
        power = dimensions(case)
        content, surface = _CONTENTS[power]
        found = metal_extents(case).items()
        rows = [[name, e.cells, _size(e.content, power), _size(e.surface, power - 1)] for name, e in found]
        yield table_of("Metal in the cells", "material", "cells", content, f"exposed {surface}", rows=rows)
    rows = []
    for number, material, shape in shaped:
        area, perimeter = drawn_extent(shape)
        made = shape_extent(case, shape)
        sizes = [_size(area, 2), _size(made.content, 2), _size(perimeter, 1), _size(made.surface, 1)]
        rows.append([f"region[{number}]", material, shape.plane, *sizes])
    if rows:
        columns = ["drawn area", "area of its cells", "drawn perimeter", "perimeter of its cells"]
        yield table_of(_STAIRCASES, "shape", "material", "plane", *columns, rows=rows)


def barrier_tables(case: Case) -> Iterator[Table]:
    """Transmissions and resistances of the contacts, of the electrodes behind them, and of the interfaces."""
    rows: list[list[str]] = []
    electrodes = any(contact.electrode for contact in case.contact)
    for contact in case.contact:
        product = barrier.resistance_area(case.metal_at(contact), contact.transmission, contact.polarization)
        transmission, area = f"{contact.transmission:g}", case.contact_area(contact)
        rows.append([contact.name, transmission, *_resistance(product, area)])
        if electrodes:
            rows[-1] += _resistance(_spin_resistance(contact.electrode), area) if contact.electrode else [ABSENT] * 2
    if rows:
        columns = ["contact", "transmission", "resistance × area", "resistance"]
        columns += ["ρλ/(1 - p²) of the electrode", "its spin resistance"] if electrodes else []
        yield table_of("Resistances of the contacts", *columns, rows=rows)
    names, metals, rows = list(case.material), list(case.material.values()), []
    for faces in case.interfaces:
        lower, upper = (barrier.sharvin_conductance(metals[m]) for m in faces.metals)
        polarization = case.interface[faces.number].polarization
        product = barrier.interface_resistance(faces.transmission[0] * lower, lower, upper, polarization)
        count, area = len(faces.lower), float(case.grid.areas(faces.axis).ravel()[faces.lower].sum())
        sides = " | ".join(names[m] for m in faces.metals)
        transmissions = [f"{transmission:.4g}" for transmission in faces.transmission]
        rows.append(
            [f"interface[{faces.number}]", sides, faces.axis, str(count), *transmissions, *_resistance(product, area)]
        )
    if rows:
        columns = [
            "lower | upper metal",
            "normal",
            "faces",
            "transmission from below",
            "from above",
            "resistance × area",
            "resistance",
        ]
        yield table_of("Resistances of the interfaces", "interface", *columns, rows=rows)


def _spin_resistance(electrode: Electrode) -> float:
    """ρλ/(1 - p²) of a ferromagnet in Ω m²: what spins meet in it."""
    return electrode.resistivity * electrode.spin_diffusion_length / (1 - electrode.polarization**2)


def _resistance(product: float, area: float) -> list[str]:
    return [quantity(product, "Ω m²"), quantity(product / area, "Ω") if area else ABSENT]


def _size(value: float, power: int) -> str:
    """A length, area or volume in nm; a count where nothing has a length."""
    return f"{value * 1e9**power:,.6g}" + {0: "", 1: " nm", 2: " nm²", 3: " nm³"}[power]
