"""A full load of the sample's 159,967 orders, from start to exit of the program, beside `zcat | psql COPY csv` and the server
alone (harness/server_alone.py). The system that the loader replaced took 85 s."""
from harness.full_load import LOADER, PSQL, FullLoad
from harness.measure import in_turn
from harness.server_alone import ALONE, ServerAlone


def run(bench):
    load = FullLoad(bench, "orders")
    bench.cluster.make("orders_by_loader")
    bench.loader.once(bench.cluster.target("orders_by_loader"), load.bucket)
    alone = ServerAlone(bench, "orders", "orders_by_loader")
    variants = {PSQL: load.psql(), LOADER: load.loader(), ALONE: load.server_alone(ALONE, alone.one)}
    load.save("orders", in_turn(bench, variants), [["orders", LOADER, PSQL, ALONE]])
