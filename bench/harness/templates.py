"""Databases that hold the executions already, to be copied for each run: bench.by_loader, which the loader created, and
`by_hand`, the same rows in the table without the loader's columns. Settled: vacuumed and analyzed. Autovacuum is off for
both tables, so that it doesn't fall upon one run and not upon another."""
from .peers import copy_csv

TABLE = "executions"
BOOK = "CREATE TABLE deliveries (file text PRIMARY KEY, rows bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())"


def make(bench):
    """Unless the server has them."""
    cluster = bench.cluster
    bucket, file = bench.data.full_load(TABLE)
    if not cluster.has(bench.by_loader):
        cluster.make(bench.by_loader)
        bench.loader.once(cluster.target(bench.by_loader), bucket)
        settle(cluster, bench.by_loader)
    if not cluster.has("by_hand"):
        cluster.make("by_hand")
        cluster.ask(bench.data.plain_table(TABLE), "by_hand")
        cluster.ask(BOOK, "by_hand")
        copy_csv(cluster, "by_hand", TABLE, file)
        settle(cluster, "by_hand")


def settle(cluster, database):
    cluster.ask(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = off)", database)
    cluster.ask("VACUUM ANALYZE", database)
