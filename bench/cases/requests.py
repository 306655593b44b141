"""Requests to the bucket for 1,000 change files, counted by the bench's own S3 server: a backlog that one run loads, then the
idle polls of a service over the same bucket."""
import os
import time

from harness import templates
from harness.far import far_bucket
from harness.loader import Service

from cases.changes import sizes_of


def run(bench):
    templates.make(bench)
    cluster = bench.cluster
    tiny = bench.data.changes(sizes_of(bench))["tiny"][:1000]
    directory = bench.new_bucket()
    prefix = directory / "data" / "dbo" / templates.TABLE
    prefix.mkdir(parents=True)
    for file in tiny:
        os.link(file, prefix / file.name)
    cluster.make("run", bench.by_loader)
    with far_bucket(directory=directory) as bucket:
        bench.loader.once(cluster.target("run"), bucket.source)
        backlog = bucket.counts()
        with Service(bench.loader, cluster.target("run"), bucket.source, poll="100ms"):
            time.sleep(2)
            bucket.counts()
            time.sleep(2)
            idle = bucket.counts()
    (loaded,) = cluster.ask("SELECT count(*) FROM loader_deliveries WHERE kind = 'change'", "run")[0]
    if loaded != len(tiny):
        raise RuntimeError(f"{loaded} of {len(tiny)} files were loaded.")
    cluster.drop("run")
    bench.say(f"{len(tiny)} files: {backlog['LIST']} LIST, {backlog['GET']} GET; idle: {idle['queries']} LIST a poll")
    kept = lambda counts: {name: counts[name] for name in ("LIST", "GET", "queries")}
    bench.save("requests", {"files": len(tiny), "backlog": kept(backlog), "idle": kept(idle)})
