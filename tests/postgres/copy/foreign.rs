//! Values of a database that no scenario can make are reported, not refused.

use arrow::array::Array;
use seedbed_engine::types::Type;
use seedbed_postgres::copy::TableDecoder;
use seedbed_postgres::types::{IntervalParts, Kind};
use seedbed_tests::server::Server;

use super::{Connection, column};

#[test]
fn what_no_scenario_can_make_is_null_and_noted() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    let integer = column(&connection, "", Type::Integer, "integer", Kind::Int4).target;
    let price = Type::Numeric { precision: 6, scale: 2 };
    let decimal = Kind::Numeric(None);
    let columns = vec![
        column(&connection, "price", price, "numeric", decimal.clone()),
        column(&connection, "seats", Type::SmallInt, "bigint", Kind::Int8),
        column(&connection, "whole", Type::Integer, "numeric", decimal),
        column(&connection, "day", Type::Date, "date", Kind::Date),
        column(&connection, "at", Type::Instant, "timestamptz", Kind::Timestamptz(6)),
        column(&connection, "wall", Type::Timestamp, "timestamp", Kind::Timestamp(6)),
        column(&connection, "took", Type::Interval, "interval", Kind::Interval(IntervalParts::ALL)),
        column(&connection, "share", Type::Real, "double precision", Kind::Float8),
        column(
            &connection,
            "list",
            Type::List(Box::new(Type::Integer)),
            "integer[]",
            Kind::Array(Box::new(integer)),
        ),
        column(&connection, "nothing", Type::Null, "text", Kind::Text),
    ];
    let rows = [
        "12.5, 7, 3.00, '2024-01-01', now(), now(), '1 day', 0.5, array[1, null], null",
        "'NaN', 70000, 0.5, 'infinity', 'infinity', 'infinity', '2562047788 hours', 0.1, array[[1], [2]], 'x'",
        "12345.6, -70000, 'infinity', '-infinity', '-infinity', '-infinity', '-2562047788 hours', 1e300, '[0:1]={1,2}', null",
        "1e100, 0, 'NaN', '5874897-12-31', '294276-12-31Z', '294276-12-31', '0', 'NaN', null, null",
        "0.001, null, 1e30, null, null, null, null, null, '{}', null",
    ];
    let definitions: Vec<String> = columns.iter().map(|c| format!("{} {}", c.name, c.target.sql)).collect();
    connection.run(&format!("create table t ({})", definitions.join(", ")));
    rows.iter().for_each(|row| connection.run(&format!("insert into t values ({row})")));
    let mut decoder = TableDecoder::new(columns).expect("the columns fit");
    for piece in connection.copy_out("copy t to stdout (format binary)") {
        decoder.push(&piece).expect("a stream");
    }
    let decoded = decoder.take_batch(100).expect("values").expect("rows");
    decoder.finish().expect("the end");
    let found: Vec<(usize, usize, &str)> =
        decoded.foreign.iter().map(|f| (f.column, f.row, f.value.as_str())).collect();
    let long = "a number of more than 2 digits after the point";
    let expected = [
        (0, 1, "NaN"),
        (0, 2, "a number of more than 6 digits"),
        (0, 3, "a number of more than 38 digits"),
        (0, 4, long),
        (1, 1, "70000"),
        (1, 2, "-70000"),
        (2, 1, "a number of more than 0 digits after the point"),
        (2, 2, "Infinity"),
        (2, 3, "NaN"),
        (2, 4, "1000000000000000000000000000000"),
        (3, 1, "infinity"),
        (3, 2, "-infinity"),
        (4, 1, "infinity"),
        (4, 2, "-infinity"),
        (4, 3, "9223371244800000000 µs from 2000-01-01"),
        (5, 1, "infinity"),
        (5, 2, "-infinity"),
        (5, 3, "9223371244800000000 µs from 2000-01-01"),
        (6, 1, "an interval of 9223372036800000000 µs"),
        (6, 2, "an interval of -9223372036800000000 µs"),
        (7, 1, "0.1"),
        (7, 2, "1e300"),
        (8, 1, "an array of several dimensions"),
        (8, 2, "an array that does not begin at 1"),
        (9, 1, "a value"),
    ];
    assert_eq!(found, expected);
    for (column, row, _) in found {
        let array = decoded.batch.column(column);
        assert!(array.logical_nulls().is_some_and(|nulls| nulls.is_null(row)), "column {column}, row {row}");
    }
}
