"""Transient runs in HDF5: signals in time, and the state that a run goes on from."""

from __future__ import annotations

import os

import h5py
import numpy as np

from boltzsim.result import FIELDS, History
from boltzsim.store.hdf5 import create, names, reading, require_finite, verify, write, write_scale

SIGNALS = {
    "current": ("A", "charge current into the device", ("time", "name")),
    "voltage": ("V", "voltage", ("time", "name")),
    "spin_current": ("A", "spin current into the device (charge units)", ("time", "name", "polarisation")),
    "charge_balance": ("1", "violation of charge conservation so far, over the charge that moved", ("time",)),
}
ELECTRODE = "spin potential at the end of the electrode behind a contact, along its magnetisation"
COMPONENTS = ("charge", "x", "y", "z")


def write_history(group: h5py.Group, terminals: h5py.Group, history: History) -> None:
    """Fill the group /time; contacts have the scales of the group /terminals."""
    group.attrs["complete"] = history.complete
    write_scale(group, "time", history.time, "s", "end of the step")
    for scale in ("name", "polarisation"):
        group[scale] = terminals[scale]
    for name, description in SIGNALS.items():
        write(group, name, getattr(history, name), *description)
    if history.voltage_reversed:
        group["reversed"] = terminals["reversed"]
        voltages = np.stack(list(history.voltage_reversed.values()), 1)
        long_name = "voltage of each contact with the magnetisation of one contact (axis reversed) turned round"
        write(group, "voltage_reversed", voltages, "V", long_name, ("time", "reversed", "name"))
    if history.electrode_spin_potential:
        group["electrode"] = terminals["electrode"]
        values = np.stack(list(history.electrode_spin_potential.values()), 1)
        write(group, "electrode_spin_potential", values, "V", ELECTRODE, ("time", "electrode"))
    observed = group.create_group("observed")
    observed["time"] = group["time"]
    write_scale(observed, "component", COMPONENTS, "", "charge, or direction of spin polarisation")
    for name, values in history.observed.items():
        write(observed, name, values, "V", f"observed signal {name}", ("time", "component"))


def read_history(group: h5py.Group, frames: h5py.Group) -> History:
    """The history that `write_history` and the frames hold."""
    flipped = {}
    if "voltage_reversed" in group:
        flipped = dict(zip(names(group["reversed"]), np.moveaxis(group["voltage_reversed"][()], 1, 0), strict=True))
    spins = {}
    if "electrode_spin_potential" in group:
        spins = dict(zip(names(group["electrode"]), group["electrode_spin_potential"][()].T, strict=True))
    scales = ("time", "component")
    return History(
        time=group["time"][()],
        **{name: group[name][()] for name in SIGNALS},
        voltage_reversed=flipped,
        observed={name: values[()] for name, values in group["observed"].items() if name not in scales},
        frame_time=frames["time"][()],
        frames={name: frames[name][()] for name in FIELDS if name in frames},
        complete=bool(group.attrs["complete"]),
        electrode_spin_potential=spins,
    )


def state_bytes(state: dict | None) -> int:
    """Size of the angular distributions of a state."""
    return sum(own["angular"].nbytes for own in state["evolutions"]) if state else 0


def write_state(group: h5py.Group, state: dict) -> None:
    """Fill the group /state: nested dicts and lists as groups, None left out."""
    for name, value in state.items():
        if isinstance(value, list):
            for number, entry in enumerate(value):
                write_state(group.create_group(f"{name}/{number}"), entry)
        elif isinstance(value, dict):
            write_state(group.create_group(name), value)
        elif value is not None:
            dataset = create(group, name, np.asarray(value))
            dataset.attrs["units"], dataset.attrs["long_name"] = "", "state of the run, in the solver's own layout"


def read_saved(path: str | os.PathLike[str]) -> dict:
    """The state in a file but for its angular distributions.

    Raises
    ------
    StoreError
        If there is none.
    """
    with reading(path, "checkpoint") as file:
        state = read_state(file["state"])
        verify(path, file)
    for number, own in enumerate(state.get("evolutions", [])):
        for name in ("phi", "change", "vectors"):
            require_finite(path, f"{name} of magnetic state {number}", own.get(name, 0.0))
        for name, values in own.get("known", {}).items():
            require_finite(path, f"known {name} of magnetic state {number}", values)
    return state


def read_state(group: h5py.Group) -> dict:
    """The state that `write_state` wrote, but for angular distributions."""
    found = {}
    for name, entry in group.items():
        if isinstance(entry, h5py.Dataset):
            if name != "angular":
                found[name] = entry[()]
        elif all(key.isdigit() for key in entry):
            found[name] = [read_state(entry[str(number)]) for number in range(len(entry))]
        else:
            found[name] = read_state(entry)
    return found


def read_distribution(path: str | os.PathLike[str], out: np.ndarray, number: int = 0) -> np.ndarray | None:
    """Fill `out` with the angular distribution of a stored run; returns its spin axes (rows), None without a state.

    Parameters
    ----------
    path : path-like
    out : numpy.ndarray
    number : int
        Magnetic state.

    Raises
    ------
    StoreError
        If the file is damaged, or the distribution holds numbers that are not finite.
    """
    with reading(path, "checkpoint") as file:
        if "state" not in file:
            return None
        file[f"state/evolutions/{number}/angular"].read_direct(out)
        frame = file["state/frame"][()]
    require_finite(path, "the angular distribution", out)
    return frame
