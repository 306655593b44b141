"""What the server alone takes for a full load: the bound, which no loader can beat. The rows come by COPY in binary from a file
on the server, into a table with the loader's columns; then the key and the index on event_id are built as the loader builds
them. No client reads, inflates, encodes or sends anything."""
from concurrent.futures import ThreadPoolExecutor

from .measure import run_once

ALONE = "server alone"


def build(indexes):
    """As src/target/full_load/build_settings.sql, for indexes that are built at the same time."""
    return f"SET maintenance_work_mem = '{256 // indexes}MB'; SET max_parallel_maintenance_workers = {3 // indexes - 1}"


class ServerAlone:
    """`database` has the table with its rows, as the loader left it."""

    def __init__(self, bench, table, database, connections=(1,)):
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
        (rows,) = cluster.ask(f"SELECT count(*) FROM {table}", database)[0]
        key = "exec_id" if table == "executions" else "order_id"
        for count in connections:
            size = -(-rows // count)
            for part in range(count):
                piece = f"SELECT * FROM {table} ORDER BY {key} OFFSET {part * size} LIMIT {size}"
                cluster.ask(f"COPY ({piece}) TO '{self.file(part, count)}' (FORMAT binary)", database)

    def file(self, part, count):
        return self.bench.cluster.directory / f"{self.database}-{self.table}-{part + 1}-of-{count}.bin"

    def copy(self, part=0, count=1):
        return f"COPY {self.table} FROM '{self.file(part, count)}' (FORMAT binary)"

    def begin(self, keep_key=False):
        """An empty table, without indexes."""
        cluster = self.bench.cluster
        cluster.make("run", self.database)
        of_table = f"'{self.table}'::regclass"
        for (name,) in cluster.ask(f"SELECT conname FROM pg_constraint WHERE conrelid = {of_table} AND contype <> 'n'", "run"):
            cluster.ask(f"ALTER TABLE {self.table} DROP CONSTRAINT {name}", "run")
        for (name,) in cluster.ask(f"SELECT indexrelid::regclass FROM pg_index WHERE indrelid = {of_table}", "run"):
            cluster.ask(f"DROP INDEX {name}", "run")
        cluster.ask(f"TRUNCATE {self.table}", "run")
        if keep_key:
            cluster.ask(self.indexes[0], "run")
        cluster.checkpoint()

    def one(self, keep_key=False):
        """One connection, one transaction."""
        self.begin(keep_key)
        script = [build(1), "BEGIN", self.copy(), *self.indexes[1 if keep_key else 0 :], "COMMIT"]
        return run_once(self.bench.cluster, lambda: self.bench.cluster.ask("; ".join(script), "run"))

    def key_kept(self):
        return self.one(keep_key=True)

    def several(self, connections):
        """Each connection copies its part of the rows; then the indexes are built at the same time."""
        self.begin()
        ask = lambda sql: self.bench.cluster.ask(f"{build(len(self.indexes))}; {sql}", "run")

        def action():
            with ThreadPoolExecutor(connections) as all_at_once:
                list(all_at_once.map(ask, [self.copy(part, connections) for part in range(connections)]))
                list(all_at_once.map(ask, self.indexes))

        return run_once(self.bench.cluster, action)
