"""What the tests of deploy/ share: free ports, processes that end with the test, a PostgreSQL of the test's own.
Everything is on 127.0.0.1 and in a directory that goes with the test."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def require(*programs):
    """Exit code 77, which CTest shows as skipped, where a program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            print(f"Skipped: {program} is not installed; scripts/install test installs it.")
            sys.exit(77)


def check(truth, message):
    if not truth:
        print("FAILED:", message)
        sys.exit(1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, probe, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        result = probe()
        if result:
            return result
        time.sleep(0.1)
    check(False, f"{what} did not happen in {seconds} s")


def get(url):
    """The answer's text, or None while nobody answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.read().decode()
    except (urllib.error.URLError, OSError):
        return None


@contextlib.contextmanager
def directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="peo-deploy-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def process(words, **options):
    child = subprocess.Popen([str(w) for w in words], **options)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def environment(**settings):
    """The test's own settings over a bare environment."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return {**kept, **{k: str(v) for k, v in settings.items()}}


def loader(program, *verb, **settings):
    """Runs the program to its end: (exit code, both outputs)."""
    ran = subprocess.run([program, *verb], env=environment(**settings), capture_output=True, text=True, timeout=120)
    return ran.returncode, ran.stdout + ran.stderr


class Postgres:
    """A cluster of the test's own; PostgreSQL refuses to run as root, so root gives it to the user nobody."""

    def __init__(self, path):
        self.bin = pathlib.Path(os.environ.get("PEO_TEST_POSTGRES") or sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1])
        self.data, self.port = path / "postgres", free_port()
        self.data.mkdir()
        self.user = []
        if os.getuid() == 0:
            shutil.chown(self.data, "nobody")
            self.user = ["setpriv", "--reuid=nobody", "--clear-groups", "--"]

    def __enter__(self):
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-N", "-E", "UTF8")
        self.server = subprocess.Popen(
            [*self.user, str(self.bin / "postgres"), "-D", str(self.data), "-p", str(self.port), "-c", "fsync=off", "-c",
             "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.data}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait_for("PostgreSQL's start", lambda: subprocess.run(
            [self.bin / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)], capture_output=True).returncode == 0)
        return self

    def __exit__(self, *_):
        self.server.send_signal(2)  # fast shutdown
        self.server.wait(30)

    def _run(self, name, *words):
        subprocess.run([*self.user, str(self.bin / name), *map(str, words)], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def target(self, user, dbname):
        return f"host=127.0.0.1 port={self.port} user={user} dbname={dbname}"

    def sql(self, text, dbname="postgres", user="postgres", ok=True):
        ran = subprocess.run([self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", self.target(user, dbname)], input=text,
                             capture_output=True, text=True)
        check(not ok or ran.returncode == 0, f"{text[:300]}: {ran.stderr}")
        return ran.stdout.strip() if ok else ran.stderr.strip()

    def script(self, path, dbname, user="postgres"):
        ran = subprocess.run([self.bin / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(path), self.target(user, dbname)],
                             capture_output=True, text=True)
        check(ran.returncode == 0, f"{path}: {ran.stderr}")


def small_sample(program, path):
    """A bucket directory of some thousand rows."""
    code, said = loader(program, "sample", str(path), "--strategies", "5", "--orders", "200", "--executions", "800",
                        "--days", "1")
    check(code == 0, said)
