//! Values of a scenario in the form in which they come back from a database, so that both sides can be compared as they are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use seedbed_engine::types::Type;

use super::check::Place;
use super::convert::Conversion;
use super::inet::Address;
use super::payload::FAULT;
use super::target::{Form, TargetColumn};
use super::text;
use crate::error::Error;
use crate::types::{ColumnType, Kind};

/// An array of a scenario as [`TableDecoder`](super::TableDecoder) would give it back: converted as it goes into the column, no
/// dictionary, addresses in one spelling, `char(n)` without the blanks at its end, NULLs for a column that cannot be compared.
///
/// What the server spells in its own way is text as it is sent; the server must be asked for its spelling. JSON keeps its
/// spelling, which a `jsonb` column does not; what compares it goes by
/// [`CanonicalJson`](seedbed_engine::digest::CanonicalJson).
///
/// # Errors
/// An array of another type than the column's, or [`Error::Refused`], which knows no table, with a value that the column could not have
/// taken.
pub fn comparable(column: &TargetColumn, array: &ArrayRef) -> Result<ArrayRef, Error> {
    let (carried, target) = (column.carried(), &column.target);
    let place = Place { table: "", column: &column.name };
    let failed = |message| Error::usage(message, FAULT);
    let converted = match Conversion::between(&column.ty, &carried).map_err(failed)? {
        None => array.clone(),
        Some(conversion) => {
            conversion.apply(array).map_err(|wrong| place.refused(&wrong.value, wrong.reason, None))?
        }
    };
    match column.compared() {
        None => Ok(new_null_array(&DataType::Null, array.len())),
        Some(Type::Text) if carried != Type::Text => {
            Ok(Arc::new(text::values(&converted, &Form::of(&carried, target), place)?))
        }
        Some(_) => form(&carried, target, &converted).map_err(|error| failed(error.to_string())),
    }
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
