"""Starts a helper program of the bench, which prints its port as its first line, and ends it."""
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from . import measure
from .cluster import stop_with_parent


@contextmanager
def started(module, *arguments):
    script = Path(__file__).with_name(f"{module}.py")
    process = subprocess.Popen(
        [sys.executable, script, *map(str, arguments)], stdout=subprocess.PIPE, text=True, preexec_fn=stop_with_parent
    )
    measure.helpers.append(process.pid)
    try:
        yield int(process.stdout.readline())
    finally:
        measure.helpers.remove(process.pid)
        process.terminate()
        process.wait()
        process.stdout.close()
