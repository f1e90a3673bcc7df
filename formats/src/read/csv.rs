//! CSV in the dialect that seedbed writes: a header, lines that end with `\n`, NULL as an empty field, the empty text as `""`.

use std::io::{BufRead, BufReader, Read};

use super::column::Column;
use super::{BYTES_PER_BATCH, ROWS_PER_BATCH, Shape, Take};

/// No line with its fields in quotes is longer.
const LONGEST_RECORD: u64 = 1 << 28;

pub(super) fn read(source: impl Read, shape: &Shape, take: &Take) -> Result<(), String> {
    let mut records = Records { source: BufReader::with_capacity(1 << 18, source), line: Vec::new(), row: 0 };
    let mut fields = Vec::new();
    if !records.next()? {
        return Err("the header is missing".to_owned());
    }
    records.split(&mut fields)?;
    let names: Vec<&str> = fields.iter().map(|field| field.text(&records.line)).collect::<Result<_, _>>()?;
    shape.check(names.iter().copied())?;
    // Where each field goes.
    let places = names.iter().map(|name| shape.columns.iter().position(|(column, _)| column == name));
    let places: Vec<usize> = places.collect::<Option<_>>().unwrap_or_default();
    let mut columns: Vec<Column> =
        shape.columns.iter().map(|(_, ty)| Column::new(ty)).collect::<Result<_, _>>()?;
    let (mut rows, mut bytes) = (0, 0);
    loop {
        let more = records.next()?;
        if rows == ROWS_PER_BATCH || bytes >= BYTES_PER_BATCH || (!more && rows > 0) {
            bytes = 0;
            let arrays = columns.iter_mut().map(Column::finish).collect::<Result<_, _>>();
            let arrays = arrays.map_err(|error| format!("before row {}: {error}", records.row))?;
            take(&shape.batch(arrays, std::mem::take(&mut rows))?)?;
        }
        if !more {
            return Ok(());
        }
        records.split(&mut fields)?;
        let row = records.row - 1;
        if fields.len() != places.len() {
            return Err(format!("row {row} has {} fields, not {}", fields.len(), places.len()));
        }
        for (field, place) in fields.iter().zip(&places) {
            let text = field.text(&records.line)?;
            let result = put(&mut columns[*place], (field.quoted || !text.is_empty()).then_some(text));
            result.map_err(|error| format!("row {row}, column `{}`: {error}", shape.columns[*place].0))?;
        }
        (rows, bytes) = (rows + 1, bytes + records.line.len());
    }
}

/// The lines of a file; a line break in quotes does not end one.
struct Records<R> {
    source: BufReader<R>,
    line: Vec<u8>,
    /// Lines read so far, the header included.
    row: u64,
}

/// A field as a place in its line, without its quotes. Quotes inside have been made single.
struct Field {
    start: usize,
    end: usize,
    quoted: bool,
}

impl Field {
    fn text<'l>(&self, line: &'l [u8]) -> Result<&'l str, String> {
        std::str::from_utf8(&line[self.start..self.end]).map_err(|error| error.to_string())
    }
}

impl<R: Read> Records<R> {
    /// Reads the next line; `false` at the end.
    fn next(&mut self) -> Result<bool, String> {
        self.line.clear();
        let mut open = false;
        loop {
            let start = self.line.len();
            let most = (LONGEST_RECORD + 1).saturating_sub(start as u64);
            let mut source = self.source.by_ref().take(most);
            let read = source.read_until(b'\n', &mut self.line).map_err(|error| error.to_string())?;
            if read == 0 && (open || self.line.len() as u64 > LONGEST_RECORD) {
                return Err(format!("the quotes of row {} are not closed", self.row));
            }
            open ^= self.line[start..].iter().filter(|byte| **byte == b'"').count() % 2 == 1;
            if !open {
                break;
            }
        }
        if self.line.is_empty() {
            return Ok(false);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        self.row += 1;
        Ok(true)
    }

    /// Finds the fields of the line.
    fn split(&mut self, fields: &mut Vec<Field>) -> Result<(), String> {
        fields.clear();
        let line = &mut self.line;
        let mut at = 0;
        loop {
            let field = if line.get(at) == Some(&b'"') {
                let start = at + 1;
                let (mut from, mut to) = (start, start);
                // Every quote has its partner, or the line would go on.
                while from < line.len() {
                    if line[from] == b'"' {
                        if line.get(from + 1) != Some(&b'"') {
                            break;
                        }
                        from += 1;
                    }
                    line[to] = line[from];
                    (from, to) = (from + 1, to + 1);
                }
                at = from + 1;
                Field { start, end: to, quoted: true }
            } else {
                let start = at;
                at += line[at..].iter().position(|byte| *byte == b',').unwrap_or(line.len() - at);
                Field { start, end: at, quoted: false }
            };
            fields.push(field);
            match line.get(at) {
                None => return Ok(()),
                Some(b',') => at += 1,
                Some(_) => return Err(format!("row {}: something follows a field in quotes", self.row - 1)),
            }
        }
    }
}

/// Adds a field to its column.
fn put(column: &mut Column, text: Option<&str>) -> Result<(), String> {
    let Some(literal) = text.filter(|_| column.elements().is_some()) else { return column.push(text) };
    let mut rest = literal;
    array(column, &mut rest)?;
    if rest.is_empty() { Ok(()) } else { Err(format!("`{rest}` follows an array")) }
}

/// Reads the literal of an array as PostgreSQL writes it, `{a,"b c",NULL}`.
fn array(column: &mut Column, rest: &mut &str) -> Result<(), String> {
    let wrong = |rest: &str| format!("expected an array such as `{{a,\"b c\",NULL}}`, found `{rest}`");
    let Some(elements) = column.elements() else { return Err(wrong(rest)) };
    *rest = rest.strip_prefix('{').ok_or_else(|| wrong(rest))?;
    let mut length = 0;
    if let Some(after) = rest.strip_prefix('}') {
        *rest = after;
        column.end_list(Some(length));
        return Ok(());
    }
    loop {
        if rest.starts_with('{') {
            array(elements, rest)?;
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let mut text = String::new();
            let mut letters = quoted.char_indices();
            let end = loop {
                match letters.next().ok_or_else(|| wrong(rest))? {
                    (at, '"') => break at,
                    (_, '\\') => text.push(letters.next().ok_or_else(|| wrong(rest))?.1),
                    (_, letter) => text.push(letter),
                }
            };
            elements.push(Some(&text))?;
            *rest = &quoted[end + 1..];
        } else {
            let end = rest.find([',', '}']).ok_or_else(|| wrong(rest))?;
            let text = &rest[..end];
            elements.push((!text.eq_ignore_ascii_case("NULL")).then_some(text))?;
            *rest = &rest[end..];
        }
        length += 1;
        if let Some(after) = rest.strip_prefix('}') {
            *rest = after;
            column.end_list(Some(length));
            return Ok(());
        }
        *rest = rest.strip_prefix(',').ok_or_else(|| wrong(rest))?;
    }
}
