"""A full load of the sample's executions (1,494,975 rows, 16 columns) into an empty table, from start to exit of the
program, against `zcat | psql COPY csv` into the same table without the loader's two columns and their index.

- loader: an empty database; the tables are made by the loader, within the time.
- loader, 2 connections: the same with FULL_LOAD_CONNECTIONS=2 (where the program has it).
- loader, key kept: a table whose key can't be dropped for the load, because a foreign key depends on it."""
from harness.measure import in_turn, run_once
from harness.peers import copy_csv

BASELINE = "zcat | psql COPY"
DEPENDS = "CREATE TABLE allocations (exec_id bigint REFERENCES executions)"


class FullLoad:
    def __init__(self, bench, entity):
        self.bench, self.entity = bench, entity
        self.bucket, self.file = bench.data.full_load(entity)
        self.contents = {}
        self.notes = {}

    def check(self, name):
        """All rounds must leave as many rows; the first of each way is compared by content."""
        if name not in self.contents:
            self.contents[name] = self.bench.cluster.content("run", self.entity)
            if self.contents[name] != next(iter(self.contents.values())):
                raise RuntimeError(f"The tables differ: {self.contents}")
        (rows,) = self.bench.cluster.ask(f"SELECT count(*) FROM {self.entity}", "run")[0]
        if f"{rows} rows" != self.contents[name].split(",")[0]:
            raise RuntimeError(f"{name}: {rows} rows, not {self.contents[name]}")
        self.bench.cluster.drop("run")

    def psql(self):
        cluster = self.bench.cluster
        cluster.make("run")
        cluster.ask(self.bench.data.plain_table(self.entity), "run")
        cluster.checkpoint()
        run = run_once(cluster, lambda: copy_csv(cluster, "run", self.entity, self.file))
        self.check(BASELINE)
        return run

    def loader(self, name, keep_key=False, **settings):
        def attempt():
            cluster = self.bench.cluster
            cluster.make("run", "made" if keep_key else None)
            cluster.checkpoint()
            logs = []

            def action():
                logs.append(self.bench.loader.once(cluster.target("run"), self.bucket, **settings))

            run = run_once(cluster, action)
            self.notes[name] = [line.split("]: ", 1)[-1] for line in logs[0].splitlines() if "another way" in line]
            self.check(name)
            return run

        return attempt

    def make_tables(self):
        """A template whose tables were made by the loader, with something that depends on the key."""
        empty = self.bench.work / "empty-bucket"
        empty.mkdir(exist_ok=True)
        self.bench.cluster.make("made")
        self.bench.loader.once(self.bench.cluster.target("made"), empty)
        self.bench.cluster.ask(DEPENDS, "made")


def run(bench):
    load = FullLoad(bench, "executions")
    load.make_tables()
    variants = {BASELINE: load.psql, "loader": load.loader("loader")}
    if bench.loader.knows("FULL_LOAD_CONNECTIONS"):
        name = "loader, 2 connections"
        variants[name] = load.loader(name, FULL_LOAD_CONNECTIONS="2")
    variants["loader, key kept"] = load.loader("loader, key kept", keep_key=True)
    runs = in_turn(bench, variants)
    rows = int(load.contents[BASELINE].split(" ")[0])
    bench.save("full_load", {"runs": runs, "rows": rows, "content": load.contents, "notes": load.notes})
