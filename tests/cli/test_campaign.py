"""A small part of the campaign (scripts/attack) in every run, a larger one among the slow tests."""

import campaign_cases
import campaign_devices
import campaign_disks
import campaign_files
import campaign_kills
import pytest


def test_damaged_cases_are_read_or_refused():
    found = campaign_cases.run(90, seed=1)
    assert found["faults"] == [] and found["refused"] > 30


def test_damaged_files_are_read_rightly_or_refused():
    found = campaign_files.run(24, seed=1)
    assert found["faults"] == [] and found["refused"] > 12


def test_random_devices_are_balanced_or_refused():
    found = campaign_devices.run(30, seed=1)
    assert found["faults"] == [] and found["solved"] > 15


@pytest.mark.slow
def test_many_damaged_cases_and_files():
    assert campaign_cases.run(2000, seed=2)["faults"] == []
    assert campaign_files.run(300, seed=2)["faults"] == []


@pytest.mark.slow
def test_many_random_devices():
    assert campaign_devices.run(300, seed=2)["faults"] == []


@pytest.mark.slow
def test_runs_killed_at_random_moments():
    assert campaign_kills.run(20, seed=2)["faults"] == []


@pytest.mark.slow
def test_runs_on_full_and_read_only_disks():
    assert campaign_disks.run(12, seed=2)["faults"] == []
