//! A tree of nodes → YAML text, as people write scenarios: what is short on one line, the rest in blocks.
//!
//! What is written is read as the same tree, but for the places: so a scenario that was read and written has the same meaning and the
//! same fingerprint. Comments are not part of the tree.

use super::document::{Key, Node, NodeKind, Scalar};

/// The widest line that a map or a list shares with its key.
const WIDEST: usize = 110;
/// Keys whose entries have a line each.
const IN_BLOCKS: [&str; 5] = ["params", "mixins", "tables", "let", "columns"];
/// The same at the top of the document; a generator may have an argument of that name.
const IN_BLOCKS_AT_TOP: [&str; 2] = ["cases", "checks"];
/// Keys whose entries have several lines each.
const OF_BLOCKS: [&str; 2] = ["mixins", "tables"];

/// Writes a document.
///
/// ```
/// use seedbed_engine::scenario::document::read;
/// use seedbed_engine::scenario::write::write;
/// let document = read("tables: {teams: {rows: 3, columns: {id: serial, code: {text: \"T-{id}\", unique: true}}}}").unwrap();
/// assert_eq!(write(&document), "\
/// tables:
///   teams:
///     rows: 3
///     columns:
///       id: serial
///       code: {text: \"T-{id}\", unique: true}
/// ");
/// ```
pub fn write(document: &Node) -> String {
    let mut out = String::new();
    match &document.kind {
        NodeKind::Map(entries) if !entries.is_empty() => map(entries, false, 0, &mut out),
        NodeKind::List(items) if !items.is_empty() => list(items, 0, &mut out),
        _ => {
            flow(document, &mut out);
            out.push('\n');
        }
    }
    out
}

/// Entries below each other; whether their values are blocks, too.
fn map(entries: &[(Key, Node)], of_blocks: bool, indent: usize, out: &mut String) {
    for (key, value) in entries {
        push_indent(indent, out);
        let start = out.len();
        name(key, Place::Block, out);
        out.push(':');
        let width = indent + out.len() - start;
        let key = key.text.as_str();
        let form = match () {
            () if OF_BLOCKS.contains(&key) && indent == 0 => Form::OfBlocks,
            () if of_blocks || IN_BLOCKS.contains(&key) => Form::Block,
            () if IN_BLOCKS_AT_TOP.contains(&key) && indent == 0 => Form::Block,
            () => Form::Free,
        };
        beside_or_below(value, form, width, indent + 2, out);
    }
}

fn list(items: &[Node], indent: usize, out: &mut String) {
    for item in items {
        push_indent(indent, out);
        if is_nothing(item) {
            out.push_str("- null\n");
            continue;
        }
        out.push('-');
        beside_or_below(item, Form::Free, indent + 1, indent + 2, out);
    }
}

/// How a map or a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// On the line of its key, if there is room.
    Free,
    /// Below its key.
    Block,
    /// Below its key, and so are its values below theirs.
    OfBlocks,
}

/// A value behind its key or dash, on the same line if it may be there and has the room.
fn beside_or_below(value: &Node, form: Form, width: usize, indent: usize, out: &mut String) {
    match &value.kind {
        NodeKind::Scalar(scalar) => {
            if !scalar.text.is_empty() || scalar.quoted {
                out.push(' ');
                text(&scalar.text, scalar.quoted, Place::Block, out);
            }
            return out.push('\n');
        }
        NodeKind::Map(entries) if entries.is_empty() => return out.push_str(" {}\n"),
        NodeKind::List(items) if items.is_empty() => return out.push_str(" []\n"),
        _ => {}
    }
    if form == Form::Free && keeps_in_flow(value) {
        let mut beside = String::new();
        flow(value, &mut beside);
        if width + 1 + beside.chars().count() <= WIDEST {
            out.push(' ');
            out.push_str(&beside);
            return out.push('\n');
        }
    }
    out.push('\n');
    match &value.kind {
        NodeKind::Map(entries) => map(entries, form == Form::OfBlocks, indent, out),
        NodeKind::List(items) => list(items, indent, out),
        NodeKind::Scalar(_) => {}
    }
}

/// Whether no text of a value needs quotes because it stands between brackets: with quotes it would be another value.
fn keeps_in_flow(node: &Node) -> bool {
    let keeps =
        |text: &str, quoted: bool| quoted || is_plain(text, Place::Flow) || !is_plain(text, Place::Block);
    match &node.kind {
        NodeKind::Scalar(scalar) => keeps(&scalar.text, scalar.quoted),
        NodeKind::List(items) => items.iter().all(keeps_in_flow),
        NodeKind::Map(entries) => {
            entries.iter().all(|(key, value)| keeps(&key.text, key.quoted) && keeps_in_flow(value))
        }
    }
}

/// A value on one line.
fn flow(node: &Node, out: &mut String) {
    match &node.kind {
        NodeKind::Scalar(Scalar { text: of, quoted, .. }) => text(of, *quoted, Place::Flow, out),
        NodeKind::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                match is_nothing(item) {
                    true => out.push_str("null"),
                    false => flow(item, out),
                }
            }
            out.push(']');
        }
        NodeKind::Map(entries) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                name(key, Place::Flow, out);
                out.push_str(": ");
                flow(value, out);
            }
            out.push('}');
        }
    }
}

/// Whether nothing is written, which is no item of a list.
fn is_nothing(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.text.is_empty() && !scalar.quoted)
}

/// A key; one without letters stands in quotes.
fn name(key: &Key, place: Place, out: &mut String) {
    text(&key.text, key.quoted || key.text.is_empty(), place, out);
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Alone on the rest of its line.
    Block,
    /// Between brackets or braces.
    Flow,
}

/// A text as it is, where it can be read so; else in double quotes.
fn text(text: &str, quoted: bool, place: Place, out: &mut String) {
    if !quoted && (text.is_empty() || is_plain(text, place)) {
        return out.push_str(text);
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_odd(c) && u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if is_odd(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Characters that are escaped in quotes: those that end lines, that nobody sees, or that YAML does not print.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a text is read as it is without quotes. Where YAML's rules are fine, quotes are the answer.
fn is_plain(text: &str, place: Place) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let number =
        || text.len() > 1 && first == '-' && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let begins = first.is_alphanumeric()
        || matches!(first, '_' | '$' | '=' | '.' | '/' | '(' | '~' | '<' | '+')
        || number();
    begins
        && !text.ends_with(|c: char| c.is_whitespace() || c == ':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains("  ")
        && !text.chars().any(|c| is_odd(c) || (c.is_whitespace() && c != ' '))
        && (place == Place::Block || !text.contains([',', '[', ']', '{', '}', ':']))
}

fn push_indent(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::Span;
    use crate::scenario::document::read;
    use crate::{Plan, Settings};

    /// The tree without places.
    fn shape(node: &Node) -> String {
        match &node.kind {
            NodeKind::Scalar(scalar) => format!("{:?}{}", scalar.text, if scalar.quoted { "q" } else { "" }),
            NodeKind::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
            NodeKind::Map(entries) => {
                let each = entries.iter().map(|(key, value)| {
                    format!("{:?}{}:{}", key.text, if key.quoted { "q" } else { "" }, shape(value))
                });
                format!("{{{}}}", each.collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn shipped_scenarios_keep_their_meaning() {
        for text in [
            include_str!("../../../scenarios/minimal.yaml"),
            include_str!("../../../scenarios/members.yaml"),
            include_str!("../../../scenarios/tpch.yaml"),
            include_str!("../../../scenarios/wide.yaml"),
        ] {
            let written = write(&read(text).unwrap());
            let fingerprint =
                |text: &str| Plan::compile(text, &Settings::default()).unwrap().fingerprint().to_owned();
            assert_eq!(fingerprint(&written), fingerprint(text), "{written}");
            assert_eq!(write(&read(&written).unwrap()), written, "once more changes nothing");
        }
    }

    #[test]
    fn a_scenario_looks_as_people_write_it() {
        let text = "
tables:
  users:
    about: \"people: all of them\"
    rows: $users
    unique: [email, [first, last]]
    columns:
      id: serial
      email: {text: \"{id}@x.example\", unique: true}
      at: {moment: {from: since, to: as_of, order: within parent}}
      ratio: = a / 2
      kind: {choose: {\"null\": 1, b c: 25%}}
      long: {choose: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccccccccccccccccc]}
";
        let written = write(&read(text).unwrap());
        let expected = text.trim_start().replace(
            "      long: {choose: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccccccccccccccccc]}\n",
"      long:\n        choose:\n          - aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n          - bbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n          - ccccccccccccccccccccccccccccccccccccccc\n",
        );
        assert_eq!(written, expected);
    }

    fn nodes() -> impl Strategy<Value = Node> {
        let words = prop_oneof![
            any::<String>().prop_map(|text| text.replace('\0', "")),
            "[a-z =$:,#\\-{}\\[\\]'\"\\\\&*!|>%@`?~]{0,8}",
            Just("null".to_owned()),
            "-?[0-9.e]{1,6}",
        ];
        let span = Span::default();
        let scalar = (words.clone(), any::<bool>()).prop_map(move |(text, quoted)| Node {
            span,
            kind: NodeKind::Scalar(Scalar { text, quoted, exact: false }),
        });
        scalar.prop_recursive(4, 40, 5, move |inner| {
            let map = proptest::collection::btree_map(words.clone(), (any::<bool>(), inner.clone()), 0..5);
            prop_oneof![
                proptest::collection::vec(inner, 0..5)
                    .prop_map(move |items| Node { span, kind: NodeKind::List(items) }),
                map.prop_map(move |entries| {
                    let entries = entries.into_iter();
                    let entries = entries.map(|(text, (quoted, value))| (Key { text, span, quoted }, value));
                    Node { span, kind: NodeKind::Map(entries.collect()) }
                }),
            ]
        })
    }

    /// The tree as it comes back: with quotes where a text cannot stand without, and `null` for items that are nothing. In braces more is
    /// quoted than in blocks; that is not asked here.
    fn readable(node: Node) -> Node {
        let in_quotes =
            |text: &str, quoted: bool| quoted || !(text.is_empty() || is_plain(text, Place::Flow));
        let kind = match node.kind {
            NodeKind::Scalar(scalar) => {
                NodeKind::Scalar(Scalar { quoted: in_quotes(&scalar.text, scalar.quoted), ..scalar })
            }
            NodeKind::List(items) => {
                NodeKind::List(items.into_iter().map(|item| readable(named(item))).collect())
            }
            NodeKind::Map(entries) => {
                let key =
                    |key: Key| Key { quoted: in_quotes(&key.text, key.quoted) || key.text.is_empty(), ..key };
                NodeKind::Map(entries.into_iter().map(|(of, value)| (key(of), readable(value))).collect())
            }
        };
        Node { kind, ..node }
    }

    fn named(item: Node) -> Node {
        match is_nothing(&item) {
            true => Node {
                kind: NodeKind::Scalar(Scalar { text: "null".to_owned(), quoted: false, exact: false }),
                ..item
            },
            false => item,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(node in nodes()) {
            let top = Key::new("top", Span::default());
            let document = Node { span: Span::default(), kind: NodeKind::Map(vec![(top, readable(node))]) };
            let written = write(&document);
            match read(&written) {
                Ok(found) => prop_assert_eq!(shape(&found), shape(&document), "{}", written),
                Err(fault) => prop_assert!(false, "{fault}\n{written}"),
            }
        }
    }
}
