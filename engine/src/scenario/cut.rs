//! Texts that YAML has cut at a comma: in `{type: numeric(10,2)}` the type is `numeric(10`, and `2)` is a key.
//!
//! What is cut is no fault by itself, since YAML means it so. It is looked for when there are faults, and faults of its pieces
//! tell how it is written in one.

use super::document::{Key, Node, NodeKind, Scalar};
use crate::error::{Faults, Span};

/// A text in pieces.
struct Cut {
    /// From the first piece to the last.
    span: Span,
    /// How it is written in one.
    hint: String,
}

/// Lets the first fault of each text that was cut tell how to write it; the others follow from it and are left out.
pub(crate) fn explain(faults: Faults, document: &Node, text: &str) -> Faults {
    let mut cuts = Vec::new();
    find(document, text, &mut cuts);
    cuts.sort_by_key(|cut| cut.span);
    let mut told = vec![false; cuts.len()];
    let explained = faults.0.into_iter().filter_map(|mut fault| {
        let Some(span) = fault.span else { return Some(fault) };
        // Texts do not overlap: only the last that begins before the fault may hold it.
        let at = cuts.partition_point(|cut| cut.span.start <= span.start).checked_sub(1);
        match at.filter(|&at| span.end <= cuts[at].span.end) {
            None => Some(fault),
            Some(at) if told[at] => None,
            Some(at) => {
                told[at] = true;
                fault.hint = Some(cuts[at].hint.clone());
                Some(fault)
            }
        }
    });
    Faults(explained.collect())
}

fn find(node: &Node, text: &str, cuts: &mut Vec<Cut>) {
    let opens = text.as_bytes().get(node.span.start);
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::List(items) => {
            if opens == Some(&b'[') {
                let pieces = items.iter().map(|item| {
                    let Scalar { text, quoted, .. } = item.scalar()?;
                    Some(Piece { key: None, text, quoted: *quoted, span: item.span })
                });
                cuts.extend(joined(pieces, text));
            }
            items.iter().for_each(|item| find(item, text, cuts));
        }
        NodeKind::Map(entries) => {
            if opens == Some(&b'{') {
                cuts.extend(joined(entries.iter().map(piece_of_map), text));
            }
            entries.iter().for_each(|(_, value)| find(value, text, cuts));
        }
    }
}

/// What may be a piece of a text.
struct Piece<'n> {
    /// The key before it: only the first piece can have one.
    key: Option<&'n str>,
    text: &'n str,
    quoted: bool,
    span: Span,
}

/// A value after its key, or a key without a value.
fn piece_of_map((key, value): &(Key, Node)) -> Option<Piece<'_>> {
    if value.is_null() {
        return Some(Piece { key: None, text: &key.text, quoted: key.quoted, span: key.span });
    }
    let Scalar { text, quoted, .. } = value.scalar()?;
    Some(Piece { key: Some(&key.text), text, quoted: *quoted, span: value.span })
}

/// The texts among some pieces: from one that opens a parenthesis to the one that closes it.
fn joined<'n>(pieces: impl Iterator<Item = Option<Piece<'n>>>, text: &str) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut open: Option<(Piece, Parentheses)> = None;
    for piece in pieces {
        let Some(piece) = piece else {
            open = None;
            continue;
        };
        let (first, mut parentheses) = match open.take() {
            Some(open) if piece.key.is_none() => open,
            _ => {
                let parentheses = Parentheses::default().after(piece.text);
                open = (parentheses.depth > 0 && !piece.quoted).then_some((piece, parentheses));
                continue;
            }
        };
        parentheses = parentheses.after(piece.text);
        if parentheses.depth > 0 || parentheses.quoted {
            open = Some((first, parentheses));
        } else if parentheses.depth == 0 {
            let span = Span::new(first.span.start, piece.span.end);
            cuts.extend(
                text.get(span.start..span.end).map(|whole| Cut { span, hint: hint(first.key, whole) }),
            );
        }
    }
    cuts
}

/// How many parentheses are open at the end of a text.
#[derive(Clone, Copy, Default)]
struct Parentheses {
    depth: i32,
    /// Whether it ends within an SQL text.
    quoted: bool,
}

impl Parentheses {
    fn after(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            match byte {
                b'\'' => self.quoted = !self.quoted,
                b'(' if !self.quoted => self.depth += 1,
                b')' if !self.quoted => self.depth -= 1,
                _ => {}
            }
        }
        self
    }
}

/// The hint where YAML ends at a quote behind a comma, as in `{if: coalesce(a, 'b')}`, if a byte of a line stands in parentheses.
pub(super) fn hint_within(line: &str, at: usize) -> Option<String> {
    let begin = line[..at].rfind(['{', '[']).max(line[..at].rfind(": ").map(|colon| colon + 1))? + 1;
    let (mut start, mut parentheses) = (begin, Parentheses::default());
    for (i, c) in line[begin..].char_indices() {
        if begin + i == at && parentheses.depth == 0 {
            return None;
        }
        let c = &line[begin + i..begin + i + c.len_utf8()];
        parentheses = parentheses.after(c);
        match c {
            "," if parentheses.depth == 0 && begin + i < at => start = begin + i + 1,
            ")" if parentheses.depth == 0 && !parentheses.quoted => {
                let whole = line[start..=begin + i].trim();
                if begin + i >= at {
                    return Some(hint(None, whole));
                }
            }
            _ => {}
        }
    }
    None
}

fn hint(key: Option<&str>, whole: &str) -> String {
    if key.is_none() && whole.starts_with('=') {
        return format!("an expression stands without braces: `{whole}`");
    }
    let quoted = match whole.contains(['"', '\\']) {
        true => format!("'{}'", whole.replace('\'', "''")),
        false => format!("\"{whole}\""),
    };
    let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
    format!("inside braces and brackets, a text with commas is quoted: `{key}{quoted}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, Settings};

    fn hints(columns: &str) -> Vec<String> {
        let scenario = format!("tables:\n  t:\n    rows: 3\n    check: {columns}\n");
        let document = super::super::document::read(&scenario).unwrap();
        let mut cuts = Vec::new();
        find(&document, &scenario, &mut cuts);
        cuts.into_iter()
            .map(|cut| cut.hint.rsplit_once(": `").unwrap().1.trim_end_matches('`').to_owned())
            .collect()
    }

    #[test]
    fn what_was_cut_in_parentheses_is_joined() {
        for (written, meant) in [
            ("[coalesce(a,b) > 1, c]", "\"coalesce(a,b) > 1\""),
            ("[c, f(a, g(b, 1), 2)]", "\"f(a, g(b, 1), 2)\""),
            ("[\"c\", f(a, \"b\", d)]", "'f(a, \"b\", d)'"),
            ("{= concat(a, b)}", "= concat(a, b)"),
            ("[f('(', b)]", "\"f('(', b)\""),
        ] {
            assert_eq!(hints(written), [meant], "{written}");
        }
        assert_eq!(hints("{a: f(1, 2), b: g(3,4)}").len(), 2);
        for whole in
            ["[a, b]", "[\"f(a\", \"b)\"]", "[f(a, b]", "[f(a), g(b)]", "{a: (x, b: y)}", "[f(a, [b], c)]"]
        {
            assert!(hints(whole).is_empty(), "{whole}");
        }
        let line = "  x: {a: 1, b: coalesce(c, 'd'), e: 2}";
        let hint = hint_within(line, line.find("),").unwrap()).unwrap();
        assert!(hint.ends_with(": `\"coalesce(c, 'd')\"`"), "{hint}");
        assert_eq!(hint_within(line, line.find("a: 1").unwrap()), None);
        // Outside braces a comma cuts nothing.
        assert!(hints("f(a, b)").is_empty());
    }

    /// `{type: numeric(10,2)}` was called an unknown generator or modifier `2)`, with no word about the comma.
    #[test]
    fn one_fault_of_a_text_tells_how_to_write_it() {
        for column in ["{serial: , type: numeric(10,2)}", "{moment: {from: coalesce(a, b), to: as_of}}"] {
            let scenario = format!("tables: {{t: {{rows: 3, columns: {{x: {column}}}}}}}");
            let faults = Plan::compile(&scenario, &Settings::default()).unwrap_err();
            let hint = faults.0[0].hint.as_deref().unwrap();
            assert!(faults.0.len() == 1 && hint.contains("a text with commas is quoted"), "{faults}");
        }
    }
}
