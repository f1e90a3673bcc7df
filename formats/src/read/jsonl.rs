//! JSON Lines: one object per row. Numbers keep their digits, because they are never turned into floating-point ones on the way.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

use seedbed_engine::types::Type;

use super::column::Column;
use super::{BYTES_PER_BATCH, ROWS_PER_BATCH, Shape, Take};

/// No line is longer.
const LONGEST_LINE: u64 = 1 << 28;

pub(super) fn read(source: impl Read, shape: &Shape, take: &Take) -> Result<(), String> {
    let mut source = BufReader::with_capacity(1 << 18, source);
    let mut columns: Vec<Column> =
        shape.columns.iter().map(|(_, ty)| Column::new(ty)).collect::<Result<_, _>>()?;
    let mut line = Vec::new();
    let (mut row, mut rows, mut bytes) = (0_u64, 0, 0);
    loop {
        line.clear();
        let mut limited = source.by_ref().take(LONGEST_LINE);
        limited.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if rows == ROWS_PER_BATCH || bytes >= BYTES_PER_BATCH || (line.is_empty() && rows > 0) {
            bytes = 0;
            let arrays = columns.iter_mut().map(Column::finish).collect::<Result<_, _>>();
            let arrays = arrays.map_err(|error| format!("up to row {row}: {error}"))?;
            take(&shape.batch(arrays, std::mem::take(&mut rows))?)?;
        }
        if line.is_empty() {
            return Ok(());
        }
        (row, rows, bytes) = (row + 1, rows + 1, bytes + line.len());
        let text = std::str::from_utf8(&line).map_err(|error| format!("row {row}: {error}"))?;
        object(text.trim_end(), shape, &mut columns).map_err(|error| format!("row {row}: {error}"))?;
    }
}

/// Adds the members of an object to their columns.
fn object(text: &str, shape: &Shape, columns: &mut [Column]) -> Result<(), String> {
    let mut seen = 0;
    each(text, b'{', b'}', |member| {
        let key_end = token_end(member).filter(|_| member.starts_with('"')).ok_or("expected a key")?;
        let key = unquoted(&member[..key_end])?;
        let value = member[key_end..].trim_start().strip_prefix(':').ok_or("expected `:` after a key")?;
        // Keys stand in the order of the columns.
        let (column, _) = shape.columns.get(seen).ok_or_else(|| format!("column `{key}` is one too many"))?;
        if *column != key {
            return Err(format!("expected column `{column}`, found `{key}`"));
        }
        put(&mut columns[seen], value.trim()).map_err(|error| format!("column `{column}`: {error}"))?;
        seen += 1;
        Ok(())
    })?;
    match shape.columns.get(seen) {
        Some((column, _)) => Err(format!("column `{column}` is missing")),
        None => Ok(()),
    }
}

/// Adds a value to its column.
fn put(column: &mut Column, value: &str) -> Result<(), String> {
    if value == "null" {
        return column.push(None);
    }
    if let Some(elements) = column.elements() {
        let mut length = 0;
        each(value, b'[', b']', |element| {
            length += 1;
            put(elements, element)
        })?;
        column.end_list(Some(length));
        return Ok(());
    }
    match &column.ty {
        Type::Json => column.push(Some(value)),
        ty if ty.is_number() || *ty == Type::Boolean => match value.as_bytes().first() {
            Some(b'"' | b'{' | b'[') | None => Err(format!("expected {ty}, found `{value}`")),
            _ => column.push(Some(value)),
        },
        ty if !value.starts_with('"') => Err(format!("expected {ty} in quotes, found `{value}`")),
        _ => column.push(Some(&unquoted(value)?)),
    }
}

/// Calls a function with each member of an object or element of an array.
fn each(
    text: &str,
    open: u8,
    close: u8,
    mut take: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    let inner = text.as_bytes().first().filter(|byte| **byte == open).map(|_| text[1..].trim_start());
    let wrong = || format!("expected `{}…{}`, found `{text}`", char::from(open), char::from(close));
    let mut rest = inner.ok_or_else(wrong)?;
    if rest.as_bytes() == [close] {
        return Ok(());
    }
    loop {
        let end = item_end(rest).ok_or_else(wrong)?;
        take(rest[..end].trim())?;
        let after = &rest[end + 1..];
        match rest.as_bytes()[end] {
            b',' => rest = after.trim_start(),
            byte if byte == close && after.is_empty() => return Ok(()),
            _ => return Err(wrong()),
        }
    }
}

/// Where a member or an element ends: the first `,`, `}` or `]` that is not inside of something.
fn item_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0);
    loop {
        match bytes.get(at)? {
            b'"' => {
                at += token_end(&text[at..])?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// Where a string that a text begins with ends, its quotes included.
fn token_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The text of a string in quotes.
fn unquoted(token: &str) -> Result<Cow<'_, str>, String> {
    match token.get(1..token.len().saturating_sub(1)) {
        Some(inner) if token.ends_with('"') && !inner.contains(['\\', '"']) => Ok(Cow::Borrowed(inner)),
        _ => serde_json::from_str::<String>(token).map(Cow::Owned).map_err(|error| error.to_string()),
    }
}
