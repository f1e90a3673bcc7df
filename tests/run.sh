#!/usr/bin/env bash
# Runs `cargo test` with the arguments given, then adds up the results of all test programs in one closing line. The tests
# against PostgreSQL run again with every folder of server programs in SEEDBED_OTHER_PG_BINS.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
for programs in ${SEEDBED_OTHER_PG_BINS:-}; do
  echo
  echo "$("$programs/postgres" --version):"
  # The whole workspace, so that nothing is built anew with other features.
  SEEDBED_PG_BIN=$programs cargo test --workspace --test postgres 2>&1 | tee -a "$log"
  [ "${PIPESTATUS[0]}" = 0 ] || status=1
done
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
     END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, ignored }' "$log"
exit "$status"
