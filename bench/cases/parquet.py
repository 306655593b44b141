"""A full load of the executions as a Parquet file, against DuckDB → CSV → `psql COPY` of the same file, and beside the
loader with the CSV file. Needs DuckDB's library (scripts/install parquet), else it is left out."""
import os
from pathlib import Path

from cases.full_load import FullLoad
from harness.measure import in_turn, run_once
from harness.peers import parquet_psql

BASELINE = "DuckDB to CSV, psql COPY"
PLACES = [os.environ.get("DUCKDB_LIBRARY", ""), "/usr/local/lib/libduckdb.so", "/usr/lib/libduckdb.so"]


class ParquetLoad(FullLoad):
    def __init__(self, bench, library):
        super().__init__(bench, "executions")
        self.csv, self.library = self.bucket, library
        self.bucket, self.file = bench.data.parquet_full_load("executions", library)

    def psql(self):
        cluster = self.bench.cluster
        cluster.make("run")
        cluster.ask(self.bench.data.plain_table(self.entity), "run")
        cluster.checkpoint()
        run = run_once(cluster, lambda: parquet_psql(cluster, "run", self.entity, self.file, self.library))
        self.check(BASELINE)
        return run

    def loader_with_csv(self):
        self.bucket, parquet = self.csv, self.bucket
        try:
            return self.loader("loader, the CSV file")()
        finally:
            self.bucket = parquet


def run(bench):
    library = next((place for place in PLACES if place and Path(place).exists()), None)
    if library is None or not bench.loader.knows("DUCKDB_LIBRARY"):
        print("parquet: there is no DuckDB library (scripts/install parquet).")
        return
    load = ParquetLoad(bench, library)
    name = "loader, the Parquet file"
    variants = {
        BASELINE: load.psql,
        name: load.loader(name, DUCKDB_LIBRARY=library),
        "loader, the CSV file": load.loader_with_csv,
    }
    runs = in_turn(bench, variants)
    rows = int(load.contents[BASELINE].split(" ")[0])
    bench.save("parquet", {"runs": runs, "rows": rows, "content": load.contents, "notes": load.notes})
