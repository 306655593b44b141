#!/usr/bin/env bash
# The same as follow.cpp with nothing but psql: keeps a copy of the loader's tables in another database.
#
#   follow.sh SOURCE_CONNINFO COPY_CONNINFO [SECONDS]
#
# Catches up once; with SECONDS (a number above 0) it goes on, looking again after so long (there is no NATS client for the shell in
# Debian; the look costs one index probe a table). It may be killed at any moment: rows and event_id are written in one transaction. Ends with
# 75 when something failed; start it again, and it goes on where it was.
set -Eeuo pipefail
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo 'usage: follow.sh SOURCE_CONNINFO COPY_CONNINFO [SECONDS]' >&2
  exit 64
fi
source=$1 copy=$2 seconds=${3:-}
if [ $# = 3 ] && { [[ ! $seconds =~ ^[0-9]{1,9}(\.[0-9]{1,9})?$ ]] || [[ $seconds =~ ^[0.]+$ ]]; }; then
  printf 'follow.sh: SECONDS is %q; it must be a number above 0, as 15 or 0.5\n' "$seconds" >&2
  exit 64
fi
trap 'exit 75' ERR
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ask() { psql -XqAt -v ON_ERROR_STOP=1 -f "$here/session.sql" "$@"; }

ask "$copy" -c "CREATE TABLE IF NOT EXISTS follow_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), last_event_id bigint NOT NULL)" \
  -c "INSERT INTO follow_state (last_event_id) VALUES (0) ON CONFLICT DO NOTHING"

# "last event|step"; each step ends with it, so that a step starts psql only twice.
state=$(ask "$copy" -f "$here/state.sql")

# Reads the next step after the last event into files, all tables in one snapshot, and writes it to the copy in one transaction.
# Leaves `moved` empty when there was nothing. When another follower of the same copy was faster (one whose shell was killed, and
# whose psql had still to end), nothing is written, and it looks again. (Not called in a condition: that would switch "set -e" off
# inside.)
catch_up() {
  local last=${state%|*} step=${state#*|} until written
  rm -f "$work"/*
  (cd "$work" && ask "$source" -v last="$last" -v step="$step" -f "$here/read.sql")
  until=$(cat "$work/until")
  moved=
  if [ "$until" != "$last" ]; then
    written=$(cd "$work" && ask "$copy" -v last="$last" -v until="$until" -f "$here/write.sql" -f apply.sql -f "$here/state.sql")
    state=${written##*$'\n'}
    [ "$written" = "$state" ] || echo "${written%$'\n'*}"
    moved=1
  fi
}

while :; do
  catch_up
  [ -z "$moved" ] || continue
  [ -n "$seconds" ] || exit 0
  sleep "$seconds"
done
