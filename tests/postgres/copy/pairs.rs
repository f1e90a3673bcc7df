//! What the server makes of a value that it assigns to a column, a load makes of it, too, or refuses it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{cast, take};
use seedbed_engine::digest::RowHasher;
use seedbed_engine::types::Type;
use seedbed_postgres::copy::{TableDecoder, TableEncoder, TargetColumn, comparable, fits};
use seedbed_postgres::types::{ColumnType, IntervalParts, Kind};
use seedbed_tests::server::Server;

use super::arrays::{Value, array};
use super::{Connection, batch, column};

/// Values of every type of the language, in the spelling of SQL.
fn sources() -> Vec<(Type, &'static str, Vec<Value>)> {
    let numbers = |numbers: &[i128]| numbers.iter().map(|n| Value::Number(*n)).collect::<Vec<_>>();
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).to_owned())).collect::<Vec<_>>();
    let numeric = |precision, scale| Type::Numeric { precision, scale };
    let second = 1_000_000;
    let new_year = 1_767_225_600 * second;
    vec![
        (Type::Boolean, "boolean", vec![Value::Bool(true), Value::Bool(false)]),
        (Type::SmallInt, "smallint", numbers(&[0, -7, 32_767])),
        (Type::Integer, "integer", numbers(&[12, 16_777_216, 16_777_217, -2_147_483_648])),
        (Type::BigInt, "bigint", numbers(&[1200, 1 << 53, (1 << 53) + 1, -(1 << 40), i64::MAX.into()])),
        (numeric(12, 2), "numeric(12,2)", numbers(&[1234, -5, 0, 999_999, 123_456_789_012])),
        (numeric(38, 10), "numeric(38,10)", numbers(&[1, 12_345_678_901_234_567_890, 10i128.pow(20)])),
        (numeric(20, 0), "numeric(20,0)", numbers(&[7, 10i128.pow(19)])),
        (Type::Real, "real", [0.1, -0.0, 1e20, 12.5].map(Value::Single).to_vec()),
        (Type::Double, "double precision", [0.1, 1e15, 1e-7, 1e300, 12.5].map(Value::Double).to_vec()),
        (
            Type::Text,
            "text",
            texts(&[
                "",
                "short ",
                "a text that is longer",
                "{7b0e4a7c-2f314f0a9f3e0f6d-2c1b5a90}",
                "7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a9",
                "7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a-90",
                "7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a90-",
                "{\"b\": 1.0, \"a\": [1e400, null], \"b\": 2}",
                " 12 ",
                "{\"a\": 1",
                "nope",
                "\\x0AfF",
                "\\x 0a ff",
                "\\x0",
                "a\\\\b\\000",
                "10.0.0.1",
                "2026-02-03",
            ]),
        ),
        (Type::Date, "date", numbers(&[0, 20_454, -719_162])),
        (Type::Time, "time", numbers(&[0, 86_399_999_600, 43_200_250_000])),
        (
            Type::Timestamp,
            "timestamp",
            numbers(&[new_year - 400, new_year - 86_400 * second, new_year + 250_000]),
        ),
        (Type::Instant, "timestamptz", numbers(&[new_year - 400, 0, new_year - 1, -62_135_596_800 * second])),
        (
            Type::Interval,
            "interval",
            vec![
                Value::Interval(0, 0, 0),
                Value::Interval(24, 0, 0),
                Value::Interval(14, -3, 0),
                Value::Interval(0, 2, 3_660 * 1_000_000),
                Value::Interval(-1, 5, 250_000),
                Value::Interval(1, 1, -1),
            ],
        ),
        (Type::Uuid, "uuid", vec![Value::Bytes((0..16).map(|i| i * 15).collect())]),
        (Type::Json, "json", texts(&["{\"b\":1, \"a\":  [1.50]}", "null", "\"\\u00e9\""])),
        (Type::Bytes, "bytea", vec![Value::Bytes(vec![]), Value::Bytes(vec![0, 10, 255, 92])]),
    ]
}

fn targets() -> Vec<(&'static str, Kind)> {
    let micros = |micros| IntervalParts { micros, ..IntervalParts::ALL };
    vec![
        ("boolean", Kind::Bool),
        ("smallint", Kind::Int2),
        ("integer", Kind::Int4),
        ("bigint", Kind::Int8),
        ("real", Kind::Float4),
        ("double precision", Kind::Float8),
        ("numeric", Kind::Numeric(None)),
        ("numeric(6,2)", Kind::Numeric(Some((6, 2)))),
        ("numeric(4,0)", Kind::Numeric(Some((4, 0)))),
        ("text", Kind::Text),
        ("varchar(10)", Kind::Varchar(Some(10))),
        ("char(36)", Kind::Bpchar(36)),
        ("uuid", Kind::Uuid),
        ("json", Kind::Json),
        ("jsonb", Kind::Jsonb),
        ("bytea", Kind::Bytea),
        ("date", Kind::Date),
        ("time", Kind::Time(6)),
        ("time(3)", Kind::Time(3)),
        ("timestamp", Kind::Timestamp(6)),
        ("timestamp(3)", Kind::Timestamp(3)),
        ("timestamptz", Kind::Timestamptz(6)),
        ("timestamptz(0)", Kind::Timestamptz(0)),
        ("interval", Kind::Interval(IntervalParts::ALL)),
        ("interval(1)", Kind::Interval(micros(Some(100_000)))),
        ("interval year", Kind::Interval(IntervalParts { months: 12, days: false, micros: None })),
        ("interval year to month", Kind::Interval(IntervalParts { months: 1, days: false, micros: None })),
        ("interval day", Kind::Interval(micros(None))),
        ("interval day to minute", Kind::Interval(micros(Some(60_000_000)))),
        ("interval day to second", Kind::Interval(IntervalParts::ALL)),
        ("interval hour", Kind::Interval(micros(Some(3_600_000_000)))),
    ]
}

/// Pairs that real schemas have, and that must not be refused by their types.
const MUST_FIT: [(&str, &str); 21] = [
    ("timestamptz", "timestamp"),
    ("timestamptz", "timestamp(3)"),
    ("timestamp", "timestamptz"),
    ("date", "timestamp"),
    ("date", "timestamptz"),
    ("smallint", "bigint"),
    ("bigint", "smallint"),
    ("integer", "numeric"),
    ("integer", "double precision"),
    ("bigint", "double precision"),
    ("bigint", "real"),
    ("numeric(12,2)", "double precision"),
    ("numeric(12,2)", "real"),
    ("real", "double precision"),
    ("uuid", "text"),
    ("bigint", "text"),
    ("bigint", "varchar(10)"),
    ("text", "uuid"),
    ("text", "json"),
    ("text", "jsonb"),
    ("text", "bytea"),
];

/// A source with its rows, as the server holds it in table `s<number>`.
struct Source {
    ty: Type,
    sql: &'static str,
    array: ArrayRef,
}

#[test]
fn a_load_converts_as_the_server_assigns_or_refuses() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    connection.run(
        "set timezone to 'UTC'; \
         create function pg_temp.assigned(target text, source text, n int) returns text language plpgsql as $$ \
         declare result text; begin \
           execute format('insert into %I select v from %I where n = %s returning c::text', target, source, n) into result; \
           return result; \
         exception when datatype_mismatch then \
           begin \
             execute format('insert into %I select v::text::%s from %I where n = %s returning c::text', target, \
               (select format_type(atttypid, atttypmod) from pg_attribute where attrelid = target::regclass and attname = 'c'), \
               source, n) into result; \
             return result; \
           exception when others then return 'error: ' || sqlerrm; end; \
         when others then return 'error: ' || sqlerrm; end $$",
    );
    let sources: Vec<Source> = sources()
        .into_iter()
        .enumerate()
        .map(|(i, (ty, sql, values))| source(&connection, i, ty, sql, &values))
        .collect();
    let (mut fitting, mut loaded, mut refused) = (Vec::new(), 0, 0);
    for (j, (sql, kind)) in targets().into_iter().enumerate() {
        connection.run(&format!("create temp table t{j} (c {sql})"));
        for (i, source) in sources.iter().enumerate() {
            let target = column(&connection, "v", source.ty.clone(), sql, kind.clone());
            if fits(&source.ty, &target.target).is_err() {
                continue;
            }
            fitting.push((source.sql, sql));
            let (more, others) = pair(&connection, source, target, i, j);
            loaded += more;
            refused += others;
        }
    }
    let missing: Vec<_> = MUST_FIT.iter().filter(|pair| !fitting.contains(pair)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Neither way is always taken.
    assert!(loaded > 200 && refused > 50, "{loaded} {refused}");
}

/// Puts the values into a table of their own type.
fn source(connection: &Connection, i: usize, ty: Type, sql: &'static str, values: &[Value]) -> Source {
    let kind = match &ty {
        Type::Boolean => Kind::Bool,
        Type::SmallInt => Kind::Int2,
        Type::Integer => Kind::Int4,
        Type::BigInt => Kind::Int8,
        Type::Real => Kind::Float4,
        Type::Double => Kind::Float8,
        Type::Numeric { .. } => Kind::Numeric(None),
        Type::Date => Kind::Date,
        Type::Time => Kind::Time(6),
        Type::Timestamp => Kind::Timestamp(6),
        Type::Instant => Kind::Timestamptz(6),
        Type::Interval => Kind::Interval(IntervalParts::ALL),
        Type::Uuid => Kind::Uuid,
        Type::Json => Kind::Json,
        Type::Bytes => Kind::Bytea,
        _ => Kind::Text,
    };
    let array = array(&ty, &values.iter().map(|value| (value.clone(), false)).collect::<Vec<_>>());
    connection.run(&format!("create temp table s{i} (v {sql}, n serial)"));
    let columns = vec![column(connection, "v", ty.clone(), sql, kind)];
    send(connection, &format!("s{i} (v)"), &columns, &batch(&columns, vec![array.clone()]));
    Source { ty, sql, array }
}

fn send(connection: &Connection, table: &str, columns: &[TargetColumn], batch: &RecordBatch) {
    let encoder = TableEncoder::new("t", columns.to_vec()).expect("the columns fit");
    let mut stream = encoder.header().to_vec();
    encoder.encode(batch, &mut stream).expect("values that the table takes");
    stream.extend_from_slice(encoder.trailer());
    let statement = format!("copy {table} from stdin ({})", encoder.copy_options());
    connection
        .copy_in(&statement, &stream)
        .unwrap_or_else(|error| panic!("{table}: {error} {:?}", error.as_db_error()));
}

/// Compares a load with assignments, value by value; gives how many values were loaded and how many refused.
fn pair(
    connection: &Connection,
    source: &Source,
    target: TargetColumn,
    i: usize,
    j: usize,
) -> (usize, usize) {
    let what = format!("{} into {}", source.sql, target.target.sql);
    let assigned =
        connection.texts(&format!("select pg_temp.assigned('t{j}', 's{i}', n) from s{i} order by n"), &[]);
    let columns = [target];
    let encoder = TableEncoder::new("t", columns.to_vec()).expect("the columns fit");
    let one = |row: usize| batch(&columns, vec![source.array.slice(row, 1)]);
    let accepted: Vec<u32> = (0..source.array.len())
        .filter(|row| encoder.encode(&one(*row), &mut Vec::new()).is_ok())
        .map(|row| row as u32)
        .collect();
    for (row, assigned) in assigned.iter().enumerate().filter(|(row, _)| !accepted.contains(&(*row as u32))) {
        // What is refused the server refuses as well, or it would have changed it.
        let assigned = assigned.as_deref().expect("a value");
        let changed = || {
            let query = format!(
                "select ((($1::text::{})::{})::text is distinct from v::text)::text from s{i} where n = {}",
                columns[0].target.sql,
                source.sql,
                row + 1
            );
            let back = connection.runtime.block_on(connection.client.query(&query, &[&assigned]));
            back.map_or(true, |rows| rows[0].get::<_, String>(0) == "true")
        };
        assert!(assigned.starts_with("error: ") || changed(), "{what}: row {row} is refused, {assigned}");
    }
    let values = take(&source.array, &UInt32Array::from(accepted.clone()), None).expect("rows of the array");
    connection.run(&format!("create temp table l (n serial, c {})", columns[0].target.sql));
    send(connection, "l (c)", &columns, &batch(&columns, vec![values.clone()]));
    let loaded = connection.texts("select c::text from l order by n", &[]);
    let expected: Vec<_> = accepted.iter().map(|row| assigned[*row as usize].clone()).collect();
    assert_eq!(loaded, expected, "{what}");
    expect_equal(connection, &columns, &values, "select c from l order by n", &what);

    // Elements of arrays are converted as values are.
    let list = Type::List(Box::new(source.ty.clone()));
    let lists = list_of(&list, &values);
    let element = columns[0].target.clone();
    let target = ColumnType {
        oid: connection.oid(&format!("{}[]", element.sql)),
        sql: format!("{}[]", element.sql),
        kind: Kind::Array(Box::new(element)),
    };
    let columns = [TargetColumn { name: "v".to_owned(), arrow: list.arrow(), ty: list, target }];
    connection.run(&format!("create temp table a (c {})", columns[0].target.sql));
    send(connection, "a (c)", &columns, &batch(&columns, vec![lists.clone()]));
    let same =
        "select coalesce((select array_agg(c order by n)::text from l), '{}') = (select c::text from a)";
    assert_eq!(
        connection.texts(&format!("select ({same})::text"), &[]),
        [Some("true".to_owned())],
        "{what}, as an array"
    );
    expect_equal(connection, &columns, &lists, "select c from a", &what);
    connection.run("drop table l; drop table a");
    (accepted.len(), source.array.len() - accepted.len())
}

/// One list of all values.
fn list_of(ty: &Type, values: &ArrayRef) -> ArrayRef {
    let offsets = arrow::buffer::OffsetBuffer::from_lengths([values.len()]);
    let arrow::datatypes::DataType::List(field) = ty.arrow() else { unreachable!("a list") };
    Arc::new(arrow::array::ListArray::new(field, offsets, values.clone(), None))
}

/// What has been loaded is what `verify` expects to find.
fn expect_equal(connection: &Connection, columns: &[TargetColumn], sent: &ArrayRef, query: &str, what: &str) {
    let stream = connection.copy_out(&format!("copy ({query}) to stdout (format binary)")).concat();
    let mut decoder = TableDecoder::new(columns.to_vec()).expect("the columns fit");
    decoder.push(&stream).expect("a stream");
    let Some(decoded) = decoder.take_batch(usize::MAX).expect("values") else {
        return assert_eq!(sent.len(), 0, "{what}");
    };
    assert_eq!(decoded.foreign, [], "{what}");
    let hashes = |array: &ArrayRef| {
        let batch = RecordBatch::try_from_iter_with_nullable([("v", array.clone(), true)]).expect("a batch");
        let mut hashes = Vec::new();
        let ty = columns[0].compared().expect("a type that can be compared");
        RowHasher::new([("v", &ty)]).hash(&batch, &mut hashes).expect("an array of the type");
        hashes
    };
    let expected = comparable(&columns[0], sent).expect("values that the column takes");
    assert_eq!(hashes(&expected), hashes(decoded.batch.column(0)), "{what}");
    // Few different texts come as a dictionary.
    if columns[0].ty == Type::Text {
        let keyed = cast(sent, &Type::dictionary()).expect("a dictionary");
        let expected = comparable(&columns[0], &keyed).expect("values that the column takes");
        assert_eq!(hashes(&expected), hashes(decoded.batch.column(0)), "{what}, as a dictionary");
    }
}
