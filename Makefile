# make test       everything that must pass, in some minutes
# make test-slow  statistical and soak tests on top
# make bench      criterion benches
# make check      formatting and lints
# make help       this list

PYTHON ?= python3
# The independent readers of what is written; kept out of the checkout's history.
VENV := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/witness
export SEEDBED_PYTHON ?= $(VENV)/bin/python

.PHONY: test test-slow bench check postgres witness help

test: postgres witness
	cargo build --workspace --bins
	tests/run.sh --workspace

test-slow: test
	tests/run.sh --workspace -- --ignored

bench:
	cargo bench -p seedbed-benches

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

# PostgreSQL's server programs, without a running server.
postgres:
	@sh tests/postgres.sh

# pyarrow and DuckDB in an environment of their own. Without a package index the tests that need them are left out,
# except under CI.
witness:
	@if [ ! -x "$(VENV)/bin/python" ] || ! "$(VENV)/bin/python" -c 'import pyarrow, duckdb' 2>/dev/null; then \
	  echo "setting up pyarrow and DuckDB in $(VENV)"; \
	  $(PYTHON) -m venv "$(VENV)" && "$(VENV)/bin/pip" install --quiet --disable-pip-version-check -r tests/witness/requirements.txt \
	  || { echo "make: pyarrow and DuckDB cannot be installed: the tests that read files with them are left out"; \
	       rm -rf "$(VENV)"; [ -z "$$CI" ]; }; \
	fi

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
