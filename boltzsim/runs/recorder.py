"""Record of a transient run: signals after every step, frames, and the balance of charge."""

import numpy as np

from boltzsim.result import FIELDS, History


class Recorder:
    """Collects the history of a transient run step by step.

    Parameters
    ----------
    case : Case
    signals : boltzsim.device.signals.Signals
    unit : float
        Factor from ∫⟨W n⟩·dA to a current in A.
    volume : numpy.ndarray, shape (cells,)
        Volume of a corner of every cell, times the density of states of its metal relative to that of `case.metal`.

    Attributes
    ----------
    charges : list of [float, float, float], one per magnetic state
        Charge stored at the start, entered since, and the largest amount of charge or spin so far, as ∫⟨n⟩.
    spent : float
        Wall time of this run before it was resumed, in s.
    """

    def __init__(self, case, signals, unit, volume):
        self.case, self.signals, self.unit, self.volume = case, signals, unit, volume
        self.detected = case.magnetic_states[1:]
        self.electrodes = [contact.name for contact in case.contact if contact.electrode]
        self.wanted = case.time.frame_times()
        self.times, self.flux, self.voltages, self.spins, self.observed, self.balance = [], [], [], [], [], []
        self.frame_times, self.frames, self.charges, self.spent = [], [], [], 0.0

    def start(self, states):
        """Record t = 0 for every magnetic state; the currents through the contacts are not known then."""
        self.charges = [[_stored(s.phi, self.volume), 0.0, _gross(s.phi, self.volume)] for s in states]
        self._append(0.0, states, 0.0)

    def step(self, time, states, means, length):
        """Record the states after a step of length v_F Δt, with the mean fluxes (contacts, 4) during it.

        Returns
        -------
        float
            Charge missing so far, over the charge that moved.
        """
        worst = 0.0
        for charge, state, mean in zip(self.charges, states, means, strict=True):
            charge[1] += length * mean[:, 0].sum()
            entered = length * np.abs(mean[:, 0]).sum()
            charge[2] = max(charge[2] + entered, _gross(state.phi, self.volume))
            missing = _stored(state.phi, self.volume) - charge[0] - charge[1]
            worst = np.maximum(worst, abs(missing) / charge[2] if charge[2] else 0.0)  # NaN stays NaN
        self._append(time, states, worst)
        return worst

    def frames_between(self, start, end):
        """Frame times in (start, end]."""
        return [float(t) for t in self.wanted if start < t <= end]

    def frame(self, time, fields):
        """Keep the fields at a frame time."""
        self.frame_times.append(time)
        self.frames.append(fields)

    def history(self, complete):
        """The history recorded so far."""
        n, contacts = len(self.times), len(self.case.contact)
        flux = np.reshape(self.flux, (n, contacts, 4))
        voltages = np.reshape(self.voltages, (n, 1 + len(self.detected), contacts))
        return History(
            time=np.array(self.times),
            current=flux[:, :, 0],
            voltage=voltages[:, 0],
            spin_current=flux[:, :, 1:],
            voltage_reversed={name: voltages[:, 1 + k] for k, name in enumerate(self.detected)},
            observed={name: np.array([row[name] for row in self.observed]) for name in self.signals.weights},
            charge_balance=np.array(self.balance),
            frame_time=np.array(self.frame_times),
            frames=self._frames(),
            complete=complete,
            electrode_spin_potential={name: np.array(self.spins)[:, k] for k, name in enumerate(self.electrodes)},
        )

    def _frames(self):
        """Every field over the frame times; those that a run begun by an older version lacks are left out."""
        names = [name for name in FIELDS if all(name in fields for fields in self.frames)]
        return {name: np.array([fields[name] for fields in self.frames]) for name in names}

    def saved(self, spent):
        """Data that a checkpoint holds beside the history; `spent` is the wall time of this run in s."""
        return {"charges": np.array(self.charges), "spent": self.spent + spent}

    def restore(self, history, saved):
        """Continue from the history of a checkpoint and the data that `saved` returned with it."""
        self.times, self.balance = history.time.tolist(), history.charge_balance.tolist()
        self.flux = list(np.concatenate([history.current[..., None], history.spin_current], 2))
        every = [history.voltage, *(history.voltage_reversed[name] for name in self.detected)]
        self.voltages = list(np.stack(every, 1))
        spins = history.electrode_spin_potential
        self.spins = [[spins[name][i] for name in self.electrodes] for i in range(len(history.time))]
        self.observed = [
            {name: values[i] for name, values in history.observed.items()} for i in range(len(history.time))
        ]
        self.frame_times = history.frame_time.tolist()
        self.frames = [
            {name: values[i] for name, values in history.frames.items()} for i in range(len(self.frame_times))
        ]
        self.charges, self.spent = saved["charges"].tolist(), float(saved["spent"])

    def _append(self, time, states, balance):
        self.times.append(time)
        self.flux.append(self.unit * states[0].flux)
        self.voltages.append([state.voltage for state in states])
        self.spins.append(states[0].unknown[len(states[0].unknown) - len(self.electrodes) :])
        self.observed.append(self.signals(states[0].phi))
        self.balance.append(balance)


def _stored(phi, volume):
    return float(volume @ phi[:, :, 0, 0].sum(1))


def _gross(phi, volume):
    return float((volume @ np.abs(phi[:, :, 0]).sum(1)).max())
