"""Tables of Hanle fits on the device: what was found, beside channel and bulk, and what its errors are made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from rich.table import Table

from boltzsim.fitting.hanle import DeviceFit
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import quantity

_UNITS = {"D_L": "m2/s", "D_T": "m2/s", "D_L/D_T": "1", "tau_s": "s", "length_L": "m", "length_T": "m"}
_SYMBOLS = {"tau_s": "τ_s", "length_L": "λ_L", "length_T": "λ_T", "polarization": "P"}


def device_tables(found: Sequence[DeviceFit]) -> Iterator[Table]:
    """One table for every device, and one of its errors by source."""
    for one in found:
        at = f", {one.label}" if one.label else ""
        many = "one Hanle curve" if one.curves == 1 else f"{one.curves} Hanle curves together"
        rows = [[_symbol(name), *map(_shown, [name] * 5, _known(one, name), (5, 2, 5, 5, 5))] for name in one.value]
        title = f"Fit on the device, {many}{at}"
        if rows:
            yield table_of(title, "quantity", "fitted", "±", "channel", "bulk, exact mode", "bulk, P1", rows=rows)
        sources = list(next(iter(one.errors.values()), {}))
        rows = [
            [_symbol(name), *(_shown(name, parts[source], 2) for source in sources)]
            for name, parts in one.errors.items()
        ]
        if rows:
            yield table_of(f"Its errors{at}", "quantity", *sources, rows=rows)
        if one.notes:
            yield table_of(f"Remarks{at}", "on the fit", rows=[[note] for note in one.notes])


def device_data(found: Sequence[DeviceFit]) -> list[dict]:
    """The same as dicts."""
    return [{"kind": "hanle on the device"} | asdict(one) | {"error": one.error} for one in found]


def _known(one: DeviceFit, name: str) -> tuple[float | None, ...]:
    """Value, error, and what channel, bulk and its two-moment closure have, with λ²/τ_s as diffusion constants."""
    channel = dict(one.channel)
    if "D_L" in channel:
        channel |= {"tau_s": channel["tau_s_T"], "D_L/D_T": channel["D_L"] / channel["D_T"]}
    truths = [channel, *(_diffusing(one.bulk, kind) for kind in ("", "p1_"))]
    return one.value[name], one.error[name], *(truth.get(name) for truth in truths)


def _diffusing(bulk: Mapping[str, float], kind: str) -> dict[str, float]:
    """Lengths and lifetime of the bulk, and the diffusion constants that belong to them."""
    found = {name: bulk[kind + name] for name in ("length_L", "length_T", "tau_s")}
    found |= {f"D_{one}": found[f"length_{one}"] ** 2 / found["tau_s"] for one in "LT"}
    return found | {"D_L/D_T": found["D_L"] / found["D_T"]}


def _symbol(name: str) -> str:
    return _SYMBOLS.get(name, name)


def _shown(name: str, value: float | None, digits: int) -> str:
    unit = _UNITS.get(name, "1")
    if unit == "m2/s" and value is not None:
        return f"{value * 1e4:.{digits}g} cm²/s"
    return quantity(value, unit, digits)
