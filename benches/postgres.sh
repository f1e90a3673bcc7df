#!/usr/bin/env bash
# Rows into PostgreSQL: seedbed against what the server does alone, on the same server, in turn.
#
#   copy       as many psql sessions as seedbed has connections, each running the server's own
#              COPY … FROM '<file>' (FORMAT binary) on files made beforehand from the same rows
#   insert     INSERT … SELECT … FROM generate_series, for the narrow table
#   pgbench    pgbench -i, about as many rows as the narrow table has
#
# Tables are empty and have no keys. seedbed's time is that of the whole command: start, values, COPY, publishing.
# The server is a private one in a scratch folder, with default settings but for the sizes below.
#
#   benches/postgres.sh [JOBS] [RUNS] [SCALE]
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
jobs=${1:-2} runs=${2:-5} scale=${3:-1}
cargo build --release --quiet -p seedbed
seedbed=$(realpath "${CARGO_TARGET_DIR:-target}/release/seedbed")
bin=${SEEDBED_PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
home=$(mktemp -d /tmp/seedbed-bench-XXXXXX)
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
[ "$(id -u)" != 0 ] || chown postgres "$home"
chmod 755 "$home"
trap '(cd /; as "$bin/pg_ctl" stop -m immediate -D "$home/data" >/dev/null 2>&1 || true); rm -rf "$home"' EXIT
(cd /; as "$bin/initdb" --auth=trust --no-sync --locale=C --encoding=UTF8 -U postgres -D "$home/data" >/dev/null)
cat >> "$home/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$home'
shared_buffers = 1GB
max_wal_size = 16GB
checkpoint_timeout = 1h
${SEEDBED_PG_SETTINGS:-}
CONF
(cd /; as "$bin/pg_ctl" start -w -D "$home/data" -l "$home/log" >/dev/null)
psql() { PGOPTIONS="-c client_min_messages=warning" command psql -XAtq -v ON_ERROR_STOP=1 -h "$home" -U postgres "$@"; }
psql -c 'create database bench' postgres
url="postgresql://postgres@${home//\//%2F}/bench"

now() { date +%s%N; }
since() { echo "$(( ($(now) - $1) / 1000 ))e-6"; }
# All begin alike: without tables, and with nothing that an earlier run has left to be written.
fresh() { psql -c 'drop table if exists readings, lineitem, pgbench_accounts, pgbench_branches, pgbench_tellers, pgbench_history' -c checkpoint bench; }

load() { # load SCENARIO TABLE SCALE
  fresh
  local begun; begun=$(now)
  "$seedbed" generate "$1" --tables "$2" --scale "$3" --to "$url" --no-keys --jobs "$jobs" --quiet
  since "$begun"
}
files() { # files TABLE: the rows of a table in one file for each session
  local pages; pages=$(psql -c "select pg_relation_size('$1') / 8192 / $jobs + 1" bench)
  for ((i = 0; i < jobs; i++)); do
    psql -c "copy (select * from $1 where ctid >= '($((i * pages)),0)' and ctid < '($(((i + 1) * pages)),0)')
             to '$home/$1-$i.bin' (format binary)" bench
  done
}
copy() { # copy SCENARIO TABLE
  fresh
  "$seedbed" ddl "$1" --tables "$2" --no-keys | psql bench
  local begun; begun=$(now)
  local sessions=() session
  for ((i = 0; i < jobs; i++)); do
    psql -c "copy $2 from '$home/$2-$i.bin' (format binary)" bench &
    sessions+=($!)
  done
  for session in "${sessions[@]}"; do wait "$session"; done
  since "$begun"
}
insert() {
  fresh
  "$seedbed" ddl benches/postgres.yaml --no-keys | psql bench
  local begun; begun=$(now)
  psql -c "insert into readings select i, (random() * 100000)::int,
      (array['temperature','humidity','pressure','battery'])[1 + (random() * 3)::int],
      (random() * 999)::numeric(5,2), random() < 0.98, timestamptz '2025-01-01' + random() * interval '365 days'
    from generate_series(1, $1) i" bench
  since "$begun"
}
pgbench() { # rows of the accounts table, without its key
  fresh
  local begun; begun=$(now)
  "$bin/pgbench" -i -I dtg -s "$1" -h "$home" -U postgres bench >/dev/null 2>&1
  since "$begun"
}

narrow=$(python3 -c "print(round(4_000_000 * $scale))")
wide=$(python3 -c "print(0.33 * $scale)")
load benches/postgres.yaml readings "$scale" >/dev/null
files readings
load tpch lineitem "$wide" >/dev/null
files lineitem
lines=$(psql -c 'select count(*) from lineitem' bench)
for ((run = 0; run < runs; run++)); do
  # Side by side, since the machine may be faster now and slower then; the one that goes first goes second in the next run.
  if ((run % 2 == 0)); then
    narrow_load=$(load benches/postgres.yaml readings "$scale")
    narrow_copy=$(copy benches/postgres.yaml readings)
    wide_load=$(load tpch lineitem "$wide")
    wide_copy=$(copy tpch lineitem)
  else
    narrow_copy=$(copy benches/postgres.yaml readings)
    narrow_load=$(load benches/postgres.yaml readings "$scale")
    wide_copy=$(copy tpch lineitem)
    wide_load=$(load tpch lineitem "$wide")
  fi
  inserted=$(insert "$narrow")
  initialised=$(pgbench $((narrow / 100000)))
  echo "$narrow_load $narrow_copy $wide_load $wide_copy $inserted $initialised"
done | python3 -c "
import sys, statistics as s
rows = [[float(x) for x in line.split()] for line in sys.stdin]
def show(name, column, count):
    times = sorted(row[column] for row in rows)
    print(f'  {name:8} {s.median(times):7.2f} s  ({times[0]:.2f} to {times[-1]:.2f})  {count / s.median(times) / 1e6:5.2f} million rows/s')
def ratio(a, b):
    ratios = sorted(row[a] / row[b] for row in rows)
    print(f'  seedbed takes {s.median(ratios):.2f} times as long as copy (runs from {ratios[0]:.2f} to {ratios[-1]:.2f})')
print(f'narrow: $narrow rows of 6 columns, $jobs connections')
show('seedbed', 0, $narrow); show('copy', 1, $narrow); show('insert', 4, $narrow); show('pgbench', 5, $narrow)
ratio(0, 1)
print(f'wide: $lines rows of 16 columns (lineitem), $jobs connections')
show('seedbed', 2, $lines); show('copy', 3, $lines)
ratio(2, 3)
"
