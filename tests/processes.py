"""Real runs of the command line in processes of their own, to be stopped and killed."""

import subprocess
import sys
import time


def command(*arguments, **options):
    line = [sys.executable, "-m", "boltzsim", *map(str, arguments)]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)


def wait_for(path, process):
    """Until a running process has written a file, its first checkpoint."""
    for _ in range(1200):
        if path.exists() or process.poll() is not None:
            return
        time.sleep(0.05)
