"""One reader of the matrix: what it makes of the columns of Parquet files, and what it leaves unread.

    read.py READER FOLDER

FOLDER holds the tables of `types.yaml`: `values.parquet`, the same rows in `values.jsonl` and `values.csv`, which Python itself reads;
`ordered.csv` and `scattered.csv`; and files in which everything but the row group or the pages of one row is blots: `bounds.parquet`,
`pages.parquet` and `bloom.parquet`, each with the whole file beside it. `questions.json` has the types of all columns, and the row.
Printed is one JSON object: the version of the reader and, for every column, what came of it.
"""

import csv
import datetime
import decimal
import json
import struct
import sys

EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc


# Values in the common spelling.


def spelled(value, sql_type):
    """A value as a reader's Python gives it. Dates, times and instants may come as whole numbers."""
    if value is None:
        return None
    if sql_type.endswith("[]"):
        return [spelled(item, sql_type[:-2]) for item in list(value)]
    if sql_type.startswith("numeric"):
        scale = int(sql_type.rstrip(")").split(",")[1])
        if isinstance(value, float):
            return f"about {value!r}"
        return str(int(decimal.Decimal(value).scaleb(scale, decimal.Context(prec=60)).to_integral_exact(context=decimal.Context(prec=60))))
    if sql_type == "boolean":
        return "true" if value else "false"
    if sql_type == "real":
        return struct.pack(">f", float(value)).hex()
    if sql_type == "double precision":
        return struct.pack(">d", float(value)).hex()
    if sql_type == "uuid":
        return value.hex() if isinstance(value, bytes) else str(value).replace("-", "")
    if sql_type == "jsonb":
        value = json.loads(value) if isinstance(value, (str, bytes)) else value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if sql_type == "bytea":
        return bytes(value).hex()
    if sql_type in ("smallint", "integer", "bigint"):
        return str(int(value))
    if sql_type == "date" and isinstance(value, datetime.date):
        return str(value.toordinal() - EPOCH.toordinal())
    if sql_type == "time" and isinstance(value, datetime.time):
        return str((datetime.datetime.combine(EPOCH.date(), value) - EPOCH) // datetime.timedelta(microseconds=1))
    if sql_type == "time" and isinstance(value, str):
        return spelled(datetime.time.fromisoformat(value), sql_type)
    if sql_type in ("timestamp", "timestamptz") and isinstance(value, datetime.datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return str((value - EPOCH) // datetime.timedelta(microseconds=1))
    return value.decode() if isinstance(value, bytes) else str(value)


def arrow_column(column, sql_type):
    import pyarrow as pa

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if sql_type in ("timestamp", "timestamptz", "time"):
        unit = {"s": 1_000_000, "ms": 1_000, "us": 1}[column.type.unit]
        return [None if value is None else str(value * unit) for value in column.cast(pa.int64()).to_pylist()]
    if sql_type == "date":
        column = column.cast(pa.int32())
    return [spelled(value, sql_type) for value in column.to_pylist()]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(value, sql_type):
    """A value in SQL that DuckDB, DataFusion and Spark share."""
    if sql_type in ("smallint", "integer", "bigint") or sql_type.startswith("numeric"):
        return value
    if sql_type in ("real", "double precision"):
        return f"CAST({value} AS {'FLOAT' if sql_type == 'real' else 'DOUBLE'})"
    if sql_type in ("text", "uuid"):
        return f"'{value}'"
    if sql_type == "date":
        return f"DATE '{value}'"
    raise ValueError(sql_type)


def python_value(value, sql_type):
    if sql_type in ("smallint", "integer", "bigint"):
        return int(value)
    if sql_type.startswith("numeric"):
        return decimal.Decimal(value)
    if sql_type in ("real", "double precision"):
        return float(value)
    if sql_type == "date":
        return datetime.date.fromisoformat(value)
    if sql_type == "timestamp":
        return datetime.datetime.fromisoformat(value)
    if sql_type == "timestamptz":
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if sql_type == "uuid":
        return bytes.fromhex(value.replace("-", ""))
    return value


# The readers: their version, a way to a column, and a way to the rows with a value.


class Pyarrow:
    def __init__(self):
        import pyarrow
        import pyarrow.parquet

        self.version, self.read_table = pyarrow.__version__, pyarrow.parquet.read_table

    def column(self, file, column, sql_type):
        table = self.read_table(file, columns=["id", column] if column != "id" else ["id"])
        return arrow_column(table[column], sql_type)

    def rows(self, file, column, sql_type, value):
        import pyarrow as pa

        kinds = {"real": pa.float32(), "integer": pa.int32()}
        if sql_type.startswith("numeric"):
            precision, scale = sql_type[8:-1].split(",")
            kinds[sql_type] = pa.decimal128(int(precision), int(scale))
        value = pa.scalar(python_value(value, sql_type), kinds.get(sql_type))
        table = self.read_table(file, columns=["id", column], filters=[(column, "=", value)])
        return table["id"].to_pylist()


class Duckdb:
    def __init__(self):
        import duckdb

        self.version, self.connection = duckdb.__version__, duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 2")

    def column(self, file, column, sql_type):
        shown = quoted(column)
        if sql_type in ("timestamp", "timestamptz", "time"):
            shown = f"epoch_us({shown})"
        if sql_type == "date":
            shown = f"datediff('day', DATE '1970-01-01', {shown})"
        rows = self.connection.execute(f"SELECT {shown} FROM read_parquet('{file}') ORDER BY id").fetchall()
        return [spelled(value, sql_type) for (value,) in rows]

    def rows(self, file, column, sql_type, value):
        value = f"{sql_type}'{value}'" if sql_type.startswith("timestamp") else literal(value, sql_type)
        sql = f"SELECT id FROM read_parquet('{file}') WHERE {quoted(column)} = {value}"
        return [row for (row,) in self.connection.execute(sql).fetchall()]


class Polars:
    def __init__(self):
        import polars

        self.version, self.pl = polars.__version__, polars

    def column(self, file, column, sql_type):
        series = self.pl.read_parquet(file, columns=[column])[column]
        if sql_type in ("date", "timestamp", "timestamptz"):
            return [None if value is None else str(value) for value in series.to_physical().to_list()]
        if sql_type == "time":
            return [None if value is None else str(value // 1000) for value in series.to_physical().to_list()]
        return [spelled(value, sql_type) for value in series.to_list()]

    def rows(self, file, column, sql_type, value):
        value = self.pl.lit(python_value(value, sql_type))
        value = value.cast(self.pl.Float32) if sql_type == "real" else value
        value = value.cast(self.pl.Int32) if sql_type == "integer" else value
        frame = self.pl.scan_parquet(file).filter(self.pl.col(column) == value).select("id")
        return frame.collect()["id"].to_list()


class Datafusion:
    def __init__(self):
        import datafusion

        self.version, self.module = datafusion.__version__, datafusion

    def table(self, file):
        # Texts of the usual kind, which old versions of pyarrow take, too.
        config = self.module.SessionConfig().set("datafusion.execution.parquet.schema_force_view_types", "false")
        self.context = self.module.SessionContext(config)
        self.context.register_parquet("t", file)

    def column(self, file, column, sql_type):
        import pyarrow as pa

        self.table(file)
        batches = self.context.sql(f"SELECT {quoted(column)} AS c FROM t ORDER BY id").collect()
        return arrow_column(pa.Table.from_batches(batches)["c"], sql_type)

    def rows(self, file, column, sql_type, value):
        self.table(file)
        if sql_type.startswith("timestamp"):
            value = f"CAST('{value}' AS {'TIMESTAMPTZ' if value.endswith('Z') else 'TIMESTAMP'})"
        elif sql_type.startswith("numeric"):
            value = f"CAST({value} AS DECIMAL{sql_type[7:]})"
        elif sql_type == "uuid":
            value = f"X'{value.replace('-', '')}'"
        else:
            value = literal(value, sql_type)
        batches = self.context.sql(f"SELECT id FROM t WHERE {quoted(column)} = {value}").collect()
        return [row for batch in batches for row in batch.column(0).to_pylist()]


class Fastparquet:
    def __init__(self):
        import fastparquet

        self.version, self.module = fastparquet.__version__, fastparquet

    def column(self, file, column, sql_type):
        import pandas

        frame = self.module.ParquetFile(file).to_pandas(columns=[column])
        series = frame[column]
        if sql_type in ("timestamp", "timestamptz", "date", "time"):
            unit = 86_400_000_000 if sql_type == "date" else 1
            micros = pandas.Timedelta(microseconds=1)
            zero = pandas.Timedelta(0) if sql_type == "time" else pandas.Timestamp(0, tz=getattr(series.dtype, "tz", None))
            return [None if pandas.isna(value) else str((value - zero) // micros // unit) for value in series]
        is_float = sql_type in ("real", "double precision")
        missing = lambda value: value is None or value is pandas.NA or (not is_float and isinstance(value, float) and value != value)
        return [None if missing(value) else spelled(value, sql_type) for value in series]

    def rows(self, file, column, sql_type, value):
        value = float(value) if sql_type.startswith("numeric") else python_value(value, sql_type)
        if sql_type in ("date", "timestamp", "timestamptz"):
            import numpy

            value = numpy.datetime64(value.replace(tzinfo=None) if sql_type == "timestamptz" else value, "us")
        frame = self.module.ParquetFile(file).to_pandas(columns=["id"], filters=[[(column, "==", value)]], row_filter=False)
        # It leaves out row groups and no rows.
        return ["a row group"] if 0 < len(frame) <= 25_000 else frame["id"].tolist()


class Clickhouse:
    def __init__(self):
        import chdb

        self.version, self.query = chdb.__version__, chdb.query

    def column(self, file, column, sql_type):
        import io

        import pyarrow as pa

        shown = "`" + column.replace("`", "\\`") + "`"
        if sql_type in ("timestamp", "timestamptz"):
            shown = f"toUnixTimestamp64Micro({shown})"
        if sql_type == "date":
            shown = f"toInt32({shown})"
        sql = f"SELECT {shown} AS c FROM file('{file}', Parquet) ORDER BY id SETTINGS session_timezone = 'UTC'"
        table = pa.ipc.open_file(io.BytesIO(self.query(sql, "Arrow").bytes())).read_all()
        if sql_type in ("timestamp", "timestamptz", "date"):
            return [None if value is None else str(value) for value in table["c"].to_pylist()]
        return arrow_column(table["c"], sql_type)

    def rows(self, file, column, sql_type, value):
        if sql_type.startswith("timestamp"):
            value = f"toDateTime64('{value.rstrip('Z')}', 6, 'UTC')"
        elif sql_type == "date":
            value = f"toDate32('{value}')"
        elif sql_type.startswith("numeric"):
            value = f"toDecimal128('{value}', {sql_type[:-1].split(',')[1]})"
        elif sql_type in ("real", "double precision"):
            value = f"toFloat{32 if sql_type == 'real' else 64}({value})"
        elif sql_type == "uuid":
            value = f"toUUID('{value}')"
        else:
            value = literal(value, sql_type)
        sql = f"SELECT id FROM file('{file}', Parquet) WHERE `{column}` = {value} SETTINGS session_timezone = 'UTC'"
        return [int(line) for line in str(self.query(sql, "CSV")).split()]


class Spark:
    def __init__(self):
        import pyspark
        from pyspark.sql import SparkSession

        self.version = pyspark.__version__
        builder = SparkSession.builder.master("local[2]")
        for key, value in {
            "spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "2", "spark.log.level": "OFF",
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("OFF")

    def column(self, file, column, sql_type):
        self.session.read.parquet(file).createOrReplaceTempView("t")
        shown = "`" + column + "`"
        if sql_type in ("timestamp", "timestamptz"):
            shown = f"unix_micros(CAST({shown} AS TIMESTAMP))"
        if sql_type == "date":
            shown = f"unix_date({shown})"
        rows = self.session.sql(f"SELECT {shown} FROM t ORDER BY id").collect()
        return [spelled(value, sql_type) for (value,) in rows]

    def rows(self, file, column, sql_type, value):
        self.session.read.parquet(file).createOrReplaceTempView("t")
        if sql_type == "timestamp":
            value = f"TIMESTAMP_NTZ '{value}'"
        elif sql_type == "timestamptz":
            value = f"TIMESTAMP '{value}'"
        elif sql_type.startswith("numeric"):
            value = f"CAST('{value}' AS DECIMAL{sql_type[7:]})"
        else:
            value = literal(value, sql_type)
        return [row for (row,) in self.session.sql(f"SELECT id FROM t WHERE `{column}` = {value}").collect()]


READERS = {
    "pyarrow": Pyarrow, "duckdb": Duckdb, "polars": Polars, "datafusion": Datafusion,
    "fastparquet": Fastparquet, "clickhouse": Clickhouse, "spark": Spark,
}


# What is expected, and what came of it.


def expected(value, sql_type):
    """A value of JSON Lines in the common spelling."""
    if value is None:
        return None
    if sql_type.endswith("[]"):
        return [expected(item, sql_type[:-2]) for item in value]
    if sql_type in ("timestamp", "timestamptz"):
        return spelled(datetime.datetime.fromisoformat(value.rstrip("Z")), sql_type)
    if sql_type == "date":
        return spelled(datetime.date.fromisoformat(value), sql_type)
    if sql_type == "jsonb":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    return spelled(value, sql_type)


def whole_column(folder, column, sql_type):
    """The values of a column by Python alone. JSON has no NaN, and spells intervals in another way, so these are from CSV."""
    if column == "double with NaN" or sql_type == "interval":
        with open(f"{folder}/values.csv", encoding="utf-8", newline="") as lines:
            texts = [row[column] for row in csv.DictReader(lines)]
        return [None if text == "" else spelled(text, sql_type) for text in texts]
    with open(f"{folder}/values.jsonl", encoding="utf-8") as lines:
        rows = (json.loads(line, parse_float=decimal.Decimal) for line in lines)
        return [expected(row[column], sql_type) for row in rows]


def verdict(wanted, found, sql_type):
    """`yes`, or how the values differ in one word or two."""
    if len(wanted) != len(found):
        return "changed"
    differing = [(a, b) for a, b in zip(wanted, found) if a != b]
    nan = {"real": "7fc00000", "double precision": "7ff8000000000000"}.get(sql_type)
    if not differing:
        return "yes"
    if all(a is None and b == [] for a, b in differing):
        return "NULL is empty"
    if nan and all(a is None and b == nan for a, b in differing):
        return "NULL is NaN"
    if sql_type.startswith("numeric") and all(is_about(a, b, sql_type) for a, b in differing):
        return "as double"
    return "changed"


def is_about(wanted, found, sql_type):
    if wanted is None or not (found or "").startswith("about "):
        return False
    wanted = int(wanted) / 10 ** int(sql_type.rstrip(")").split(",")[1])
    return abs(float(found[6:]) - wanted) <= 1e-12 * abs(wanted)


def attempt(of):
    """What a reader does, or `refused`. Panics of readers written in Rust are no exceptions of the usual kind."""
    try:
        return of()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        print(f"{type(error).__name__}: {error}".split("\n")[0][:300], file=sys.stderr)
        return "refused"


def skips(reader, folder, file, table, column, sql_type, wanted):
    """Whether the row is found in a file that can be read nowhere else; and if not, whether it is found at all."""
    with open(f"{folder}/{table}.csv", encoding="utf-8", newline="") as lines:
        row = next(row for row in csv.DictReader(lines) if row["id"] == str(wanted))
    value = row[column].removesuffix("+00") + "Z" if sql_type == "timestamptz" else row[column]
    for rest, answer in [("", "yes"), (".whole", "no")]:
        found = attempt(lambda: reader.rows(f"{folder}/{file}{rest}.parquet", column, sql_type, value))
        # fastparquet leaves out row groups, but no rows.
        if found in ([wanted], ["a row group"]) or rest and found != "refused" and wanted in found:
            return answer
    return "refused"


def main(name, folder):
    with open(f"{folder}/questions.json", encoding="utf-8") as file:
        questions = json.load(file)
    reader, found = READERS[name](), {}
    for column, sql_type in questions["values"]:
        of = lambda: verdict(
            whole_column(folder, column, sql_type), reader.column(f"{folder}/values.parquet", column, sql_type), sql_type
        )
        found[f"values {column}"] = attempt(of)
    for file, table in [("bounds", "ordered"), ("pages", "ordered"), ("bloom", "scattered")]:
        for column, sql_type in questions[table]:
            found[f"{file} {column}"] = skips(reader, folder, file, table, column, sql_type, questions["row"])
    print(json.dumps({"version": reader.version, "found": found}))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
