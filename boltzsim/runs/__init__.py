"""Runs: steady, transient, resumed, in series, in both models."""
