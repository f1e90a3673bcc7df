//! `adversarial:` of a column: in a share of the rows, values that break software.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float32Array, Float64Array, StringArray};
use arrow::compute::{cast, interleave};

use super::boolean::Boolean;
use super::facts::unknown;
use super::{Prepared, Shown};
use crate::error::{Span, ValueError};
use crate::ids::{ColumnId, InputId};
use crate::model::constants::Constants;
use crate::model::{Column, Declared, converted};
use crate::random::{Stream, Trickle, below};
use crate::rows::Frame;
use crate::scenario::Key;
use crate::types::Type;

/// Raised when the values below change.
pub(crate) const VERSION: u32 = 1;

/// Some rows have hostile values in place of those of another column.
#[derive(Debug)]
pub(crate) struct Adversarial {
    /// The input with the column as it is otherwise.
    pub(crate) plain: InputId,
    /// The hidden column that tells in which rows it is not.
    pub(crate) told: ColumnId,
    /// Which rows.
    pub(crate) rows: Rows,
    /// The values, each as likely.
    pub(crate) values: ArrayRef,
}

/// Some rows of a table, by chance.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    stream: Stream,
    share: f64,
}

impl Rows {
    /// A share of the rows, by the words of a column.
    pub(crate) fn new(seed: u64, table: &str, column: &str, share: f64) -> Self {
        Self { stream: Stream::new(seed, table, column, "adversarial", VERSION), share }
    }

    /// The column that tells which.
    pub(crate) fn told(&self) -> Boolean {
        Boolean::new(self.stream.clone(), self.share)
    }
}

impl Prepared for Adversarial {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let plain = frame.input(self.plain)?;
        let words = frame.words(&self.rows.stream, 1);
        let hostile: BooleanArray = self.rows.told().of(&words);
        if hostile.true_count() == 0 {
            return Ok(plain);
        }
        let failed = |error: arrow::error::ArrowError| frame.value_error(column, error.to_string());
        let plain = cast(&plain, self.values.data_type()).map_err(failed)?;
        let most = self.values.len() as u64;
        let place = |(row, word): (usize, &u64)| match hostile.value(row) {
            true => (1, below(Trickle::new(*word).nth(0), most) as usize),
            false => (0, row),
        };
        let places: Vec<(usize, usize)> = words.iter().enumerate().map(place).collect();
        interleave(&[&plain, &self.values], &places).map_err(failed)
    }

    fn explain(&self, shown: &Shown) -> String {
        let (share, values) = (self.rows.share * 100.0, self.values.len());
        format!(
            "{}, but in {share}% of the rows one of {values} values that break software",
            shown.input(self.plain)
        )
    }

    fn inputs(&self) -> Vec<InputId> {
        vec![self.plain]
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// The values of a type that break software, at `as_of` where they are instants; none for types without such values.
pub(crate) fn values(ty: &Type, declared: Option<&Declared>, constants: &Constants) -> Option<ArrayRef> {
    let texts: Vec<String> = match ty {
        Type::Text => return texts(declared),
        Type::SmallInt => whole(&["-32768", "-32767", "32766", "32767", "127", "128", "255", "256"]),
        Type::Integer => whole(&[
            "-2147483648",
            "-2147483647",
            "2147483646",
            "2147483647",
            "32768",
            "65535",
            "65536",
            "16777217",
        ]),
        Type::BigInt => whole(&[
            "-9223372036854775808",
            "-9223372036854775807",
            "9223372036854775806",
            "9223372036854775807",
            "2147483647",
            "2147483648",
            "-2147483649",
            "4294967296",
            "9007199254740992",
            "9007199254740993",
        ]),
        Type::Numeric { precision, scale } => numeric(*precision, scale.unsigned_abs()),
        Type::Real => {
            let numbers = FLOATS.iter().map(|number| *number as f32);
            let own = [f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, 16_777_216.0];
            return Some(Arc::new(Float32Array::from_iter_values(numbers.chain(own))));
        }
        Type::Double => {
            let own = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 9_007_199_254_740_992.0, 0.1 + 0.2];
            return Some(Arc::new(Float64Array::from_iter_values(FLOATS.into_iter().chain(own))));
        }
        Type::Date => DATES.iter().map(|date| (*date).to_owned()).collect(),
        Type::Time => {
            ["00:00:00", "00:00:00.000001", "02:30:00", "11:59:59.999999", "12:00:00", "23:59:59.999999"]
                .map(str::to_owned)
                .into()
        }
        Type::Timestamp | Type::Instant => {
            let midnights = DATES.iter().map(|date| format!("{date} 00:00:00"));
            let zone = if *ty == Type::Instant { "+00" } else { "" };
            midnights.chain(TIMES.map(str::to_owned)).map(|time| time + zone).collect()
        }
        _ => return None,
    };
    let keys = texts.into_iter().map(|text| Key { text, span: Span::default(), quoted: false });
    converted(&keys.collect::<Vec<_>>(), ty, constants).ok()
}

/// Days at which calendars end, begin or differ.
const DATES: &[&str] = &[
    "0001-01-01",
    "0099-12-31",
    "1582-10-10",
    "1899-12-31",
    "1900-02-28",
    "1900-03-01",
    "1969-12-31",
    "1970-01-01",
    "1999-12-31",
    "2000-02-29",
    "2023-02-28",
    "2024-02-29",
    "2024-12-31",
    "2038-01-19",
    "2100-02-28",
    "2100-03-01",
    "9999-12-31",
];

/// Times at which counters run over, seconds are left in or out, and clocks change in Europe and America.
const TIMES: [&str; 12] = [
    "0001-01-01 00:00:00.000001",
    "1901-12-13 20:45:51",
    "1969-12-31 23:59:59.999999",
    "1970-01-01 00:00:00.000001",
    "2016-12-31 23:59:59.999999",
    "2026-03-08 07:30:00",
    "2026-03-29 01:30:00",
    "2026-10-25 00:30:00",
    "2026-11-01 05:30:00",
    "2038-01-19 03:14:07",
    "2038-01-19 03:14:08",
    "9999-12-31 23:59:59.999999",
];

fn whole(more: &[&str]) -> Vec<String> {
    ["0", "-1", "1"].iter().chain(more).map(|number| (*number).to_owned()).collect()
}

/// What is no number, what has no end, a zero with a sign, and what has no exact form.
const FLOATS: [f64; 8] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, 0.1, 1e16];

/// Both bounds, what is next to zero, and halves that rounding sends either way.
fn numeric(precision: u8, scale: u8) -> Vec<String> {
    let digits = "9".repeat(usize::from(precision));
    let (whole, part) = digits.split_at(usize::from(precision - scale));
    let most = if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") };
    let least = match scale {
        0 => "1".to_owned(),
        _ => format!("0.{}1", "0".repeat(usize::from(scale) - 1)),
    };
    let mut texts =
        vec![most.clone(), format!("-{most}"), least.clone(), format!("-{least}"), "0".to_owned()];
    if precision > scale {
        texts.extend(["1".to_owned(), "-1".to_owned()]);
    }
    if precision > scale + 9 {
        texts.extend(["2147483647".to_owned(), "2147483648".to_owned()]);
    }
    if precision > scale && scale > 0 {
        texts.extend(["0.5".to_owned(), "2.5".to_owned(), "-0.5".to_owned()]);
    }
    texts
}

/// Texts that fit; none where a text is an address or a closed set.
fn texts(declared: Option<&Declared>) -> Option<ArrayRef> {
    let (most, is_padded) = match declared {
        None | Some(Declared::Citext | Declared::Varchar(None)) => (None, false),
        Some(Declared::Varchar(most)) => (*most, false),
        Some(Declared::Char(most)) => (Some(*most), true),
        Some(_) => return None,
    };
    let lengths = match most {
        // The last ones that fit, of one byte and of three bytes a character; some databases take up to a million.
        Some(most) => [most.min(65_536), most.min(65_536) - 1],
        None => [255, 256],
    };
    let long = lengths.iter().map(|length| "x".repeat(*length as usize));
    let wide = lengths.iter().map(|length| "漢".repeat(*length as usize));
    let words = TEXTS.iter().map(|text| (*text).to_owned());
    let fits = |text: &String| {
        let length = text.chars().count();
        most.is_none_or(|most| length <= most as usize) && !(is_padded && text.ends_with(' '))
    };
    let texts: Vec<String> = words.chain(long).chain(wide).filter(fits).collect();
    Some(Arc::new(StringArray::from(texts)))
}

/// Without the character of number 0, which PostgreSQL has not.
const TEXTS: &[&str] = &[
    // Nothing, and what looks like it.
    "",
    " ",
    "  both sides  ",
    "\t",
    "null",
    "NULL",
    "nil",
    "None",
    "undefined",
    "N/A",
    "-",
    // Other types.
    "0",
    "-1",
    "00123",
    "1e309",
    "NaN",
    "Infinity",
    "true",
    "false",
    "1,5",
    "1.234,56",
    "2026-02-30",
    "0x1F",
    // Lines.
    "one\ntwo",
    "one\r\ntwo",
    "\n",
    "one\u{2028}two",
    // What languages mean something by.
    "'",
    "\"",
    "`",
    "\\",
    "'; drop table users; --",
    "' or '1'='1",
    "$1",
    "%",
    "_",
    "%s%n%x",
    "${7*7}",
    "{{7*7}}",
    "{0}",
    "<script>alert(1)</script>",
    "<b>bold",
    "&amp;",
    "]]>",
    "<!--",
    "javascript:alert(1)",
    "=1+1",
    "+1",
    "@SUM(A1)",
    "a,b;c|d\te",
    "\"quoted, with a comma\"",
    "{\"a\": [1, null]}",
    "../../etc/passwd",
    "C:\\CON",
    "%00",
    "http://",
    "#",
    // Names of people.
    "O'Brien",
    "D\u{2019}Angelo",
    "X Æ A-12",
    "van der Ent",
    "Ng",
    "José",
    "Jose\u{301}",
    "Zoë",
    "Null",
    "Test",
    // Letters whose case or width is another one's.
    "Straße",
    "STRASSE",
    "İstanbul",
    "ıssız",
    "ǅ",
    "ﬁn",
    "Å",
    "Å",
    "ſ",
    "ＡＢＣ１２３",
    "①½",
    // Scripts, one of them from right to left, and one that looks like another.
    "日本語",
    "한국어",
    "Ελληνικά",
    "Рауpаl",
    "हिन्दी",
    "ไทย",
    "العربية",
    "עברית",
    "𠜎𠜱𠝹",
    // Marks, directions and characters without a width.
    "Z\u{351}\u{36b}\u{343}a\u{300}\u{301}\u{302}\u{303}\u{304}l\u{30a}\u{30b}\u{30c}go",
    "\u{202e}drawkcab\u{202c}",
    "\u{200f}",
    "zero\u{200b}width",
    "non\u{a0}breaking",
    "soft\u{ad}hyphen",
    "\u{feff}mark",
    "\u{301}",
    "\u{1}\u{1f}\u{7f}",
    // More than one code point each, or more than 16 bits.
    "😀",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦",
    "👍🏽",
    "🏳\u{fe0f}\u{200d}🌈",
    "🇩🇪",
    "𝕬𝖇𝖈",
    "\u{fffd}",
    "\u{10fffd}",
];
