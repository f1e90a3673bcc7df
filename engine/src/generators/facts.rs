//! What is asked of a recipe.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::{Formula, Shown};
use crate::error::ValueError;
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::Column;
use crate::rows::Frame;
use crate::types::Type;

/// A generator with its arguments, ready to make values. No question has an answer by default: a new recipe compiles when each is
/// answered, be it by `unknown!`.
pub(crate) trait Prepared: Debug + Send + Sync {
    /// The values for the rows of a frame, before NULLs and casts.
    ///
    /// # Errors
    /// A value that cannot be made, such as a division by zero.
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError>;

    /// How the values come about, for `seedbed explain`.
    fn explain(&self, shown: &Shown) -> String;

    /// The inputs of the table that it reads, by number. A reference also reads the counts of other tables.
    fn inputs(&self) -> Vec<InputId>;

    /// Values that may occur at the ends, or all: the least and the greatest in a table with at least `rows` rows, which matters to what
    /// counts. Asked where a column has a `type:`, to tell before a row is made whether the values fit it. Texts fit every type of
    /// text, so what makes texts says [`Ends::Unknown`].
    fn ends(&self, rows: u64, made: &Type) -> Ends;

    /// The least and the greatest number that it can make, perhaps infinite; for what makes no numbers, all numbers. Asked by counts of
    /// children.
    fn bounds(&self) -> (f64, f64);

    /// The greatest number up to a row, if all of them are unique whole numbers and none is negative. Asked by templates that must be
    /// unique, as in `U-{id}`.
    fn highest(&self, last_row: u64) -> Option<i128>;

    /// The most characters of a text, or bytes; `None` for numbers, and where this is not known or depends on the row. Asked by arrays,
    /// whose elements need a limit.
    fn longest(&self) -> Option<u64>;

    /// The texts it chooses from, when they are few. Asked by enums, and by the checks that a database gets.
    fn texts(&self) -> Texts<'_>;

    /// Whether no text holds a digit. Asked by templates that must be unique: a number beside such a text can be read back.
    fn is_without_digits(&self) -> bool;

    /// These inputs, if instants rise from one child of a parent to the next as long as the inputs are equal for all of them. Asked by
    /// references with `existed_at`.
    fn rises_with(&self) -> Option<Vec<InputId>>;

    /// Whether the values depend on random words alone, and on nothing of the row: neither on its number nor on an input. Asked by arrays,
    /// whose elements are rows of their own.
    fn is_independent(&self) -> bool;

    /// Start and step, when the values count the rows. Asked by keys, references and sequences of a database.
    fn serial(&self) -> Option<(i64, i64)>;
}

/// Says of some questions that nothing is known, or nothing that helps. A recipe lists them by name, so that a new question does not
/// compile until it is answered there, too.
macro_rules! unknown {
    (@ends) => {
        fn ends(&self, _: u64, _: &crate::types::Type) -> crate::generators::Ends {
            crate::generators::Ends::Unknown
        }
    };
    // No numbers, or any.
    (@bounds) => {
        fn bounds(&self) -> (f64, f64) {
            crate::generators::facts::ANY_NUMBER
        }
    };
    (@highest) => {
        fn highest(&self, _: u64) -> Option<i128> {
            None
        }
    };
    (@longest) => {
        fn longest(&self) -> Option<u64> {
            None
        }
    };
    (@texts) => {
        fn texts(&self) -> crate::generators::Texts<'_> {
            crate::generators::Texts::Unknown
        }
    };
    (@is_without_digits) => {
        fn is_without_digits(&self) -> bool {
            false
        }
    };
    (@rises_with) => {
        fn rises_with(&self) -> Option<Vec<crate::ids::InputId>> {
            None
        }
    };
    (@is_independent) => {
        fn is_independent(&self) -> bool {
            false
        }
    };
    (@serial) => {
        fn serial(&self) -> Option<(i64, i64)> {
            None
        }
    };
    ($($question:ident),+) => {
        $(unknown!(@$question);)+
    };
}

pub(super) use unknown;

/// Values that certainly occur.
pub(crate) enum Ends {
    /// They are not known, or every type that the values can have takes them.
    Unknown,
    /// These.
    Known(ArrayRef),
    /// Those of another column.
    Of(Origin),
}

/// A value that is handed on as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// An input of the table.
    Input(InputId),
    /// A column of any table.
    Column {
        /// The table.
        table: TableId,
        /// The column.
        column: ColumnId,
    },
}

/// A closed set of texts.
pub(crate) enum Texts<'r> {
    /// They are not known.
    Unknown,
    /// Those of a choice, which is meant to be closed.
    Chosen(&'r ArrayRef),
    /// Those of a list or of rows, which is closed as it happens.
    Listed(Vec<&'r str>),
    /// Those of an array's elements.
    Of(&'r Column),
    /// Those of some inputs together.
    Inputs(Vec<InputId>),
    /// Those that an expression can give.
    Expression(&'r Formula),
    /// Those of a column that hands its values on.
    HandedOn(Origin),
}

/// The bounds of what makes no numbers, or any.
pub(super) const ANY_NUMBER: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// Whole numbers as values of a type.
pub(crate) fn integers(values: [i64; 2], made: &Type) -> Ends {
    let values: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
    let cast = cast(&values, &made.arrow()).ok().filter(|cast| cast.null_count() == 0);
    cast.map_or(Ends::Unknown, Ends::Known)
}

/// A number, as the nearest double; `None` for NULL and what is no number.
pub(super) fn as_number(value: &ArrayRef) -> Option<f64> {
    let value = cast(value, &DataType::Float64).ok()?;
    value.is_valid(0).then(|| value.as_primitive::<Float64Type>().value(0))
}

/// The most characters of some words.
pub(super) fn longest_word<T: AsRef<str>>(words: &[T]) -> u64 {
    words.iter().map(|word| word.as_ref().chars().count() as u64).max().unwrap_or(0)
}

/// The most characters of some values as texts, or the most bytes.
pub(super) fn longest_of(values: &ArrayRef) -> Option<u64> {
    if let DataType::Binary = values.data_type() {
        return values.as_binary::<i32>().iter().flatten().map(|bytes| bytes.len() as u64).max().or(Some(0));
    }
    let texts = cast(values, &DataType::Utf8).ok()?;
    let lengths = texts.as_string::<i32>().iter().flatten().map(|text| text.chars().count() as u64);
    lengths.max().or(Some(0))
}
