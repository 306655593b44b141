"""Runs the program that is measured, as its users run it: by environment variables, log on standard error."""
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from .cluster import stop_with_parent

PROCESSED = re.compile(r"Delivery (\d+): processed \((\d+):(\d+):([\d.]+) seconds\)")


def settings(target, source, **more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "TARGET": target,
        "SOURCE": source if "=" in str(source) else f"bucket_path={source}",
        "RUN_AS_SERVICE": "False",
        "NATS": "",
        "ENTITIES": "",
        "METRICS_ADDRESS": "",
        "TZ": "UTC",
    } | more


def peak_memory(pid):
    """Bytes, of a process that is there; 0 when it has just ended."""
    try:
        return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024
    except (OSError, TypeError):
        return 0


class Loader:
    def __init__(self, program, work):
        self.program = Path(program)
        self.work = Path(work)
        self.log = self.work / "loader.log"
        self.settings_known = subprocess.run(
            [self.program, "--config-sample"], capture_output=True, text=True, check=True
        ).stdout

    def knows(self, setting):
        return re.search(rf"^#?{setting}=", self.settings_known, re.M) is not None

    def version(self):
        return subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def once(self, target, source, **more):
        """One whole run, from start to exit. Returns what the log says."""
        with self.log.open("w") as log:
            code = subprocess.run(
                [self.program], env=settings(target, source, **more), cwd=self.work, stderr=log, stdout=log
            ).returncode
        text = self.log.read_text()
        if code != 0:
            raise RuntimeError(f"The loader ended with {code}:\n{text[-3000:]}")
        return text

    def once_watched(self, target, source, done=lambda: False, **more):
        """The same; returns the peak of its memory in bytes, as the kernel reports it, and the log. It is stopped as soon as
        `done()`, which is asked every 5 ms."""
        with self.log.open("w") as log:
            process = subprocess.Popen(
                [self.program], env=settings(target, source, **more), cwd=self.work, stderr=log, stdout=log
            )
            peak, stopped = 0, False
            try:
                while process.poll() is None:
                    peak = max(peak, peak_memory(process.pid))
                    if not stopped and done():
                        process.send_signal(signal.SIGTERM)
                        stopped = True
                    time.sleep(0.005)
            finally:
                if process.poll() is None:  # the bench itself was ended
                    process.kill()
                    process.wait()
        text = self.log.read_text()
        if process.returncode != 0:
            raise RuntimeError(f"The loader ended with {process.returncode}:\n{text[-3000:]}")
        return peak, text


class Service:
    """The loader as a service with a short poll (None: the default). Files are handed over by `deliver`; times are the log's
    own, from starting a delivery until it was committed and its message was published."""

    def __init__(self, loader, target, source, poll="20ms", **more):
        sleep = {"MIN_SLEEP": poll, "MAX_SLEEP": poll} if poll else {}
        env = settings(target, source, RUN_AS_SERVICE="True", **sleep, **more)
        self.process = subprocess.Popen(
            [loader.program],
            env=env,
            cwd=loader.work,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=stop_with_parent,
        )
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.count = 0

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append((time.perf_counter(), line))
                self.changed.notify_all()
        with self.changed:
            self.lines.append((time.perf_counter(), None))
            self.changed.notify_all()

    def processed(self, count):
        """Waits until `count` deliveries are done since the start: [(when its line came, its own seconds)], at least."""
        at, found = 0, []
        with self.changed:
            while True:
                for when, line in self.lines[at:]:
                    if line is None:
                        raise RuntimeError("The loader ended:\n" + "".join(text or "" for _, text in self.lines[-40:]))
                    if match := PROCESSED.search(line):
                        seconds = int(match[2]) * 3600 + int(match[3]) * 60 + float(match[4])
                        found.append((when, seconds))
                at = len(self.lines)
                if len(found) >= count:
                    return found
                if not self.changed.wait(timeout=300):
                    raise RuntimeError("The loader has said nothing for 300 s.")

    def deliver(self, file, directory):
        """Puts one file into the bucket and waits until it is done: seconds by the log, and by the clock from the
        file's appearance to the log line, the wait for the poll included."""
        begin = time.perf_counter()
        os.link(file, directory / Path(file).name)
        self.count += 1
        when, seconds = self.processed(self.count)[self.count - 1]
        return seconds, when - begin

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.reader.join()
        if code != 0:
            raise RuntimeError(f"The loader ended with {code}.")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        elif self.process.poll() is None:
            self.stop()
