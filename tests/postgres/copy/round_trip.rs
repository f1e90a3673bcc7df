//! Random values into a server, and back: shown by the server as text, and read by the decoder.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::DataType;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seedbed_engine::digest::{CanonicalJson, RowHasher};
use seedbed_engine::types::Type;
use seedbed_postgres::copy::{TableDecoder, TableEncoder, TargetColumn, comparable};
use seedbed_postgres::sql::literal;
use seedbed_postgres::types::{Kind, Limit, Spelled};
use seedbed_tests::server::Server;

use super::arrays::{Cell, Value, array};
use super::cases::{Case, LABELS, cases, json};
use super::{Connection, batch, column, load};

/// The rows of a table of random values.
const ROWS: usize = 24;

/// A server shows what has been sent, and gives it back, in every type that there is.
#[test]
fn values_survive_binary_copy() {
    survive(&cases(), true);
}

/// The same in the text format, which one column of a type without a binary form brings about.
#[test]
fn values_survive_the_text_format() {
    let mut cases = cases();
    let refcursor = Spelled { name: "refcursor".to_owned(), limit: Limit::None };
    cases.push(Case { ty: Type::Text, sql: "refcursor", kind: Kind::Spelled(refcursor) });
    survive(&cases, false);
}

fn survive(cases: &[Case], binary: bool) {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    let labels = LABELS.map(literal).join(", ");
    connection.run(&format!("create type mood as enum ({labels})"));
    let columns = columns(&connection, cases);
    let definitions: Vec<String> = columns.iter().map(|c| format!("{} {}", c.name, c.target.sql)).collect();
    connection.run(&format!("create table t ({}, n bigserial)", definitions.join(", ")));
    let encoder = TableEncoder::new("t", columns.clone()).expect("the columns fit");
    assert_eq!(encoder.is_binary(), binary);
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();

    let cells: Vec<_> = cases.iter().flat_map(|case| [case.cells(ROWS), lists(case)]).collect();
    let strategy = (cells, 1..300usize, 1..20usize, any::<u64>(), 0..3usize);
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&strategy, |(cells, piece, most_rows, dictionaries, skipped)| {
            connection.run("truncate t restart identity");
            let arrays = columns.iter().zip(&cells).enumerate().map(|(c, (column, cells))| {
                let array = array(&column.ty, cells);
                let text = matches!(column.ty, Type::Text | Type::Json);
                if text && dictionaries >> (c % 64) & 1 == 1 {
                    cast(&array, &Type::dictionary()).unwrap()
                } else {
                    array
                }
            });
            // Slices begin in the middle of their buffers.
            let batch = batch(&columns, arrays.collect()).slice(skipped, ROWS - skipped);
            let (first, second) = (batch.slice(0, 5), batch.slice(5, batch.num_rows() - 5));
            let mut stream = encoder.header().to_vec();
            encoder.encode(&first, &mut stream).unwrap();
            encoder.encode(&second, &mut stream).unwrap();
            stream.extend_from_slice(encoder.trailer());
            let copy = format!("copy t ({}) from stdin ({})", names.join(", "), encoder.copy_options());
            connection
                .copy_in(&copy, &stream)
                .unwrap_or_else(|error| panic!("{error} {:?}", error.as_db_error()));
            expect_shown(&connection, cases, &cells, skipped);
            expect_read_back(&connection, &columns, &batch, piece, most_rows);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// A column and one of arrays for each case.
fn columns(connection: &Connection, cases: &[Case]) -> Vec<TargetColumn> {
    let columns = cases.iter().enumerate().flat_map(|(i, case)| {
        let plain = column(connection, &format!("c{i}"), case.ty.clone(), case.sql, case.kind.clone());
        let kind = Kind::Array(Box::new(plain.target.clone()));
        let list = Type::List(Box::new(case.ty.clone()));
        let list = column(connection, &format!("a{i}"), list, &format!("{}[]", case.sql), kind);
        [plain, list]
    });
    columns.collect()
}

fn lists(case: &Case) -> BoxedStrategy<Vec<Cell>> {
    let element = (case.values(), prop::bool::weighted(0.2));
    let list = prop::collection::vec(element, 0..4).prop_map(Value::List);
    prop::collection::vec((list, prop::bool::weighted(0.1)), ROWS).boxed()
}

/// Compares what the server shows with what the values are.
fn expect_shown(connection: &Connection, cases: &[Case], cells: &[Vec<Cell>], skipped: usize) {
    for (i, case) in cases.iter().enumerate() {
        let query = format!(
            "select json_build_array({}, case when a{i} is null then null else (select coalesce(json_agg({} order by o), '[]') \
             from unnest(a{i}) with ordinality as u (x, o)) end)::text from t order by n",
            case.shown(&format!("c{i}")),
            case.shown("x"),
        );
        let shown = connection.texts(&query, &[]);
        let read = |json: &serde_json::Value| match json {
            serde_json::Value::Null => None,
            json => Some(case.read(json.as_str().expect("text").to_owned())),
        };
        let expected = |cell: &Cell| (!cell.1).then(|| expected(connection, case, &cell.0));
        for (row, shown) in shown.iter().enumerate() {
            let shown: serde_json::Value = serde_json::from_str(shown.as_ref().unwrap()).unwrap();
            assert_eq!(read(&shown[0]), expected(&cells[2 * i][row + skipped]), "{case:?}, row {row}");
            let list = shown[1].as_array().map(|list| list.iter().map(read).collect::<Vec<_>>());
            let (Value::List(values), null) = &cells[2 * i + 1][row + skipped] else { unreachable!("lists") };
            let values = (!null).then(|| values.iter().map(expected).collect::<Vec<_>>());
            assert_eq!(list, values, "array of {case:?}, row {row}");
        }
    }
}

/// `jsonb` has its own spelling, which a cast gives as well.
fn expected(connection: &Connection, case: &Case, value: &Value) -> String {
    match (value, &case.kind) {
        (Value::Text(text), Kind::Jsonb) => {
            connection.texts("select $1::text::jsonb::text", &[text]).remove(0).expect("a value")
        }
        _ => case.expected(value),
    }
}

/// Reads the table with the decoder and compares the arrays.
fn expect_read_back(
    connection: &Connection,
    columns: &[TargetColumn],
    sent: &RecordBatch,
    bytes_per_piece: usize,
    most_rows: usize,
) {
    let selected: Vec<String> = columns.iter().map(|c| c.selected(&c.name)).collect();
    let copy = format!("copy (select {} from t order by n) to stdout (format binary)", selected.join(", "));
    let stream: Vec<u8> = connection.copy_out(&copy).concat();
    let mut decoder = TableDecoder::new(columns.to_vec()).expect("the columns fit");
    let mut batches = Vec::new();
    for piece in stream.chunks(bytes_per_piece) {
        decoder.push(piece).expect("a stream");
        while let Some(decoded) = decoder.take_batch(most_rows).expect("values") {
            assert!(decoded.batch.num_rows() <= most_rows);
            assert_eq!(decoded.foreign, []);
            batches.push(decoded.batch);
        }
    }
    decoder.finish().expect("the end");
    let read = concat_batches(&batches[0].schema(), &batches).expect("batches of one table");
    for ((column, sent), read) in columns.iter().zip(sent.columns()).zip(read.columns()) {
        // How the server spells an array is told by it alone.
        if matches!(&column.target.kind, Kind::Array(element) if matches!(element.kind, Kind::Spelled(_))) {
            continue;
        }
        let sent = comparable(column, sent).expect("an array of the column");
        assert_eq!(read.data_type(), &column.ty.arrow());
        assert_same(&sent, read, column);
    }
}

fn assert_same(sent: &ArrayRef, read: &ArrayRef, column: &TargetColumn) {
    assert_eq!(sent.len(), read.len());
    let is_json = matches!(&column.ty, Type::Json) || column.ty == Type::List(Box::new(Type::Json));
    for row in 0..sent.len() {
        let (sent, read) = (sent.slice(row, 1), read.slice(row, 1));
        if is_json {
            // The server has a spelling of its own.
            assert_eq!(hash(&sent, column), hash(&read, column), "{sent:?} {read:?} {column:?}, row {row}");
        } else {
            assert_eq!(sent.as_ref(), read.as_ref(), "{column:?}, row {row}");
        }
    }
}

/// What comparisons go by.
fn hash(array: &ArrayRef, column: &TargetColumn) -> Vec<u64> {
    let batch = RecordBatch::try_from_iter_with_nullable([("c", array.clone(), true)]).expect("a batch");
    let mut hashes = Vec::new();
    RowHasher::new([("c", &column.ty)]).hash(&batch, &mut hashes).expect("an array of the column");
    hashes
}

/// What `jsonb` makes of a text has the same one spelling as the text.
#[test]
fn json_has_one_spelling_on_both_sides() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    let config = Config { cases: 30, failure_persistence: None, ..Config::default() };
    let canonical = |text: &str| {
        CanonicalJson::default().of(text).unwrap_or_else(|| panic!("no JSON: {text}")).to_owned()
    };
    TestRunner::new(config)
        .run(&prop::collection::vec(json(), 50), |texts| {
            let query =
                "select x::jsonb::text from unnest($1::text[]) with ordinality as u (x, o) order by o";
            let shown = connection.texts(query, &[&texts]);
            for (text, shown) in texts.iter().zip(shown) {
                assert_eq!(canonical(text), canonical(&shown.expect("a value")), "{text}");
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// A block of rows ends somewhere, and the next one goes on.
#[test]
fn batches_of_many_rows_survive() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    connection.run("create table t (a bigint, b text, c numeric, d text, e int[])");
    let columns = [
        ("a", Type::BigInt, "bigint", Kind::Int8),
        ("b", Type::Text, "text", Kind::Text),
        ("c", Type::Numeric { precision: 20, scale: 3 }, "numeric", Kind::Numeric(None)),
        ("d", Type::Text, "text", Kind::Text),
    ];
    let mut columns: Vec<_> =
        columns.into_iter().map(|(name, ty, sql, kind)| column(&connection, name, ty, sql, kind)).collect();
    let integer = column(&connection, "", Type::Integer, "integer", Kind::Int4).target;
    let integers = Type::List(Box::new(Type::Integer));
    columns.push(column(&connection, "e", integers, "integer[]", Kind::Array(Box::new(integer))));
    let encoder = TableEncoder::new("t", columns.clone()).expect("the columns fit");
    let number = |n: usize| Value::Number(n as i128);
    let text = |n: usize| Value::Text("long text, ".repeat(n % 9) + &n.to_string());
    let list = |n: usize| Value::List((0..n % 4).map(|i| (number(n + i), i == 2)).collect());
    let arrays = |rows: std::ops::Range<usize>| {
        let make = |c: usize, value: &dyn Fn(usize) -> Value, every: usize| -> ArrayRef {
            array(
                &columns[c].ty,
                &rows.clone().map(|n| (value(n), n % every == every - 1)).collect::<Vec<_>>(),
            )
        };
        let few = |n: usize| Value::Text(format!("value {}", n % 7));
        let dictionary = cast(&make(3, &few, 11), &Type::dictionary()).unwrap();
        assert!(matches!(dictionary.data_type(), DataType::Dictionary(..)));
        vec![
            make(0, &number, usize::MAX),
            make(1, &text, 13),
            make(2, &number, 5),
            dictionary,
            make(4, &list, 17),
        ]
    };
    load(&connection, &encoder, &[batch(&columns, arrays(0..1000)), batch(&columns, arrays(1000..3001))]);
    let rows = connection.texts(
        "select count(*)::text from t where b is not distinct from \
         (case when a % 13 <> 12 then repeat('long text, ', (a % 9)::int) || a end) \
         and c is not distinct from (case when a % 5 <> 4 then a / 1000.0 end) \
         and d is not distinct from (case when a % 11 <> 10 then 'value ' || a % 7 end) \
         and e is not distinct from (case when a % 17 <> 16 then (array[a, a + 1, null])[1:a % 4]::int[] end)",
        &[],
    );
    assert_eq!(rows, [Some("3001".to_owned())]);
}
