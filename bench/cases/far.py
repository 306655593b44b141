"""A bucket that is far away: the bench's own S3 server (harness/far_s3.py) answers after a delay and at a limited speed.

- tiny files: as in the case tiny_files, at 0, 10, 30 and 100 ms. Beside it rclone, which copies the same objects to a disk over 64
  transfers, and curl, which drops them: neither loads anything.
- files of 10,000 rows: 200 of them (the executions as inserts), at 0 and 100 ms.
- full load: the executions in 8 objects; from a directory, and at 30 ms with 60 or 8 MB/s a connection; at 60 MB/s over TLS,
  too; at 8 MB/s over one connection, too. curl shows here as well that the server isn't the limit."""
import os
import subprocess
from contextlib import ExitStack

from harness import templates
from harness.changes import once, write_inserts
from harness.far import certificate, curl, far_bucket, rclone
from harness.measure import in_turn, run_once

from cases.changes import sizes_of

DELAYS = (0, 10, 30, 100)  # ms a request
ROWS = 10_000
ROUNDS = 3  # of what takes long
CURL = ", fetched by curl only"


class Far:
    def __init__(self, bench):
        self.bench, self.cluster = bench, bench.cluster
        self.contents = {}

    def bucket_of(self, files):
        directory = self.bench.new_bucket()
        prefix = directory / "data" / "dbo" / templates.TABLE
        prefix.mkdir(parents=True)
        for file in files:
            os.link(file, prefix / file.name)
        return directory

    def loader(self, what, files, source, warm=None, **settings):
        """One run that loads all; all sources of `what` must leave the same table. `warm`: into the loaded table, after this
        file."""
        cluster = self.cluster

        def attempt():
            cluster.make("run", self.bench.by_loader if warm else None)
            cluster.checkpoint()
            if warm:
                self.bench.loader.once(cluster.target("run"), self.bucket_of([warm]) / "data")

            def action():
                peak.append(self.bench.loader.once_watched(cluster.target("run"), source, **settings)[0])

            before, peak = self.loaded() if warm else 0, []
            run = run_once(cluster, action)
            run.extra["peak"] = peak[0]
            count, content = self.loaded() - before, cluster.content("run", templates.TABLE)
            if count != files or content != self.contents.setdefault(what, content):
                raise RuntimeError(f"{what}: {count} of {files} files; {content}, not {self.contents[what]}")
            cluster.drop("run")
            return run

        return attempt

    def loaded(self):
        return self.cluster.ask("SELECT count(*) FROM loader_deliveries WHERE object_key LIKE 'dbo/%'", "run")[0][0]

    def curl(self, bucket, directory):
        return lambda: run_once(self.cluster, lambda: curl(self.bench, bucket, directory))

    def tiny(self, stack):
        data = self.bench.data.changes(sizes_of(self.bench))
        files, (warm,) = data["tiny"], data["warm"]
        directory = self.bucket_of(files)
        variants, lines = {}, []
        for delay in DELAYS:
            bucket = stack.enter_context(far_bucket(directory=directory, delay=delay))
            names = [f"{way}, {delay} ms" for way in ("loader", "rclone", "curl")]
            copy = lambda bucket=bucket: run_once(self.cluster, lambda: rclone(self.bench, bucket, len(files)))
            load = self.loader("tiny", len(files), bucket.source, warm)
            variants.update(zip(names, (load, copy, self.curl(bucket, directory))))
            lines.append([f"{delay} ms", *names])
        return {"runs": in_turn(self.bench, variants), "lines": lines, "files": len(files)}

    def medium(self, stack):
        files = inserts(self.bench)
        directory = self.bucket_of(files)
        variants = {}
        for delay in (0, 100):
            bucket = stack.enter_context(far_bucket(directory=directory, delay=delay))
            variants[f"{delay} ms"] = self.loader("medium", len(files), bucket.source)
        return {"runs": in_turn(self.bench, variants, min(ROUNDS, self.bench.rounds)), "files": len(files)}

    def full_load(self, stack):
        files = load_files(self.bench)
        directory = self.bucket_of(files)
        far = lambda **more: stack.enter_context(far_bucket(directory=directory, delay=30, **more))
        fast, slow = far(speed=60), far(speed=8)
        secure = far(speed=60, certificate=certificate(self.bench.work))
        load = lambda source, **more: self.loader("full load", len(files), source, **more)
        variants = {
            "directory": load(directory / "data"),
            "60 MB/s a connection": load(fast.source),
            "60 MB/s a connection, TLS": load(secure.source, **secure.settings),
            "8 MB/s a connection": load(slow.source),
            "8 MB/s, FETCH_CONNECTIONS=1": load(slow.source, FETCH_CONNECTIONS="1"),
            f"60 MB/s{CURL}": self.curl(fast, directory),
            f"60 MB/s, TLS{CURL}": self.curl(secure, directory),
        }
        runs = in_turn(self.bench, variants, min(ROUNDS, self.bench.rounds))
        return {"runs": runs, "bytes": sum(file.stat().st_size for file in files)}


def inserts(bench):
    """The executions as change files of 10,000 inserts each."""
    _, load_file = bench.data.full_load(templates.TABLE)
    directory = bench.data.directory / ("inserts-quick" if bench.quick else "inserts")
    once(directory, write_inserts, load_file, ROWS)
    return sorted(directory.iterdir())[:200]


def load_files(bench):
    """The executions as 8 LOAD files."""
    sample = bench.data.directory / ("sample-8-load-files-quick" if bench.quick else "sample-8-load-files")
    rows = ["--executions", "150000"] if bench.quick else []
    command = [bench.data.program, "sample", "--days", "0", "--load-files", "8", *rows, sample]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return sorted((sample / "dbo" / templates.TABLE).glob("LOAD*"))


def run(bench):
    templates.make(bench)
    case = Far(bench)
    parts = {}
    for name in ("tiny", "medium", "full_load"):
        bench.say(f"{name}:")
        with ExitStack() as stack:
            parts[name] = getattr(case, name)(stack)
    bench.save("far", parts)
