"""A full load of the sample's executions (1,494,975 rows, 16 columns) into an empty table.

- loader: from start to exit of the program; it creates the tables within the time. With FULL_LOAD_CONNECTIONS=1, 2, … as far as
  there are cores, at most 8.
- instead: `zcat | psql COPY csv` into the same table without the loader's two columns and their index.
- server alone: see harness/server_alone.py, with as many connections.
- key kept: a table whose key can't be dropped for the load, because a foreign key depends on it."""
import os

from harness import templates
from harness.full_load import LOADER, PSQL, FullLoad
from harness.measure import in_turn
from harness.server_alone import ALONE, ServerAlone

KEPT = "key kept"


def run(bench):
    templates.make(bench)
    load = FullLoad(bench, templates.TABLE)
    load.make_tables()
    connections = [count for count in (1, 2, 3, 4, 6, 8) if count <= os.cpu_count()]
    alone = ServerAlone(bench, templates.TABLE, bench.by_loader, connections)
    variants, lines = {PSQL: load.psql()}, []

    def line(what, loader, server):
        ours, theirs = f"{LOADER}, {what}", f"{ALONE}, {what}"
        variants.update({ours: loader(ours), theirs: load.server_alone(theirs, server)})
        lines.append([what, ours, PSQL, theirs])

    line("1 connection", load.loader, alone.one)
    for count in connections[1:]:
        several = lambda name, count=count: load.loader(name, FULL_LOAD_CONNECTIONS=str(count))
        line(f"{count} connections", several, lambda count=count: alone.several(count))
    line(KEPT, lambda name: load.loader(name, keep_key=True), alone.key_kept)
    load.save("full_load", in_turn(bench, variants), lines)
