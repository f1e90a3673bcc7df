//! Matches as PostgreSQL finds them: the one that begins first, and of those the longest.

use regex_automata::hybrid::dfa::DFA;
use regex_automata::meta::Regex as Meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input, MatchKind};

use super::syntax::{Wrong, translate};
use crate::budget::{self, Steps};
use crate::error::{Fault, Span};

/// Why there is no pattern.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    /// It is wrong.
    Wrong(Wrong),
    /// Nothing is wrong with it, but there are too many of them.
    TooMany,
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl Refused {
    pub(super) fn at(self, span: Span) -> Fault {
        match self {
            Self::Wrong(Wrong(message)) => {
                Fault::at(span, format!("the regular expression is wrong: {message}"))
            }
            Self::TooMany => Fault::at(span, "the regular expressions take too much memory together"),
        }
    }
}

/// A regular expression, ready.
pub(super) struct Pattern {
    pub(super) written: String,
    pub(super) meta: Meta,
    /// Every way to match, so that the longest can be found.
    every: DFA,
}

/// How much memory the automaton of a pattern may take.
const AUTOMATON_BYTES: usize = 1 << 20;

impl Pattern {
    pub(super) fn new(written: &str, ignore_case: bool) -> Result<Self, Refused> {
        if budget::left() == 0 {
            return Err(Refused::TooMany);
        }
        let translated = translate(written)?;
        let syntax = regex_automata::util::syntax::Config::new()
            .case_insensitive(ignore_case)
            .dot_matches_new_line(true)
            .nest_limit(100);
        let config = regex_automata::nfa::thompson::Config::new().nfa_size_limit(Some(AUTOMATON_BYTES));
        let large = "its automaton would be too large; are there repetitions within repetitions?";
        let meta = Meta::builder()
            .syntax(syntax)
            .configure(Meta::config().nfa_size_limit(Some(AUTOMATON_BYTES)))
            .build(&translated)
            .map_err(|_| Wrong(large.to_owned()))?;
        let every = DFA::builder()
            .syntax(syntax)
            .thompson(config)
            .configure(
                DFA::config()
                    .match_kind(MatchKind::All)
                    .unicode_word_boundary(false)
                    .skip_cache_capacity_check(true),
            )
            .build(&translated)
            .map_err(|_| Wrong(large.to_owned()))?;
        budget::spend(meta.memory_usage() + every.memory_usage()).map_err(|_| Refused::TooMany)?;
        Ok(Self { written: written.to_owned(), meta, every })
    }

    pub(super) fn matcher(&self) -> Matcher<'_> {
        Matcher { pattern: self, cache: self.every.create_cache(), steps: Steps::default() }
    }

    /// Whether it occurs in a text.
    pub(super) fn is_in(&self, text: &str, steps: &mut Steps) -> Result<bool, String> {
        steps.begin();
        steps.take(text.len())?;
        Ok(self.meta.is_match(text))
    }

    /// The groups of a match that has been found.
    pub(super) fn groups(&self, text: &str, (start, end): (usize, usize), captures: &mut Captures) {
        // The end is fixed by where the search must stop, so that the groups are those of this match.
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        self.meta.search_captures(&input, captures);
    }
}

/// Looks for matches; it keeps what the automaton has learnt.
pub(super) struct Matcher<'p> {
    pattern: &'p Pattern,
    cache: regex_automata::hybrid::dfa::Cache,
    /// The bytes that have been read: a match may read all that is behind it, to find no longer one.
    pub(super) steps: Steps,
}

impl Matcher<'_> {
    /// The first match at or after a place, and of those that begin there the longest.
    pub(super) fn first(&mut self, text: &str, from: usize) -> Result<Option<(usize, usize)>, String> {
        let some = self.pattern.meta.search(&Input::new(text).range(from..));
        self.steps.take(some.as_ref().map_or(text.len(), |some| some.end()) - from)?;
        let Some(some) = some else { return Ok(None) };
        Ok(Some((some.start(), self.longest(text, some.start())?.unwrap_or(some.end()))))
    }

    /// The end of the longest match that begins at a place.
    fn longest(&mut self, text: &str, start: usize) -> Result<Option<usize>, String> {
        let stuck = |_| "the regular expression takes too much memory on this text".to_owned();
        let input = Input::new(text).range(start..).anchored(Anchored::Yes);
        let (dfa, cache) = (&self.pattern.every, &mut self.cache);
        let mut state = dfa.start_state_forward(cache, &input).map_err(|error| error.to_string())?;
        let mut longest = None;
        for (at, &byte) in text.as_bytes().iter().enumerate().skip(start) {
            state = dfa.next_state(cache, state, byte).map_err(stuck)?;
            self.steps.take(1)?;
            if state.is_tagged() {
                // A match is told one byte late.
                if state.is_match() {
                    longest = Some(at);
                } else if state.is_dead() {
                    return Ok(longest);
                }
            }
        }
        let state = dfa.next_eoi_state(cache, state).map_err(stuck)?;
        Ok(if state.is_match() { Some(text.len()) } else { longest })
    }

    /// Tells every match from left to right while it is asked for the next.
    pub(super) fn all(
        &mut self,
        text: &str,
        mut tell: impl FnMut((usize, usize)) -> Result<bool, String>,
    ) -> Result<(), String> {
        let mut from = 0;
        self.steps.begin();
        while from <= text.len() {
            let Some((start, end)) = self.first(text, from)? else { break };
            if !tell((start, end))? {
                break;
            }
            // After an empty match the search continues one character further.
            from =
                if start == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
        }
        Ok(())
    }
}
