"""Non-local spin valves: R_NL = (V_detector - V_reference) / I_injector, and its two magnetic states."""

from boltzsim.result import Measure


def nonlocal_resistance(entry, terminals):
    """Non-local resistance of one `[[measure]]` entry.

    Parameters
    ----------
    entry : boltzsim.case_measures.Nonlocal
        With injector, detector and reference, names of contacts.
    terminals : Terminals

    Returns
    -------
    Measure
        Value in Ω. If the detector's reversed state is known, the extras hold R_P (detector as given), R_AP (detector
        reversed) and delta_R = R_P - R_AP.
    """
    number = terminals.name.index
    current = terminals.current[number(entry.injector)]

    def resistance(voltage):
        return float((voltage[number(entry.detector)] - voltage[number(entry.reference)]) / current)

    value, extra = resistance(terminals.voltage), {}
    if entry.detector in terminals.voltage_reversed:
        reverse = resistance(terminals.voltage_reversed[entry.detector])
        extra = {"R_P": value, "R_AP": reverse, "delta_R": value - reverse}
    return Measure(entry.kind, entry.model_dump(), value, "Ohm", extra)
