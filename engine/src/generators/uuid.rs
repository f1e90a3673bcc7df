//! `uuid`: UUIDs of version 4 and 7.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray};
use arrow::buffer::Buffer;
use arrow::datatypes::TimestampMicrosecondType;

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::unknown;
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Permutation, Stream};
use crate::rows::Frame;
use crate::together::Together;
use crate::types::Type;

pub(super) const UUID: GeneratorDoc = GeneratorDoc {
    name: "uuid",
    version: 1,
    family: "keys",
    summary: "A UUID, unique: version 4 (random), or 7 (ordered by an instant of the row).",
    arguments: &[
        optional("version", Kind::Number, "4 (default) or 7"),
        optional("at", Kind::Expression, "with version 7: the instant, an expression of type `timestamptz`"),
    ],
    short: Some("version"),
    group: false,
    example: "token: uuid",
    read,
};

/// Random UUIDs, or UUIDs ordered by an instant.
#[derive(Debug)]
pub(crate) struct Uuid {
    /// Random words, one a row, for the upper half.
    stream: Stream,
    /// The key of the permutation of row numbers in the lower half.
    key: [u64; 2],
    /// The instant of version 7; `None` for version 4.
    at: Option<Formula>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let version = version_of(reading);
    let at = at_of(reading, version.as_ref().ok().copied());
    let (_, at) = (version, at).together()?;
    let stream = reading.stream("value");
    let permutation = reading.stream("permutation");
    let key = [permutation.word(0), permutation.word(1)];
    Ok(Made { unique: true, ..Made::new(Uuid { stream, key, at }, Type::Uuid) })
}

fn version_of(reading: &Reading) -> Result<i64, Fault> {
    let Some(node) = reading.arguments.get("version") else {
        return Ok(if reading.arguments.get("at").is_some() { 7 } else { 4 });
    };
    match reading.required_whole("version", 0, 8)? {
        version @ (4 | 7) => Ok(version),
        other => Err(Fault::at(node.span, "`version`: expected 4 or 7").label(format!("found {other}"))),
    }
}

/// The instant that a version goes with, if it is a known one.
fn at_of(reading: &mut Reading, version: Option<i64>) -> Result<Option<Formula>, Fault> {
    let arguments = reading.arguments;
    let at = match (version, arguments.expression("at")?) {
        (Some(4) | None, None) => return Ok(None),
        (Some(4), Some(at)) => return Err(Fault::at(at.span, "`at` belongs to version 7")),
        (Some(_), None) => {
            let message = "a UUID of version 7 needs `at`, the instant it is ordered by";
            return Err(
                Fault::at(arguments.span(), message).hint("write `{uuid: {version: 7, at: created_at}}`")
            );
        }
        (_, Some(at)) => at,
    };
    let formula = reading.resolver.formula_of(reading.table, &at, &Type::Instant)?;
    if formula.expression.nullable() {
        return Err(Fault::at(at.span, "`at` can be NULL").hint("use `coalesce(…, as_of)`"));
    }
    Ok(Some(formula))
}

impl Prepared for Uuid {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let at = self.at.as_ref().map(|at| at.values(frame, column)).transpose()?;
        let words = frame.words(&self.stream, 1);
        // 62 bits are a permutation of the row number, so that no two rows agree.
        let permutation = Permutation::new(self.key, 1 << 62).expect("only a domain of no rows is refused");
        let rows = frame.rows.iter().zip(words);
        Ok(match at {
            // The other 60 are random.
            None => uuids(rows.map(|(row, word)| ((word & !0xF000) | 0x4000, lower_half(&permutation, row)))),
            Some(at) => {
                let at = at.as_primitive::<TimestampMicrosecondType>().values();
                uuids(rows.zip(at).map(|((row, word), micros)| {
                    let millis = micros.div_euclid(1000).max(0).cast_unsigned() & 0xFFFF_FFFF_FFFF;
                    ((millis << 16) | 0x7000 | (word & 0x0FFF), lower_half(&permutation, row))
                }))
            }
        })
    }

    fn explain(&self, _: &Shown) -> String {
        match &self.at {
            None => "uuid version 4".to_owned(),
            Some(at) => format!("uuid version 7 at {}", at.expression),
        }
    }

    fn inputs(&self) -> Vec<InputId> {
        self.at.iter().flat_map(|at| at.inputs.clone()).collect()
    }

    fn is_independent(&self) -> bool {
        self.at.is_none()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, serial);
}

/// The variant bits `10` and 62 bits that differ from row to row.
fn lower_half(permutation: &Permutation, row: u64) -> u64 {
    // Rows are below 2^53. Elements of arrays may be beyond 2^62; there it is the random half that tells them apart.
    (1 << 63) | permutation.apply(row % (1 << 62))
}

fn uuids(halves: impl Iterator<Item = (u64, u64)>) -> ArrayRef {
    let mut bytes = Vec::with_capacity(halves.size_hint().0 * 16);
    for (high, low) in halves {
        bytes.extend_from_slice(&high.to_be_bytes());
        bytes.extend_from_slice(&low.to_be_bytes());
    }
    Arc::new(FixedSizeBinaryArray::new(16, Buffer::from_vec(bytes), None))
}
