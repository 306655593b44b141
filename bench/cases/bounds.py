"""What the server alone takes, where the loader can't be faster: to tell its own share from PostgreSQL's.

A full load of the executions into an empty table:
- zcat | psql COPY and loader: as in the case full_load.
- server alone, without the loader's columns: COPY in binary from a file on the server, then the key, in one transaction.
  No client reads, inflates, encodes or sends anything.
- server alone: the same with event_id, delivery_id and the index on event_id, as the loader makes them.
- server alone, key kept: the same, but the key is there before the rows.
- server alone, two connections: each copies half of the rows, then each builds one of the two indexes.

The orders the same way. One file of 100,000 changes, as in the case changes:
- loader, and loader without the index on event_id."""
from concurrent.futures import ThreadPoolExecutor

from harness import templates
from harness.loader import Service
from harness.measure import in_turn, run_once
from harness.peers import set_based

from cases.changes import QUICK_SIZES, SIZES
from cases.full_load import BASELINE, FullLoad

LOADER, ALONE, ALONE_PLAIN = "loader", "server alone", "server alone, without the loader's columns"
ALONE_KEPT, ALONE_TWO = "server alone, key kept", "server alone, two connections"
SET_BASED, LOADER_PLAIN = "set-based SQL", "loader, without the index on event_id"
# As the loader builds indexes (src/target/full_load/build_settings.sql).
BUILD = "SET maintenance_work_mem = '256MB'; SET max_parallel_maintenance_workers = 2"


class ServerAlone:
    """An empty table of the shape that a table in some database has; then rows and indexes."""

    def __init__(self, bench, table, database):
        self.bench, self.table, self.database = bench, table, database
        cluster = bench.cluster
        self.indexes = [
            sql
            for (sql,) in cluster.ask(
                f"SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '{table}'::regclass "
                "ORDER BY NOT indisprimary, indexrelid",
                database,
            )
        ]
        (half,) = cluster.ask(f"SELECT count(*) / 2 FROM {table}", database)[0]
        key = "exec_id" if table == "executions" else "order_id"
        ordered = f"SELECT * FROM {table} ORDER BY {key}"
        for name, rows in (("all", ordered), ("1", f"{ordered} LIMIT {half}"), ("2", f"{ordered} OFFSET {half}")):
            cluster.ask(f"COPY ({rows}) TO '{self.file(name)}' (FORMAT binary)", database)

    def file(self, name):
        return self.bench.cluster.folder / f"{self.database}-{self.table}-{name}.bin"

    def copy(self, name):
        return f"COPY {self.table} FROM '{self.file(name)}' (FORMAT binary)"

    def begin(self, keep_key=False):
        cluster = self.bench.cluster
        cluster.make("run", self.database)
        for (name,) in cluster.ask(f"SELECT conname FROM pg_constraint WHERE conrelid = '{self.table}'::regclass", "run"):
            cluster.ask(f"ALTER TABLE {self.table} DROP CONSTRAINT {name}", "run")
        for (name,) in cluster.ask(f"SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '{self.table}'::regclass", "run"):
            cluster.ask(f"DROP INDEX {name}", "run")
        cluster.ask(f"TRUNCATE {self.table}", "run")
        if keep_key:
            cluster.ask(self.indexes[0], "run")
        cluster.checkpoint()

    def one(self, keep_key=False):
        def attempt():
            self.begin(keep_key)
            script = [BUILD, "BEGIN", self.copy("all"), *self.indexes[1 if keep_key else 0 :], "COMMIT"]
            return run_once(self.bench.cluster, lambda: self.bench.cluster.ask("; ".join(script), "run"))

        return attempt

    def two(self):
        cluster = self.bench.cluster
        self.begin()
        ask = lambda sql: cluster.ask(f"{BUILD}; {sql}", "run")

        def action():
            with ThreadPoolExecutor(2) as both:
                list(both.map(ask, [self.copy("1"), self.copy("2")]))
                list(both.map(ask, self.indexes))

        return run_once(cluster, action)


class Changes:
    def __init__(self, bench):
        self.bench = bench
        files = bench.data.changes(QUICK_SIZES if bench.quick else SIZES)
        self.warm, self.file = files["warm"][0], files["20000" if bench.quick else "100000"][0]

    def by_hand(self):
        cluster = self.bench.cluster
        cluster.make("run", "by_hand")
        cluster.checkpoint()
        set_based(cluster, "run", self.warm)
        return run_once(cluster, lambda: set_based(cluster, "run", self.file))

    def loader(self, index=True):
        def attempt():
            cluster = self.bench.cluster
            bucket = self.bench.new_bucket()
            folder = bucket / "dbo" / templates.TABLE
            folder.mkdir(parents=True)
            cluster.make("run", "by_loader")
            if not index:
                cluster.ask("DROP INDEX executions_event_id", "run")
            cluster.checkpoint()
            with Service(self.bench.loader, cluster.target("run"), bucket) as service:
                service.deliver(self.warm, folder)
                action = lambda: (service.deliver(self.file, folder)[0], {})
                return run_once(cluster, action, service.process.pid)

        return attempt


def run(bench):
    templates.make(bench)
    ours, plain = ServerAlone(bench, "executions", "by_loader"), ServerAlone(bench, "executions", "by_hand")
    load = FullLoad(bench, "executions")
    full = {
        BASELINE: load.psql,
        LOADER: load.loader(LOADER),
        ALONE: ours.one(),
        ALONE_PLAIN: plain.one(),
        ALONE_KEPT: ours.one(keep_key=True),
        ALONE_TWO: ours.two,
    }
    results = {"full_load": in_turn(bench, full)}
    load = FullLoad(bench, "orders")
    bench.cluster.make("orders_by_loader")
    bench.loader.once(bench.cluster.target("orders_by_loader"), load.bucket)
    orders = {
        BASELINE: load.psql,
        LOADER: load.loader(LOADER),
        ALONE: ServerAlone(bench, "orders", "orders_by_loader").one(),
    }
    results["orders"] = in_turn(bench, orders)
    changes = Changes(bench)
    ways = {SET_BASED: changes.by_hand, LOADER: changes.loader(), LOADER_PLAIN: changes.loader(index=False)}
    bench.save("bounds", results | {"changes": in_turn(bench, ways)})
