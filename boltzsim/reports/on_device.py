"""Tables of fits on the device: what was found, beside channel and bulk, and what its errors are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.table import Table

from boltzsim.fitting.device import DeviceFit
from boltzsim.fitting.study import effective
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import quantity

_UNITS = {"D_L": "m2/s", "D_T": "m2/s", "tau_s": "s"}
_SYMBOLS = {"tau_s": "τ_s", "length_L": "λ_L", "length_T": "λ_T", "length_L/length_T": "λ_L/λ_T"}
_KINDS = {"hanle": "Hanle curve", "distance": "curve of ΔR against distance"}
_MANY = {"hanle": "Hanle curves", "distance": "curves of ΔR against distance", "together": "Hanle curves and distances"}


def device_tables(found: Sequence[DeviceFit]) -> Iterator[Table]:
    """One table for every device, and one of its errors by source."""
    for one in found:
        at = f", {one.label}" if one.label else ""
        many = f"one {_KINDS[one.kind]}" if one.curves == 1 else f"{one.curves} {_MANY[one.kind]} together"
        rows = [[_symbol(name), *map(_shown, [name] * 5, _known(one, name), (5, 2, 5, 5, 5))] for name in one.value]
        title = f"Fit on the device, {many}{at}"
        if rows:
            yield table_of(title, "quantity", "fitted", "±", "channel", "bulk, exact mode", "bulk, Eq. 16", rows=rows)
        sources = list(next(iter(one.errors.values()), {}))
        rows = [
            [_symbol(name), *(_shown(name, parts[source], 2) for source in sources)]
            for name, parts in one.errors.items()
        ]
        if rows:
            yield table_of(f"Its errors, {many}{at}", "quantity", *sources, rows=rows)
        if one.notes:
            yield table_of(f"Remarks, {many}{at}", "on the fit", rows=[[note] for note in one.notes])


def device_data(found: Sequence[DeviceFit]) -> list[dict]:
    """The same as dicts."""
    return [asdict(one) | {"kind": f"{one.kind} on the device", "error": one.error} for one in found]


def _known(one: DeviceFit, name: str) -> tuple[float | None, ...]:
    """Value, error, and what channel, bulk and its two-moment closure have, with λ²/τ_s as diffusion constants."""
    channel = dict(one.channel)
    if "D_L" in channel:
        ratio = channel["length_L"] / channel["length_T"]
        channel |= {"tau_s": channel["tau_s_T"], "D_L/D_T": channel["D_L"] / channel["D_T"], "length_L/length_T": ratio}
    truths = [channel, *(effective(one.bulk, kind) for kind in ("", "p1_"))]
    if name.startswith("polarization"):  # of any magnetisation: that of the contacts
        return one.value[name], one.error[name], channel["polarization"], None, None
    if name.startswith("length_") and name not in truths[1]:  # of spins across the channel, whatever they are called
        truths = [channel, *({name: truth["length_T"]} for truth in truths[1:])]
    return one.value[name], one.error[name], *(truth.get(name) for truth in truths)


def _symbol(name: str) -> str:
    if name.startswith("polarization"):
        return name.replace("polarization ", "P, ").replace("polarization", "P")
    return _SYMBOLS.get(name, name.replace("length_", "λ, "))


def _shown(name: str, value: float | None, digits: int) -> str:
    unit = _UNITS.get(name, "m" if name.startswith("length_") and "/" not in name else "1")
    if unit == "m2/s" and value is not None:
        return f"{value * 1e4:.{digits}g} cm²/s"
    return quantity(value, unit, digits)
