"""A PostgreSQL server for the bench, in a temporary directory, with the settings that initdb gives (fsync and
synchronous_commit are on). Reached through a Unix socket, and through TCP on 127.0.0.1 for the proxy. Removed at the end."""
import ctypes
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2

TICK = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1


def stop_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def cpu_of(pid, with_children=False):
    """Seconds of CPU that a process has used; with those children of it that have ended and were waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(value) for value in fields[11 : 15 if with_children else 13]) / TICK


class Cluster:
    """`programs`: the directory of postgres, initdb and psql. `settings`: of postgresql.conf, by name."""

    def __init__(self, programs, **settings):
        self.programs, self.settings = Path(programs), settings
        # The program itself: Debian's wrapper of the same name takes 35 ms to start.
        self.psql_program = self.programs / "psql"
        self.directory = Path(tempfile.mkdtemp(prefix="peo-bench-"))
        self.as_user = {}
        if os.getuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.postmaster = None
        self.admin = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.admin:
            self.admin.close()
        if self.postmaster:
            self.postmaster.send_signal(signal.SIGINT)
            self.postmaster.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        data, log = self.directory / "data", self.directory / "log"
        initdb = [self.programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=self.directory, **self.as_user)
        server = [self.programs / "postgres", "-D", data, "-k", self.directory, "-p", str(self.port), "-h", "127.0.0.1"]
        server += [f"--{name}={value}" for name, value in self.settings.items()]
        with log.open("w") as out:
            self.postmaster = subprocess.Popen(
                server, stdout=out, stderr=out, cwd=self.directory, preexec_fn=stop_with_parent, **self.as_user
            )
        for _ in range(300):
            if self.postmaster.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
            try:
                self.admin = psycopg2.connect(self.target("postgres"))
                break
            except psycopg2.OperationalError:
                time.sleep(0.1)
        self.admin.autocommit = True
        self.major = self.admin.server_version // 10000

    def target(self, database, tcp_port=None):
        """A connection string."""
        if tcp_port:
            return f"host=127.0.0.1 port={tcp_port} user=postgres dbname={database}"
        return f"host={self.directory} port={self.port} user=postgres dbname={database}"

    def psql(self, database, *arguments):
        """The command line of psql, without start-up files."""
        return [str(self.psql_program), "-qX", "-v", "ON_ERROR_STOP=1", "-d", self.target(database), *map(str, arguments)]

    def ask(self, sql, database=None):
        """The rows of one statement, in the database or over all."""
        if database is None:
            with self.admin.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        connection = psycopg2.connect(self.target(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def make(self, database, template=None):
        """A new database, in place of any of that name; a copy of the template's files when there is one."""
        self.drop(database)
        copy = f" TEMPLATE {template}" if template else ""
        if template and self.major >= 15:  # older servers know no other strategy
            copy += " STRATEGY file_copy"
        self.ask(f"CREATE DATABASE {database}{copy}")

    def has(self, database):
        return self.ask(f"SELECT count(*) FROM pg_database WHERE datname = '{database}'")[0][0] == 1

    def drop(self, database):
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def checkpoint(self):
        self.ask("CHECKPOINT")

    def checkpoints(self):
        if self.major >= 17:
            return self.ask("SELECT num_timed + num_requested FROM pg_stat_checkpointer")[0][0]
        return self.ask("SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter")[0][0]

    def wal_bytes(self):
        return int(self.ask("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0][0])

    def cpu(self):
        """Seconds of CPU of all the server's processes, those that have ended included."""
        pid = self.postmaster.pid
        children = lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        while True:  # a process that ends while they are read would be counted nowhere
            before = children()
            seconds = cpu_of(pid, with_children=True) + sum(cpu_of(child, with_children=True) for child in before)
            if children() == before:
                return seconds

    def columns(self, database, table):
        """Names of a table's columns in order, without the loader's own."""
        return [
            name
            for (name,) in self.ask(
                f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 "
                "AND NOT attisdropped AND attname NOT IN ('event_id', 'delivery_id') ORDER BY attnum",
                database,
            )
        ]

    def content(self, database, table):
        """Rows, and a hash over all of them and all columns but the loader's own."""
        columns = ", ".join(self.columns(database, table))
        (row,) = self.ask(
            f"SELECT count(*), coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text FROM {table}",
            database,
        )
        return f"{row[0]} rows, {row[1]}"

    def version(self):
        return re.sub(r" on .*", "", self.ask("SELECT version()")[0][0])
