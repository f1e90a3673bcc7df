"""The witness: what pyarrow, DuckDB and Python find in a dataset that seedbed has written in four formats.

    check.py FOLDER SCENARIO

FOLDER holds a dataset in each of `parquet`, `csv`, `jsonl` and `arrow`, and in `expected` one file of JSON arrays per table: the rows as
the plan gives them. Checks that files are read, that types are right, that values are the same everywhere, that manifests
say the truth, the fingerprints of rows too, and what `questions.py` asks of the scenario. Every finding is printed; the exit code is 1 when there is one.
"""

import glob
import json
import os
import struct
import sys

import pyarrow as pa

import digest
import questions
import read


def main(folder, scenario):
    findings = []
    manifests = {name: load(f"{folder}/{name}/manifest.json") for name in read.FORMATS}
    for table in manifests["parquet"]["tables"]:
        columns = [(column["name"], column["type"]) for column in table["columns"]]
        expected = rows(f"{folder}/expected/{table['name']}.jsonl", columns)
        for name, reader in read.FORMATS.items():
            what = f"{scenario}.{table['name']} as {name}"
            try:
                schema, found = reader(f"{folder}/{name}", table["name"], columns)
            except Exception as error:  # Whatever a reader stumbles over is a finding.
                findings.append(f"{what}: cannot be read: {error}")
                continue
            findings += values(what, columns, expected, found)
            findings += fingerprint(what, table["name"], columns, found, manifests[name])
            if schema is not None:
                findings += types(what, columns, schema)
        findings += types_in_duckdb(f"{folder}/parquet", f"{scenario}.{table['name']}", table["name"], columns)
    for name, manifest in manifests.items():
        findings += files(f"{folder}/{name}", f"{scenario} as {name}", manifest)
    findings += answers(folder, scenario, manifests["parquet"])
    findings += nulls_in_csv(folder, scenario, manifests["csv"])
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def rows(path, columns):
    """The rows that the plan gives, column by column."""
    result = [[] for _ in columns]
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            for value, (_, sql_type), out in zip(json.loads(line), columns, result, strict=True):
                out.append(read.same_json(value) if sql_type == "jsonb" and value is not None else value)
    return result


def values(what, columns, expected, found):
    """The first difference of each column."""
    for (name, _), wanted, got in zip(columns, expected, found, strict=True):
        if len(wanted) != len(got):
            yield f"{what}: `{name}` has {len(got)} rows, not {len(wanted)}"
            continue
        for row, (a, b) in enumerate(zip(wanted, got)):
            if a != b:
                yield f"{what}: `{name}`, row {row}: expected {a!r}, found {b!r}"
                break


def fingerprint(what, table, columns, found, manifest):
    """The fingerprint of the rows that were read is the one in the manifest."""
    wanted = {table["name"]: table["rows_fingerprint"] for table in manifest["tables"]}[table]
    cells = [[hashed(value, sql_type) for value in of] for of, (_, sql_type) in zip(found, columns, strict=True)]
    got = digest.of_table(columns, zip(*cells, strict=True))
    if got != wanted:
        yield f"{what}: the fingerprint of its rows is {got}, and the manifest says {wanted}"


def hashed(value, sql_type):
    """A cell of the common spelling as `digest.py` takes it."""
    if value is None or sql_type in ("text", "jsonb"):
        return value
    if sql_type.endswith("[]"):
        return [hashed(item, sql_type[:-2]) for item in json.loads(value)]
    if sql_type == "boolean":
        return value == "true"
    if sql_type in ("uuid", "bytea"):
        return bytes.fromhex(value)
    if sql_type in ("real", "double precision"):
        return struct.unpack(">f" if sql_type == "real" else ">d", bytes.fromhex(value))[0]
    return int(value)


def types(what, columns, schema):
    """The types that pyarrow sees."""
    if schema.names != [name for name, _ in columns]:
        yield f"{what}: the columns are {schema.names}"
        return
    for name, sql_type in columns:
        found, wanted = schema.field(name).type, read.arrow_type(sql_type)
        if pa.types.is_dictionary(found):
            found = found.value_type
        if pa.types.is_list(found) and pa.types.is_list(wanted):
            # The name of the items is not a matter of type.
            found, wanted = found.value_type, wanted.value_type
        if found != wanted:
            yield f"{what}: `{name}` is {found}, not {wanted}"


def types_in_duckdb(folder, what, table, columns):
    """The types that DuckDB sees in Parquet."""
    found = read.connect().read_parquet(read.files(folder, table, "parquet"))
    for (name, sql_type), got in zip(columns, found.types, strict=True):
        if str(got) != read.duckdb_type(sql_type):
            yield f"{what} in DuckDB: `{name}` is {got}, not {read.duckdb_type(sql_type)}"


def files(folder, what, manifest):
    """The manifest names every file, with its size."""
    named = {file["name"]: file for table in manifest["tables"] for file in table["files"]}
    there = {os.path.relpath(path, folder) for path in glob.glob(f"{glob.escape(folder)}/*/*")}
    if set(named) != there:
        yield f"{what}: the manifest names {sorted(set(named) ^ there)} wrongly"
    for name in set(named) & there:
        if os.path.getsize(f"{folder}/{name}") != named[name]["bytes"]:
            yield f"{what}: `{name}` has another size than the manifest says"
    if sum(file["rows"] for file in named.values()) != manifest["rows"]:
        yield f"{what}: the rows of the files do not sum to those of the manifest"


def answers(folder, scenario, manifest):
    """The questions whose answer must be zero."""
    connection = read.connect()
    for table in manifest["tables"]:
        paths = read.files(f"{folder}/parquet", table["name"], "parquet")
        connection.read_parquet(paths).create_view(table["name"])
    for question, sql in questions.of(scenario):
        (count,) = connection.execute(f"SELECT count(*) FROM ({sql})").fetchone()
        if count:
            yield f"{scenario}: {count} {question}"


def nulls_in_csv(folder, scenario, manifest):
    """In the edge cases, an empty field is NULL and an empty text has quotes."""
    if scenario != "edges":
        return
    with open(read.files(f"{folder}/csv", "texts", "csv")[0], encoding="utf-8", newline="") as file:
        text = file.read()
    for line in ['1,""\n', "2,\n", "4,null\n", '5,"a,b;c"\n', '6,"she said ""so"""\n', '10,"\\."\n', "16,0012\n"]:
        if f"\n{line}" not in text:
            yield f"{scenario} as csv: there is no line {line!r}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
