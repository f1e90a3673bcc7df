"""Tables of a dataset as text, cell by cell: the same spelling as `tests/src/value.rs`, from four formats.

Parquet and Arrow IPC are read by pyarrow, CSV by DuckDB, JSON Lines by Python's own json. A cell is a string, or None for NULL:
integers, decimals (without their point), dates and instants are whole numbers, floating-point numbers the hexadecimal digits
of their bits.
"""

import datetime
import decimal
import glob
import json
import struct

import duckdb
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

decimal.getcontext().prec = 60

EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)

ARROW_TYPES = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "text": pa.string(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "uuid": pa.uuid(),
    "jsonb": pa.json_(),
    "bytea": pa.binary(),
}

DUCKDB_TYPES = {
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "text": "VARCHAR",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "jsonb": "JSON",
    "bytea": "BLOB",
}


def scale_of(sql_type):
    """The digits after the point of `numeric(10,2)`."""
    return int(sql_type.rstrip(")").split(",")[1])


def arrow_type(sql_type):
    """What pyarrow must say about a column."""
    if sql_type.endswith("[]"):
        return pa.list_(arrow_type(sql_type[:-2]))
    if sql_type.startswith("numeric"):
        return pa.decimal128(int(sql_type[8:].split(",")[0]), scale_of(sql_type))
    return ARROW_TYPES[sql_type]


def duckdb_type(sql_type):
    """What DuckDB must say about a column."""
    if sql_type.endswith("[]"):
        return duckdb_type(sql_type[:-2]) + "[]"
    if sql_type.startswith("numeric"):
        return f"DECIMAL({sql_type[8:]}"
    return DUCKDB_TYPES.get(sql_type, sql_type.upper())


def files(folder, table, extension):
    """The files of a table in order."""
    return sorted(glob.glob(f"{glob.escape(folder)}/{table}/part-*.{extension}"))


def connect():
    """A DuckDB that knows no zone but UTC."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


# One cell, from what Python makes of it.


def cell(value, sql_type):
    """A Python value in the common spelling."""
    if value is None:
        return None
    if sql_type.endswith("[]"):
        return json.dumps([cell(item, sql_type[:-2]) for item in value], ensure_ascii=False, separators=(",", ":"))
    if sql_type.startswith("numeric"):
        return str(int(decimal.Decimal(value).scaleb(scale_of(sql_type)).to_integral_exact()))
    if sql_type == "boolean":
        return "true" if value else "false"
    if sql_type == "real":
        return struct.pack(">f", float(value)).hex()
    if sql_type == "double precision":
        return struct.pack(">d", float(value)).hex()
    if sql_type == "uuid":
        return value.hex() if isinstance(value, bytes) else str(value).replace("-", "")
    if sql_type == "jsonb":
        return same_json(value)
    if sql_type == "bytea":
        return value.hex() if isinstance(value, bytes) else hex_digits(value)
    return str(value)


def hex_digits(text):
    """The digits of bytes as CSV and JSON Lines have them, in PostgreSQL's form."""
    assert text.startswith("\\x"), text
    return text[2:]


def same_json(text):
    """JSON text without the liberties of its layout."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def cells(array, sql_type):
    """A column that pyarrow holds."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if sql_type in ("timestamptz", "timestamp", "time"):
        array = array.cast(pa.int64())
    if sql_type == "date":
        array = array.cast(pa.int32())
    return [cell(value, sql_type) for value in array.to_pylist()]


# A table of each format. `columns` are pairs of a name and an SQL type.


def parquet(folder, table, columns):
    whole = pa.concat_tables(pa.parquet.read_table(path) for path in files(folder, table, "parquet"))
    return whole.schema, [cells(whole[name], sql_type) for name, sql_type in columns]


def arrow(folder, table, columns):
    whole = pa.concat_tables(pa.ipc.open_file(path).read_all() for path in files(folder, table, "arrow"))
    return whole.schema, [cells(whole[name], sql_type) for name, sql_type in columns]


def csv(folder, table, columns):
    """Every field as text, cast by DuckDB; quotes tell the empty text from NULL."""
    names = {name: "VARCHAR" for name, _ in columns}
    connection = connect()
    relation = connection.read_csv(
        files(folder, table, "csv"), header=True, columns=names, na_values="", quotechar='"', escapechar='"', sep=",",
        auto_detect=False, allow_quoted_nulls=False,
    )
    # DuckDB has arrays, JSON and bytes of its own; these are read as text.
    texts = [name for name, sql_type in columns if sql_type.endswith("[]") or sql_type in ("jsonb", "bytea")]
    quoted = {name: '"' + name.replace('"', '""') + '"' for name, _ in columns}
    shown = [
        quoted[name] if name in texts or sql_type == "text" else f"{quoted[name]}::{duckdb_type(sql_type)} AS {quoted[name]}"
        for name, sql_type in columns
    ]
    whole = relation.project(", ".join(shown)).to_arrow_table()
    result = []
    for name, sql_type in columns:
        if sql_type.endswith("[]"):
            arrays = [None if text is None else array_items(text) for text in whole[name].to_pylist()]
            result.append([cell(items, sql_type) for items in arrays])
        else:
            result.append(cells(whole[name], sql_type))
    return None, result


def array_items(text):
    """The items of PostgreSQL's array literal, such as `{a,"b c",NULL}`."""
    items, at = [], 1
    while text[at] != "}":
        if text[at] == ",":
            at += 1
        item, quoted = "", text[at] == '"'
        if quoted:
            at += 1
            while text[at] != '"':
                at += text[at] == "\\"
                item += text[at]
                at += 1
            at += 1
        else:
            while text[at] not in ",}":
                item += text[at]
                at += 1
        items.append(item if quoted or item.upper() != "NULL" else None)
    return items


def jsonl(folder, table, columns):
    """Every line by Python's json, which keeps the digits of numbers."""
    result = [[] for _ in columns]
    for path in files(folder, table, "jsonl"):
        with open(path, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                row = json.loads(line, parse_float=decimal.Decimal)
                assert list(row) == [name for name, _ in columns], f"{path}: the keys are {list(row)}"
                for (name, sql_type), out in zip(columns, result):
                    out.append(json_cell(row[name], sql_type))
    return None, result


def json_cell(value, sql_type):
    """A value as JSON says it: times are text in ISO 8601, JSON stands as it is."""
    if value is None:
        return None
    if sql_type == "jsonb":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    if sql_type == "timestamptz":
        assert value.endswith("Z") and value[10] == "T", value
        return str((datetime.datetime.fromisoformat(value[:-1]) - EPOCH) // MICROSECOND)
    if sql_type == "timestamp":
        return str((datetime.datetime.fromisoformat(value) - EPOCH) // MICROSECOND)
    if sql_type == "date":
        return str((datetime.date.fromisoformat(value) - EPOCH.date()).days)
    if sql_type == "time":
        midnight = datetime.datetime.combine(EPOCH.date(), datetime.time.fromisoformat(value))
        return str((midnight - EPOCH) // MICROSECOND)
    return cell(value, sql_type)


FORMATS = {"parquet": parquet, "csv": csv, "jsonl": jsonl, "arrow": arrow}
