"""Ferromagnetic electrodes behind contacts: exact slabs, the one-dimensional formula, reciprocity, and limits."""

import numpy as np
import pytest
from scipy.constants import elementary_charge

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.device.electrodes import Electrode
from boltzsim.material import alloy, barrier
from boltzsim.material.superoperators import impurity_operators
from boltzsim.measure.terminals import network
from boltzsim.reports import tables
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import double_gauss
from boltzsim.transport.steady import Transport
from boltzsim.validate.tables import reference

SLABS = reference("electrodes")["electrodes"]
CELLS = 600


@pytest.mark.parametrize("entry", SLABS)
def test_slabs_between_electrodes_agree_with_exact_modes(entry):
    """The voltage, the spin potentials and currents of both electrodes, and potentials and fluxes inside."""
    channels = dict(zip(("s1/2", "p1/2", "p3/2"), entry["eta"], strict=True))
    ends = entry["left"], entry["right"]
    spacing = entry["L"] / CELLS
    grid = Grid((2,), (CELLS,), (spacing,), np.zeros(CELLS, int), (False,))
    walls = {(0, upper): Wall(portion=np.array([1 + upper])) for upper in (False, True)}
    laws = [contact_law(end["T"], end["P"], end["m"]) for end in ends]
    metal = [impurity_operators(channels, entry["alpha"])]
    transport = Transport(grid, double_gauss(14, 6, "z"), metal, walls, laws, entry.get("omega", (0, 0, 0)))
    potentials = [[1, 0, 0, 0], [0, *ends[0]["m"]], [0, *ends[1]["m"]]]
    reservoirs = np.zeros((4, 2, 4))
    for source, contact, potential in zip(range(4), (0, 1, 0, 1), (potentials[0], *potentials), strict=True):
        reservoirs[source, contact] = potential
    solutions = [transport.solve(source, rtol=1e-10) for source in reservoirs]
    electrodes = [
        Electrode(k, np.array(end["m"], float), end["p_F"], np.r_[-end["p_F"], end["m"]], 0.0, end["g"])
        for k, end in enumerate(ends)
    ]
    flux = np.array([solution.flux for solution in solutions])
    device = network(flux, reservoirs, electrodes)
    voltage = np.array([entry["current"] / device.conductance[0, 0], 0.0])
    spin, expected = device.spin_potentials(voltage), entry["result"]
    np.testing.assert_allclose(voltage[0], expected["voltage_left"], rtol=1e-4)
    np.testing.assert_allclose(spin, expected["mu_s"], rtol=0, atol=1e-3 * np.abs(expected["mu_s"]).max())
    weights = device.weights(voltage, 0)
    into = np.tensordot(weights, flux, 1)
    along = [into[k, 1:] @ ends[k]["m"] for k in range(2)]
    np.testing.assert_allclose(along, expected["I_s"], rtol=0, atol=1e-3 * np.abs(expected["I_s"]).max())
    phi = sum(w * s.phi for w, s in zip(weights, solutions, strict=True))
    edges = np.repeat(np.arange(CELLS + 1), 2)[1:-1] * spacing
    for name, corners in (("potentials", phi[:, :, 0]), ("flux", transport.currents(phi)[:, :, 2])):
        points = grid.to_points(corners)
        found = np.array([points[np.abs(edges - z) < 1e-9].mean(0) for z in expected["z"]])
        size = np.abs(expected[name]).max()
        np.testing.assert_allclose(found, expected[name], rtol=0, atol=1e-3 * size)


PILLAR = """
[material.copper]
k_F = "13.6 1/nm"
background = {{ tau_p = "2 fs", tau_sf = "4 ps" }}
[grid]
z = {{ length = "{length} nm", cells = 60 }}
[angles]
quadrature = "double-gauss"
polar = 8
azimuthal = 6
[physics]
model = "{model}"
[[contact]]
name = "free"
face = "z_min"
{barrier}
direction = [0, 0, 1]
electrode = {{ resistivity = "20 uOhm cm", spin_diffusion_length = "5 nm", polarization = 0.35 }}
current = "1 mA"
detect_spin = true
[[contact]]
name = "pinned"
face = "z_max"
{barrier}
direction = [0, 0, 1]
electrode = {{ resistivity = "20 uOhm cm", spin_diffusion_length = "5 nm", polarization = 0.35 }}
voltage = "0 V"
"""
BARRIERS = {
    "transparent": "transmission = 1",
    "intermediate": 'resistance_area = "5 fOhm m2"\npolarization = 0.2',
    "tunnel": 'resistance_area = "1 pOhm m2"\npolarization = 0.3',
}


@pytest.mark.parametrize("model", ["kinetic", "diffusion"])
@pytest.mark.parametrize("kind", BARRIERS)
def test_the_pillar_of_fert_and_jaffres(kind, model):
    """R_AP - R_P of a pillar of the length of its spin diffusion, 140 mean free paths, by their Eq. 20 (2001).

    Barriers count with the resistance of each spin and its Sharvin part: a transparent contact has ½/G_Sh.
    """
    case = parse_case(PILLAR.format(length=90, barrier=BARRIERS[kind], model=model))
    metal, contact = case.metal, case.contact[0]
    velocity, time = alloy.fermi_velocity(metal), 1 / (1 / 2e-15 + 1 / 4e-12)
    diffusion = velocity**2 * time / 3
    resistivity = 1 / (2 * elementary_charge**2 * alloy.density_of_states(metal) * diffusion)
    length = np.sqrt(diffusion * 4e-12)
    sharvin, T, P = barrier.sharvin_conductance(metal), contact.transmission, contact.polarization
    up, down = (2 * (1 - t / 2) / (t * sharvin) for t in (T * (1 + P), T * (1 - P)))
    r_b, gamma = (up + down) / 4, (down - up) / (down + up)
    r_F, beta, r_N, d = 20e-8 * 5e-9 / (1 - 0.35**2), 0.35, resistivity * length, 90e-9 / length
    r = r_b + r_F
    expected = 2 * (beta * r_F + gamma * r_b) ** 2
    expected /= r * np.cosh(d) + r_N / 2 * (1 + (r / r_N) ** 2) * np.sinh(d)
    terminals = boltzsim.run(case).terminals
    found = (terminals.voltage_reversed["free"][0] - terminals.voltage[0]) / 1e-3  # for 1 m² of cross section
    assert found == pytest.approx(expected, rel=0.02)


CORNER = """
[material.alloy]
k_F = "13.6 1/nm"
impurity = [{{ concentration = 0.02, channels = {{ "s1/2" = 1.2, "p1/2" = 0.3 }} }}]
[grid]
x = {{ length = "24 nm", cells = 6 }}
z = {{ length = "20 nm", cells = 4 }}
[angles]
polar = 4
azimuthal = 8
[solver]
rtol = 1e-11
[physics]
side_jump = {side_jump}
[walls]
spin_flip = 0.1
[field]
B = [0, "{field} T", "{field} T"]
[[region]]
material = "void"
box = {{ x = ["16 nm", "24 nm"], z = ["10 nm", "20 nm"] }}
[[interface]]
box = {{ x = ["8 nm", "8 nm"] }}
transmission = 0.5
polarization = 0.4
mixing_phase = "0.6 rad"
direction = {c}
spin_flip = 0.2
[[contact]]
name = "a"
face = "x_min"
voltage = "1 mV"
transmission = 0.6
polarization = {P}
direction = {a}
electrode = {{ resistivity = "20 uOhm cm", spin_diffusion_length = "5 nm", polarization = 0.35 }}
[[contact]]
name = "b"
face = "x_max"
floating = true
direction = {b}
electrode = {{ resistivity = "90 uOhm cm", spin_diffusion_length = "9 nm", polarization = -0.6 }}
[[contact]]
name = "c"
face = "z_max"
span = {{ x = ["8 nm", "16 nm"] }}
voltage = "0 V"
"""


def corner(turn=1, side_jump="false"):
    """Terminals with all magnetisations and the field as they are, or turned round."""
    a, b, c = ([turn * x for x in vector] for vector in ([0, 0.6, 0.8], [1, 0, 0], [0.6, 0, 0.8]))
    return boltzsim.run(parse_case(CORNER.format(side_jump=side_jump, field=turn * 40, P=0.3, a=a, b=b, c=c))).terminals


def test_onsager_and_conservation_with_electrodes():
    """Beside a void and a magnetic interface that loses spin memory."""
    forward, backward = corner().conductance, corner(-1).conductance
    largest = np.abs(forward).max()
    np.testing.assert_allclose(forward, backward.T, rtol=0, atol=1e-7 * largest)
    assert np.abs(forward - forward.T).max() > 1e-5 * largest  # the field and the electrodes do break this symmetry
    for found in (forward, corner(side_jump="true").conductance):
        np.testing.assert_allclose(found.sum(0), 0, atol=1e-10 * largest)
        np.testing.assert_allclose(found.sum(1), 0, atol=1e-10 * largest)


def test_an_electrode_without_resistance_is_a_reservoir():
    text = CORNER.format(side_jump="true", field=40, P=0.3, a=[0, 0.6, 0.8], b=[1, 0, 0], c=[0, 0, 1])
    small = text.replace('"20 uOhm cm"', '"1e-6 uOhm cm"').replace('"90 uOhm cm"', '"1e-6 uOhm cm"')
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("electrode"))
    one, other = (boltzsim.run(parse_case(t)).terminals for t in (small, bare))
    np.testing.assert_allclose(one.conductance, other.conductance, rtol=0, atol=1e-6 * np.abs(other.conductance).max())
    assert max(map(abs, one.electrode_spin_potential.values())) < 1e-9


def test_the_spin_potential_is_stored_and_shown(tmp_path):
    case = parse_case(CORNER.format(side_jump="false", field=0, P=0.3, a=[0, 0.6, 0.8], b=[1, 0, 0], c=[0, 0, 1]))
    result = boltzsim.run(case, output=tmp_path / "out.h5")
    again = boltzsim.open(tmp_path / "out.h5").terminals
    assert again.electrode_spin_potential == result.terminals.electrode_spin_potential
    assert set(again.electrode_spin_potential) == {"a", "b"} and all(again.electrode_spin_potential.values())
    headers = [str(column.header) for table in tables.result_tables(result) for column in table.columns]
    assert any("μ_s" in header for header in headers)
