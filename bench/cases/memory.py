"""Peak memory of the loader (VmHWM of /proc, looked at every 5 ms) while it loads executions into an empty table with
its default settings: 160,000, 1,494,975, and with --full 15,000,000 rows."""
from harness.measure import run_once


def run(bench):
    sizes = [20_000, None] if bench.quick else [160_000, None] + ([15_000_000] if bench.full else [])
    peaks = {}
    for size in sizes:
        bucket, _ = bench.data.full_load("executions", size)
        bench.cluster.make("run")
        bench.cluster.checkpoint()
        peak = []
        made = run_once(
            bench.cluster,
            lambda: peak.append(bench.loader.once_watched(bench.cluster.target("run"), bucket)[0]),
        )
        (rows,) = bench.cluster.ask("SELECT count(*) FROM executions", "run")[0]
        bench.cluster.drop("run")
        bench.say(f"{rows:,} rows: {peak[0] / 2**20:.1f} MiB, {made.wall:.2f} s")
        peaks[rows] = {"peak": peak[0], "seconds": made.wall}
    bench.save("memory", {"peaks": peaks})
