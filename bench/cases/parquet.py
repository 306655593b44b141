"""A full load of the executions as a Parquet file, beside DuckDB → CSV → `psql COPY` of the same file, the server alone, and the
loader with the CSV file. Needs DuckDB's library (scripts/install parquet); without it, the case is left out."""
import os
from pathlib import Path

from harness import templates
from harness.full_load import LOADER, FullLoad
from harness.measure import in_turn
from harness.peers import parquet_copy
from harness.server_alone import ALONE, ServerAlone

DUCKDB, CSV = "DuckDB to CSV, psql COPY", "loader, the CSV file"
PLACES = [os.environ.get("DUCKDB_LIBRARY", ""), "/usr/local/lib/libduckdb.so", "/usr/lib/libduckdb.so"]


def run(bench):
    library = next((place for place in PLACES if place and Path(place).exists()), None)
    if library is None or not bench.loader.knows("DUCKDB_LIBRARY"):
        bench.say("skipped: there is no DuckDB library (scripts/install parquet).")
        return
    templates.make(bench)
    load = FullLoad(bench, templates.TABLE)
    csv = load.bucket
    load.bucket, load.file = bench.data.parquet_full_load(templates.TABLE, library)
    alone = ServerAlone(bench, templates.TABLE, bench.by_loader)
    variants = {
        DUCKDB: load.psql(DUCKDB, parquet_copy(library)),
        LOADER: load.loader(DUCKDB_LIBRARY=library),
        CSV: load.loader(CSV, bucket=csv),
        ALONE: load.server_alone(ALONE, alone.one),
    }
    lines = [["Parquet file", LOADER, DUCKDB, ALONE], ["the same rows as gzipped CSV", CSV, None, ALONE]]
    load.save("parquet", in_turn(bench, variants), lines)
