"""One full load of one table, by the loader or by psql: everything is recreated before each run, and the rows are compared
after it."""
from .measure import run_once
from .peers import copy_csv

PSQL, LOADER = "zcat | psql COPY", "loader"
DEPENDS = "CREATE TABLE allocations (exec_id bigint REFERENCES executions)"


class FullLoad:
    def __init__(self, bench, entity):
        self.bench, self.entity = bench, entity
        self.bucket, self.file = bench.data.full_load(entity)
        self.contents = {}
        self.notes = {}

    @property
    def rows(self):
        return int(next(iter(self.contents.values())).split(" ")[0])

    def check(self, name):
        """Each run must leave as many rows; the first of each way is compared by content. Drops the database."""
        cluster = self.bench.cluster
        if name not in self.contents:
            self.contents[name] = cluster.content("run", self.entity)
            if self.contents[name] != next(iter(self.contents.values())):
                raise RuntimeError(f"The tables differ: {self.contents}")
        (rows,) = cluster.ask(f"SELECT count(*) FROM {self.entity}", "run")[0]
        if rows != self.rows:
            raise RuntimeError(f"{name}: {rows} rows, not {self.rows}")
        cluster.drop("run")

    def psql(self, name=PSQL, copy=copy_csv):
        """`copy`: as copy_csv, for files of another format."""

        def attempt():
            cluster = self.bench.cluster
            cluster.make("run")
            cluster.ask(self.bench.data.plain_table(self.entity), "run")
            cluster.checkpoint()
            run = run_once(cluster, lambda: copy(cluster, "run", self.entity, self.file))
            self.check(name)
            return run

        return attempt

    def loader(self, name=LOADER, keep_key=False, bucket=None, **settings):
        def attempt():
            cluster = self.bench.cluster
            cluster.make("run", "made" if keep_key else None)
            cluster.checkpoint()
            logs = []

            def action():
                logs.append(self.bench.loader.once(cluster.target("run"), bucket or self.bucket, **settings))

            run = run_once(cluster, action)
            self.notes[name] = [line.split("]: ", 1)[-1] for line in logs[0].splitlines() if "another load method" in line]
            self.check(name)
            return run

        return attempt

    def server_alone(self, name, way):
        """`way`: a method of ServerAlone."""

        def attempt():
            run = way()
            self.check(name)
            return run

        return attempt

    def make_tables(self):
        """A template whose tables were created by the loader, with something that depends on the key."""
        empty = self.bench.new_bucket()
        self.bench.cluster.make("made")
        self.bench.loader.once(self.bench.cluster.target("made"), empty, ENTITIES="shipped")
        self.bench.cluster.ask(DEPENDS, "made")

    def save(self, case, runs, lines):
        """`lines`: of the table, (what, the loader's way, the way instead, the server alone)."""
        kept = {"runs": runs, "lines": lines, "rows": self.rows, "content": self.contents, "notes": self.notes}
        self.bench.save(case, kept)
