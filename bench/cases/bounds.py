"""What the server alone takes, where the loader can't be faster: to tell its own share from PostgreSQL's.

A full load of the executions, each in one transaction, into an empty table:
- zcat | psql COPY: as in the case full_load.
- server alone, without the loader's columns: COPY in binary from a file on the server, then the key. No client reads,
  inflates, encodes or sends anything.
- server alone: the same with event_id, delivery_id and the index on event_id, as the loader makes them.

One file of 100,000 changes, as in the case changes:
- loader, and loader without the index on event_id."""
from harness import templates
from harness.loader import Service
from harness.measure import in_turn, run_once
from harness.peers import copy_csv, set_based

from cases.changes import QUICK_SIZES, SIZES

BASELINE, ALONE, ALONE_PLAIN = "zcat | psql COPY", "server alone", "server alone, without the loader's columns"
SET_BASED, LOADER, LOADER_PLAIN = "set-based SQL", "loader", "loader, without the index on event_id"
# As the loader builds indexes (src/target/sql/build_settings.sql).
BUILD = "SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL max_parallel_maintenance_workers = 2"


class ServerAlone:
    def __init__(self, bench):
        templates.make(bench)
        self.bench = bench
        self.table = templates.TABLE
        bench.cluster.ask(f"COPY {self.table} TO '{self.file('by_loader')}' (FORMAT binary)", "by_loader")
        bench.cluster.ask(f"COPY {self.table} TO '{self.file('by_hand')}' (FORMAT binary)", "by_hand")

    def file(self, database):
        return self.bench.cluster.folder / f"{database}.bin"

    def psql(self):
        cluster = self.bench.cluster
        cluster.make("run")
        cluster.ask(self.bench.data.plain_table(self.table), "run")
        cluster.checkpoint()
        _, load_file = self.bench.data.full_load(self.table)
        return run_once(cluster, lambda: copy_csv(cluster, "run", self.table, load_file))

    def alone(self, database):
        """An empty table of the shape that `database` has, without its indexes; then rows and indexes."""

        def attempt():
            cluster = self.bench.cluster
            definitions = cluster.ask(
                f"SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '{self.table}'::regclass ORDER BY indexrelid",
                database,
            )
            cluster.make("run", database)
            for (name,) in cluster.ask(f"SELECT conname FROM pg_constraint WHERE conrelid = '{self.table}'::regclass", "run"):
                cluster.ask(f"ALTER TABLE {self.table} DROP CONSTRAINT {name}", "run")
            for (name,) in cluster.ask(f"SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '{self.table}'::regclass", "run"):
                cluster.ask(f"DROP INDEX {name}", "run")
            cluster.ask(f"TRUNCATE {self.table}", "run")
            cluster.checkpoint()
            copy = f"COPY {self.table} FROM '{self.file(database)}' (FORMAT binary)"
            script = "; ".join(["BEGIN", BUILD, copy, *(sql for (sql,) in definitions), "COMMIT"])
            return run_once(cluster, lambda: cluster.ask(script, "run"))

        return attempt


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
    alone, changes = ServerAlone(bench), Changes(bench)
    full = in_turn(bench, {BASELINE: alone.psql, ALONE: alone.alone("by_loader"), ALONE_PLAIN: alone.alone("by_hand")})
    ways = {SET_BASED: changes.by_hand, LOADER: changes.loader(), LOADER_PLAIN: changes.loader(index=False)}
    bench.save("bounds", {"full_load": full, "changes": in_turn(bench, ways)})
