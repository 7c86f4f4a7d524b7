"""Reference tables: slabs, films and plane modes computed by other methods."""

import numpy as np

from boltzsim.limits.modes import relaxation_rate
from boltzsim.material.superoperators import combine
from boltzsim.transport.law import contact_law
from boltzsim.validate.channel import slab, triple
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference


def validate(quick):
    """Check slab transmission, film conductivity, decay of plane modes, and slabs with strong spin-orbit coupling."""
    family = Family("reference tables")
    _transmission(family, ("tau=0.1", "tau=1", "tau=5") if quick else reference("slab_transmission")["table"])
    _films(family, ("k=0.1", "k=1", "k=10") if quick else reference("fuchs_sondheimer")["table"])
    _modes(family)
    entries = reference("kinetic")["slab"]
    for number, entry in enumerate(entries, start=1):
        if not quick or number in (1, 4, 6, 7):
            _kinetic_slab(family, entry, number, 400)
    return family


def _transmission(family, thicknesses):
    """Check transmission and reflection of charge (c = 1) and of spin, which the host's spin flips absorb (c < 1)."""
    table = reference("slab_transmission")["table"]
    for thickness in thicknesses:
        tau = float(thickness.split("=")[1])
        cells = min(max(40, round(32 * tau)), 1600)
        for albedo, expected in table[thickness].items():
            c = float(albedo.split("=")[1])
            operators = combine([], momentum_rate=c, spin_flip_rate=1 - c)
            component = 0 if c == 1 else 3
            source = np.zeros((2, 4))
            source[0, component] = 1.0
            flux = slab(operators, tau, cells, polar=12).solve(source, rtol=1e-11).flux[:, component]
            name = f"slab, τ = {tau:g}, c = {c:g}"
            if expected["T_iso"] > 1e-4:
                family.relative(f"{name}: transmission", -4 * flux[1], expected["T_iso"], 2e-3)
            family.absolute(f"{name}: reflection", 1 - 4 * flux[0], expected["R_iso"], 1e-3)


def _films(family, thicknesses):
    """Check the Fuchs-Sondheimer conductivity of films in a field along them, both surfaces with specularity p."""
    table = reference("fuchs_sondheimer")["table"]
    isotropic = combine([], momentum_rate=1.0)
    for thickness in thicknesses:
        k = float(thickness.split("=")[1])
        for specular, expected in table[thickness].items():
            p = float(specular.split("=")[1])
            transport = slab(isotropic, k, min(max(40, round(20 * k)), 400), (None, None), specularity=(p, p), polar=16)
            solution = transport.solve(field=(1, 0, 0), rtol=1e-10)
            sigma = 3 * transport.currents(solution.phi)[:, :, 0, 0].mean()
            family.relative(
                f"film, thickness {k:g} mean free paths, p = {p:g}", sigma, expected, 2e-2 if k < 0.1 else 2e-3
            )


def _modes(family):
    isotropic = combine([], momentum_rate=1.0)
    for wave, expected in reference("fourier_modes")["decay_rate"].items():
        rate = relaxation_rate(isotropic, float(wave.split("=")[1]), "charge")
        family.relative(f"decay of a plane mode, {wave}", rate, expected, 1e-10)


def _kinetic_slab(family, entry, number, cells):
    """Check potentials and fluxes of a slab with strong spin-orbit scattering against exact spatial modes."""
    ends, reservoirs, specularity = [], [], []
    for side in (entry["left"], entry["right"]):
        T = side.get("T", 1.0)
        ends.append(contact_law(T, side.get("P", 0.0), side.get("m", (0, 0, 1)), side.get("phi", 0.0)))
        reservoirs.append(side.get("mu", (0, 0, 0, 0)))
        specularity.append(side.get("spec", 0.0))
    operators, precession = triple(entry["eta"], entry["alpha"]), entry.get("omega", (0, 0, 0))
    transport = slab(operators, entry["L"], cells, ends, precession, specularity, polar=12)
    solution = transport.solve(np.array(reservoirs, float), rtol=1e-10)
    edges = np.repeat(np.arange(cells + 1), 2)[1:-1] * entry["L"] / cells
    for what, corners in (("potentials", solution.phi[:, :, 0]), ("flux", transport.currents(solution.phi)[:, :, 2])):
        points = transport.grid.to_points(corners)
        found = np.array([points[np.abs(edges - z) < 1e-9].mean(0) for z in entry["z"]])
        expected = np.array(entry[what])
        inner = slice(1, -1) if what == "potentials" else slice(None)
        scale = max(np.abs(expected).max(), 1e-2)  # where no current flows the deviation is absolute
        deviation = np.abs(found - expected)[inner].max() / scale
        family.below(f"slab {number} of the kinetic table: {what}", deviation, 2e-3)
