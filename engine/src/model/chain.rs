//! What depends on what: rings are found, and chains are bounded.

use super::resolve::Resolver;
use crate::error::{Fault, Span};

/// The longest chain of columns that depend on each other.
const MAX_CHAIN: usize = 100;

/// Something that is being settled.
pub(crate) struct Link {
    what: String,
    /// The longest chain that it depends on, as far as is known.
    below: usize,
}

impl Resolver<'_> {
    pub(crate) fn cycle(&self, what: &str, span: Span) -> Fault {
        let start = self.chain.iter().position(|link| link.what == what).unwrap_or(0);
        let mut links: Vec<&str> = self.chain[start..].iter().map(|link| link.what.as_str()).collect();
        links.push(what);
        Fault::at(span, format!("{what} depends on itself")).label(links.join(" → "))
    }

    /// Settles something, and tells how long a chain it depends on. Values are worked out along the same chain, so it is
    /// bounded in whatever order its links are written.
    pub(crate) fn within_chain<T>(
        &mut self,
        what: String,
        span: Span,
        f: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<(T, usize), Fault> {
        let message = format!("{what} depends on more than {MAX_CHAIN} other columns in a row");
        let too_long = Fault::at(span, message).hint("compute several steps in one expression");
        if self.chain.len() >= MAX_CHAIN {
            return Err(too_long);
        }
        self.chain.push(Link { what, below: 0 });
        let result = f(self);
        let depth = self.chain.pop().map_or(0, |link| link.below) + 1;
        let value = result?;
        if depth > MAX_CHAIN {
            return Err(too_long);
        }
        self.depends_on(depth);
        Ok((value, depth))
    }

    /// What is being settled depends on a chain of that length.
    pub(crate) fn depends_on(&mut self, depth: usize) {
        if let Some(link) = self.chain.last_mut() {
            link.below = link.below.max(depth);
        }
    }
}
