//! The types of columns that the tests go through: random values for each, and how the server is asked to show them.

use proptest::prelude::*;
use seedbed_engine::types::Type;
use seedbed_postgres::types::{IntervalParts, Kind};

use super::arrays::{Cell, Value};

/// A type of the language in a type of the database.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) ty: Type,
    pub(super) sql: &'static str,
    pub(super) kind: Kind,
}

/// The labels of the enum `mood`, which the table needs.
pub(super) const LABELS: [&str; 4] = ["sad", "it's \"ok\"", "very, {happy}", "Ünïcode \\ label"];

fn case(ty: Type, sql: &'static str, kind: Kind) -> Case {
    Case { ty, sql, kind }
}

fn numeric(precision: u8, scale: i8) -> Type {
    Type::Numeric { precision, scale }
}

/// Every pair of a type of the language and a type of the database that goes together, but for arrays.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(Type::Boolean, "boolean", Kind::Bool),
        case(Type::Real, "real", Kind::Float4),
        case(Type::Real, "double precision", Kind::Float8),
        case(Type::Double, "double precision", Kind::Float8),
        case(numeric(38, 10), "numeric", Kind::Numeric(None)),
        case(numeric(38, 38), "numeric", Kind::Numeric(None)),
        case(numeric(38, 0), "numeric(38,0)", Kind::Numeric(Some((38, 0)))),
        case(numeric(15, 2), "numeric(15,2)", Kind::Numeric(Some((15, 2)))),
        case(numeric(15, 3), "numeric(20,7)", Kind::Numeric(Some((20, 7)))),
        case(numeric(20, 5), "numeric(12,6)", Kind::Numeric(Some((12, 6)))),
        case(numeric(9, 9), "numeric(5,9)", Kind::Numeric(Some((5, 9)))),
        case(numeric(30, 0), "bigint", Kind::Int8),
        case(Type::SmallInt, "numeric(4,1)", Kind::Numeric(Some((4, 1)))),
        case(Type::BigInt, "numeric", Kind::Numeric(None)),
        case(Type::Integer, "numeric(1000,20)", Kind::Numeric(Some((1000, 20)))),
        case(Type::Text, "text", Kind::Text),
        case(Type::Text, "varchar", Kind::Varchar(None)),
        case(Type::Text, "varchar(12)", Kind::Varchar(Some(12))),
        case(Type::Text, "char(12)", Kind::Bpchar(12)),
        case(Type::Text, "mood", Kind::Enum(LABELS.map(str::to_owned).to_vec())),
        case(Type::Text, "inet", Kind::Inet),
        case(Type::Text, "cidr", Kind::Cidr),
        case(Type::Json, "json", Kind::Json),
        case(Type::Json, "jsonb", Kind::Jsonb),
        case(Type::Json, "text", Kind::Text),
        case(Type::Uuid, "uuid", Kind::Uuid),
        case(Type::Bytes, "bytea", Kind::Bytea),
        case(Type::Date, "date", Kind::Date),
        case(Type::Time, "time", Kind::Time(6)),
        case(Type::Timestamp, "timestamp", Kind::Timestamp(6)),
        case(Type::Instant, "timestamptz", Kind::Timestamptz(6)),
        case(Type::Interval, "interval", Kind::Interval(IntervalParts::ALL)),
    ];
    for ty in [Type::SmallInt, Type::Integer, Type::BigInt] {
        let widths = [("smallint", Kind::Int2), ("integer", Kind::Int4), ("bigint", Kind::Int8)];
        cases.extend(widths.map(|(sql, kind)| case(ty.clone(), sql, kind)));
    }
    cases
}

/// From one value to another, both often, and zero.
fn numbers(low: i128, high: i128) -> BoxedStrategy<Value> {
    let numbers =
        prop_oneof![3 => low..=high, 1 => Just(low), 1 => Just(high), 1 => Just(0i128.clamp(low, high))];
    numbers.prop_map(Value::Number).boxed()
}

/// Decimals of up to so many digits, many of them zero.
fn decimals(digits: u32) -> BoxedStrategy<Value> {
    let digit = prop_oneof![3 => Just(0), 1 => 1..=9i128, 1 => Just(9)];
    let sparse =
        (prop::collection::vec(digit, 0..=digits as usize), any::<bool>()).prop_map(|(digits, negative)| {
            let number = digits.iter().fold(0, |number, digit| number * 10 + digit);
            Value::Number(if negative { -number } else { number })
        });
    let most = 10i128.pow(digits) - 1;
    prop_oneof![2 => sparse, 1 => numbers(-most, most)].boxed()
}

/// Numbers of any bits, and the special ones. There is one NaN: processors change others when they widen them.
fn floats<F: From<f32> + PartialOrd + Copy + std::fmt::Debug + 'static>(
    any: impl Strategy<Value = F> + 'static,
) -> BoxedStrategy<F> {
    let special = [0.0, -0.0, 0.1, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, f32::MAX, f32::NAN];
    let special = prop::sample::select(special.map(F::from).to_vec());
    // Only NaN has no order, not even with itself.
    let one_nan = |value: F| if value.partial_cmp(&value).is_some() { value } else { F::from(f32::NAN) };
    prop_oneof![2 => any.prop_map(one_nan), 1 => special].boxed()
}

/// Texts without NUL, rich in characters that some format gives a meaning.
fn texts(most: usize) -> impl Strategy<Value = String> {
    let special = prop::sample::select("\\\t\n\r\"',{}N. \u{7f}\u{b}ü€😀/".chars().collect::<Vec<_>>());
    let character = prop_oneof![special, any::<char>().prop_filter("NUL", |c| *c != '\0')];
    prop::collection::vec(character, 0..=most).prop_map(|characters| characters.into_iter().collect())
}

/// JSON texts of all spellings, without NUL.
pub(super) fn json() -> impl Strategy<Value = String> {
    let words = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1e2",
        "1.50",
        "-1.50E-3",
        "12E+2",
        "0.000e3",
        "123456789012345678901234567890.10",
    ];
    let strings = [r#""\u0041\/\ud83d\ude00""#, r#""\\u0000""#, r#""\n\t\b\f\r\u001f\u007f""#];
    let string = texts(6).prop_map(|text| serde_json::to_string(&text).expect("a string"));
    let leaf = prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        prop::sample::select(strings.to_vec()).prop_map(str::to_owned),
        string,
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = prop_oneof![
            prop::sample::select(vec!["\"a\"", "\"\\u0061\"", "\"bb\"", "\"\""]).prop_map(str::to_owned),
            texts(3).prop_map(|text| serde_json::to_string(&text).expect("a string")),
        ];
        let members = prop::collection::vec((key, inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(" ,"))),
            members.prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("{key} :\t{value}")).collect();
                format!("{{ {}}}", members.join(",\n"))
            }),
        ]
    })
}

fn addresses(cidr: bool) -> impl Strategy<Value = String> {
    let v4 = (any::<u32>(), 0..=32u32).prop_map(move |(ip, bits)| {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let ip = std::net::Ipv4Addr::from_bits(if cidr { ip & mask } else { ip });
        if bits == 32 { ip.to_string() } else { format!("{ip}/{bits}") }
    });
    // The first bits are set, so that no address is one of version 4 in disguise, which servers write in another way.
    let v6 = (any::<u128>(), 3..=128u32).prop_map(move |(ip, bits)| {
        let mask = u128::MAX << (128 - bits);
        let ip = (ip | 7 << 125) & if cidr { mask } else { u128::MAX };
        format!("{}/{bits}", std::net::Ipv6Addr::from_bits(ip))
    });
    prop_oneof![v4, v6]
}

impl Case {
    /// Random values that the column takes.
    pub(super) fn values(&self) -> BoxedStrategy<Value> {
        let (low, high) = match self.ty {
            Type::SmallInt => (i128::from(i16::MIN), i128::from(i16::MAX)),
            Type::Integer => (i128::from(i32::MIN), i128::from(i32::MAX)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        match (&self.ty, &self.kind) {
            (Type::Boolean, _) => any::<bool>().prop_map(Value::Bool).boxed(),
            (Type::Numeric { scale, .. }, Kind::Numeric(Some((p, s)))) => {
                let digits = i32::from(*p) - i32::from(*s) + i32::from(*scale);
                let Type::Numeric { precision, .. } = self.ty else { unreachable!() };
                decimals(digits.unsigned_abs().min(precision.into()))
            }
            (Type::Numeric { precision, .. }, Kind::Numeric(None)) => decimals((*precision).into()),
            (_, Kind::Numeric(Some((p, s)))) => {
                let most = 10i128.pow((u32::from(*p) - s.unsigned_abs() as u32).min(18)) - 1;
                numbers(low.max(-most), high.min(most))
            }
            (_, Kind::Int2) => numbers(i16::MIN.into(), i16::MAX.into()),
            (_, Kind::Int4) => numbers(low.max(i32::MIN.into()), high.min(i32::MAX.into())),
            (_, Kind::Int8 | Kind::Numeric(None)) => numbers(low, high),
            (Type::Real, _) => floats(any::<u32>().prop_map(f32::from_bits)).prop_map(Value::Single).boxed(),
            (Type::Double, _) => {
                floats(any::<u64>().prop_map(f64::from_bits)).prop_map(Value::Double).boxed()
            }
            (Type::Text, Kind::Enum(labels)) => {
                prop::sample::select(labels.clone()).prop_map(Value::Text).boxed()
            }
            (Type::Text, Kind::Inet) => addresses(false).prop_map(Value::Text).boxed(),
            (Type::Text, Kind::Cidr) => addresses(true).prop_map(Value::Text).boxed(),
            (Type::Text, Kind::Varchar(Some(most)) | Kind::Bpchar(most)) => {
                texts(*most as usize).prop_map(Value::Text).boxed()
            }
            (Type::Text, _) => texts(40).prop_map(Value::Text).boxed(),
            (Type::Json, _) => json().prop_map(Value::Text).boxed(),
            (Type::Uuid, _) => any::<[u8; 16]>().prop_map(|bytes| Value::Bytes(bytes.to_vec())).boxed(),
            (Type::Bytes, _) => prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes).boxed(),
            (Type::Date, _) => numbers(-2_440_588, 2_145_042_905),
            (Type::Time, _) => numbers(0, 86_400_000_000),
            (Type::Timestamp | Type::Instant, _) => numbers(-210_866_803_200_000_000, i64::MAX.into()),
            (Type::Interval, _) => {
                let micros = i64::MIN / 1000..=i64::MAX / 1000;
                (any::<i32>(), any::<i32>(), micros).prop_map(|(m, d, us)| Value::Interval(m, d, us)).boxed()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Random cells.
    pub(super) fn cells(&self, rows: usize) -> BoxedStrategy<Vec<Cell>> {
        let cell = (self.values(), prop::bool::weighted(0.2));
        prop_oneof![
            prop::collection::vec(cell, rows),
            prop::collection::vec((self.values(), Just(false)), rows),
        ]
        .boxed()
    }

    /// How the server is asked to show a value `x`, as text.
    pub(super) fn shown(&self, x: &str) -> String {
        match self.kind {
            Kind::Date => format!("({x} - date '1970-01-01')::text"),
            Kind::Time(_) => format!("(extract(epoch from {x}) * 1000000)::bigint::text"),
            // Of moments far away the server gives the exact distance to another moment, but not the epoch.
            Kind::Timestamp(_) | Kind::Timestamptz(_) => format!(
                "((extract(epoch from {x} - '2000-01-01Z'::{}) + 946684800) * 1000000)::numeric(30, 0)::text",
                self.sql
            ),
            Kind::Interval(_) => format!(
                "(extract(year from {x}) * 12 + extract(month from {x}))::bigint || ' months ' || \
                 extract(day from {x})::bigint || ' days ' || (extract(hour from {x}) * 3600000000 + \
                 extract(minute from {x}) * 60000000 + extract(microseconds from {x}))::bigint || ' us'"
            ),
            Kind::Inet | Kind::Cidr => format!("host({x}) || '/' || masklen({x})"),
            _ => format!("({x})::text"),
        }
    }

    /// What the server is expected to show.
    pub(super) fn expected(&self, value: &Value) -> String {
        match (value, &self.kind) {
            (Value::Bool(value), _) => value.to_string(),
            (Value::Number(number), Kind::Numeric(limit)) => {
                let ours = if let Type::Numeric { scale, .. } = self.ty {
                    usize::from(scale.unsigned_abs())
                } else {
                    0
                };
                let scale = limit.map_or(ours, |(_, scale)| scale.unsigned_abs().into());
                let digits = format!("{:0>1$}", number.unsigned_abs(), ours + 1) + &"0".repeat(scale - ours);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                let sign = if *number < 0 { "-" } else { "" };
                if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
            }
            (Value::Number(number), _) => number.to_string(),
            (Value::Single(value), Kind::Float4) => {
                format!("{:08x}", canonical(value.to_bits(), value.is_nan()))
            }
            (Value::Single(value), _) => {
                format!("{:016x}", canonical(f64::from(*value).to_bits(), value.is_nan()))
            }
            (Value::Double(value), _) => format!("{:016x}", canonical(value.to_bits(), value.is_nan())),
            (Value::Text(text), Kind::Bpchar(_)) => text.trim_end_matches(' ').to_owned(),
            (Value::Text(text), Kind::Inet | Kind::Cidr) if !text.contains('/') => format!("{text}/32"),
            (Value::Text(text), _) => text.clone(),
            (Value::Bytes(bytes), Kind::Uuid) => {
                let hex = hex(bytes);
                format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
            }
            (Value::Bytes(bytes), _) => format!("\\x{}", hex(bytes)),
            (Value::Interval(months, days, micros), _) => format!("{months} months {days} days {micros} us"),
            (Value::List(_), _) => unreachable!("arrays are shown element by element"),
        }
    }

    /// What the server has shown, in the form of [`expected`](Self::expected): floating-point numbers by their bits.
    pub(super) fn read(&self, shown: String) -> String {
        match self.kind {
            Kind::Float4 => {
                let value: f32 = shown.parse().expect("a number");
                format!("{:08x}", canonical(value.to_bits(), value.is_nan()))
            }
            Kind::Float8 => {
                let value: f64 = shown.parse().expect("a number");
                format!("{:016x}", canonical(value.to_bits(), value.is_nan()))
            }
            _ => shown,
        }
    }
}

/// All NaNs look alike in text.
fn canonical<B: Default>(bits: B, nan: bool) -> B {
    if nan { B::default() } else { bits }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
