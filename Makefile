# make test       everything that must pass, in some minutes
# make test-slow  statistics over millions of draws, many mutants, memory at a hundred million rows
# make bench      criterion benches
# make check      formatting and lints
# make archive    the static program and its papers, as an archive to install from
# make help       this list

PYTHON ?= python3
# The independent readers of what is written; kept out of the checkout's history.
VENV := $(abspath $(or $(CARGO_TARGET_DIR),target))/witness
# Readers of Parquet, old and new; a gigabyte and more.
READERS := $(abspath $(or $(CARGO_TARGET_DIR),target))/readers

.PHONY: test test-slow bench check archive postgres witness readers help

# Testing the workspace builds the program, too: the tests of its own package run it.
test: postgres witness
	servers=$$(mktemp -d) && trap 'rm -rf "$$servers"' EXIT && \
	SEEDBED_PYTHON=$${SEEDBED_PYTHON:-$$(ls "$(VENV)/bin/python" 2>/dev/null)} \
	SEEDBED_OTHER_PG_BINS=$$(sh tests/postgres_versions.sh "$$servers" "$(VENV)/bin/pip") \
	tests/run.sh --workspace --no-fail-fast

test-slow: readers
	SEEDBED_READERS="$(READERS)" tests/run.sh --workspace --no-fail-fast -- --ignored

bench:
	cargo bench -p seedbed-benches

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

# Only the last step differs from a plain release build: the C library is linked in, at fixed addresses. The packed files have no
# time and no owner, so the same sources give the same archive.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
archive:
	cargo rustc --release --locked -p seedbed --bin seedbed -- -C target-feature=+crt-static -C relocation-model=static
	name=seedbed-$$("$(TARGET)/release/seedbed" --version | cut -d' ' -f2)-$$(uname -m)-linux.tar.gz && \
	tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c \
		-C "$(TARGET)/release" seedbed -C "$(CURDIR)" LICENSE NOTICE README.md | gzip -9n > "$(TARGET)/$$name" && \
	ls -l "$(TARGET)/$$name"

# PostgreSQL's server programs, without a running server.
postgres:
	@sh tests/postgres.sh

# pyarrow and DuckDB in an environment of their own. Without a package index the tests that need them are left out,
# except under CI.
witness: $(VENV)/made

# Environments that cannot be made are left out, and their readers with them.
readers: $(READERS)/old/made $(READERS)/new/made $(READERS)/spark/made

$(READERS)/%/made: tests/readers/%.txt
	@mkdir -p "$(READERS)" && PYTHON="$(PYTHON)" sh tests/witness/environment.sh "$(@D)" $< && touch $@ || [ -z "$$CI" ]

$(VENV)/made: tests/witness/requirements.txt
	@PYTHON="$(PYTHON)" sh tests/witness/environment.sh "$(VENV)" $< && touch $@ || [ -z "$$CI" ]

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
