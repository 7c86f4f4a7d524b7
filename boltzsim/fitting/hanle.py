"""What is fitted to Hanle curves: D_T, D_L/D_T, τ_s and the polarisation of the contacts.

Curves that differ in the magnetisation, in the line of the field or in the distance have one set of constants.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from boltzsim.analysis.series import Line
from boltzsim.fitting.problem import Free
from boltzsim.fitting.study import Result, Study, diffusing, measured, start

RESULTS = {
    "D_L": Result({"D_L/D_T": 1, "D_T": 1}),
    "D_T": Result({"D_T": 1}),
    "D_L/D_T": Result({"D_L/D_T": 1}),
    "tau_s": Result({"tau_s": 1}),
    "length_L": Result({"D_L/D_T": 0.5, "D_T": 0.5, "tau_s": 0.5}),
    "length_T": Result({"D_T": 0.5, "tau_s": 0.5}),
    "polarization": Result({"polarization": 1}),
}


def study(own: Sequence[Line], bulk: Mapping[str, float], channel: Mapping[str, float]) -> Study:
    """Hanle curves of one device; every curve counts alike, however small it is.

    Raises
    ------
    CaseError
        If they cannot be fitted.
    """
    first = own[0].cases[0]
    begin = start(first, bulk, channel)
    value, path = begin.values, begin.path
    pair = [first.contact_named(own[0].entry[role]) for role in ("injector", "detector")]
    alike = pair[:1] if pair[0].polarization != pair[1].polarization or pair[0] is pair[1] else pair
    polarized = tuple(f"contact.{contact.name}.polarization" for contact in alike)
    most = min(1.0, *(1 / contact.transmission - 1 for contact in alike if contact.transmission > 0.5), 1.0)
    parameters = [
        Free("D_T", (path + "D_T",), value["D_T"], 0, unit="m2/s"),
        Free("D_L/D_T", (path + "D_L",), value["D_L"] / value["D_T"], begin.lowest, times="D_T"),
        Free("D_c", (path + "D_c",), value["D_c"] / value["D_T"], times="D_T", fixed=True),
        Free("tau_s", (path + "tau_s",), value["tau_s"], 0, unit="s"),
        Free("polarization", polarized, pair[0].polarization, -most, most),
    ]
    curves = []
    for k, line in enumerate(own):
        size = np.linalg.norm([case.field.B for case in line.cases], axis=1)
        largest = np.abs(line.signals["delta_R"]).max()
        curves.append(measured(line, str(k), diffusing(line, begin), size, "T", largest))
    return Study(curves, parameters, RESULTS)
