#!/usr/bin/python3
"""The same as follow.cpp in Python: keeps a copy of the loader's tables in another database.

    follow.py SOURCE_CONNINFO COPY_CONNINFO [SECONDS]

Catches up once. With SECONDS (above 0) it goes on and polls at this interval; a poll without news costs one index probe per table. It may
be killed at any moment: rows and event_id are written in one transaction of the copy. It exits with 75 when something failed;
start it again, and it continues where it was. Needs psycopg 3 (Debian: python3-psycopg). See docs/consuming.md.
"""
import math
import signal
import sys
import time

import psycopg
from psycopg import sql

MOST_SECONDS = 1_000_000_000  # what time.sleep() takes on every system


def connect(conninfo):
    # Autocommit: transactions begin and end where transaction() says so.
    connection = psycopg.connect(conninfo, autocommit=True)
    # COPY writes dates, numbers and characters as the session has it: the same on both sides, whatever their databases and roles are
    # set to.
    connection.execute(
        """SELECT set_config(name, value, false) FROM (VALUES ('client_encoding', 'UTF8'), ('datestyle', 'ISO'),
           ('intervalstyle', 'postgres'), ('extra_float_digits', '1')) AS s (name, value)""")
    return connection


def entities(source):
    """The tables that have the loader's two columns, as the loader itself finds them."""
    rows = source.execute(
        """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND a.attname IN ('event_id', 'delivery_id') AND NOT a.attisdropped AND c.relname <> 'loader_removals'
           GROUP BY c.relname HAVING count(*) = 2 ORDER BY c.relname""")
    return [name for (name,) in rows]


def key_of(copy, table):
    """The primary key's columns."""
    rows = copy.execute(
        """SELECT a.attname FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
           WHERE k.contype = 'p' AND k.conrelid = quote_ident(%s)::regclass ORDER BY array_position(k.conkey, a.attnum)""",
        [table])
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)


def step_of(copy):
    """The most events of a step; None, which is no limit, where a table has unique values besides its key.

    They may change hands: the row that has the value now may be in this step, and the one that had it in the next, if that one
    changed again. Only a step up to the last event surely brings both.
    """
    (unique,) = copy.execute(
        """SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
           WHERE c.relnamespace = current_schema()::regnamespace
             AND (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary)""").fetchone()
    return None if unique else 20_000


def end_of_step(source, tables, last, step):
    """The event up to which this step reads; `last` when there is nothing after it.

    Never further than visible_event_id: of later events, other tables may not show everything yet.
    """
    (visible,) = source.execute("SELECT visible_event_id FROM loader_state").fetchone()
    # Each branch is sorted and limited by itself, so that the indexes are read no further than the step goes. A branch without, or
    # a limit around all of them only, reads and sorts everything after `last` in each step.
    branch = sql.SQL("(SELECT event_id FROM {} WHERE event_id > %(last)s AND event_id <= %(visible)s"
                     " ORDER BY event_id LIMIT %(step)s)")
    events = sql.SQL(" UNION ALL ").join(branch.format(sql.Identifier(table)) for table in ["loader_removals", *tables])
    query = sql.SQL("SELECT CASE WHEN count(*) = %(step)s::bigint THEN max(event_id) ELSE %(visible)s END"
                    " FROM ({} ORDER BY event_id LIMIT %(step)s) e").format(events)
    return source.execute(query, {"last": last, "visible": visible, "step": step}).fetchone()[0]


def pour(source, query, parameters, copy, table):
    """COPY ... TO STDOUT of one database into COPY ... FROM STDIN of the other, piece by piece."""
    with source.cursor() as reader, copy.cursor() as writer:
        with reader.copy(sql.SQL("COPY ({}) TO STDOUT").format(query), parameters) as pieces, \
                writer.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as into:
            for piece in pieces:
                into.write(piece)


def take_over(source, copy, table, last, until):
    """One entity's changes: first what is gone, then what is there. A key that was removed and came back is in both, and stays."""
    events = {"last": last, "until": until, "table": table}
    name, key = sql.Identifier(table), key_of(copy, table)
    copy.execute("CREATE TEMP TABLE gone (key jsonb) ON COMMIT DROP")
    copy.execute(sql.SQL("CREATE TEMP TABLE came ON COMMIT DROP AS SELECT * FROM {} LIMIT 0").format(name))
    pour(source, sql.SQL("SELECT key FROM loader_removals"
                         " WHERE event_id > %(last)s AND event_id <= %(until)s AND entity = %(table)s"), events, copy, "gone")
    pour(source, sql.SQL("SELECT * FROM {} WHERE event_id > %(last)s AND event_id <= %(until)s").format(name), events, copy, "came")
    copy.execute(sql.SQL("DELETE FROM {name} WHERE ({key}) IN"
                         " (SELECT {key} FROM gone, jsonb_populate_record(NULL::{name}, key))").format(name=name, key=key))
    copy.execute(sql.SQL("DELETE FROM {name} WHERE ({key}) IN (SELECT {key} FROM came)").format(name=name, key=key))
    copy.execute(sql.SQL("INSERT INTO {} SELECT * FROM came").format(name))
    copy.execute("DROP TABLE gone, came")


def catch_up_a_step(source, copy):
    """Reads all tables in one snapshot, and writes rows and event_id in one transaction. Returns False when there was nothing."""
    with copy.transaction(), source.transaction():
        # FOR UPDATE: a second follower of the same copy waits here.
        (last,) = copy.execute("SELECT last_event_id FROM follow_state FOR UPDATE").fetchone()
        tables = entities(source)
        until = end_of_step(source, tables, last, step_of(copy))
        if until <= last:
            return False
        for table in tables:
            take_over(source, copy, table, last, until)
        copy.execute("UPDATE follow_state SET last_event_id = %s", [until])
    print(f"up to event {until}", flush=True)
    return True


def follow(source_conninfo, copy_conninfo, seconds):
    with connect(source_conninfo) as source, connect(copy_conninfo) as copy:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        source.read_only = True
        with copy.transaction():
            copy.execute("""CREATE TABLE IF NOT EXISTS follow_state (one boolean PRIMARY KEY DEFAULT true CHECK (one),
                            last_event_id bigint NOT NULL)""")
            copy.execute("INSERT INTO follow_state (last_event_id) VALUES (0) ON CONFLICT DO NOTHING")
        while True:
            while catch_up_a_step(source, copy):
                pass
            if seconds is None:
                return
            time.sleep(seconds)


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C ends it without a traceback
    try:
        source, copy, *rest = sys.argv[1:]
        (seconds,) = map(float, rest) if rest else (None,)
    except ValueError:
        print("usage: follow.py SOURCE_CONNINFO COPY_CONNINFO [SECONDS]", file=sys.stderr)
        return 64
    if seconds is not None and not (math.isfinite(seconds) and 0 < seconds <= MOST_SECONDS):
        print(f"follow.py: SECONDS is {rest[0]!r}; it must be a number above 0, as 15 or 0.5", file=sys.stderr)
        return 64
    try:
        follow(source, copy, seconds)
    except psycopg.Error as error:
        print(f"follow.py: {error}", file=sys.stderr)
        return 75  # start it again: it continues where it was
    return 0


if __name__ == "__main__":
    sys.exit(main())
