"""One timed run: wall clock, CPU of client and server, WAL, and how busy others kept the machine meanwhile.

A run in which others used more than 0.15 cores is repeated, untimed set-up included, up to `tries` times; if none
is quiet, the quietest counts and is marked. Variants of a case run in turn, round by round, so that neighbours in
time are compared: the speed of a shared processor drifts over minutes."""
import os
import resource
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .cluster import TICK, cpu_of

FOREIGN_CORES = 0.15
PF_KTHREAD = 0x00200000
helpers = []  # processes of the bench that are neither client nor server: a proxy, a bucket


def busy():
    """Seconds of CPU that the whole machine has used, and how much of it kernel threads have, which write back what
    the runs wrote."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    total = sum(int(fields[i]) for i in (0, 1, 2, 5, 6, 7)) / TICK
    kernel = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[6]) & PF_KTHREAD:
                kernel += int(stat[11]) + int(stat[12])
    return total, kernel / TICK


def own_cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + sum(cpu_of(pid) for pid in helpers)


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass
class Run:
    wall: float  # seconds; what the action says it took, else from its begin to its end
    client_cpu: float
    server_cpu: float
    wal: int  # bytes
    foreign: float  # cores that others kept busy
    quiet: bool
    checkpoints: int = 0  # that began meanwhile
    extra: dict = field(default_factory=dict)

    def mark(self):
        return "" if self.quiet else f" (noisy: {self.foreign:.2f} cores used by others)"


def run_once(cluster, action, service_pid=None):
    """`action` returns None, or (seconds, extra). Client CPU is that of children waited for, or of the service."""
    wal, checkpoints = cluster.wal_bytes(), cluster.checkpoints()
    client = (lambda: cpu_of(service_pid)) if service_pid else children_cpu
    total0, kernel0 = busy()
    server0, client0, own0, children0 = cluster.cpu(), client(), own_cpu(), children_cpu()
    begin = time.perf_counter()
    said = action()
    elapsed = time.perf_counter() - begin
    server, used, own = cluster.cpu() - server0, client() - client0, own_cpu() - own0
    children = children_cpu() - children0
    total1, kernel1 = busy()
    ours = server + own + children + (used if service_pid else 0) + kernel1 - kernel0
    foreign = max(0.0, total1 - total0 - ours)
    wall, extra = said if said else (elapsed, {})
    return Run(
        wall=wall,
        client_cpu=used,
        server_cpu=server,
        wal=cluster.wal_bytes() - wal,
        foreign=foreign / elapsed,
        quiet=foreign < FOREIGN_CORES * elapsed + 0.03,  # 0.03 s: what counting in ticks of 10 ms may be wrong by
        checkpoints=cluster.checkpoints() - checkpoints,
        extra=extra,
    )


def quietest(attempt, tries):
    """`attempt` recreates everything and returns a Run, or a list of (size, Run)."""
    best = None
    for _ in range(max(1, tries)):
        said = attempt()
        runs = [run for _, run in said] if isinstance(said, list) else [said]
        foreign = max(run.foreign for run in runs)
        if best is None or foreign < best[0]:
            best = (foreign, said)
        if all(run.quiet for run in runs):
            break
    return best[1]


def in_turn(bench, variants, rounds=None):
    """`variants`: name → function that recreates everything and returns a Run. Every other round goes backwards."""
    runs = {name: [] for name in variants}
    rounds = rounds or bench.rounds
    for number in range(rounds):
        order = list(variants) if number % 2 == 0 else list(reversed(variants))
        for name in order:
            run = quietest(variants[name], bench.tries)
            runs[name].append(asdict(run))
            bench.say(f"round {number + 1}/{rounds}: {name}: {run.wall:.3f} s{run.mark()}")
    return runs


def median(values):
    return statistics.median(values)


def ratio(baseline, ours):
    """How many times as fast, as the median of neighbours in time, and its range."""
    pairs = [b["wall"] / o["wall"] for b, o in zip(baseline, ours)]
    return median(pairs), min(pairs), max(pairs)
