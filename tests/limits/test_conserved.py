"""What scattering conserves, and what follows: infinite lengths, infinite D_0, rates that are not quadratic in q."""

import json
import math
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.linalg import eig
from typer.testing import CliRunner

from boltzsim.cli import app
from boltzsim.limits.audit import audit
from boltzsim.limits.conserved import blocks, conserved_quantities, helicity_rate
from boltzsim.limits.decay import decay_lengths
from boltzsim.limits.diffusion import closed_form, closure, conductivities, p1
from boltzsim.limits.dispersion import sector, stacked
from boltzsim.limits.modes import decay_mode, exact, relaxation_rate, slow_mode
from boltzsim.limits.summary import coefficients, coefficients_of
from boltzsim.material.superoperators import combine, impurity_operators

SP = ("s1/2", "p1/2", "p3/2")
EVERY = {"s1/2": 0.3, "p1/2": 1.0, "p3/2": 0.1, "d3/2": -0.3, "d5/2": 0.2, "f5/2": 0.7, "f7/2": -0.2}
# (phase shifts), loss, λ_L, λ_T in l0 at α = 0, from two independent codes: dense matrices on ordinates, all moments
NEAR_HELICITY = [
    ((0.6, 0.58, 0.05), 0.6241, 12.78680, 3.09378),
    ((0.6, 0.60, 0.05), 0.6426, 13.04152, 2.99051),
    ((0.6, 0.50, 0.05), 0.5537, 8.47381, 3.54695),
    ((np.pi / 2, np.pi / 2, 0.05), 2.005, 7.07759, 0.89604),
    ((0.6, 0.6, 0.3), 0.8123, 3.87080, 3.74119),
    ((0.6, 0.6, 0.0), 0.6376, math.inf, 2.82173),
]


def s_and_p(*eta, alpha=0.0):
    return impurity_operators(dict(zip(SP, eta, strict=True)), alpha)


def names(operators, below=0.1):
    return [quantity.name for quantity in conserved_quantities(operators, below)]


def scalar(directions):
    """⟨σ·p̂ n⟩ as a vector on dense states (angle × 4)."""
    return np.concatenate([np.zeros((len(directions), 1)), directions], axis=1).ravel()


@pytest.mark.parametrize(("eta", "loss", "longitudinal", "transverse"), NEAR_HELICITY)
def test_decay_lengths_near_conserved_helicity(eta, loss, longitudinal, transverse):
    operators, found = s_and_p(*eta), exact(s_and_p(*eta))
    assert operators.loss == pytest.approx(loss, rel=1e-4)
    assert found["decay_length_L"] == pytest.approx(longitudinal, abs=5.1e-6)
    assert found["decay_length_T"] == pytest.approx(transverse, abs=5.1e-6)


@pytest.mark.parametrize("eta", [(0.6, 0.58, 0.05), (0.6, 0.6, 0.05)])
def test_these_lengths_are_those_of_dense_matrices(dense, eta):
    full = dense(eta, 0.0, 20, 6)
    values, vectors = eig(full.Lambda, full.W[2])
    spin = np.abs(np.repeat(full.weights, 4)[None] * vectors.T).reshape(len(values), -1, 4).sum(1)
    discrete = (np.abs(values.imag) < 1e-9) & (values.real > 1e-6) & (values.real < 0.9 * full.loss[0])
    for component, polarization in ((3, "L"), (1, "T")):
        carried = discrete & (spin[:, component] > 1e-3 * spin.sum(1))
        expected = decay_mode(s_and_p(*eta), polarization).length
        assert np.abs(1 / values.real[carried] - expected).min() < 1e-8 * expected


def test_dense_scattering_commutes_with_helicity_where_two_phase_shifts_agree(dense):
    """Λ commutes with n -> (σ·p̂ n + n σ·p̂)/2, which maps even onto odd modes, and σ·p̂ itself is a null vector."""
    for eta, conserved in (((0.6, 0.6, 0.0), True), ((1.1, 1.1, 0.0), True), ((0.6, 0.58, 0.0), False)):
        full = dense(eta, 0.0, 6, 6)
        turn = np.zeros((len(full.weights), 4, 4))  # charge <-> spin along p̂
        turn[:, 0, 1:] = turn[:, 1:, 0] = full.directions
        swap = np.zeros_like(full.Lambda)
        for i, part in enumerate(turn):
            swap[4 * i : 4 * i + 4, 4 * i : 4 * i + 4] = part
        commutator = np.abs(swap @ full.Lambda - full.Lambda @ swap).max()
        helicity = np.abs((np.repeat(full.weights, 4) * scalar(full.directions)) @ full.Lambda).max()
        assert (commutator < 1e-13) == (helicity < 1e-13) == conserved
        assert ("helicity" in names(s_and_p(*eta), below=0.0)) == conserved


def test_rates_of_named_quantities_are_those_of_the_dense_operator(dense):
    for eta in np.random.default_rng(3).uniform(-1.5, 1.5, (4, 3)):
        full, found = dense(eta, 0.0, 6, 6), {q.name: q.rate for q in conserved_quantities(s_and_p(*eta), below=10)}
        h = scalar(full.directions)
        left = (np.repeat(full.weights, 4) * h) @ full.Lambda
        rate = left @ h / (np.repeat(full.weights, 4) * h @ h)
        assert left == pytest.approx(rate * np.repeat(full.weights, 4) * h, abs=1e-13)
        assert found["helicity"] == pytest.approx(rate, rel=1e-12)
        assert found["charge"] == 0


def test_hidden_spin_is_the_spin_turned_about_the_direction(dense):
    """(σ·p̂) σ_z (σ·p̂) = 2 p̂_z p̂·σ - σ_z: conserved by a single p1/2 channel and by nothing else here."""
    for eta, conserved in (((0.0, 1.1, 0.0), True), ((0.1, 1.1, 0.0), False), ((0.0, 0.0, 1.1), False)):
        full = dense(eta, 0.0, 6, 6)
        p = full.directions
        turned = np.concatenate([np.zeros((len(p), 1)), 2 * p[:, [2]] * p - [0, 0, 1]], axis=1).ravel()
        drift = np.abs((np.repeat(full.weights, 4) * turned) @ full.Lambda).max()
        assert (drift < 1e-13) == conserved == ("hidden spin" in names(s_and_p(*eta), below=0.0))


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ({"s1/2": 1.0}, ["charge", "spin"]),
        ({"p1/2": 0.7}, ["charge", "hidden spin"]),
        ({"p3/2": 0.7}, ["charge"]),
        ({"s1/2": 0.6, "p1/2": 0.6}, ["charge", "helicity"]),
        ({"s1/2": 0.6, "p1/2": 0.6 - np.pi}, ["charge", "helicity"]),
        ({"s1/2": 0.6, "p1/2": -0.6}, ["charge"]),
        ({"p3/2": 0.6, "d3/2": 0.6}, ["charge", "helicity"]),
        ({"d5/2": 0.3, "f5/2": 0.3}, ["charge", "helicity"]),
        ({"s1/2": 0.5, "p1/2": 0.5, "p3/2": 0.3, "d3/2": 0.3}, ["charge", "helicity"]),
        ({"p1/2": 0.5, "p3/2": 0.5}, ["charge", "spin"]),
        (EVERY, ["charge"]),
    ],
)
def test_conserved_quantities_have_names(channels, expected):
    found = conserved_quantities(impurity_operators(channels, 0.02), below=0.0)
    assert [quantity.name for quantity in found] == expected
    assert all(quantity.conserved for quantity in found)
    parity = {"charge": (0, "even"), "helicity": (0, "odd"), "spin": (1, "even"), "hidden spin": (1, "even")}
    assert [(quantity.J, quantity.parity) for quantity in found] == [parity[name] for name in expected]


def test_nearly_conserved_quantities_come_with_their_rates():
    charge, helicity = conserved_quantities(s_and_p(0.6, 0.58, 0.05))
    assert charge.conserved and not helicity.conserved
    moment = s_and_p(0.6, 0.58, 0.05).lambda_[4:16, 4:16]
    h = np.zeros(12)
    h[[2 * 4 + 1, 0 * 4 + 2, 1 * 4 + 3]] = 3**-0.5  # x ⊗ σ_x, y ⊗ σ_y, z ⊗ σ_z
    assert helicity.rate == pytest.approx(h @ moment @ h, rel=1e-12)
    _, hidden = conserved_quantities(s_and_p(0.1, np.pi / 2, 0.05))
    assert (hidden.name, hidden.rate) == ("hidden spin", pytest.approx(slow_mode(s_and_p(0.1, np.pi / 2, 0.05)).rate))
    flipped = combine([(1.0, impurity_operators({"s1/2": 1.0}))], spin_flip_rate=0.01)
    assert names(flipped) == ["charge", "spin"]
    assert conserved_quantities(flipped)[1].rate == pytest.approx(0.01)


def test_helicity_relaxes_by_the_splitting_of_the_two_channels_of_every_j():
    """Σ_j (j + ½) sin²(η_{j-½,j} - η_{j+½,j}), and with it alone, near conservation, λ_L² = 1/(2 loss rate)."""
    rng = np.random.default_rng(23)
    for channels in (EVERY, *(dict(zip(EVERY, rng.uniform(-2, 2, 7), strict=True)) for _ in range(2)), {"d5/2": 0.4}):
        every = conserved_quantities(impurity_operators(channels), below=10)
        found = next(quantity.rate for quantity in every if quantity.name == "helicity")
        assert found == pytest.approx(helicity_rate(channels), rel=1e-11)
    assert helicity_rate({"s1/2": 0.6, "p1/2": 0.6}) == helicity_rate({"p3/2": 1.0, "d3/2": 1.0}) == 0
    for eta in (0.3, 0.6, 1.5):
        operators, rate = s_and_p(eta, eta + 1e-4, 0.0), helicity_rate({"s1/2": eta, "p1/2": eta + 1e-4})
        assert decay_mode(operators, "L").length ** 2 * rate * operators.loss == pytest.approx(0.5, rel=1e-5)


def test_a_quantity_without_a_name_is_called_by_its_moments():
    found = [q for q in conserved_quantities(s_and_p(0.4, 1.1, -0.3), below=10) if q.J == 2]
    assert [q.name for q in found if q.parity == "odd"] == ["spin l = 1, J = 2"]
    assert any("charge l = 2" in q.name and "spin l = 2" in q.name for q in found)


@pytest.mark.parametrize("channels", [EVERY, dict(zip(SP, (0.4, 1.1, -0.3), strict=True))])
def test_the_blocks_hold_the_whole_spectrum(channels):
    operators = impurity_operators(channels)
    parts = blocks(stacked(sector(operators, "charge")), stacked(sector(operators, "L")))
    found = np.concatenate([np.repeat(np.linalg.eigvals(part[0]), 2 * J + 1) for (J, _), part in parts.items()])
    assert np.sort(found.real) == pytest.approx(np.sort(np.linalg.eigvals(operators.lambda_).real), abs=1e-12)


def test_longitudinal_length_grows_without_limit_towards_conserved_helicity():
    splits = np.array([1e-2, 1e-3, 1e-4, 1e-5])
    lengths = np.array([decay_mode(s_and_p(0.6, 0.6 + split, 0.0), "L").length for split in splits])
    assert lengths[1:] * splits[1:] == pytest.approx(lengths[1] * splits[1], rel=2e-2)
    assert decay_mode(s_and_p(0.6, 0.6, 0.0), "L").length == math.inf
    assert decay_mode(s_and_p(0.6, 0.6, 0.0, alpha=0.02), "L").length == math.inf
    transverse = [decay_mode(s_and_p(0.6, 0.6 + split, 0.0), "T").length for split in (0.0, 1e-6)]
    assert transverse[1] == pytest.approx(transverse[0], rel=1e-5)


def test_host_scattering_relaxes_helicity_at_its_own_rate():
    helical = impurity_operators({"s1/2": 0.6, "p1/2": 0.6})
    mixed = combine([(1.0, helical)], momentum_rate=0.05)
    assert [q.rate for q in conserved_quantities(mixed) if q.name == "helicity"] == [pytest.approx(0.05)]
    assert all(math.isfinite(decay_mode(mixed, polarization).length) for polarization in "LT")


def longest(operators, polarization, cut=24):
    """Longest real decay length that carries spin, from Λ⁻¹ W_z on all moments up to l = cut; None for none."""
    block = sector(operators, polarization)
    place = {label[:2]: i for i, label in enumerate(block.labels)}
    orders = {component: m for component, _, m in block.labels}
    states = [(c, l) for c, m in orders.items() for l in range(m, cut + 1)]
    number = {state: i for i, state in enumerate(states)}
    relaxation, velocity = operators.loss * np.eye(len(states)), np.zeros((len(states), len(states)))
    for (c, l), i in number.items():
        if (c, l + 1) in number:
            step = math.sqrt(((l + 1) ** 2 - orders[c] ** 2) / (4 * (l + 1) ** 2 - 1))
            velocity[i, number[c, l + 1]] = velocity[number[c, l + 1], i] = step
    inside = [number[state] for state in place]
    relaxation[np.ix_(inside, inside)] -= block.gain
    velocity[np.ix_(inside, inside)] -= block.drift
    values, vectors = np.linalg.eig(np.linalg.solve(relaxation, velocity))
    real = (np.abs(values.imag) < 1e-9 * np.abs(values)) & (values.real * operators.loss > 1.02)
    carried = np.abs(vectors[number[0 if polarization == "L" else 2, 0]]) > 1e-7
    return values.real[real & carried].max(initial=0.0) or None


@pytest.mark.parametrize(("channels", "alpha"), [(SP, 0.0), (SP, 0.03), ((*SP, "d3/2", "d5/2"), 0.01)])
def test_lengths_of_random_alloys_are_those_of_all_moments(channels, alpha):
    """Alloys with and without spin-flip scattering by the host, strong enough in some that no mode is separate."""
    rng = np.random.default_rng(17)
    few = len(channels) > 3
    for spin_flip in (0.0, 0.5, 30.0):
        alloys = [
            combine([(1.0, impurity_operators(dict(zip(channels, eta, strict=True)), alpha))], spin_flip_rate=spin_flip)
            for eta in rng.uniform(-np.pi / 2, np.pi / 2, (8 if few else 35, len(channels)))
        ]
        for polarization in "LT":
            separate = 0
            found = [sector(alloy, polarization) for alloy in alloys]
            stack = replace(
                found[0],
                loss=np.array([one.loss for one in found]),
                gain=np.array([one.gain for one in found]),
                drift=np.array([one.drift for one in found]),
            )
            lengths = decay_lengths(stack)[0]
            for alloy, length in zip(alloys, lengths, strict=True):
                expected = longest(alloy, polarization)
                if expected is None:  # none, or so near the continuum that the cut in l hides it
                    assert math.isnan(length) or 1 < length * alloy.loss < 1.03
                elif expected * alloy.loss > 1.08:
                    assert length == pytest.approx(expected, rel=1e-6)
                    separate += 1
            assert separate == 0 if spin_flip == 30 else separate > len(alloys) / 2


def test_no_separate_mode_is_nan_in_a_stack_and_none_alone():
    alloy = combine([(0.02, impurity_operators({"s1/2": np.pi / 2}))], spin_flip_rate=1.0)
    assert math.isnan(decay_lengths(stacked(sector(alloy, "L")))[0][0])
    assert decay_mode(alloy, "L") is None and decay_mode(alloy, "T") is None


@pytest.mark.parametrize("eta", [(0.1, np.pi / 2, 0.05), (1.2, 0.2, 0.0), (0.6, 0.58, 0.05), (0.4, 1.1, -0.3)])
def test_the_quadratic_form_holds_as_far_as_it_says(eta):
    operators = s_and_p(*eta)
    mode = slow_mode(operators)
    for polarization in "LT":
        if polarization == "L" and eta[1] == 0.58:
            continue  # helicity, not the spin density, is the slowest longitudinal mode there
        D, q = asdict(mode)[f"D_{polarization}"], asdict(mode)[f"quadratic_up_to_{polarization}"] / 4
        error = (relaxation_rate(operators, q, polarization) - mode.rate) / q**2 / D - 1
        assert abs(error) == pytest.approx(0.1 / 16, rel=0.1)


def test_no_diffusion_constant_where_an_odd_mode_has_the_rate_of_the_spin():
    """At conserved helicity the charge current l = 1 is the odd partner of the spin density: rate(q) is linear in q."""
    found = exact(s_and_p(0.6, 0.6, 0.0))
    assert found["D_T"] is None and found["quadratic_up_to_T"] == 0
    assert found["rate"] == pytest.approx(2 / 3 * math.sin(0.6) ** 2, rel=1e-12)
    near = exact(s_and_p(0.6, 0.6, 0.05))
    assert near["D_T"] > 30 and near["quadratic_up_to_T"] < 0.01


def test_closure_at_conserved_helicity_is_infinite_in_D_0_alone():
    at, near = (p1(s_and_p(0.6, 0.6 + split, 0.0, alpha=0.01)) for split in (0.0, 1e-6))
    assert at["D_0"] == at["D_L"] == math.inf and at["kappa"] == -math.inf
    assert near["D_0"] > 1e9
    for key in set(at) - {"D_0", "D_L", "kappa"}:
        assert at[key] == pytest.approx(near[key], rel=1e-4, abs=1e-6)
    first = p1(s_and_p(0.6, 0.6, 0.0, alpha=0.01), first_order=True)
    printed = closed_form((0.6, 0.6, 0.0), 0.01)
    assert first["D_0"] == printed["D_0"] == math.inf
    assert first["D_T"] == pytest.approx(printed["D_T"], rel=1e-12)
    with pytest.raises(ValueError, match="conserves a first moment"):
        closure(s_and_p(0.6, 0.6, 0.0))


def test_infinite_no_mode_and_not_computed_are_three_answers():
    found = coefficients_of({"s1/2": 0.6, "p1/2": 0.6})
    assert found["exact"]["decay_length_L"] == math.inf
    assert found["exact"]["decay_length_T"] == pytest.approx(2.82173, abs=5e-6)
    metal = SimpleNamespace(
        k_F=1.36e10, mass=1.0, impurity=[], background=SimpleNamespace(tau_p=math.inf, tau_sf=1e-14, tau_ex=math.inf)
    )
    assert coefficients(metal)["exact"]["decay_length_L"] is None
    assert [quantity["name"] for quantity in coefficients(metal)["conserved"]] == ["charge"]
    metal.impurity = [SimpleNamespace(name="X", concentration=0.01, channels={"s1/2": 0.6, "p1/2": 0.6})]
    metal.background = SimpleNamespace(tau_p=math.inf, tau_sf=math.inf, tau_ex=math.inf)
    assert conductivities(metal)["diffusion_length_L"] == math.inf
    assert math.isfinite(conductivities(metal)["diffusion_length_T"])


def call(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout


def test_the_command_line_says_infinite():
    alloy = ("--channel", "s1/2=0.6", "--channel", "p1/2=0.6")
    code, out = call("coefficients", *alloy, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["exact"]["decay_length_L"] == found["p1"]["D_0"] == "inf"
    assert found["p1"]["kappa"] == "-inf"
    assert found["exact"]["D_T"] is None
    assert found["conserved"][1] == {"name": "helicity", "J": 0, "parity": "odd", "rate": 0.0}
    code, out = call("coefficients", *alloy)
    assert code == 0 and "helicity" in out and "infinite" in out


def test_info_names_what_a_material_conserves(tmp_path):
    path = tmp_path / "case.toml"
    path.write_text(
        '[material.alloy]\nk_F = "13.6 1/nm"\n[[material.alloy.impurity]]\nname = "X"\nconcentration = 0.01\n'
        'channels = { "s1/2" = 0.6, "p1/2" = 0.6 }\n[grid]\nz = { length = "40 nm", cells = 8 }\n'
        '[[contact]]\nname = "a"\nface = "z_min"\nvoltage = "1 mV"\n'
        '[[contact]]\nname = "b"\nface = "z_max"\nvoltage = "0 V"\n'
    )
    code, out = call("info", path)
    assert code == 0
    assert "helicity" in out and "inf" in out and "none: starts linear in q" in out


def test_the_audit_judges_equation_14_and_section_V():
    findings = {finding.where: finding for finding in audit(np.random.default_rng(5).uniform(0.2, 1.4, (4, 3)))}
    diverging, null = findings["Eq. 14 at η0 = η1, η2 = 0"], findings["section V"]
    assert abs(diverging.kinetic) < 1e-13 < 1e-3 < diverging.printed_error
    assert diverging.corrected_error < 1e-12
    assert null.corrected_error == 0 and not null.agrees
    for words in ("helicity at (0.6, 0.6, 0)", "hidden spin at (0, 1.57, 0)", "spin at (0.6, 0, 0)"):
        assert words in null.verdict
