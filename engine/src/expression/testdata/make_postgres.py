"""Fills the results of postgres.tsv in from a PostgreSQL server, the witness of the expression tests.

Usage: PGHOST=... PGUSER=... python3 make_postgres.py, in this folder. Keeps the first column of postgres.tsv
and rewrites the rest: one value per row of fixture.sql, printed as text, `∅` for NULL; or `!` for an error.
"""
import subprocess

with open("fixture.sql", encoding="utf-8") as file:
    fixture = file.read()
with open("postgres.tsv", encoding="utf-8") as file:
    expressions = [line.split("\t")[0].rstrip("\n") for line in file if line.strip() and not line.startswith("#")]


def psql(*queries):
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    for query in queries:
        command += ["-c", query]
    return subprocess.run(command, capture_output=True, text=True)


version = psql("SELECT current_setting('server_version')").stdout.strip()
lines = [
    f"# Made by make_postgres.py with PostgreSQL {version}: an expression, then its value in each row of fixture.sql.",
    "# `∅` is NULL; a lone `!` means that PostgreSQL refuses the expression or one of its values.",
]
for expression in expressions:
    query = f"SELECT coalesce(({expression})::text, '∅') FROM fixture ORDER BY row"
    result = psql(fixture, query)
    values = result.stdout.removesuffix("\n").split("\n") if result.returncode == 0 else ["!"]
    if result.returncode != 0:
        print(expression, "→", result.stderr.strip().split("\n")[0])
    lines.append("\t".join([expression, *values]))
with open("postgres.tsv", "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
