"""Databases that hold the executions already, to be copied for each run: `by_loader`, made by the loader itself, and
`by_hand`, the same rows in the table without the loader's columns. Settled: vacuumed and analyzed. Autovacuum is off for
both tables, so that it doesn't fall upon one run and not upon another."""
from .peers import copy_csv

TABLE = "executions"
BOOK = "CREATE TABLE deliveries (file text PRIMARY KEY, rows bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())"


def make(bench):
    if bench.templates:
        return
    cluster = bench.cluster
    bucket, file = bench.data.full_load(TABLE)
    for name in ("by_loader", "by_hand"):
        cluster.make(name)
    bench.loader.once(cluster.target("by_loader"), bucket)
    cluster.ask(bench.data.plain_table(TABLE), "by_hand")
    cluster.ask(BOOK, "by_hand")
    copy_csv(cluster, "by_hand", TABLE, file)
    for name in ("by_loader", "by_hand"):
        cluster.ask(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = off)", name)
        cluster.ask("VACUUM ANALYZE", name)
    bench.templates = True
