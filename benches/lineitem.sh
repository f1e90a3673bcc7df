#!/usr/bin/env bash
# Lineitem to Parquet (snappy), seedbed against tpchgen-cli, both on all cores, in turn.
#
# The cost of a row is the marginal one: the difference between two scale factors, so that start-up
# does not count. Every run is repeated; medians are compared. Needs tpchgen-cli in PATH (or TPCHGEN):
# `cargo install tpchgen-cli`.
#
#   benches/lineitem.sh [SMALL_SCALE] [LARGE_SCALE] [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
small=${1:-0.5} large=${2:-2} runs=${3:-5}
tpchgen=${TPCHGEN:-tpchgen-cli}
command -v "$tpchgen" >/dev/null || { echo "lineitem.sh: $tpchgen not found; cargo install tpchgen-cli" >&2; exit 2; }
cargo build --release --quiet -p seedbed
seedbed=${CARGO_TARGET_DIR:-target}/release/seedbed
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

seconds() { # seconds COMMAND…: wall time of one run into an emptied folder
  rm -rf "$out/run"; mkdir "$out/run"
  local start end
  start=$(date +%s%N); "$@" >/dev/null 2>&1; end=$(date +%s%N)
  echo "$(( (end - start) / 1000 ))e-6"
}
ours() { seconds "$seedbed" generate tpch --tables lineitem --scale "$1" --to "$out/run/data" --compression snappy --quiet; }
theirs() { seconds "$tpchgen" parquet --compression SNAPPY --scale-factor "$1" --tables lineitem --output-dir "$out/run/data"; }

for _ in $(seq "$runs"); do
  echo "$(ours "$small") $(theirs "$small") $(ours "$large") $(theirs "$large")"
done | python3 -c "
import sys, statistics as s
rows = [[float(x) for x in line.split()] for line in sys.stdin]
a, b, c, d = (s.median(column) for column in zip(*rows))
lines = 6_001_215 * ($large - $small)
print(f'seedbed      {a:8.3f} s at $small, {c:8.3f} s at $large: {lines / (c - a) / 1e6:6.2f} million rows/s')
print(f'tpchgen-cli  {b:8.3f} s at $small, {d:8.3f} s at $large: {lines / (d - b) / 1e6:6.2f} million rows/s')
ratios = sorted((r[3] - r[1]) / (r[2] - r[0]) for r in rows)
print(f'seedbed is {s.median(ratios):.2f} times as fast (runs from {ratios[0]:.2f} to {ratios[-1]:.2f})')
"
