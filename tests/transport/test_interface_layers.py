"""Two layers with an interface between them, against exact spatial modes."""

from dataclasses import replace

import numpy as np
import pytest

from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport.balance import balance
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, interface_law
from boltzsim.transport.ordinates import double_gauss
from boltzsim.transport.steady import Transport
from boltzsim.validate.tables import reference

LAYERS = reference("layers")["layers"]


def layered(entry, spacing):
    """Solution of one entry of the reference table, and its potentials and fluxes at the places of the table.

    The table counts ω in the rate of each layer. It destroys spin behind the barrier only, in diag(1, 1-f, 1-f, 1-f) T,
    which is another law than `interface_law` where the interface polarises too.
    """
    layers = entry["A"], entry["B"]
    counts = [round(layer["L"] / spacing) for layer in layers]
    operators = []
    for layer in layers:
        channels = dict(zip(("s1/2", "p1/2", "p3/2"), layer["eta"], strict=True))
        made, rate = impurity_operators(channels, layer["alpha"]), layer["rate"]
        operators.append(replace(made, loss=rate * made.loss, gain=rate * made.gain, velocity=1 / rate))
    at = np.full((sum(counts), 1), -1)
    at[counts[0] - 1] = 0
    grid = Grid((2,), (sum(counts),), (spacing,), np.repeat([0, 1], counts), (False,), at)
    own = entry["interface"]
    law = interface_law(own["T"], own.get("P", 0.0), own.get("m", (0, 0, 1)), own.get("phi", 0.0), own["spec"])
    kept = np.diag([1, *3 * [1 - own.get("flip", 0.0)]])
    law = replace(law, transmission=kept @ law.transmission)
    ends = entry["left"], entry["right"]
    laws = [contact_law(e.get("T", 1.0), e.get("P", 0.0), e.get("m", (0, 0, 1)), e.get("phi", 0.0)) for e in ends]
    transport = Transport(
        grid,
        double_gauss(14, 6, "z"),
        operators,
        {(0, up): Wall(portion=np.array([1 + up])) for up in (False, True)},
        laws,
        entry.get("omega", (0, 0, 0)),
        [law],
    )
    solution = transport.solve(np.array([end["mu"] for end in ends], float), rtol=1e-9)
    edges = np.repeat(np.arange(sum(counts) + 1), 2)[1:-1] * spacing
    places = [np.abs(edges - result["z"]) < 1e-9 for result in entry["result"]]
    fields = solution.phi[:, :, 0], transport.currents(solution.phi)[:, :, 2]
    return transport, solution, *(np.array([grid.to_points(f)[here].mean(0) for here in places]) for f in fields)


def missed(entry, found, name):
    expected = np.array([result[name] for result in entry["result"]])
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("entry", LAYERS, ids=range(len(LAYERS)))
def test_layers_agree_with_the_exact_modes(entry):
    """Spin-active and flipping interfaces, mirroring and diffuse, with side jump and precession: cells of 1/40."""
    transport, solution, potentials, fluxes = layered(entry, 0.0125)
    assert missed(entry, potentials, "potentials") < 2e-5
    assert missed(entry, fluxes, "flux") < 2e-5
    assert balance(transport, solution.phi, solution.entering).worst < 1e-8


@pytest.mark.parametrize("entry", LAYERS[:4], ids=range(4))
def test_layers_are_of_second_order(entry):
    """Without side jump; with it the gradient at the surface diverges and spoils the last digits."""
    errors = [missed(entry, layered(entry, spacing)[2], "potentials") for spacing in (0.025, 0.0125)]
    assert 1.8 < np.log2(errors[0] / errors[1]) < 2.2


def test_layers_without_interface_would_not_agree():
    """The table tells an interface from none."""
    entry = {**LAYERS[0], "interface": {"T": 1.0, "spec": 1.0}}
    assert missed(LAYERS[0], layered(entry, 0.025)[2], "potentials") > 0.1
