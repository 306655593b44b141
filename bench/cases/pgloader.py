"""pgloader over the executions as plain CSV, into the same table as zcat | psql; once, because it is slow."""
import gzip
import shutil
from dataclasses import asdict

from harness.measure import run_once
from harness.peers import copy_csv, pgloader

from cases.full_load import BASELINE


def run(bench):
    cluster = bench.cluster
    _, file = bench.data.full_load("executions")
    plain = bench.work / "executions.csv"
    with gzip.open(file) as packed, plain.open("wb") as out:
        shutil.copyfileobj(packed, out)
    runs = {}
    ways = {
        BASELINE: lambda: copy_csv(cluster, "run", "executions", file),
        "pgloader": lambda: pgloader(cluster, "run", "executions", plain, bench.work) and None,
    }
    for name, action in ways.items():
        cluster.make("run")
        cluster.ask(bench.data.plain_table("executions"), "run")
        cluster.checkpoint()
        made = run_once(cluster, action)
        (rows,) = cluster.ask("SELECT count(*) FROM executions", "run")[0]
        cluster.drop("run")
        bench.say(f"{name}: {rows:,} rows in {made.wall:.2f} s{made.mark()}")
        runs[name] = [asdict(made) | {"rows": rows}]
    bench.save("pgloader", {"runs": runs, "rows": runs[BASELINE][0]["rows"]})
