//! The part of Arrow that seedbed uses, under the names that it has in the crate `arrow`.
//!
//! Arrays, schemas and the kernels that pick rows are Arrow's own. Casts, comparisons and arithmetic are not: Arrow compiles
//! them for every pair of its types, which takes a quarter of the time of a build, and seedbed's expressions have
//! PostgreSQL's. What is left of them is here: other forms of text, wider numbers, logic, and values as text for messages.

/// Arrays and their builders.
pub mod array {
    pub use arrow_array::builder::*;
    pub use arrow_array::cast::*;
    pub use arrow_array::*;
    pub use arrow_cmp::make_comparator;
}

/// What arrays are made of.
pub mod buffer {
    pub use arrow_buffer::buffer::*;
    pub use arrow_buffer::{BooleanBufferBuilder, bit_chunk_iterator};
}

/// Types.
pub mod datatypes {
    pub use arrow_array::types::*;
    pub use arrow_array::{ArrowNumericType, ArrowPrimitiveType};
    pub use arrow_buffer::ArrowNativeType;
    pub use arrow_schema::{
        DataType, Field, FieldRef, Fields, IntervalUnit, Schema, SchemaBuilder, SchemaRef, TimeUnit,
    };
}

/// What goes wrong.
pub mod error {
    pub use arrow_schema::ArrowError;
}

/// From arrays to arrays.
pub mod compute {
    pub use arrow_schema::SortOptions;
    pub use arrow_select::concat::{concat, concat_batches};
    pub use arrow_select::filter::{filter, prep_null_mask_filter};
    pub use arrow_select::interleave::interleave;
    pub use arrow_select::nullif::nullif;
    pub use arrow_select::take::{take, take_record_batch};
    pub use arrow_select::zip::zip;

    pub use crate::cast::cast;
    pub use crate::logic::{and_kleene, not, or, or_kleene};
}

/// Values as text.
pub mod util {
    pub use crate::display;
}

mod cast;
pub mod display;
mod logic;
