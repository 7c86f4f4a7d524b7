#!/usr/bin/env python
"""Solve the shipped cases and draw the figures of cases/README.md into cases/figures.

    python scripts/gallery.py [CASE ...] [--jobs N] [--redraw]

CASE is the name of a file in cases/ without its suffix; all cases are drawn if none is named. A case with a [series]
table is solved point by point with `boltzsim series` and drawn with `boltzsim report`, any other with `run` and `plot`.
Results are kept in build/gallery, so that --redraw can draw them again without solving. The processor time of the
solving command is printed beside its wall time, because other programs on the machine change it less. Points of series
that build/gallery has already are not solved again and cost no time.
"""

import argparse
import io
import resource
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from boltzsim import load_case

ROOT = Path(__file__).resolve().parent.parent
CASES, FIGURES, RESULTS = ROOT / "cases", ROOT / "cases" / "figures", ROOT / "build" / "gallery"
NAMES = sorted(path.stem for path in CASES.glob("*.toml"))
SHRUNK = 2  # figures are drawn for print, 300 dots an inch: half of that is sharp on a screen
LARGEST = 120_000  # bytes of one figure, so that the repository stays small


def boltzsim(*arguments):
    """Run one command of this installation; its tables are not shown, its errors are."""
    subprocess.run([sys.executable, "-m", "boltzsim", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def solve(name, result, jobs):
    """Solve a case, all points of it if it is a series, and give its wall time and its processor time in s."""
    began, used = time.perf_counter(), processor_time()
    if load_case(CASES / f"{name}.toml").series:
        boltzsim("series", CASES / f"{name}.toml", "-o", result, "--jobs", jobs)
    else:
        boltzsim("run", CASES / f"{name}.toml", "-o", result)
    return time.perf_counter() - began, processor_time() - used


def processor_time():
    """Processor time in s of all commands run so far, those that they started included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def draw(name, result):
    """Draw a stored result into cases/figures and give the size of the file in bytes."""
    large = result.with_suffix(".png")
    boltzsim("report" if load_case(CASES / f"{name}.toml").series else "plot", result, "-o", large)
    picture = shrunk(Image.open(large))
    (FIGURES / f"{name}.png").write_bytes(picture)
    return len(picture)


def shrunk(image):
    """The bytes of a smaller PNG, with as many colours as `LARGEST` bytes allow."""
    small = image.convert("RGB").resize((image.width // SHRUNK, image.height // SHRUNK), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64, 32):
        buffer = io.BytesIO()
        reduced = small.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
        reduced.save(buffer, "png", optimize=True)
        if buffer.tell() <= LARGEST:
            return buffer.getvalue()
    raise SystemExit(f"a figure has {buffer.tell()} bytes with 32 colours, more than {LARGEST}; draw less in it")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", metavar="CASE", help=", ".join(NAMES))
    parser.add_argument("--jobs", type=int, default=2, help="points of a series at a time (2)")
    parser.add_argument("--redraw", action="store_true", help="draw what build/gallery holds without solving again")
    options = parser.parse_args()
    if unknown := sorted(set(options.case) - set(NAMES)):
        parser.error(f"no such case: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    FIGURES.mkdir(exist_ok=True)
    for name in options.case or NAMES:
        result = RESULTS / f"{name}.h5"
        if options.redraw and not result.exists():
            parser.error(f"--redraw: {result.relative_to(ROOT)} is missing; solve the case first, without --redraw")
        if not options.redraw:
            wall, processor = solve(name, result, options.jobs)
            print(f"{name}: solved in {wall:.0f} s, processor time {processor:.0f} s", flush=True)
        print(f"{name}: figure of {draw(name, result) / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
