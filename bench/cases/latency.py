"""A server far away: a TCP proxy adds 0, 2, 10 and 50 ms to each round trip. One delivery at a time to a running
service: small ones (1 to 10 changes) and, for comparison, one of 10,000 changes; then a backlog of 200 small ones in one
run. What a delivery costs is given in round trips: the time it takes longer than without the proxy's delay, divided by
what a bare SELECT takes longer."""
import os
import time

import psycopg2
from harness import templates
from harness.helper import started
from harness.loader import Service
from harness.measure import median

from cases.changes import sizes_of

DELAYS = (0, 2, 10, 50)  # ms a round trip
SMALL, BACKLOG = 25, 170


def round_trip(cluster, port):
    """Seconds of a SELECT that needs one round trip."""
    connection = psycopg2.connect(cluster.target("run", port))
    connection.autocommit = True
    times = []
    with connection.cursor() as cursor:
        for _ in range(10):
            begin = time.perf_counter()
            cursor.execute("SELECT 1")
            times.append(time.perf_counter() - begin)
    connection.close()
    return median(times)


def run(bench):
    templates.make(bench)
    cluster = bench.cluster
    files = bench.data.changes(sizes_of(bench))
    medium, tiny = files["10000"][0], files["tiny"]
    points = []
    for delay in DELAYS:
        cluster.make("run", bench.by_loader)
        cluster.checkpoint()
        bucket = bench.new_bucket()
        directory = bucket / "dbo" / templates.TABLE
        directory.mkdir(parents=True)
        with started("proxy", cluster.port, delay) as port:
            target = cluster.target("run", port)
            point = {"delay_ms": delay, "round_trip": round_trip(cluster, port)}
            with Service(bench.loader, target, bucket) as service:
                service.deliver(files["warm"][0], directory)
                point["medium"] = [service.deliver(medium, directory)[0]]
                small = [service.deliver(file, directory) for file in tiny[:SMALL]]
            point["small"] = [seconds for seconds, _ in small]
            point["small_seen"] = [seen for _, seen in small]
            backlog = tiny[SMALL : SMALL + BACKLOG]
            for file in backlog:
                os.link(file, directory / file.name)
            begin = time.perf_counter()
            bench.loader.once(target, bucket)
            point["backlog"] = [time.perf_counter() - begin]
            point["backlog_files"] = len(backlog)
        points.append(point)
        extra = point["round_trip"] - points[0]["round_trip"]
        for kind in ("small", "medium", "small_seen", "backlog"):
            more = median(point[kind]) - median(points[0][kind])
            point[f"{kind}_round_trips"] = more / extra if delay else None
        worth = f", {point['small_round_trips']:.1f} round trips" if delay else ""
        bench.say(f"{delay} ms: a small delivery {median(point['small']) * 1000:.1f} ms{worth}")
    cluster.drop("run")
    bench.save("latency", {"points": points})
