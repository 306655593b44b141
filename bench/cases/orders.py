"""A full load of the sample's 159,967 orders, from start to exit of the program, against `zcat | psql COPY csv`, and
against the 85 s that the system took which the loader replaced."""
from cases.full_load import BASELINE, FullLoad
from harness.measure import in_turn


def run(bench):
    load = FullLoad(bench, "orders")
    variants = {BASELINE: load.psql, "loader": load.loader("loader")}
    runs = in_turn(bench, variants)
    rows = int(load.contents[BASELINE].split(" ")[0])
    bench.save("orders", {"runs": runs, "rows": rows, "content": load.contents, "notes": load.notes})
