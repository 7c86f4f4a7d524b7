"""A wire in which spins diffuse in one dimension, with contacts of finite width: a chain of resistors.

It has nothing of the package: ρλ for resistances, half a Sharvin resistance behind contacts, and a third of the wire's
thickness for the way from its middle to a contact on its face.
"""

import numpy as np
from scipy.constants import e, h

STEP = 2e-9


def sharvin(k_F):
    """Conductance per area of both spins that a free-electron metal passes at most, S/m²."""
    return 2 * e**2 / h * k_F**2 / (4 * np.pi)


class Wire:
    """A wire from x = 0 with reservoirs at the `open_ends`; lengths in m, `resistivity` in Ω m.

    `rate` holds the conductance from each point to a spin potential of zero, `own` the matrix of the chain.
    """

    def __init__(self, length, width, thickness, resistivity, decay, k_F, open_ends=(True, True)):
        self.x = (np.arange(round(length / STEP)) + 0.5) * STEP
        self.width, self.above, self.half = width, resistivity * thickness / 3, 0.5 / sharvin(k_F)
        step = width * thickness / resistivity / STEP
        count = len(self.x)
        self.own = step * (2 * np.eye(count) - np.eye(count, k=1) - np.eye(count, k=-1))
        for end, is_open in ((0, open_ends[0]), (-1, open_ends[1])):
            self.own[end, end] -= step
            if is_open:
                self.own[end, end] += 1 / (self.half / (width * thickness) + 0.5 / step)
        self.own += step * (STEP / decay) ** 2 * np.eye(count)

    def under(self, span):
        return np.flatnonzero((self.x > span[0]) & (self.x < span[1]))

    def drain(self, span, resistance_area):
        """Let spins leave through the face along `span`."""
        here = self.under(span)
        self.own[here, here] += self.width * STEP / (resistance_area + self.above)

    def tunnel_valve(self, injector, detector, polarization):
        """ΔR between two tunnel contacts."""
        sent = np.zeros(len(self.x))
        sent[self.under(injector)] = polarization / len(self.under(injector))
        return 2 * polarization * np.linalg.solve(self.own, sent)[self.under(detector)].mean()

    def electrode_valve(self, injector, detector, resistance_area, polarization):
        """ΔR between two ferromagnets of ρλ/(1 - p²) = `resistance_area`, each with one spin potential at its end."""
        count = len(self.x)
        chain = np.zeros((count + 2, count + 2))
        chain[:count, :count] = self.own
        for number, span in ((count, injector), (count + 1, detector)):
            here, each = self.under(span), self.width * STEP / (self.half + self.above)
            chain[here, here] += each
            chain[here, number] -= each
            chain[number, here] -= each
            chain[number, number] += len(here) * each + self.width * len(here) * STEP / resistance_area
        sent = np.zeros(count + 2)
        sent[count] = polarization
        return 2 * polarization * np.linalg.solve(chain, sent)[-1]
