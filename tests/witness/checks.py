"""Runs the checks of a scenario over its Parquet files in DuckDB: each must give no row."""

import json
import pathlib
import sys

import duckdb

folder = pathlib.Path(sys.argv[1])
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
for table in sorted(path for path in folder.iterdir() if path.is_dir()):
    connection.execute(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet('{table}/*.parquet')")
# What the program sets in PostgreSQL.
now = json.loads((folder / "manifest.json").read_text())["as_of"]
failed = False
for name, sql in json.load(sys.stdin):
    rows = connection.execute(sql.replace("current_setting('seedbed.as_of')", f"'{now}'")).fetchmany(3)
    for row in rows:
        print(f"{name}: {row}")
    failed = failed or bool(rows)
sys.exit(failed)
