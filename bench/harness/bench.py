"""What a case is given: the cluster, the loader, the data, how often to repeat, and where to put its results."""
import datetime
import json
import os
import platform
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from .cluster import Cluster
from .data import Data
from .loader import Loader


@dataclass
class Bench:
    root: Path
    work: Path  # temporary, on the same disk as the data
    results: Path
    cluster: Cluster
    loader: Loader
    data: Data
    rounds: int
    tries_at_most: int
    tries_until: float  # time.monotonic(); after that, a noisy run is taken as it is
    quick: bool
    full: bool
    before: Loader = None  # an earlier program, to compare with
    by_loader: str = "by_loader"  # the template database whose tables this loader created (templates.py)

    @property
    def tries(self):
        return self.tries_at_most if time.monotonic() < self.tries_until else 1

    def new_bucket(self):
        """An empty directory for a bucket that the case fills."""
        return Path(tempfile.mkdtemp(prefix="bucket-", dir=self.work))

    def on(self, cluster):
        """The same with another server."""
        return replace(self, cluster=cluster)

    def say(self, text):
        print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)

    def save(self, case, result):
        result = result | {"case": case, "environment": self.environment()}
        (self.results / f"{case}.json").write_text(json.dumps(result, indent=1) + "\n")

    def environment(self):
        first = lambda pattern, text: (re.search(pattern, text) or [None, "?"])[1].strip()
        output = lambda *command: subprocess.run(command, capture_output=True, text=True, cwd=self.root).stdout.strip()
        packages = output("dpkg-query", "-W", "-f", "${Package} ${Version}\n", "pgloader", "rclone", "python3-psycopg2")
        changed = "" if output("git", "status", "--porcelain", "--", "src", "db") == "" else " with changes"
        return {
            "when": f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
            "commit": output("git", "rev-parse", "--short", "HEAD") + changed,
            "processor": first(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()),
            "cores": os.cpu_count(),
            "memory_gib": round(int(first(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())) / 2**20),
            "system": first(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text()),
            "kernel": platform.release(),
            "postgres": self.cluster.version(),
            "loader": self.loader.version(),
            "peers": packages.replace("\n", ", "),
            "rounds": self.rounds,
            "quick": self.quick,
        }
