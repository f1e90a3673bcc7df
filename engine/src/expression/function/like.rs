//! `like` and `ilike`. A pattern is cut at its `%` and its pieces looked for one after the other, which takes no longer than
//! reading text and pattern.

use arrow::array::ArrayRef;
use memchr::memmem;

use super::text::{Case, push_cased};
use crate::budget::Steps;
use crate::error::{Fault, Span};
use crate::expression::kernel::{Texts, Value, try_boolean_rows};
use crate::expression::operator::Placed;
use crate::expression::tree::{Expression, Form};
use crate::types::Type;

/// `text [i]like pattern`.
pub(in crate::expression) fn like(
    text: Placed,
    pattern: Placed,
    escape: Option<char>,
    ignore_case: bool,
    span: Span,
) -> Result<Expression, Fault> {
    let text = text.0.widen(&Type::Text, text.1)?;
    let pattern_span = pattern.1;
    let mut pattern = pattern.0.widen(&Type::Text, pattern.1)?;
    if escape != Some('\\') {
        let Some(written) = pattern.constant_text() else {
            return Err(Fault::at(pattern_span, "a pattern with another escape must be a quoted literal"));
        };
        pattern = Expression::text_constant(&with_backslash(&written, escape));
    }
    let form = Form::Infix(if ignore_case { "ilike" } else { "like" });
    if let Some(written) = pattern.constant_text() {
        let prepared = Pattern::new(&written, ignore_case).map_err(|error| Fault::at(pattern_span, error))?;
        return Ok(Expression::strict(form, vec![text, pattern], Type::Boolean, span, move |a, rows| {
            let text = Texts::of(&a[0]);
            let mut room = Room::default();
            try_boolean_rows(a, rows, |row| prepared.matches(text.get(row), &mut room))
        }));
    }
    let matches = move |a: &[Value], rows: usize| -> Result<ArrayRef, String> {
        let (text, pattern) = (Texts::of(&a[0]), Texts::of(&a[1]));
        let mut room = Room::default();
        // Rows next to each other often have the same pattern.
        let mut last: Option<(&str, Pattern)> = None;
        try_boolean_rows(a, rows, |row| {
            let written = pattern.get(row);
            if last.as_ref().is_none_or(|(known, _)| *known != written) {
                last = Some((written, Pattern::new(written, ignore_case)?));
            }
            last.as_ref().map_or(Ok(false), |(_, pattern)| pattern.matches(text.get(row), &mut room))
        })
    };
    Ok(Expression::strict(form, vec![text, pattern], Type::Boolean, span, matches))
}

/// A pattern cut at its `%`.
struct Pattern {
    ignore_case: bool,
    first: Piece,
    middle: Vec<Piece>,
    /// `None`: there is no `%`, and the first piece is all.
    last: Option<Piece>,
}

/// What is used for one text after the other.
#[derive(Default)]
struct Room {
    /// A copy of the text.
    lowered: String,
    steps: Steps,
}

/// What stands between two `%`.
enum Piece {
    Literal(String),
    /// With a `_`, which is `None`.
    Characters(Vec<Option<char>>),
}

impl Pattern {
    fn new(pattern: &str, ignore_case: bool) -> Result<Self, String> {
        let mut lowered = String::new();
        let pattern = if ignore_case {
            push_cased(pattern, &mut lowered, Case::Lower);
            &lowered
        } else {
            pattern
        };
        let mut pieces = vec![Vec::new()];
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '%' => {
                    pieces.push(Vec::new());
                    continue;
                }
                '_' => None,
                '\\' => Some(chars.next().ok_or("the pattern must not end with its escape character")?),
                c => Some(c),
            };
            pieces.last_mut().expect("there is one at least").push(piece);
        }
        let mut pieces: Vec<Piece> = pieces.into_iter().map(Piece::new).collect();
        let last = if pieces.len() > 1 { pieces.pop() } else { None };
        let first = pieces.remove(0);
        pieces.retain(|piece| !piece.is_empty());
        Ok(Self { ignore_case, first, middle: pieces, last })
    }

    fn matches(&self, text: &str, room: &mut Room) -> Result<bool, String> {
        let Room { lowered, steps } = room;
        steps.begin();
        steps.take(text.len())?;
        let text = if self.ignore_case {
            lowered.clear();
            push_cased(text, lowered, Case::Lower);
            lowered.as_str()
        } else {
            text
        };
        let Some(begin) = self.first.at_start(text) else { return Ok(false) };
        let rest = &text[begin..];
        let Some(last) = &self.last else { return Ok(rest.is_empty()) };
        let Some(end) = last.at_end(rest) else { return Ok(false) };
        // A piece has one length, so that the first place where it stands leaves most to those behind it.
        let mut rest = &rest[..end];
        for piece in &self.middle {
            match piece.find(rest, steps)? {
                Some(end) => rest = &rest[end..],
                None => return Ok(false),
            }
        }
        Ok(true)
    }
}

impl Piece {
    fn new(characters: Vec<Option<char>>) -> Self {
        match characters.iter().copied().collect::<Option<String>>() {
            Some(literal) => Self::Literal(literal),
            None => Self::Characters(characters),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Literal(literal) if literal.is_empty())
    }

    /// The byte after the piece, where the text begins with it.
    fn at_start(&self, text: &str) -> Option<usize> {
        match self {
            Self::Literal(literal) => text.starts_with(literal.as_str()).then_some(literal.len()),
            Self::Characters(characters) => {
                let mut rest = text.chars();
                for wanted in characters {
                    let c = rest.next()?;
                    if wanted.is_some_and(|wanted| wanted != c) {
                        return None;
                    }
                }
                Some(text.len() - rest.as_str().len())
            }
        }
    }

    /// The byte where the piece begins, where the text ends with it.
    fn at_end(&self, text: &str) -> Option<usize> {
        match self {
            Self::Literal(literal) => text.ends_with(literal.as_str()).then(|| text.len() - literal.len()),
            Self::Characters(characters) => {
                let mut rest = text.chars();
                for wanted in characters.iter().rev() {
                    let c = rest.next_back()?;
                    if wanted.is_some_and(|wanted| wanted != c) {
                        return None;
                    }
                }
                Some(rest.as_str().len())
            }
        }
    }

    /// The byte after the first place where the piece stands.
    fn find(&self, text: &str, steps: &mut Steps) -> Result<Option<usize>, String> {
        let characters = match self {
            Self::Literal(literal) => {
                let at = memmem::find(text.as_bytes(), literal.as_bytes());
                return Ok(at.map(|at| at + literal.len()));
            }
            Self::Characters(characters) => characters,
        };
        for (at, _) in text.char_indices() {
            let mut rest = text[at..].chars();
            let mut stands = true;
            for wanted in characters {
                steps.take(1)?;
                match rest.next() {
                    // Further on there are even fewer characters left.
                    None => return Ok(None),
                    Some(c) if wanted.is_none_or(|wanted| wanted == c) => {}
                    Some(_) => {
                        stands = false;
                        break;
                    }
                }
            }
            if stands {
                return Ok(Some(text.len() - rest.as_str().len()));
            }
        }
        Ok(None)
    }
}

/// Rewrites a pattern with another escape, or with none, to one with the backslash.
fn with_backslash(pattern: &str, escape: Option<char>) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            out.push('\\');
            out.extend(chars.next());
        } else {
            if c == '\\' {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern, false).unwrap().matches(text, &mut Room::default()).unwrap()
    }

    /// Tries every way to read the pattern.
    fn by_trying(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|at| by_trying(&text[at..], rest)),
            Some(('_', rest)) => !text.is_empty() && by_trying(&text[1..], rest),
            Some(('\\', rest)) => text.first() == rest.first() && by_trying(&text[1..], &rest[1..]),
            Some((c, rest)) => text.first() == Some(c) && by_trying(&text[1..], rest),
        }
    }

    /// Thousands of wildcards took ten seconds, in an automaton of as many states.
    #[test]
    fn many_wildcards_take_no_time() {
        let begun = std::time::Instant::now();
        let text = "a".repeat(1 << 20);
        assert!(is_like(&text, &"%a".repeat(30_000)));
        assert!(!is_like(&text, &format!("{}b%", "%a".repeat(30_000))));
        assert!(is_like(&text, &"%_".repeat(30_000)));
        assert!(!is_like("a", &"%_".repeat(30_000)));
        let hard = Pattern::new(&format!("%{}_b%", "a".repeat(10_000)), false).unwrap();
        assert!(hard.matches(&text, &mut Room::default()).is_err());
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn it_is_what_trying_finds(text in "[abé]{0,8}", pattern in "([abé%_]|\\\\[ab%_]){0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(is_like(&text, &pattern), by_trying(&chars(&text), &chars(&pattern)));
        }
    }
}
