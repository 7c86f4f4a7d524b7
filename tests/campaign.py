"""The campaign as a command: how many of each attack, from which seed; prints figures and every fault.

Exit code 0 if nothing was found, else 1. The figures of the last one are in scripts/README.md.
"""

import argparse
import sys
import time

import campaign_cases
import campaign_devices
import campaign_disks
import campaign_files
import campaign_kills

ATTACKS = {
    "cases": (campaign_cases.run, 5000, "damaged case files, checked"),
    "files": (campaign_files.run, 500, "damaged HDF5 files, read"),
    "devices": (campaign_devices.run, 1000, "small random devices, solved"),
    "disks": (campaign_disks.run, 100, "runs on full or read-only disks"),
    "kills": (campaign_kills.run, 200, "kills of runs at random moments, resumed"),
}


def main():
    """Run the attacks that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers")
    for name, (_, count, what) in ATTACKS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help=f"{what}; {count} if omitted")
    asked, faults = parser.parse_args(), 0
    for name, (attack, _, what) in ATTACKS.items():
        count = getattr(asked, name)
        if not count:
            continue
        began = time.monotonic()
        found = attack(count, asked.seed)
        wrong = found.pop("faults")
        faults += len(wrong)
        figures = ", ".join(
            f"{key} {value:.2g}" if isinstance(value, float) else f"{key} {value}" for key, value in found.items()
        )
        print(f"{count} {what}: {figures}; faults {len(wrong)}; {time.monotonic() - began:.0f} s", flush=True)
        for fault in wrong:
            print(f"  {fault}", flush=True)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
