"""Polls of 200 tables in a bucket that is 30 ms away, with 1 s of sleep between them: seconds and LIST requests of an idle poll,
and seconds from a file's appearance to its commit and message. With events (SOURCE_EVENTS) instead of polls, too."""
import json
import random
import socket
import subprocess
import time
from contextlib import contextmanager

from harness import synthetic
from harness.cluster import stop_with_parent
from harness.far import far_bucket
from harness.loader import Service, peak_memory
from harness.measure import median

DELAY, SLEEP = 30, 1.0  # ms, s
SUBJECT = "bucket.events"


@contextmanager
def nats_server():
    """Its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["nats-server", "-a", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL, preexec_fn=stop_with_parent
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def publish(port, key):
    """As MinIO notifies of a new object."""
    event = {"EventName": "s3:ObjectCreated:Put", "Key": f"bucket/{key}"}
    event["Records"] = [{"eventName": event["EventName"], "s3": {"bucket": {"name": "bucket"}, "object": {"key": key}}}]
    text = json.dumps(event).encode()
    with socket.create_connection(("127.0.0.1", port)) as nats:
        nats.sendall(b"CONNECT {}\r\nPUB %s %d\r\n%s\r\nPING\r\n" % (SUBJECT.encode(), len(text), text))
        received = b""
        while b"PONG" not in received and (some := nats.recv(4096)):
            received += some


def polls(lists):
    """[(seconds, LISTs)]: of the polls that are whole between two pauses."""
    found, begin = [], 0
    for at in range(1, len(lists)):
        if lists[at][0] - max(answered for _, answered, _ in lists[begin:at]) > SLEEP / 2:
            found.append((max(answered for _, answered, _ in lists[begin:at]) - lists[begin][0], at - begin))
            begin = at
    return found[1:]


class Tables:
    def __init__(self, bench):
        self.bench, self.cluster = bench, bench.cluster
        self.tables = 20 if bench.quick else 200
        self.files = 3 if bench.quick else 20
        self.random = random.Random(1)
        self.names = synthetic.table_names(self.tables)
        self.directory = bench.new_bucket()
        self.sent = {name: 0 for name in self.names}
        for name in self.names:
            prefix = self.directory / "data" / "dbo" / name
            prefix.mkdir(parents=True)
            key, body = self.next_file(name)
            (self.directory / key).write_bytes(body)
        self.entities = str(synthetic.write_entities(bench.work / "entities-polls", self.tables))

    def next_file(self, name):
        self.sent[name] += 1
        number = self.sent[name]
        return f"data/dbo/{name}/{synthetic.file_name(number)}", synthetic.body(name, number)

    def service(self, bucket, poll, **more):
        return Service(self.bench.loader, self.cluster.target("run"), bucket.source, poll, ENTITIES=self.entities, **more)

    def idle(self, bucket):
        bucket.counts()
        time.sleep(5 if self.bench.quick else 30)
        return polls(bucket.counts()["lists"])

    def deliver(self, bucket, service, after_put=lambda key: None):
        """Seconds from a file's appearance to its line in the log, one file at a time, at any moment of the poll."""
        times = []
        for number in range(1, self.files + 1):
            time.sleep(self.random.uniform(0, SLEEP))
            key, body = self.next_file(self.random.choice(self.names))
            begin = time.perf_counter()
            bucket.put(key, body)
            after_put(key)
            times.append(service.processed(number)[number - 1][0] - begin)
        return times

    def polled(self, bucket):
        with self.service(bucket, f"{SLEEP:g}s") as service:
            time.sleep(3)
            idle = self.idle(bucket)
            seen = self.deliver(bucket, service)
            peak = peak_memory(service.process.pid)
        return {"polls": idle, "seen": seen, "peak": peak}

    def with_events(self, bucket):
        with nats_server() as port:
            events = f"nats://127.0.0.1:{port}/{SUBJECT}"
            with self.service(bucket, None, SOURCE_EVENTS=events) as service:
                time.sleep(3)
                bucket.counts()
                seen = self.deliver(bucket, service, lambda key: publish(port, key))
                return {"seen": seen, "peak": peak_memory(service.process.pid), "lists": bucket.counts()["LIST"]}


def run(bench):
    case = Tables(bench)
    bench.cluster.make("run")
    kept = {"tables": case.tables, "files": case.files, "delay_ms": DELAY}
    with far_bucket(directory=case.directory, delay=DELAY) as bucket:
        bench.loader.once(bench.cluster.target("run"), bucket.source, ENTITIES=case.entities)
        kept["polled"] = case.polled(bucket)
        took, lists = zip(*kept["polled"]["polls"])
        bench.say(f"an idle poll of {case.tables} tables: {median(took):.2f} s, {median(lists):.0f} LISTs")
        bench.say(f"file to committed: {sum(kept['polled']['seen']) / case.files:.2f} s on average")
        if bench.loader.knows("SOURCE_EVENTS"):
            kept["events"] = case.with_events(bucket)
            bench.say(f"with events: {sum(kept['events']['seen']) / case.files:.2f} s on average")
        else:
            bench.say("with events: skipped, this program has no SOURCE_EVENTS.")
    bench.cluster.drop("run")
    bench.save("far_polls", kept)
