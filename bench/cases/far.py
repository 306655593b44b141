"""A bucket that is far away: a small S3 server of the bench's own answers each request after 0, 10, 30 or 100 ms.

- tiny: a backlog of 2,000 files of 1 to 10 changes, loaded by one run; beside it rclone, which copies the same objects
  to a disk over 64 transfers and loads nothing.
- full load: the executions in 8 objects, near, then at 30 ms and 60 or 8 MB/s a connection."""
import os
import shutil
import subprocess
import time

from harness import templates
from harness.helper import started
from harness.measure import median

from cases.changes import QUICK_SIZES, SIZES

DELAYS = (0, 10, 30, 100)  # ms a request
SPEEDS = ((0, 0), (30, 60), (30, 8))  # ms a request, MB/s a connection; 0: no limit


def source(port):
    return (
        f"bucket_endpoint=http://127.0.0.1:{port} bucket_id=id bucket_key=key bucket_name=bucket bucket_path=data "
        "bucket_style=path bucket_region=us-east-1"
    )


def rclone(bench, port):
    """Seconds; the objects are then on the disk."""
    place = bench.new_bucket()
    remote = f":s3,provider=Other,env_auth=false,access_key_id=id,secret_access_key=key,endpoint='http://127.0.0.1:{port}':bucket"
    begin = time.perf_counter()
    subprocess.run(
        ["rclone", "--config", os.devnull, "copy", "--transfers", "64", "--checkers", "64", remote, place],
        check=True,
        capture_output=True,
    )
    took = time.perf_counter() - begin
    copied = sum(1 for file in place.rglob("*") if file.is_file())
    shutil.rmtree(place)
    return took, copied


def run(bench):
    templates.make(bench)
    cluster = bench.cluster
    files = bench.data.changes(QUICK_SIZES if bench.quick else SIZES)

    def bucket_of(some):
        bucket = bench.new_bucket()
        folder = bucket / "data" / "dbo" / templates.TABLE
        folder.mkdir(parents=True)
        for file in some:
            os.link(file, folder / file.name)
        return bucket

    def load(port, count, template=None):
        cluster.make("run", template)
        cluster.checkpoint()
        begin = time.perf_counter()
        peak, _ = bench.loader.once_watched(cluster.target("run"), source(port))
        took = time.perf_counter() - begin
        (loaded,) = cluster.ask("SELECT count(*) FROM loader_deliveries WHERE object_key LIKE 'dbo/%'", "run")[0]
        if loaded != count:
            raise RuntimeError(f"{loaded} of {count} files were loaded.")
        content = cluster.content("run", templates.TABLE)
        cluster.drop("run")
        return {"seconds": took, "peak": peak, "content": content}

    tiny = bucket_of(files["tiny"])
    points = []
    for delay in DELAYS:
        with started("far_s3", tiny, delay, 0) as port:
            runs = [load(port, len(files["tiny"]) + 1, "by_loader") for _ in range(bench.rounds)]
            copies = [rclone(bench, port) for _ in range(bench.rounds)]
        if any(copied != len(files["tiny"]) for _, copied in copies):
            raise RuntimeError("rclone copied another number of objects.")
        if points and runs[0]["content"] != points[0]["content"]:
            raise RuntimeError("The tables differ.")
        points.append(
            {
                "delay_ms": delay,
                "files": len(files["tiny"]),
                "loader": [one["seconds"] for one in runs],
                "rclone": [took for took, _ in copies],
                "peak": max(one["peak"] for one in runs),
                "content": runs[0]["content"],
            }
        )
        rate = lambda times: len(files["tiny"]) / median(times)
        bench.say(f"{delay} ms: {rate(points[-1]['loader']):,.0f} files/s, rclone {rate(points[-1]['rclone']):,.0f}")

    sample = bench.data.folder / "sample-8-load-files"
    rows = ["--executions", "150000"] if bench.quick else []
    subprocess.run(
        [bench.data.program, "sample", "--days", "0", "--load-files", "8", *rows, sample], check=True, stdout=subprocess.DEVNULL
    )
    loads = bucket_of(sorted((sample / "dbo" / templates.TABLE).glob("LOAD*")))
    full = []
    for delay, speed in SPEEDS:
        with started("far_s3", loads, delay, speed) as port:
            runs = [load(port, 8) for _ in range(bench.rounds)]
        times = [one["seconds"] for one in runs]
        full.append({"delay_ms": delay, "megabytes": speed, "loader": times, "peak": max(one["peak"] for one in runs)})
        bench.say(f"full load at {delay} ms, {speed or 'any'} MB/s a connection: {median(times):.2f} s")
    bench.save("far", {"tiny": points, "full_load": full, "bytes": sum(file.stat().st_size for file in loads.rglob("LOAD*"))})
