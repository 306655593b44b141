"""Requests to the bucket for 1,000 change files, counted by a small S3 server of the bench's own: a backlog that
one run loads, then the idle polls of a service over the same bucket."""
import json
import shutil
import time
import urllib.request

from harness import templates
from harness.helper import started
from harness.loader import Service

from cases.changes import QUICK_SIZES, SIZES


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
        return answer.read().decode()


def run(bench):
    templates.make(bench)
    cluster = bench.cluster
    tiny = bench.data.changes(QUICK_SIZES if bench.quick else SIZES)["tiny"][:1000]
    bucket = bench.new_bucket()
    folder = bucket / "data" / "dbo" / templates.TABLE
    folder.mkdir(parents=True)
    for file in tiny:
        shutil.copy(file, folder)
    cluster.make("run", "by_loader")
    with started("fake_s3", bucket) as port:
        source = (
            f"bucket_endpoint=http://127.0.0.1:{port} bucket_id=id bucket_key=key bucket_name=bucket bucket_path=data "
            "bucket_style=path bucket_region=us-east-1"
        )
        bench.loader.once(cluster.target("run"), source)
        backlog = json.loads(get(port, "counts"))
        with Service(bench.loader, cluster.target("run"), source, poll="100ms"):
            time.sleep(2)
            get(port, "counts")
            time.sleep(2)
            idle = json.loads(get(port, "counts"))
    (loaded,) = cluster.ask("SELECT count(*) FROM loader_deliveries WHERE kind = 'change'", "run")[0]
    if loaded != len(tiny):
        raise RuntimeError(f"{loaded} of {len(tiny)} files were loaded.")
    cluster.drop("run")
    bench.say(f"{len(tiny)} files: {backlog['LIST']} LIST, {backlog['GET']} GET; idle: {idle['queries']} LIST a poll")
    bench.save("requests", {"files": len(tiny), "backlog": backlog, "idle": idle})
