"""Backlogs too big for one round, in a bucket that is 30 ms away and computes its objects (harness/synthetic.py).

- one prefix: a million waiting files. Seconds to the first committed row; LIST requests until the first 20,000 files were
  fetched, and for all. The run is stopped after 100,000 files (with --full, it loads all), and the LISTs of the other files are
  computed from those after the first round.
- many tables: 200 tables of 41 columns with 2,000 waiting files each. Peak memory; stopped after 40,000 files."""
import time

import psycopg2
from harness import synthetic
from harness.far import far_bucket

DELAY = 30  # ms
FIRST = 20_000


class Watch:
    """Follows the ledger of a database that the loader has yet to fill."""

    def __init__(self, cluster, until):
        self.connection = psycopg2.connect(cluster.target("run"))
        self.connection.autocommit = True
        self.until = until
        self.begin = time.perf_counter()
        self.first = None  # seconds to the first committed delivery
        self.there = False

    def enough(self):
        with self.connection.cursor() as cursor:
            if not self.there:
                cursor.execute("SELECT to_regclass('loader_deliveries') IS NOT NULL")
                self.there = cursor.fetchone()[0]
            if not self.there:
                return False
            cursor.execute("SELECT max(delivery_id) FROM loader_deliveries")
            newest = cursor.fetchone()[0] or 0
        if newest and self.first is None:
            self.first = time.perf_counter() - self.begin
        return newest >= self.until


def backlog(bench, tables, files, until, first, **settings):
    cluster = bench.cluster
    cluster.make("run")
    cluster.checkpoint()
    with far_bucket(computed=(tables, files), delay=DELAY) as bucket:
        watch = Watch(cluster, until)
        peak, _ = bench.loader.once_watched(cluster.target("run"), bucket.source, watch.enough, **settings)
        took = time.perf_counter() - watch.begin
        counts = bucket.counts()
    watch.connection.close()
    (loaded,) = cluster.ask("SELECT count(*) FROM loader_deliveries WHERE kind = 'change'", "run")[0]
    if loaded < until:
        raise RuntimeError(f"{loaded} files were loaded, not {until}.")
    cluster.drop("run")
    result = {
        "tables": tables,
        "files": files,
        "loaded": loaded,
        "seconds": took,
        "first_row": watch.first,
        "fetched": counts["GET"],
        "lists": counts["LIST"],
        "first": first,
        "lists_first": sum(gets < first for _, _, gets in counts["lists"]),
        "lists_whole": lists_for_all(counts["lists"], tables * files),
        "peak": peak,
    }
    bench.say(
        f"{tables} tables x {files:,} files: first row after {watch.first:.2f} s; {loaded:,} loaded in {took:.1f} s; "
        f"{result['lists_first']} LISTs for the first {first:,} files; {peak / 2**20:.0f} MiB"
    )
    return result


def lists_for_all(lists, files):
    """From how many files were fetched before each LIST; None: the run ended in its first or second round."""
    rounds = [gets for _, _, gets in lists]
    last = max(rounds)
    second = min((gets for gets in rounds if gets), default=last)
    if last == second:
        return None
    each = sum(second <= gets < last for gets in rounds) / (last - second)
    return rounds.count(0) + each * (files - second)


def run(bench):
    if bench.quick:
        sizes, wide, first = (50_000, 5_000), (20, 200, 1_000), 2_000
    else:
        sizes, wide, first = (1_000_000, 1_000_000 if bench.full else 100_000), (200, 2_000, 40_000), FIRST
    one = backlog(bench, 1, *sizes, first)
    entities = str(synthetic.write_entities(bench.work / "entities-backlog", wide[0]))
    many = backlog(bench, *wide, min(first, wide[2]), ENTITIES=entities)
    bench.save("far_backlog", {"one": one, "many": many})
