//! Values of an expression as text, in the form PostgreSQL prints them.

use super::kernel::Value;
use crate::text::{Bare, Meaning, Values};
use crate::types::Type;

/// Prints the elements of one array or scalar; the type is decided once per batch.
pub(super) struct Printer<'a> {
    values: Values<'a>,
    /// Selects the row: all bits of an array's, none of the only one of a scalar.
    mask: usize,
}

impl<'a> Printer<'a> {
    /// A printer for values of a type. Printing a row that is NULL is a mistake of the caller.
    pub(super) fn new(value: &'a Value, ty: &Type) -> Result<Self, String> {
        if !Self::supports(ty) {
            return Err(format!("`{ty}` has no text form here"));
        }
        let mask = if value.is_scalar() { 0 } else { usize::MAX };
        // A NULL scalar has no element to read, and no row of it is printed.
        let values =
            if value.is_null_scalar() { Values::Null } else { Values::new(value.array(), Meaning::Text) };
        Ok(Self { values, mask })
    }

    /// Whether values of this type can be printed.
    pub(super) fn supports(ty: &Type) -> bool {
        !matches!(ty, Type::List(_))
    }

    /// Appends the value of a row, which is not NULL.
    #[inline]
    pub(super) fn print(&self, row: usize, out: &mut String) {
        self.values.write_sql(row & self.mask, out);
    }

    /// The same, with truth values in one letter.
    #[inline]
    pub(super) fn print_short(&self, row: usize, out: &mut String) {
        match &self.values {
            Values::Bare(Bare::Boolean(values)) => {
                out.push(if values.value(row & self.mask) { 't' } else { 'f' });
            }
            _ => self.print(row, out),
        }
    }
}
