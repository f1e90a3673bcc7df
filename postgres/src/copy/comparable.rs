//! Values of a scenario in the form in which they come back from a database, so that both sides can be compared as they are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use seedbed_engine::types::Type;

use super::inet::Address;
use super::payload::FAULT;
use super::target::TargetColumn;
use crate::error::Error;
use crate::types::{ColumnType, Kind};

/// An array of a scenario as [`TableDecoder`](super::TableDecoder) would give it back: no dictionary, addresses in one
/// spelling, `char(n)` without the blanks at its end. JSON keeps its spelling, which a `jsonb` column does not; what compares
/// it goes by [`CanonicalJson`](seedbed_engine::digest::CanonicalJson). Everything else is the same array.
///
/// # Errors
/// An array of another type than the column's.
pub fn comparable(column: &TargetColumn, array: &ArrayRef) -> Result<ArrayRef, Error> {
    form(&column.ty, &column.target, array).map_err(|error| Error::usage(error.to_string(), FAULT))
}

fn form(ty: &Type, target: &ColumnType, array: &ArrayRef) -> Result<ArrayRef, arrow::error::ArrowError> {
    if let DataType::Dictionary(_, of) = array.data_type() {
        return form(ty, target, &cast(array, of)?);
    }
    Ok(match (ty, &target.kind) {
        (_, Kind::Inet | Kind::Cidr) if ty == &Type::Text => texts(array, |text, out| {
            let address = Address::parse(text, false);
            out.push_str(&address.map_or_else(|_| text.to_owned(), Address::canonical));
        }),
        (Type::Text, Kind::Bpchar(_)) => texts(array, |text, out| out.push_str(text.trim_end_matches(' '))),
        (Type::List(of), Kind::Array(element)) => {
            let lists = array.as_list::<i32>();
            let values = form(of, element, lists.values())?;
            let field = Arc::new(Field::new("item", values.data_type().clone(), true));
            Arc::new(ListArray::try_new(field, lists.offsets().clone(), values, lists.nulls().cloned())?)
        }
        _ => array.clone(),
    })
}

fn texts(array: &ArrayRef, write: impl Fn(&str, &mut String)) -> ArrayRef {
    let mut text = String::new();
    let values = array.as_string::<i32>().iter().map(|value| {
        value.map(|value| {
            text.clear();
            write(value, &mut text);
            text.clone()
        })
    });
    Arc::new(values.collect::<StringArray>())
}
