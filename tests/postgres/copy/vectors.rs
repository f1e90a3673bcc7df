//! The bytes of values, written by hand, and confirmed by what a server sends for the same values.

use seedbed_engine::types::Type;
use seedbed_postgres::copy::TableEncoder;
use seedbed_postgres::types::{IntervalParts, Kind};
use seedbed_tests::server::Server;

use super::arrays::{Cell, Value, array};
use super::{Connection, batch, column};

fn number(number: i128) -> Value {
    Value::Number(number)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn numeric(scale: i8) -> Type {
    Type::Numeric { precision: 38, scale }
}

/// A type of the language, a type of the database, a value, the value in SQL, its bytes.
type Vector = (Type, &'static str, Kind, Value, &'static str, &'static str);

fn vectors() -> Vec<Vector> {
    let uuid: Vec<u8> = (0..16).collect();
    let any = Kind::Numeric(None);
    vec![
        (Type::Boolean, "boolean", Kind::Bool, Value::Bool(true), "true", "01"),
        (Type::Boolean, "boolean", Kind::Bool, Value::Bool(false), "false", "00"),
        (Type::SmallInt, "smallint", Kind::Int2, number(-2), "-2", "FFFE"),
        (Type::BigInt, "smallint", Kind::Int2, number(258), "258", "0102"),
        (Type::Integer, "integer", Kind::Int4, number(16_909_060), "16909060", "01020304"),
        (Type::SmallInt, "integer", Kind::Int4, number(-1), "-1", "FFFFFFFF"),
        (Type::BigInt, "bigint", Kind::Int8, number(1), "1", "0000000000000001"),
        (Type::Integer, "bigint", Kind::Int8, number(-1), "-1", "FFFFFFFFFFFFFFFF"),
        (
            numeric(0),
            "bigint",
            Kind::Int8,
            number(i64::MIN.into()),
            "'-9223372036854775808'",
            "8000000000000000",
        ),
        (Type::Real, "real", Kind::Float4, Value::Single(1.5), "1.5", "3FC00000"),
        (Type::Real, "double precision", Kind::Float8, Value::Single(-0.5), "-0.5", "BFE0000000000000"),
        (Type::Double, "double precision", Kind::Float8, Value::Double(1.0), "1", "3FF0000000000000"),
        (
            Type::Double,
            "double precision",
            Kind::Float8,
            Value::Double(f64::NEG_INFINITY),
            "'-inf'",
            "FFF0000000000000",
        ),
        (
            numeric(3),
            "numeric",
            any.clone(),
            number(12_345_678),
            "12345.678",
            "0003 0001 0000 0003 0001 0929 1A7C",
        ),
        (
            numeric(8),
            "numeric",
            any.clone(),
            number(100_000_001),
            "1.00000001",
            "0003 0000 0000 0008 0001 0000 0001",
        ),
        (numeric(8), "numeric", any.clone(), number(10_001), "0.00010001", "0002 FFFF 0000 0008 0001 0001"),
        (numeric(2), "numeric", any.clone(), number(0), "0.00", "0000 0000 0000 0002"),
        (numeric(2), "numeric", any.clone(), number(-5), "-0.05", "0001 FFFF 4000 0002 01F4"),
        (numeric(0), "numeric", any.clone(), number(100_000_000), "100000000", "0001 0002 0000 0000 0001"),
        (Type::Integer, "numeric", any.clone(), number(-20_000), "-20000", "0001 0001 4000 0000 0002"),
        (
            numeric(0),
            "numeric",
            any.clone(),
            number(10i128.pow(38) - 1),
            "99999999999999999999999999999999999999",
            "000A 0009 0000 0000 0063 270F 270F 270F 270F 270F 270F 270F 270F 270F",
        ),
        (numeric(38), "numeric", any, number(1), "1e-38", "0001 FFF6 0000 0026 0064"),
        (Type::Text, "text", Kind::Text, text("aé"), "'aé'", "61C3A9"),
        (Type::Text, "text", Kind::Text, text(""), "''", ""),
        (Type::Text, "varchar(3)", Kind::Varchar(Some(3)), text("éé"), "'éé'", "C3A9C3A9"),
        (Type::Text, "char(2)", Kind::Bpchar(2), text("ab"), "'ab'", "6162"),
        (Type::Text, "mood", Kind::Enum(vec!["ok".to_owned()]), text("ok"), "'ok'", "6F6B"),
        (Type::Json, "json", Kind::Json, text("{\"a\" :1}"), "'{\"a\" :1}'", "7B226122203A317D"),
        (Type::Json, "jsonb", Kind::Jsonb, text("[1]"), "'[1]'", "01 5B315D"),
        (
            Type::Uuid,
            "uuid",
            Kind::Uuid,
            Value::Bytes(uuid),
            "'00010203-0405-0607-0809-0a0b0c0d0e0f'",
            "000102030405060708090A0B0C0D0E0F",
        ),
        (Type::Bytes, "bytea", Kind::Bytea, Value::Bytes(vec![0, 255]), "'\\x00ff'", "00FF"),
        (Type::Date, "date", Kind::Date, number(19_723), "'2024-01-01'", "0000223E"),
        (Type::Date, "date", Kind::Date, number(10_956), "'1999-12-31'", "FFFFFFFF"),
        (Type::Time, "time", Kind::Time(6), number(1_000_001), "'00:00:01.000001'", "00000000000F4241"),
        (
            Type::Timestamp,
            "timestamp",
            Kind::Timestamp(6),
            number(946_684_800_000_000),
            "'2000-01-01'",
            "0000000000000000",
        ),
        (
            Type::Instant,
            "timestamptz",
            Kind::Timestamptz(6),
            number(946_684_801_000_000),
            "'2000-01-01 00:00:01Z'",
            "00000000000F4240",
        ),
        (
            Type::Interval,
            "interval",
            Kind::Interval(IntervalParts::ALL),
            Value::Interval(14, -3, 1_000_000),
            "'1 year 2 months -3 days 00:00:01'",
            "00000000000F4240 FFFFFFFD 0000000E",
        ),
        (Type::Text, "inet", Kind::Inet, text("192.168.0.1/24"), "'192.168.0.1/24'", "02 18 00 04 C0A80001"),
        (
            Type::Text,
            "inet",
            Kind::Inet,
            text("2001:db8::1"),
            "'2001:db8::1'",
            "03 80 00 10 20010DB8000000000000000000000001",
        ),
        (Type::Text, "cidr", Kind::Cidr, text("10.0.0.0/8"), "'10.0.0.0/8'", "02 08 01 04 0A000000"),
    ]
}

#[test]
fn values_have_these_bytes_and_a_server_sends_the_same() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    connection.run("create type mood as enum ('ok')");
    for (ty, sql, kind, value, literal, bytes) in vectors() {
        let bytes: String = bytes.split_whitespace().collect();
        let field = format!("{:08X}{bytes}", bytes.len() / 2);
        expect(&connection, ty, sql, kind, (value, false), literal, &field);
    }
}

#[test]
fn nulls_and_arrays_have_these_bytes_and_a_server_sends_the_same() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    expect(&connection, Type::Text, "text", Kind::Text, (text("behind"), true), "null", "FFFFFFFF");
    let integer = column(&connection, "", Type::Integer, "integer", Kind::Int4).target;
    let list = |cells: &[Cell]| (Value::List(cells.to_vec()), false);
    let cases = [
        (
            list(&[(number(1), false), (number(9), true)]),
            "array[1, null]",
            "00000020 00000001 00000001 00000017 00000002 00000001 00000004 00000001 FFFFFFFF",
        ),
        (
            list(&[(number(1), false)]),
            "array[1]",
            "0000001C 00000001 00000000 00000017 00000001 00000001 00000004 00000001",
        ),
        (list(&[]), "'{}'", "0000000C 00000000 00000000 00000017"),
    ];
    for (cell, literal, field) in cases {
        let kind = Kind::Array(Box::new(integer.clone()));
        let field: String = field.split_whitespace().collect();
        expect(&connection, Type::List(Box::new(Type::Integer)), "integer[]", kind, cell, literal, &field);
    }
}

/// Encodes one cell, and asks the server for the same.
fn expect(connection: &Connection, ty: Type, sql: &str, kind: Kind, cell: Cell, literal: &str, field: &str) {
    let columns = vec![column(connection, "x", ty, sql, kind)];
    let encoder = TableEncoder::new("t", columns.clone()).expect(sql);
    let mut stream = encoder.header().to_vec();
    encoder.encode(&batch(&columns, vec![array(&columns[0].ty, &[cell])]), &mut stream).expect(literal);
    stream.extend_from_slice(encoder.trailer());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let expected = format!("5047434F50590AFF0D0A00{}0001{field}FFFF", "0".repeat(16));
    assert_eq!(hex(&stream), expected, "{literal}::{sql}");
    let copy = format!("copy (select ({literal})::{sql}) to stdout (format binary)");
    assert_eq!(hex(&connection.copy_out(&copy).concat()), expected, "the server's {literal}::{sql}");
}
