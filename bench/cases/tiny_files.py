"""A backlog of 2,000 files of 1 to 10 changes to the executions, each with its own transaction and ledger row, after a
file that touched the pages.

- loader: one run of the program, from start to exit.
- Python: one transaction a file, row by row, with a row of bookkeeping; without the interpreter's start and connecting."""
import os

from harness import templates
from harness.measure import in_turn, run_once
from harness.peers import row_by_row, set_based

from cases.changes import QUICK_SIZES, SIZES

LOADER, PYTHON = "loader", "Python, a transaction a file"


def run(bench):
    templates.make(bench)
    cluster = bench.cluster
    files = bench.data.changes(QUICK_SIZES if bench.quick else SIZES)
    warm, tiny = files["warm"][0], files["tiny"]
    contents = {}

    def check(way):
        if way not in contents:
            contents[way] = cluster.content("run", templates.TABLE)
            if contents[way] != next(iter(contents.values())):
                raise RuntimeError(f"The tables differ: {contents}")
        cluster.drop("run")

    def loader():
        bucket = bench.new_bucket()
        folder = bucket / "dbo" / templates.TABLE
        folder.mkdir(parents=True)
        cluster.make("run", "by_loader")
        cluster.checkpoint()
        os.link(warm, folder / warm.name)
        bench.loader.once(cluster.target("run"), bucket)
        for file in tiny:
            os.link(file, folder / file.name)
        made = run_once(cluster, lambda: bench.loader.once(cluster.target("run"), bucket) and None)
        ledger = "SELECT count(*) FROM loader_deliveries WHERE kind = 'change'"
        if cluster.ask(ledger, "run") != [(len(tiny) + 1,)]:
            raise RuntimeError("Not every file has its row in the ledger.")
        check(LOADER)
        return made

    def python():
        cluster.make("run", "by_hand")
        cluster.checkpoint()
        set_based(cluster, "run", warm)
        made = run_once(cluster, lambda: row_by_row(cluster, "run", tiny, book=True))
        check(PYTHON)
        return made

    runs = in_turn(bench, {LOADER: loader, PYTHON: python})
    bench.save("tiny_files", {"runs": runs, "files": len(tiny), "content": contents})
