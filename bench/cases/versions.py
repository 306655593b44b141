"""The effect of a server's settings and of the index on event_id on one file of 100,000 changes and on a full load, by version:
bench/run --postgres MAJOR versions.

- asynchronous I/O (PostgreSQL 18): io_method worker (its default), sync and io_uring, each a server of its own.
- the index on event_id: B-tree (as shipped), none, BRIN of 4 pages per range, the same with fillfactor 90; since PostgreSQL 16,
  updates can be HOT beside BRIN. And what a consumer waits for the last 10,000 events, and for none."""
import subprocess
import time
from contextlib import ExitStack

import psycopg2
from harness import templates
from harness.cluster import Cluster
from harness.full_load import FullLoad
from harness.loader import Service
from harness.measure import in_turn, median, run_once

from cases.changes import sizes_of

BTREE, METHODS = "B-tree", ("worker", "sync", "io_uring")
BRIN = "CREATE INDEX executions_event_id ON executions USING brin (event_id) WITH (pages_per_range = 4)"
DROP = "DROP INDEX executions_event_id"
INDEXES = {
    BTREE: [],
    "none": [DROP],
    "BRIN": [DROP, BRIN],
    "BRIN, fillfactor 90": [DROP, "ALTER TABLE executions SET (fillfactor = 90)", "VACUUM FULL ANALYZE executions", BRIN],
}
HOT = "SELECT n_tup_hot_upd, n_tup_upd FROM pg_stat_user_tables WHERE relname = 'executions'"


def offers(cluster, method):
    """Whether this server has the setting, and its build this value."""
    command = [cluster.programs / "postgres", "-C", "io_method", "-c", f"io_method={method}", "-D", cluster.directory / "data"]
    return subprocess.run(command, capture_output=True, **cluster.as_user).returncode == 0


def look(cluster, behind):
    """Seconds of the query of a consumer that is so many events behind."""
    connection = psycopg2.connect(cluster.target("run"))
    times = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(event_id) FROM executions")
        (newest,) = cursor.fetchone()
        for _ in range(5):
            begin = time.perf_counter()
            cursor.execute("SELECT count(*) FROM executions WHERE event_id > %s", (newest - behind,))
            times.append(time.perf_counter() - begin)
    connection.close()
    return median(times)


class Changes:
    def __init__(self, bench):
        templates.make(bench)
        self.bench = bench
        files = bench.data.changes(sizes_of(bench))
        self.size = 20_000 if bench.quick else 100_000
        self.warm, self.file = files["warm"][0], files[str(self.size)][0]

    def attempt(self, statements=()):
        cluster = self.bench.cluster
        directory = (bucket := self.bench.new_bucket()) / "dbo" / templates.TABLE
        directory.mkdir(parents=True)
        cluster.make("run", self.bench.by_loader)
        for statement in statements:
            cluster.ask(statement, "run")
        cluster.checkpoint()
        with Service(self.bench.loader, cluster.target("run"), bucket) as service:
            service.deliver(self.warm, directory)
            run = run_once(cluster, lambda: (service.deliver(self.file, directory)[0], {}), service.process.pid)
        # Once the loader's session has ended: only then the server has surely counted all of it.
        hot, updates = cluster.ask(HOT, "run")[0]
        run.extra |= {"hot": hot / updates, "look": look(cluster, 10_000), "look_none": look(cluster, 0)}
        cluster.drop("run")
        return run


def run(bench):
    with ExitStack() as stack:
        loads, changes = {}, {}
        for method in METHODS:
            if not offers(bench.cluster, method):
                bench.say(f"io_method={method}: skipped, this server doesn't have it.")
                continue
            other = bench.on(stack.enter_context(Cluster(bench.cluster.programs, io_method=method)))
            loads[method] = FullLoad(other, templates.TABLE).loader()
            changes[method] = Changes(other).attempt
        kept = {"full_load": in_turn(bench, loads), "changes": in_turn(bench, changes)}
    case = Changes(bench)
    attempts = {name: lambda statements=statements: case.attempt(statements) for name, statements in INDEXES.items()}
    bench.save("versions", kept | {"indexes": in_turn(bench, attempts), "size": case.size})
