"""What is fitted to ΔR against distance without field: the decay length of every magnetisation and the signal's size.

Without a field nothing tells D from τ_s. D is that of the channel, or of the bulk, and enters by what the contacts
drain; the size of a signal stands for the polarisation of both contacts. Every magnetisation has constants of its own,
the same in all directions, and the walls of the model leave spins alone: the lengths are those of the channel, whatever
its walls do to its spins. So are the sizes, because near conserved helicity contacts return spins but no helicity.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from boltzsim.analysis.series import Line
from boltzsim.analysis.valve_device import magnetic_state, separation
from boltzsim.case.fit import with_values
from boltzsim.errors import CaseError
from boltzsim.fitting.problem import Free, Measured
from boltzsim.fitting.study import Result, Study, diffusing, measured, start

#: Each magnetisation has a length and a size: more distances than that leave a scatter.
FEWEST = 3


def study(own: Sequence[Line], bulk: Mapping[str, float], channel: Mapping[str, float]) -> Study:
    """Curves of ΔR against distance of one device; every point counts relative to itself.

    Raises
    ------
    CaseError
        If they cannot be fitted.
    """
    first, entry = own[0].cases[0], own[0].entry
    states = [magnetic_state(line.cases[0], entry) for line in own]
    begin = start(first, bulk, channel)
    value, path = begin.values, begin.path
    names = [state if states.count(state) == 1 else f"{state} {k + 1}" for k, state in enumerate(states)]
    parameters, curves, results = [], [], dict[str, Result]()
    for state in dict.fromkeys(states):
        D, tau_s = f"D {state}", f"tau_s {state}"
        acts = tuple(name for name, other in zip(names, states, strict=True) if other == state)
        same = value["D_L" if state == "L" else "D_T"]
        parameters += [
            Free(D, (path + "D_T", path + "D_L"), same, 0, unit="m2/s", fixed=True, curves=acts),
            Free(tau_s, (path + "tau_s",), value["tau_s"], 0, unit="s", curves=acts),
        ]
        results[f"length_{state}"] = Result({D: 0.5, tau_s: 0.5})
    if {"L", "T"} <= set(states):
        along, across = (results[f"length_{one}"].powers for one in "LT")
        results["length_L/length_T"] = Result({**along, **{name: -power for name, power in across.items()}})
    polarization = abs(first.contact_named(entry["injector"]).polarization)
    alike = {path + "kappa": 0.0, path + "D_c": value["D_c"], path + "D_L": value["D_T"]}
    for name, line in zip(names, own, strict=True):
        curves.append(_curve(line, name, [with_values(case, alike) for case in diffusing(line, begin)]))
        if polarization:  # with an electrode behind it, the size of the signal says more than that
            results[f"polarization {name}"] = Result({f"{name}.amplitude": 0.5}, polarization)
    return Study(curves, parameters, results)


def _curve(line: Line, name: str, cases) -> Measured:
    x = np.array([separation(case, line.entry)[0] for case in line.cases])
    signal = np.array(line.signals["delta_R"])
    if len(np.unique(x)) < FEWEST:
        raise CaseError(f"a decay length needs at least {FEWEST} different distances")
    if not (np.all(signal > 0) or np.all(signal < 0)):
        raise CaseError("the signal changes sign or vanishes: no single decay length describes it")
    return measured(line, name, cases, x, "m", np.abs(signal), ("amplitude",))
