"""The report of a validation: as plain data, as a JSON file, and as tables."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime

from boltzsim import __version__, validate
from boltzsim.files import replacing
from boltzsim.reports.tables import table_of
from boltzsim.text.quantities import plain


def run(quick=False, progress=None):
    """Run all families of checks and report their results.

    Parameters
    ----------
    quick, progress
        As `boltzsim.validate.validate`.

    Returns
    -------
    dict
        format, version, created, quick, wall_time [s], passed, checks (family, name, measured, expected, deviation,
        tolerance, source, inputs, limit, passed; at a known limit, whether the value is still missed) and curves
        (panel, label, x, y, kind).
    """
    began = time.perf_counter()
    families = validate.validate(quick, progress)
    checks = [
        {"family": family.title, **asdict(check), "passed": check.passed}
        for family in families
        for check in family.checks
    ]
    return {
        "format": "boltzsim validation",
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "wall_time": time.perf_counter() - began,
        "passed": all(check["passed"] for check in checks),
        "checks": checks,
        "curves": [asdict(curve) for family in families for curve in family.curves],
    }


def save(report, path):
    """Write a report as JSON, replacing `path` only when the new file is complete."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(plain(report), indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def tables(report):
    """One table per family, and the verdict."""
    checks = report["checks"]
    for family in dict.fromkeys(check["family"] for check in checks):
        rows = [
            [
                "FAILED" if not check["passed"] else "known limit" if check["limit"] else "ok",
                check["name"],
                f"{check['measured']:.8g}",
                f"{check['expected']:.8g}",
                f"{check['deviation']:.1e}",
                f"{check['tolerance']:.0e}",
            ]
            for check in checks
            if check["family"] == family
        ]
        yield table_of(family, "", "check", "measured", "expected", "deviation", "tolerance", rows=rows)
    for check in checks:
        if check["source"]:
            yield f"{check['name']}. Source: {check['source']}. Input: {check['inputs']}. {check['limit']}".rstrip()
    failed = sum(not check["passed"] for check in checks)
    known = sum(check["passed"] and bool(check["limit"]) for check in checks)
    met = len(checks) - known
    verdict = f"{failed} of {met} checks failed" if failed else f"all {met} checks passed"
    verdict += f", {known} published value{'s' * (known > 1)} missed as known," if known else ""
    yield f"{verdict} in {report['wall_time']:.0f} s"
