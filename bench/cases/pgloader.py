"""pgloader over the executions as plain CSV, into the same table as zcat | psql; once, because it is slow."""
import gzip
import shutil

from harness.full_load import LOADER, PSQL, FullLoad
from harness.measure import in_turn
from harness.peers import pgloader

PGLOADER = "pgloader, plain CSV"


def run(bench):
    load = FullLoad(bench, "executions")
    plain = bench.work / "executions.csv"
    with gzip.open(load.file) as packed, plain.open("wb") as out:
        shutil.copyfileobj(packed, out)
    copy = lambda cluster, database, table, _: pgloader(cluster, database, table, plain, bench.work)
    variants = {PSQL: load.psql(), PGLOADER: load.psql(PGLOADER, copy), LOADER: load.loader()}
    load.save("pgloader", in_turn(bench, variants, rounds=1), [["executions", LOADER, PGLOADER, None]])
    plain.unlink()
