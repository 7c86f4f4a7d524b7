"""Table of a host over temperature."""

from collections.abc import Iterator

from rich.table import Table

from boltzsim.case.background import TIMES
from boltzsim.case.case import Case
from boltzsim.material.phonons import ROOM, collision_rate
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import quantity

_SHOWN = (4.2, 20.0, 77.0, 150.0, ROOM)  # K, of phonons
_MOST = 12  # rows of a table as given


def host_tables(case: Case) -> Iterator[Table]:
    """For every metal whose host varies: its resistivity without impurities and its times, the case's own T included.

    Tables are shown at their own temperatures, phonons at some that laboratories use.
    """
    for name, metal in case.given_material.items():
        host = metal.given_background
        if not host.varies:
            continue
        given = host.table.T if host.table is not None else None
        chosen = _SHOWN if given is None else given[:: -(-len(given) // _MOST)]
        rows = []
        for T in sorted({*chosen, case.kelvin}):
            at = host.at(metal, T)
            times = [getattr(at, key) for key in TIMES]
            resistivity = sum(1 / time for time in times) / collision_rate(metal, 1.0)
            lengths = [quantity(time, "s") for time in times]
            rows.append([quantity(T, "K"), quantity(1e8 * resistivity, "µΩ cm"), *lengths])
        yield table_of(f"Host of {name}", "T", "ρ of the host", "τ_p", "τ_sf", "τ_ex", rows=rows)
