"""A backlog of 2,000 files of 1 to 10 changes to the executions, each with its own transaction and ledger row, after a
file that touched the pages.

- loader: one run of the program, from start to exit.
- Python: one transaction per file, row by row, with a row of bookkeeping; without the interpreter's start and connecting.
- server alone: a procedure that applies rows that are in the server already (peers/tiny_files.sql). Like the loader, it leaves
  the flush to one synchronous commit at the end."""
import csv
import gzip
import io
import os

import psycopg2
from harness import templates
from harness.measure import in_turn, run_once
from harness.peers import PEERS, row_by_row, set_based
from harness.server_alone import ALONE

from cases.changes import sizes_of

LOADER, PYTHON = "loader", "Python, one transaction per file"


class TinyFiles:
    def __init__(self, bench):
        templates.make(bench)
        self.bench, self.cluster = bench, bench.cluster
        files = bench.data.changes(sizes_of(bench))
        self.warm, self.tiny = files["warm"][0], files["tiny"]
        self.contents = {}

    def check(self, way):
        if way not in self.contents:
            self.contents[way] = self.cluster.content("run", templates.TABLE)
            if self.contents[way] != next(iter(self.contents.values())):
                raise RuntimeError(f"The tables differ: {self.contents}")
        self.cluster.drop("run")

    def loader(self):
        bench, cluster = self.bench, self.cluster
        bucket = bench.new_bucket()
        directory = bucket / "dbo" / templates.TABLE
        directory.mkdir(parents=True)
        cluster.make("run", self.bench.by_loader)
        cluster.checkpoint()
        os.link(self.warm, directory / self.warm.name)
        bench.loader.once(cluster.target("run"), bucket)
        for file in self.tiny:
            os.link(file, directory / file.name)
        made = run_once(cluster, lambda: bench.loader.once(cluster.target("run"), bucket) and None)
        ledger = "SELECT count(*) FROM loader_deliveries WHERE kind = 'change'"
        if cluster.ask(ledger, "run") != [(len(self.tiny) + 1,)]:
            raise RuntimeError("Not every file has its row in the ledger.")
        self.check(LOADER)
        return made

    def python(self):
        cluster = self.cluster
        cluster.make("run", "by_hand")
        cluster.checkpoint()
        set_based(cluster, "run", self.warm)
        made = run_once(cluster, lambda: row_by_row(cluster, "run", self.tiny, book=True))
        self.check(PYTHON)
        return made

    def server_alone(self):
        cluster = self.cluster
        cluster.make("run", self.bench.by_loader)
        cluster.ask((PEERS / "tiny_files.sql").read_text(), "run")
        self.stage()
        cluster.checkpoint()
        set_based(cluster, "run", self.warm, own_columns=True)
        connection = psycopg2.connect(cluster.target("run"))
        connection.autocommit = True

        def action():
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit = off")
                cursor.execute("CALL apply_files(%s)", (len(self.tiny),))
                cursor.execute("SET synchronous_commit = on")
                cursor.execute("INSERT INTO deliveries (file, rows) VALUES (0, 0)")

        made = run_once(cluster, action)
        connection.close()
        self.check(ALONE)
        return made

    def stage(self):
        """The rows of all files into the server, with the number of their file."""
        rows = io.StringIO()
        out = csv.writer(rows)
        for number, file in enumerate(self.tiny, 1):
            with gzip.open(file, "rt", newline="") as text:
                out.writerows([number, *fields] for fields in csv.reader(text))
        rows.seek(0)
        connection = psycopg2.connect(self.cluster.target("run"))
        columns = ", ".join(["file", "op", *self.cluster.columns("run", templates.TABLE)])
        with connection, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY incoming ({columns}) FROM STDIN (FORMAT csv)", rows)
        connection.close()
        self.cluster.ask("ANALYZE incoming", "run")


def run(bench):
    case = TinyFiles(bench)
    runs = in_turn(bench, {LOADER: case.loader, PYTHON: case.python, ALONE: case.server_alone})
    lines = [[f"{len(case.tiny):,} files", LOADER, PYTHON, ALONE]]
    bench.save("tiny_files", {"runs": runs, "lines": lines, "files": len(case.tiny), "content": case.contents})
