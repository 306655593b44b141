"""Changes to the executions (1,494,975 rows), a file each, in the steady state: nearly all pages were written since the
last checkpoint, so that the WAL holds no page images.

- loader: handed to a running service; seconds by its log, from taking the delivery up to after its commit and message.
- set-based SQL: zcat | psql, COPY csv to a temporary table, last row per key, DELETE, INSERT … ON CONFLICT.
- the same on the loader's own table, with event_id, delivery_id and the index on event_id: what the server takes for this work.
- row by row: Python, an upsert or a delete for each row, in one transaction.

A round makes, for each way in turn, a new copy of the database, a checkpoint, one file that touches the pages, then the
files of each size one after the other. The biggest size has a copy of its own."""
from dataclasses import asdict

from harness import templates
from harness.loader import Service, peak_memory
from harness.measure import quietest, run_once
from harness.peers import row_by_row, set_based

LOADER, SET_BASED, ROW_BY_ROW = "loader", "set-based SQL, plain table", "row by row"
OWN_TABLE = "set-based SQL, the loader's table"
SIZES = [(1_000, 3), (10_000, 2), (100_000, 1), (1_000_000, 1)]  # changes in a file, files a round
QUICK_SIZES = [(1_000, 2), (10_000, 1), (20_000, 1)]


def sizes_of(bench):
    return QUICK_SIZES if bench.quick else SIZES


class Changes:
    def __init__(self, bench):
        templates.make(bench)
        self.bench, self.sizes = bench, sizes_of(bench)
        self.files = bench.data.changes(self.sizes)
        self.contents = {}

    def chains(self, way):
        """Lists of (size, file), each for a copy of the database of its own."""
        *small, biggest = self.sizes
        chain = [(size, file) for size, _ in small for file in self.files[str(size)]]
        if way == ROW_BY_ROW:
            return [chain]
        return [chain, [(biggest[0], file) for file in self.files[str(biggest[0])]]]

    def check(self, chain, way):
        place = f"up to {chain[-1][0]:,}"
        found = self.contents.setdefault(place, {})
        if way not in found:
            found[way] = self.bench.cluster.content("run", templates.TABLE)
            if found[way] != next(iter(found.values())):
                raise RuntimeError(f"The tables differ, {place}: {found}")

    def loader(self, chain):
        cluster = self.bench.cluster
        bucket = self.bench.new_bucket()
        directory = bucket / "dbo" / templates.TABLE
        directory.mkdir(parents=True)
        cluster.make("run", self.bench.by_loader)
        cluster.checkpoint()
        runs = []
        with Service(self.bench.loader, cluster.target("run"), bucket) as service:
            service.deliver(self.files["warm"][0], directory)
            for size, file in chain:

                def action():
                    seconds, seen = service.deliver(file, directory)
                    return seconds, {"seen": seen, "peak": peak_memory(service.process.pid)}

                runs.append((size, run_once(cluster, action, service.process.pid)))
        return runs

    def by_hand(self, chain, way):
        cluster = self.bench.cluster
        own = way == OWN_TABLE
        cluster.make("run", self.bench.by_loader if own else "by_hand")
        cluster.checkpoint()
        set_based(cluster, "run", self.files["warm"][0], own)
        runs = []
        for size, file in chain:
            if way == ROW_BY_ROW:
                action = lambda: row_by_row(cluster, "run", [file])
            else:
                action = lambda: set_based(cluster, "run", file, own)
            runs.append((size, run_once(cluster, action)))
        return runs

    def visit(self, way, chain):
        def attempt():
            runs = self.loader(chain) if way == LOADER else self.by_hand(chain, way)
            self.check(chain, way)
            self.bench.cluster.drop("run")
            return runs

        return attempt


def run(bench):
    changes = Changes(bench)
    runs = {str(size): {} for size, _ in changes.sizes}
    for number in range(bench.rounds):
        ways = [LOADER, OWN_TABLE, SET_BASED, ROW_BY_ROW]
        for part in range(2):
            for way in ways if number % 2 == 0 else reversed(ways):
                if part >= len(changes.chains(way)):
                    continue
                chain = changes.chains(way)[part]
                for size, run in quietest(changes.visit(way, chain), bench.tries):
                    runs[str(size)].setdefault(way, []).append(asdict(run))
                    bench.say(f"round {number + 1}/{bench.rounds}: {size:,} changes, {way}: {run.wall:.3f} s{run.mark()}")
    bench.save("changes", {"runs": runs, "content": changes.contents})
