#!/usr/bin/env bash
# Runs `cargo test` with the arguments given, then adds up the results of all test programs in one closing line. The tests
# against PostgreSQL run again with every folder of server programs in SEEDBED_OTHER_PG_BINS, these side by side: they mostly wait.
set -uo pipefail
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
cargo test "$@" 2>&1 | tee "$logs/all"
status=${PIPESTATUS[0]}
runs=()
for programs in ${SEEDBED_OTHER_PG_BINS:-}; do
  {
    echo
    echo "$("$programs/postgres" --version):"
    # The whole workspace, so that nothing is built anew with other features.
    SEEDBED_PG_BIN=$programs cargo test --workspace --test postgres
  } > "$logs/version${#runs[@]}" 2>&1 &
  runs+=($!)
done
for i in "${!runs[@]}"; do
  wait "${runs[i]}" || status=1
  tee -a "$logs/all" < "$logs/version$i"
done
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
     END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, ignored }' "$logs/all"
exit "$status"
