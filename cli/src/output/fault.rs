//! Renders what is wrong: excerpts of the scenario with carets, labels and ways out.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use seedbed_engine::hidden::is_hidden;
use seedbed_engine::{Fault, Faults, Span};

use crate::output::Page;
use crate::output::shown::{shown, shown_lines};
use crate::prepare::ScenarioFile;

/// The most faults that are shown.
const MOST_SHOWN: usize = 50;

/// All faults of a scenario, in the order of the text, and how many there are.
pub(crate) fn render(file: &ScenarioFile, faults: &Faults, colour: bool) -> Page {
    let mut out = Page::default();
    for fault in faults.0.iter().take(MOST_SHOWN) {
        match fault.span {
            Some(span) => {
                out = out.coloured(&excerpt(file, fault, span, colour)).coloured("\n\n");
            }
            None => {
                let message = match &fault.label {
                    Some(label) => format!("{}: {label}", fault.message),
                    None => fault.message.clone(),
                };
                out = out.page(&plain(&message, fault.hint.as_deref(), colour));
            }
        }
    }
    let count = faults.0.len();
    if faults.0.iter().any(|fault| fault.span.is_some()) {
        let more = match count.saturating_sub(MOST_SHOWN) {
            0 => String::new(),
            more => format!(", of which the last {more} are not shown"),
        };
        let noun = if count == 1 { "fault" } else { "faults" };
        out = out.page(&plain(&format!("{count} {noun} in {}{more}", file.name), None, colour));
    }
    out
}

/// A message without a place, and the way out on the next line. Further lines of a message are set off, so that none can be
/// mistaken for a message of its own.
pub(crate) fn plain(message: &str, hint: Option<&str>, colour: bool) -> Page {
    let (error, help, end) = if colour { ("\x1b[1;91m", "\x1b[1;96m", "\x1b[0m") } else { ("", "", "") };
    let out = Page::default().coloured(&format!("{error}error{end}: {}\n", shown_lines(message)));
    match hint {
        Some(hint) => out.coloured(&format!("{help}hint{end}: {}\n", shown(hint))),
        None => out,
    }
}

/// What is wrong with flags, in clap's words, which repeat arguments as they are.
pub(crate) fn flags(error: &clap::Error, colour: bool) -> Page {
    let text = error.render();
    let mut text = if colour { text.ansi().to_string() } else { text.to_string() };
    for argument in std::env::args_os().skip(1) {
        let argument = argument.to_string_lossy();
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        for piece in [&argument, value].into_iter().filter(|piece| piece.contains(is_hidden)) {
            text = text.replace(piece, &shown(piece));
        }
    }
    Page::default().coloured(&text)
}

fn excerpt(file: &ScenarioFile, fault: &Fault, span: Span, colour: bool) -> String {
    let line = Line::at(&file.text, span);
    let label = fault.label.as_deref().map(shown);
    // The place is moved along with what is spelled out before it; tabs become blanks where the excerpt is laid out.
    let [before, at, after] =
        [&line.text[..line.from], &line.text[line.from..line.to], &line.text[line.to..]]
            .map(|piece| piece.split('\t').map(shown).collect::<Vec<_>>().join("\t"));
    let annotation = AnnotationKind::Primary.span(before.len()..before.len() + at.len()).label(label);
    let source = before + &at + &after;
    let path = shown(&file.name);
    let snippet = Snippet::source(source.as_str()).path(path).line_start(line.number).annotation(annotation);
    let mut group = Level::ERROR.primary_title(shown(&fault.message)).element(snippet);
    if let Some(hint) = &fault.hint {
        group = group.element(Level::HELP.message(shown(hint)));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// The first line of a span; a fault that covers a whole table points at its beginning.
struct Line<'t> {
    text: &'t str,
    number: usize,
    from: usize,
    to: usize,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, span: Span) -> Self {
        let start = floor(text, span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let number = 1 + before.matches('\n').count();
        let end = floor(text, span.end.clamp(start, line_end));
        let line = text[line_start..line_end].trim_end_matches('\r');
        let clip = |at: usize| at.min(line_start + line.len()) - line_start;
        Self { text: line, number, from: clip(start), to: clip(end) }
    }
}

/// The start of the character that a byte belongs to.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, fault: Fault) -> String {
        let file = ScenarioFile { name: "t.yaml".into(), text: text.into() };
        render(&file, &Faults(vec![fault]), false).as_str().to_owned()
    }

    #[test]
    fn a_fault_has_an_excerpt_a_label_and_a_way_out() {
        let fault = Fault::at(Span::new(8, 9), "unknown letter `ü`").label("found here").hint("use `u`");
        let expected = "\
error: unknown letter `ü`
 --> t.yaml:2:4
  |
2 | b: ü # note
  |    ^ found here
  |
  = help: use `u`

error: 1 fault in t.yaml
";
        assert_eq!(rendered("a: 1\nb: ü # note\n", fault), expected);
    }

    #[test]
    fn a_span_of_many_lines_points_at_its_first() {
        let shown = rendered("t:\n  a: 1\n  b: 2\n", Fault::at(Span::new(5, 16), "no"));
        assert!(shown.contains("2 |   a: 1\n  |   ^^^^\n"), "{shown}");
    }

    #[test]
    fn spans_outside_the_text_do_no_harm() {
        for (start, end) in [(0, 0), (3, 3), (99, 200), (2, 1), (4, 5)] {
            rendered("aü\r\n", Fault { span: Some(Span { start, end }), ..Fault::setting("no") });
            rendered("", Fault { span: Some(Span { start, end }), ..Fault::setting("no") });
        }
        let long = "x".repeat(3_000_000);
        let shown = rendered(&long, Fault::at(Span::new(2_000_000, 2_000_003), "no"));
        assert!(shown.len() < 1000, "{}", shown.len());
    }

    #[test]
    fn a_scenario_cannot_steer_the_terminal() {
        let shown = plain("a\u{1b}[2Jb\n\u{202e}", None, false);
        assert_eq!(shown.as_str(), "error: a\\u{1b}[2Jb\n  \\u{202e}\n");
        let shown = rendered(
            "a: \u{1b}[2J\u{9b}\u{202e}\tx\u{200b} # \u{e0041}\n",
            Fault::at(Span::new(13, 14), "no"),
        );
        let expected = "2 | a: \\u{1b}[2J\\u{9b}\\u{202e}    x\\u{200b} # \\u{e0041}";
        assert!(shown.contains(&expected[1..]), "{shown:?}");
        let caret = |line: &str| line.find(['^', 'x']);
        let lines: Vec<Option<usize>> = shown.lines().skip(3).take(2).map(caret).collect();
        assert!(lines[0].is_some() && lines[0] == lines[1], "{shown}");
    }
}
