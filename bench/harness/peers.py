"""The other ways, each as its own process or two: what one would type or write instead of the loader."""
import subprocess
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent / "peers"


def finished(*processes):
    for process in processes:
        if process.wait() != 0:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}.")


def zcat_psql(cluster, database, file, *arguments):
    """zcat file | psql …"""
    zcat = subprocess.Popen(["zcat", file], stdout=subprocess.PIPE)
    psql = subprocess.Popen(cluster.psql(database, *arguments), stdin=zcat.stdout, stdout=subprocess.DEVNULL)
    zcat.stdout.close()
    finished(zcat, psql)


def copy_csv(cluster, database, table, file):
    # The text of an order is NOT NULL, and empty in most.
    options = "FORMAT csv, FORCE_NOT_NULL (text)" if table == "orders" else "FORMAT csv"
    zcat_psql(cluster, database, file, "-c", f"COPY {table} FROM STDIN ({options})")


def parquet_copy(library):
    """DuckDB → CSV | psql COPY, to be used as copy_csv."""

    def copy(cluster, database, table, file):
        duckdb = subprocess.Popen([PEERS / "parquet_to_csv.py", library, file], stdout=subprocess.PIPE)
        command = cluster.psql(database, "-c", f"COPY {table} FROM STDIN (FORMAT csv)")
        psql = subprocess.Popen(command, stdin=duckdb.stdout, stdout=subprocess.DEVNULL)
        duckdb.stdout.close()
        finished(duckdb, psql)

    return copy


PGLOADER = """LOAD CSV
  FROM '{file}'
  INTO {target}
  TARGET TABLE {table}
  WITH fields terminated by ',', fields optionally enclosed by '"', fields escaped by double-quote, keep unquoted blanks;
"""


def pgloader(cluster, database, table, file, work):
    """pgloader over the file as plain CSV: it doesn't read gzip."""
    command = work / "pgloader.load"
    target = f"postgresql://postgres@unix:{cluster.directory}:{cluster.port}/{database}?public.{table}"
    command.write_text(PGLOADER.format(file=file, target=target, table=table))
    done = subprocess.run(["pgloader", "--root-dir", work, command], capture_output=True, text=True, cwd=work)
    if done.returncode != 0:
        raise RuntimeError(f"pgloader ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def set_based(cluster, database, file, own_columns=False):
    """zcat file | psql -f changes.sql. `own_columns`: the table has the loader's two."""
    zcat_psql(cluster, database, file, *(["-v", "own_columns=1"] if own_columns else []), "-f", PEERS / "changes.sql")


def row_by_row(cluster, database, files, book=False):
    """Its own seconds, without start and connecting."""
    command = [PEERS / "row_by_row.py", *(["--book"] if book else []), cluster.target(database), *files]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return float(done.stdout), {}
