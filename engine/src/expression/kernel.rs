//! Values of a batch and the loops over them. Every loop decides once what its operands are (an array or one value
//! for all rows) and then runs over plain slices.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, Datum, FixedSizeBinaryArray,
    PrimitiveArray, Scalar, StringArray, new_null_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Int32Type};

use crate::budget;
use crate::types::Type;

/// The most bytes one value of text or bytes may grow to.
pub(super) const LONGEST_TEXT: usize = 16 << 20;

/// What a subtree yields for a batch.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// The same in every row: an array of length one.
    Scalar(Scalar<ArrayRef>),
    /// One element per row.
    Array(ArrayRef),
}

impl Value {
    pub(super) fn scalar(array: ArrayRef) -> Self {
        Self::Scalar(Scalar::new(array))
    }

    pub(super) fn null(ty: &DataType) -> Self {
        Self::scalar(new_null_array(ty, 1))
    }

    /// The elements: one per row, or the only one.
    pub(super) fn array(&self) -> &dyn Array {
        self.get().0
    }

    pub(super) fn array_ref(&self) -> ArrayRef {
        match self {
            Self::Scalar(scalar) => scalar.clone().into_inner(),
            Self::Array(array) => array.clone(),
        }
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(self, Self::Scalar(_))
    }

    pub(super) fn is_null_scalar(&self) -> bool {
        self.is_scalar() && self.array().logical_null_count() > 0
    }

    pub(super) fn is_dictionary(&self) -> bool {
        matches!(self.array().data_type(), DataType::Dictionary(..))
    }

    /// One element per row. One text for all rows becomes a dictionary of one value.
    pub(super) fn into_array(self, rows: usize) -> Result<ArrayRef, String> {
        match self {
            Self::Array(array) => Ok(array),
            Self::Scalar(scalar) => {
                let array = scalar.into_inner();
                if *array.data_type() == DataType::Utf8 && array.is_valid(0) {
                    let keys = PrimitiveArray::<Int32Type>::from_value(0, rows);
                    return Ok(Arc::new(arrow::array::DictionaryArray::new(keys, array)));
                }
                take(&array, &PrimitiveArray::<Int32Type>::from_value(0, rows), None)
                    .map_err(|e| e.to_string())
            }
        }
    }

    /// The same values with text spelled out, for loops that know no dictionaries.
    pub(super) fn plain(self) -> Result<Self, String> {
        if !self.is_dictionary() {
            return Ok(self);
        }
        spend_spelled_out(self.array())?;
        let array = cast(self.array(), &DataType::Utf8).map_err(|e| e.to_string())?;
        Ok(if self.is_scalar() { Self::scalar(array) } else { Self::Array(array) })
    }

    /// The same values with a text scalar as a dictionary.
    pub(super) fn keyed(self) -> Result<Self, String> {
        if self.is_dictionary() || !self.is_scalar() {
            return Ok(self);
        }
        cast(self.array(), &Type::dictionary()).map(Self::scalar).map_err(|e| e.to_string())
    }

    /// Which rows hold NULL, dictionaries included; `None` when none does. For a scalar: a buffer of length one.
    pub(super) fn nulls(&self) -> Option<NullBuffer> {
        self.array().logical_nulls().filter(|nulls| nulls.null_count() > 0)
    }
}

impl Datum for Value {
    fn get(&self) -> (&dyn Array, bool) {
        match self {
            Self::Scalar(scalar) => scalar.get(),
            Self::Array(array) => array.get(),
        }
    }
}

/// Rows in which any operand is NULL. Scalars are taken to be valid: a strict call never sees a NULL scalar.
pub(super) fn union_nulls(arguments: &[Value]) -> Option<NullBuffer> {
    arguments
        .iter()
        .filter(|value| !value.is_scalar())
        .fold(None, |nulls, value| NullBuffer::union(nulls.as_ref(), value.nulls().as_ref()))
}

/// Reads a primitive operand by row.
#[derive(Clone, Copy)]
pub(super) enum Numbers<'a, T: ArrowPrimitiveType> {
    Scalar(T::Native),
    Array(&'a [T::Native]),
}

impl<'a, T: ArrowPrimitiveType> Numbers<'a, T> {
    pub(super) fn of(value: &'a Value) -> Self {
        let values: &[T::Native] = value.array().as_primitive::<T>().values();
        if value.is_scalar() { Self::Scalar(values[0]) } else { Self::Array(values) }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> T::Native {
        match self {
            Self::Scalar(value) => *value,
            Self::Array(values) => values[row],
        }
    }
}

/// Reads a text operand by row.
#[derive(Clone, Copy)]
pub(super) enum Texts<'a> {
    Scalar(&'a str),
    Array(&'a StringArray),
}

impl<'a> Texts<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        let array = value.array().as_string::<i32>();
        if value.is_scalar() { Self::Scalar(array.value(0)) } else { Self::Array(array) }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> &'a str {
        match self {
            Self::Scalar(text) => text,
            Self::Array(array) => array.value(row),
        }
    }
}

/// Reads an operand of bytes, or of UUIDs, by row.
#[derive(Clone, Copy)]
pub(super) enum Blobs<'a> {
    Scalar(&'a [u8]),
    Array(&'a BinaryArray),
    Uuids(&'a FixedSizeBinaryArray),
}

impl<'a> Blobs<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        let blobs = match value.array().as_fixed_size_binary_opt() {
            Some(uuids) => Self::Uuids(uuids),
            None => Self::Array(value.array().as_binary::<i32>()),
        };
        if value.is_scalar() { Self::Scalar(blobs.get(0)) } else { blobs }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> &'a [u8] {
        match self {
            Self::Scalar(bytes) => bytes,
            Self::Array(array) => array.value(row),
            Self::Uuids(array) => array.value(row),
        }
    }
}

/// `f` of every element, computed for NULLs too, so `f` must be total and cheap.
pub(super) fn map<A, O>(a: &Value, ty: &DataType, f: impl Fn(A::Native) -> O::Native) -> ArrayRef
where
    A: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    Arc::new(a.array().as_primitive::<A>().unary::<_, O>(f).with_data_type(ty.clone()))
}

/// `f` of every element that is not NULL.
pub(super) fn try_map<A, O>(
    a: &Value,
    ty: &DataType,
    f: impl Fn(A::Native) -> Result<O::Native, String>,
) -> Result<ArrayRef, String>
where
    A: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let array: PrimitiveArray<O> = a.array().as_primitive::<A>().try_unary(f)?;
    Ok(Arc::new(array.with_data_type(ty.clone())))
}

/// `f` of every element, computed for NULLs too, and whether it is wrong. All are computed before any is checked, so that the
/// loop has no way out; a wrong one that is not NULL is an error then.
pub(super) fn checked_map<A, O>(
    a: &Value,
    ty: &DataType,
    f: impl Fn(A::Native) -> (O::Native, bool),
    error: impl Fn(A::Native) -> String,
) -> Result<ArrayRef, String>
where
    A: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let array = a.array().as_primitive::<A>();
    let mut wrong = false;
    let value = |&a| {
        let (value, is_wrong) = f(a);
        wrong |= is_wrong;
        value
    };
    let mut values: Vec<O::Native> = array.values().iter().map(value).collect();
    blank(&mut values, array.nulls());
    if wrong {
        for a in array.iter().flatten() {
            if f(a).1 {
                return Err(error(a));
            }
        }
    }
    Ok(Arc::new(PrimitiveArray::<O>::new(values.into(), array.nulls().cloned()).with_data_type(ty.clone())))
}

/// `f` of every pair, as in [`checked_map`].
pub(super) fn checked_map2<A, B, O>(
    a: &Value,
    b: &Value,
    ty: &DataType,
    rows: usize,
    f: impl Fn(A::Native, B::Native) -> (O::Native, bool),
    error: impl Fn(A::Native, B::Native) -> String,
) -> Result<ArrayRef, String>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let nulls = union_nulls(&[a.clone(), b.clone()]);
    let (left, right) = (Numbers::<A>::of(a), Numbers::<B>::of(b));
    let mut wrong = false;
    let mut values = pairs(&left, &right, rows, |a, b| {
        let (value, is_wrong) = f(a, b);
        wrong |= is_wrong;
        value
    });
    blank(&mut values, nulls.as_ref());
    if wrong {
        let valid = |row: &usize| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(*row));
        for row in (0..rows).filter(valid) {
            let (a, b) = (left.get(row), right.get(row));
            if f(a, b).1 {
                return Err(error(a, b));
            }
        }
    }
    Ok(Arc::new(PrimitiveArray::<O>::new(values.into(), nulls).with_data_type(ty.clone())))
}

/// `f` of every pair.
fn pairs<A, B, V>(
    left: &Numbers<A>,
    right: &Numbers<B>,
    rows: usize,
    mut f: impl FnMut(A::Native, B::Native) -> V,
) -> Vec<V>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    V: Clone,
{
    match (left, right) {
        (Numbers::Array(a), Numbers::Array(b)) => a.iter().zip(*b).map(|(&a, &b)| f(a, b)).collect(),
        (Numbers::Array(a), Numbers::Scalar(b)) => a.iter().map(|&a| f(a, *b)).collect(),
        (Numbers::Scalar(a), Numbers::Array(b)) => b.iter().map(|&b| f(*a, b)).collect(),
        (Numbers::Scalar(a), Numbers::Scalar(b)) => vec![f(*a, *b); rows],
    }
}

/// Puts zeros behind NULLs, as other loops leave them there: files may show what is there.
fn blank<T: Default>(values: &mut [T], nulls: Option<&NullBuffer>) {
    let Some(nulls) = nulls else { return };
    for (value, valid) in values.iter_mut().zip(nulls) {
        if !valid {
            *value = T::default();
        }
    }
}

/// `f` of every pair, computed for NULLs too, so `f` must be total and cheap.
pub(super) fn map2<A, B, O>(
    a: &Value,
    b: &Value,
    ty: &DataType,
    rows: usize,
    f: impl Fn(A::Native, B::Native) -> O::Native,
) -> ArrayRef
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let values = pairs(&Numbers::<A>::of(a), &Numbers::<B>::of(b), rows, f);
    let nulls = union_nulls(&[a.clone(), b.clone()]);
    Arc::new(PrimitiveArray::<O>::new(values.into(), nulls).with_data_type(ty.clone()))
}

/// `f` of every pair without NULL.
pub(super) fn try_map2<A, B, O>(
    a: &Value,
    b: &Value,
    ty: &DataType,
    rows: usize,
    f: impl Fn(A::Native, B::Native) -> Result<O::Native, String>,
) -> Result<ArrayRef, String>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let nulls = union_nulls(&[a.clone(), b.clone()]);
    let (left, right) = (Numbers::<A>::of(a), Numbers::<B>::of(b));
    let values: Vec<O::Native> = match (&nulls, left, right) {
        (None, Numbers::Array(a), Numbers::Array(b)) => {
            collect(rows, a.iter().zip(b).map(|(&a, &b)| f(a, b)))?
        }
        (None, Numbers::Array(a), Numbers::Scalar(b)) => collect(rows, a.iter().map(|&a| f(a, b)))?,
        (None, Numbers::Scalar(a), Numbers::Array(b)) => collect(rows, b.iter().map(|&b| f(a, b)))?,
        (nulls, left, right) => {
            let valid = |row| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(row));
            let cell =
                |row| if valid(row) { f(left.get(row), right.get(row)) } else { Ok(O::default_value()) };
            collect(rows, (0..rows).map(cell))?
        }
    };
    Ok(Arc::new(PrimitiveArray::<O>::new(values.into(), nulls).with_data_type(ty.clone())))
}

/// All values or the first error. Collecting into a `Result` would not know the length and grow step by step.
fn collect<T: Copy + Default>(
    rows: usize,
    cells: impl ExactSizeIterator<Item = Result<T, String>>,
) -> Result<Vec<T>, String> {
    debug_assert_eq!(cells.len(), rows);
    let mut values = vec![T::default(); rows];
    for (value, cell) in values.iter_mut().zip(cells) {
        *value = cell?;
    }
    Ok(values)
}

/// One number per row from operands of any kind; `f` sees only rows without NULL.
pub(super) fn number_rows<O: ArrowPrimitiveType>(
    arguments: &[Value],
    ty: &DataType,
    rows: usize,
    mut f: impl FnMut(usize) -> Result<O::Native, String>,
) -> Result<ArrayRef, String> {
    let nulls = union_nulls(arguments);
    let valid = |row| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(row));
    let cell = |row| if valid(row) { f(row) } else { Ok(O::default_value()) };
    let values: Vec<O::Native> = collect(rows, (0..rows).map(cell))?;
    Ok(Arc::new(PrimitiveArray::<O>::new(values.into(), nulls).with_data_type(ty.clone())))
}

/// One truth value per row; `f` sees only rows without NULL.
pub(super) fn boolean_rows(arguments: &[Value], rows: usize, mut f: impl FnMut(usize) -> bool) -> ArrayRef {
    let nulls = union_nulls(arguments);
    let bits = match &nulls {
        None => BooleanBuffer::collect_bool(rows, f),
        Some(nulls) => BooleanBuffer::collect_bool(rows, |row| nulls.is_valid(row) && f(row)),
    };
    Arc::new(BooleanArray::new(bits, nulls))
}

/// `f` of every pair, computed for NULLs too, so `f` must be total and cheap.
pub(super) fn boolean_pairs<T: ArrowPrimitiveType>(
    arguments: &[Value],
    rows: usize,
    f: impl Fn(T::Native, T::Native) -> bool,
) -> ArrayRef {
    let flags = match (Numbers::<T>::of(&arguments[0]), Numbers::<T>::of(&arguments[1])) {
        (Numbers::Array(a), Numbers::Array(b)) => {
            let chunks = a.chunks(64).zip(b.chunks(64));
            flags(rows, chunks.map(|(a, b)| word(a.iter().zip(b).map(|(&a, &b)| f(a, b)))))
        }
        (Numbers::Array(a), Numbers::Scalar(b)) => {
            flags(rows, a.chunks(64).map(|a| word(a.iter().map(|&a| f(a, b)))))
        }
        (Numbers::Scalar(a), Numbers::Array(b)) => {
            flags(rows, b.chunks(64).map(|b| word(b.iter().map(|&b| f(a, b)))))
        }
        (Numbers::Scalar(a), Numbers::Scalar(b)) if f(a, b) => BooleanBuffer::new_set(rows),
        (Numbers::Scalar(_), Numbers::Scalar(_)) => BooleanBuffer::new_unset(rows),
    };
    Arc::new(BooleanArray::new(flags, union_nulls(arguments)))
}

/// Up to 64 truth values.
fn word(flags: impl Iterator<Item = bool>) -> u64 {
    flags.enumerate().fold(0, |word, (at, flag)| word | u64::from(flag) << at)
}

fn flags(rows: usize, words: impl Iterator<Item = u64>) -> BooleanBuffer {
    BooleanBuffer::new(words.map(u64::to_le).collect::<Vec<u64>>().into(), 0, rows)
}

/// One truth value per row, or the first error; `f` sees only rows without NULL.
pub(super) fn try_boolean_rows(
    arguments: &[Value],
    rows: usize,
    mut f: impl FnMut(usize) -> Result<bool, String>,
) -> Result<ArrayRef, String> {
    let mut error = None;
    let flags = boolean_rows(arguments, rows, |row| {
        error.is_none()
            && f(row).unwrap_or_else(|message| {
                error = Some(message);
                false
            })
    });
    error.map_or(Ok(flags), Err)
}

/// One text per row; `f` appends to the buffer and sees only rows without NULL.
pub(super) fn text_rows(
    arguments: &[Value],
    rows: usize,
    f: impl FnMut(usize, &mut String) -> Result<(), String>,
) -> Result<ArrayRef, String> {
    text_rows_where(union_nulls(arguments), rows, f)
}

/// One text per row that is valid in `nulls`.
pub(super) fn text_rows_where(
    nulls: Option<NullBuffer>,
    rows: usize,
    mut f: impl FnMut(usize, &mut String) -> Result<(), String>,
) -> Result<ArrayRef, String> {
    let mut text = String::with_capacity(rows * 16);
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0);
    let most = budget::left();
    if most == 0 {
        return Err(budget::exceeded());
    }
    let mut begin = 0;
    for row in 0..rows {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            f(row, &mut text)?;
            check_length(text.len() - begin)?;
        }
        begin = text.len();
        if begin > most {
            budget::spend(begin)?;
        }
        offsets.push(i32::try_from(begin).map_err(|_| "the text of one batch exceeds 2 GiB")?);
    }
    budget::spend(text.len())?;
    let array =
        StringArray::try_new(OffsetBuffer::new(offsets.into()), Buffer::from(text.into_bytes()), nulls);
    Ok(Arc::new(array.map_err(|e| e.to_string())?))
}

/// Bytes for each row; `f` appends to the buffer and sees only rows without NULL.
pub(super) fn bytes_rows(
    arguments: &[Value],
    rows: usize,
    mut f: impl FnMut(usize, &mut Vec<u8>) -> Result<(), String>,
) -> Result<ArrayRef, String> {
    let nulls = union_nulls(arguments);
    let mut bytes = Vec::with_capacity(rows * 16);
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0);
    let most = budget::left();
    if most == 0 {
        return Err(budget::exceeded());
    }
    let mut begin = 0;
    for row in 0..rows {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            f(row, &mut bytes)?;
            check_length(bytes.len() - begin)?;
        }
        begin = bytes.len();
        if begin > most {
            budget::spend(begin)?;
        }
        offsets.push(i32::try_from(begin).map_err(|_| "the bytes of one batch exceed 2 GiB")?);
    }
    budget::spend(bytes.len())?;
    let array = BinaryArray::try_new(OffsetBuffer::new(offsets.into()), Buffer::from(bytes), nulls);
    Ok(Arc::new(array.map_err(|e| e.to_string())?))
}

/// Refuses a value that a function would make, or has just made, longer than values may be.
#[inline]
pub(crate) fn check_length(bytes: usize) -> Result<(), String> {
    if bytes > LONGEST_TEXT { Err(too_long(bytes)) } else { Ok(()) }
}

/// The same before the value is made, which may also be more than may be made at all.
pub(super) fn check_length_to_come(bytes: usize) -> Result<(), String> {
    check_length(bytes)?;
    budget::check(bytes)
}

#[cold]
fn too_long(bytes: usize) -> String {
    format!("requested length too large: {bytes} bytes, where a value has at most {LONGEST_TEXT}")
}

/// Counts the text that a dictionary spells out before it does.
pub(crate) fn spend_spelled_out(array: &dyn Array) -> Result<(), String> {
    if budget::left() == usize::MAX {
        return Ok(());
    }
    let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else { return Ok(()) };
    let Some(texts) = dictionary.values().as_string_opt::<i32>() else { return Ok(()) };
    let lengths = dictionary.keys().iter().flatten().map(|key| texts.value_length(key as usize) as usize);
    budget::spend(lengths.sum())
}
