//! YAML text → a tree of nodes that know where they stand in the text.
//!
//! Budgets keep hostile or mistaken input cheap: a file of at most [`MAX_BYTES`], at most
//! [`MAX_NODES`] nodes and as many bytes of text after aliases are expanded, nested at most [`MAX_DEPTH`] deep. They are looked
//! at before anything is copied.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::cut;
use crate::error::{Fault, Span};

/// The largest scenario that is read, in bytes; its texts have no more with aliases expanded.
pub const MAX_BYTES: usize = 4 << 20;
/// The most nodes a scenario may have, aliases expanded.
pub const MAX_NODES: usize = 200_000;
/// How deep maps and lists may nest.
pub const MAX_DEPTH: usize = 48;

/// A value of the YAML document and its place in the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The three kinds of YAML values.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A single value, as text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in the order written; no key occurs twice.
    Map(Vec<(Key, Node)>),
}

/// A scalar: its text without quotes and escapes.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// Whether quotes (or a block) mark it as text, so that `"5"` is not a number.
    pub quoted: bool,
    /// Whether byte `i` of the text lies at `span.start + i`, as in a plain scalar on one line.
    pub exact: bool,
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The text of the key.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it is written in quotes.
    pub quoted: bool,
}

impl Key {
    /// A key without quotes.
    pub fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span, quoted: false }
    }
}

impl Node {
    /// The scalar, if this is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entries, if this is a map.
    pub fn map(&self) -> Option<&[(Key, Self)]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn list(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.map()?.iter().find(|(k, _)| k.text == key).map(|(_, value)| value)
    }

    /// Whether this is an unquoted `null`, `~` or nothing at all.
    pub fn is_null(&self) -> bool {
        self.scalar()
            .is_some_and(|s| !s.quoted && matches!(s.text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What this is, for messages: `a map`, `a list`, `the text "x"`, `the number 5`.
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Map(_) => "a map".to_owned(),
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Scalar(_) if self.is_null() => "nothing".to_owned(),
            NodeKind::Scalar(scalar) => {
                let mut shown: String = scalar.text.chars().take(40).collect();
                if shown.len() < scalar.text.len() {
                    shown.push('…');
                }
                let is_text = scalar.quoted && !scalar.text.starts_with('=');
                if is_text { format!("the text \"{shown}\"") } else { format!("`{shown}`") }
            }
        }
    }
}

/// Reads one YAML document.
///
/// # Errors
/// The first fault of the YAML itself: syntax, a key that occurs twice, a tag, a second document,
/// or a budget that is exceeded.
pub fn read(text: &str) -> Result<Node, Fault> {
    if text.len() > MAX_BYTES {
        let message =
            format!("the scenario has {} bytes, more than the {MAX_BYTES} that are read", text.len());
        return Err(Fault::setting(message).hint("is this the right file?"));
    }
    if let Some(at) = text.find('\0') {
        return Err(Fault::at(Span::new(at, at + 1), "a scenario cannot hold a NUL character"));
    }
    let mut reader =
        Reader { offsets: Offsets::new(text), text, anchors: HashMap::new(), size: Size::default() };
    reader.document()
}

struct Reader<'t> {
    text: &'t str,
    offsets: Offsets,
    anchors: HashMap<usize, (Node, Size)>,
    /// Of all that has been read, copies for anchors and aliases among it.
    size: Size,
}

/// How much there is of something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    nodes: usize,
    /// The bytes of all texts.
    bytes: usize,
}

impl Size {
    /// A value and all in it.
    pub(super) fn of(node: &Node) -> Self {
        let mut size = Self { nodes: 1, bytes: 0 };
        match &node.kind {
            NodeKind::Scalar(scalar) => size.bytes = scalar.text.len(),
            NodeKind::List(items) => items.iter().for_each(|item| size.include(Self::of(item))),
            NodeKind::Map(entries) => entries.iter().for_each(|(key, value)| size.include_entry(key, value)),
        }
        size
    }

    fn include(&mut self, more: Self) {
        self.nodes += more.nodes;
        self.bytes += more.bytes;
    }

    fn include_entry(&mut self, key: &Key, value: &Node) {
        self.include(Self { nodes: 1, bytes: key.text.len() });
        self.include(Self::of(value));
    }

    /// Adds a copy of an entry, before it is made.
    ///
    /// # Errors
    /// A fault at its place when there is more than a scenario may have.
    pub(super) fn add_copy(&mut self, key: &Key, value: &Node, place: Span) -> Result<(), Fault> {
        self.include_entry(key, value);
        let too_much = self.too_much(place);
        too_much.map_or(Ok(()), |fault| Err(fault.hint("mixins count in each table that names them")))
    }

    /// A fault when that is more than a scenario may have.
    fn too_much(&self, place: Span) -> Option<Fault> {
        let message = if self.nodes > MAX_NODES {
            format!("the scenario has more than {MAX_NODES} values")
        } else if self.bytes > MAX_BYTES {
            format!("the texts of the scenario have more than {MAX_BYTES} bytes")
        } else {
            return None;
        };
        Some(Fault::at(place, message))
    }
}

/// A map or list whose end has not been read yet.
struct Open {
    start: usize,
    anchor: usize,
    before: Size,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, seen: HashSet<String>, key: Option<Key> },
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Fault> {
        let mut open: Vec<Open> = Vec::new();
        let mut root: Option<Node> = None;
        let mut documents = 0;
        let mut parser = Parser::new_from_str(self.text);
        while let Some(event) = parser.next_event() {
            let (event, place) = event.map_err(|error| self.syntax_fault(&error))?;
            let span =
                Span::new(self.offsets.byte(place.start.index()), self.offsets.byte(place.end.index()));
            let node = match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let fault = Fault::at(span, "a scenario is one YAML document");
                        return Err(fault.hint("remove the second `---`"));
                    }
                    continue;
                }
                Event::Scalar(value, style, anchor, tag) => {
                    self.refuse_tag(tag.is_some(), span)?;
                    let size = Size { nodes: 1, bytes: value.len() };
                    self.count(size, span)?;
                    let node = self.scalar(value.into_owned(), style, span);
                    if anchor > 0 {
                        self.count(size, span)?;
                        self.anchors.insert(anchor, (node.clone(), size));
                    }
                    node
                }
                Event::Alias(anchor) => {
                    let Some(size) = self.anchors.get(&anchor).map(|(_, size)| *size) else {
                        return Err(Fault::at(span, "an alias inside the value that it names"));
                    };
                    self.count(size, span)?;
                    Node { span, kind: self.anchors[&anchor].0.kind.clone() }
                }
                Event::SequenceStart(anchor, ref tag) | Event::MappingStart(anchor, ref tag) => {
                    self.refuse_tag(tag.is_some(), span)?;
                    if open.len() >= MAX_DEPTH {
                        return Err(Fault::at(span, format!("nested more than {MAX_DEPTH} deep")));
                    }
                    let before = self.size;
                    self.count(Size { nodes: 1, bytes: 0 }, span)?;
                    let kind = if matches!(event, Event::SequenceStart(..)) {
                        OpenKind::List(Vec::new())
                    } else {
                        OpenKind::Map { entries: Vec::new(), seen: HashSet::new(), key: None }
                    };
                    open.push(Open { start: span.start, anchor, before, kind });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(closed) = open.pop() else { continue };
                    self.close(closed, span)?
                }
                _ => continue,
            };
            match open.last_mut() {
                None => root = Some(node),
                Some(outer) => outer.push(node)?,
            }
        }
        root.filter(|node| !node.is_null())
            .ok_or_else(|| Fault::setting("the scenario is empty").hint("start with `tables:`"))
    }

    fn close(&mut self, closed: Open, end: Span) -> Result<Node, Fault> {
        let kind = match closed.kind {
            OpenKind::List(items) => NodeKind::List(items),
            OpenKind::Map { entries, .. } => NodeKind::Map(entries),
        };
        // A block collection ends where the next token starts; what the reader means ends before the blanks.
        let start = closed.start.min(self.text.len());
        let end = end.end.clamp(start, self.text.len());
        let trimmed = self.text[start..end].trim_end().len();
        let node = Node { span: Span::new(start, start + trimmed), kind };
        if closed.anchor > 0 {
            let size = Size {
                nodes: self.size.nodes - closed.before.nodes,
                bytes: self.size.bytes - closed.before.bytes,
            };
            self.count(size, node.span)?;
            self.anchors.insert(closed.anchor, (node.clone(), size));
        }
        Ok(node)
    }

    fn scalar(&self, text: String, style: ScalarStyle, span: Span) -> Node {
        let quoted = style != ScalarStyle::Plain;
        // Inside quotes the text starts one byte later; it is exact when nothing was unescaped or folded.
        let inner = if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            Span::new(span.start + 1, span.end.saturating_sub(1).max(span.start + 1))
        } else {
            Span::new(span.start, span.end.min(span.start + text.len()).max(span.start))
        };
        let exact = self.text.get(inner.start..inner.end) == Some(text.as_str());
        let span = if exact { inner } else { span };
        Node { span, kind: NodeKind::Scalar(Scalar { text, quoted, exact }) }
    }

    /// Adds to what there is, before it is made.
    fn count(&mut self, more: Size, span: Span) -> Result<(), Fault> {
        self.size.include(more);
        let too_much = self.size.too_much(span);
        too_much.map_or(Ok(()), |fault| Err(fault.hint("aliases count each time they are used")))
    }

    fn refuse_tag(&self, tagged: bool, span: Span) -> Result<(), Fault> {
        if !tagged {
            return Ok(());
        }
        Err(Fault::at(span, "YAML tags are not used in scenarios")
            .hint("remove the `!…` in front of the value"))
    }

    fn syntax_fault(&self, error: &saphyr_parser::ScanError) -> Fault {
        let at = self.offsets.byte(error.marker().index()).min(self.text.len());
        let end = at + self.text[at..].chars().next().map_or(0, char::len_utf8);
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let hint = if self.text[line..at].contains('\t') {
            "YAML is indented with spaces, not with tabs"
        } else {
            "this is YAML: check the indentation, and quote text that holds `: `, `#`, `{` or `[`"
        };
        let fault = Fault::at(Span::new(at, end), format!("not valid YAML: {}", error.info())).hint(hint);
        let whole = self.text[line..].split('\n').next().unwrap_or_default();
        fault.maybe_hint(cut::hint_within(whole, at - line))
    }
}

impl Open {
    fn push(&mut self, node: Node) -> Result<(), Fault> {
        match &mut self.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { entries, seen, key } => match key.take() {
                Some(name) => entries.push((name, node)),
                None => {
                    let NodeKind::Scalar(Scalar { text, quoted, .. }) = node.kind else {
                        return Err(Fault::at(node.span, "a key must be a plain word"));
                    };
                    if !seen.insert(text.clone()) {
                        return Err(Fault::at(node.span, format!("the key `{text}` occurs twice")));
                    }
                    *key = Some(Key { text, span: node.span, quoted });
                }
            },
        }
        Ok(())
    }
}

/// Turns the parser's character indices into bytes.
struct Offsets {
    /// Byte offset of every character; empty when the text is ASCII and both are the same.
    bytes: Vec<u32>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            // The text is at most `MAX_BYTES` long, so offsets fit.
            text.char_indices().map(|(at, _)| at as u32).collect()
        };
        Self { bytes, len: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            return character.min(self.len);
        }
        self.bytes.get(character).map_or(self.len, |&at| at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        read(text).unwrap_err().message
    }

    #[test]
    fn nodes_know_their_bytes() {
        let text = "a: 'ü'\nb: {c: = x + 1, d: [1, \"2\"]}\n";
        let root = read(text).unwrap();
        let c = root.get("b").unwrap().get("c").unwrap();
        assert_eq!(&text[c.span.start..c.span.end], "= x + 1");
        assert!(c.scalar().unwrap().exact);
        let a = root.get("a").unwrap();
        assert_eq!(&text[a.span.start..a.span.end], "ü");
        let d = root.get("b").unwrap().get("d").unwrap().list().unwrap();
        assert!(!d[0].scalar().unwrap().quoted);
        assert!(d[1].scalar().unwrap().quoted);
    }

    #[test]
    fn keys_occur_once() {
        assert_eq!(message("a: 1\nb: 2\na: 3"), "the key `a` occurs twice");
    }

    #[test]
    fn budgets_hold() {
        assert_eq!(message(&"[".repeat(100)), format!("nested more than {MAX_DEPTH} deep"));
        let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (name, of) in ["b", "c", "d", "e", "f", "g", "h"].iter().zip(["a", "b", "c", "d", "e", "f", "g"])
        {
            bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 10].join(", "));
        }
        assert_eq!(message(&bomb), format!("the scenario has more than {MAX_NODES} values"));
        assert!(message(&" ".repeat(MAX_BYTES + 1)).contains("more than the"));
        let long = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), ["*a"; 30_000].join(", "));
        assert_eq!(message(&long), format!("the texts of the scenario have more than {MAX_BYTES} bytes"));
        let items = ["x"; 5000].join(", ");
        let nested = (0..45).fold(format!("[{items}]"), |inner, i| format!("[&a{i} {inner}]"));
        assert_eq!(message(&nested), format!("the scenario has more than {MAX_NODES} values"));
    }
}
