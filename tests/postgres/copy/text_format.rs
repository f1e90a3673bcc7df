//! Tables with types that have no binary form here.

use seedbed_engine::types::Type;
use seedbed_postgres::copy::TableEncoder;
use seedbed_postgres::types::Kind;
use seedbed_tests::server::Server;

use super::arrays::{Value, array};
use super::{Connection, batch, column, load};

#[test]
fn other_types_take_text() {
    let database = Server::shared().database();
    let connection = Connection::to(&database);
    connection.run("create table t (id int, price money, words tsvector, during int4range, tags macaddr[])");
    let mac = column(&connection, "", Type::Text, "macaddr", Kind::Other).target;
    let columns = vec![
        column(&connection, "id", Type::Integer, "integer", Kind::Int4),
        column(&connection, "price", Type::Text, "money", Kind::Other),
        column(&connection, "words", Type::Text, "tsvector", Kind::Other),
        column(&connection, "during", Type::Text, "int4range", Kind::Other),
        column(
            &connection,
            "tags",
            Type::List(Box::new(Type::Text)),
            "macaddr[]",
            Kind::Array(Box::new(mac)),
        ),
    ];
    let encoder = TableEncoder::new("t", columns.clone()).expect("the columns fit");
    let reason = "column `price` has the type money, which has no binary form here";
    assert_eq!(encoder.fallback_reason(), Some(reason));
    assert_eq!(
        (encoder.copy_options(), encoder.header(), encoder.trailer()),
        ("FORMAT text", &[][..], &[][..])
    );
    let text = |text: &str| Value::Text(text.to_owned());
    let rows = [
        (
            Value::Number(1),
            text("$12.50"),
            text("'a\\\\b':1 tab\\\tbed"),
            text("[1,5)"),
            Value::List(vec![(text("08:00:2b:01:02:03"), false), (text(""), true)]),
        ),
        (Value::Number(2), text("-3"), text(""), text("empty"), Value::List(vec![])),
    ];
    let cells = |pick: fn(&(Value, Value, Value, Value, Value)) -> &Value| {
        rows.iter().map(|row| (pick(row).clone(), false)).collect::<Vec<_>>()
    };
    let arrays = [cells(|r| &r.0), cells(|r| &r.1), cells(|r| &r.2), cells(|r| &r.3), cells(|r| &r.4)];
    let arrays = columns.iter().zip(&arrays).map(|(c, cells)| array(&c.ty, cells)).collect();
    load(&connection, &encoder, &[batch(&columns, arrays)]);
    let shown = connection.texts("select t::text from t order by id", &[]);
    assert_eq!(
        shown[0].as_deref(),
        Some("(1,$12.50,\"'a\\\\\\\\b':1 'tab\tbed'\",\"[1,5)\",\"{08:00:2b:01:02:03,NULL}\")")
    );
    assert_eq!(shown[1].as_deref(), Some("(2,-$3.00,\"\",empty,{})"));
}
