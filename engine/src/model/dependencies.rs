//! What depends on what: rings are found, and chains are bounded.

use crate::error::{Fault, Span};

/// The longest chain of columns that depend on each other.
const MAX_CHAIN: usize = 100;

/// What is being settled, each because of the one before it.
#[derive(Default)]
pub(super) struct Dependencies {
    links: Vec<Link>,
    /// How many expressions are being read that are worked out in other rows of their table.
    in_other_rows: usize,
}

/// Something that is being settled.
struct Link {
    what: String,
    span: Span,
    /// The longest chain that it depends on, as far as is known.
    below: usize,
}

impl Link {
    fn too_long(&self) -> Fault {
        let message = format!("{} depends on more than {MAX_CHAIN} other columns in a row", self.what);
        Fault::at(self.span, message).hint("compute several steps in one expression")
    }
}

impl Dependencies {
    /// Begins to settle something. Values are worked out along the same chain, so it is bounded.
    ///
    /// # Errors
    /// The chain is too long already.
    pub(super) fn begin(&mut self, what: String, span: Span) -> Result<(), Fault> {
        let link = Link { what, span, below: 0 };
        if self.links.len() >= MAX_CHAIN {
            return Err(link.too_long());
        }
        self.links.push(link);
        Ok(())
    }

    /// Ends what was begun last, and tells how long a chain it depends on, in whatever order its links were written.
    ///
    /// # Errors
    /// The chain is too long.
    pub(super) fn end(&mut self) -> Result<usize, Fault> {
        let Some(link) = self.links.pop() else { return Ok(0) };
        let depth = link.below + 1;
        if depth > MAX_CHAIN {
            return Err(link.too_long());
        }
        self.add(depth);
        Ok(depth)
    }

    /// What is being settled depends on a chain of that length.
    pub(super) fn add(&mut self, depth: usize) {
        if let Some(link) = self.links.last_mut() {
            link.below = link.below.max(depth);
        }
    }

    /// The fault of something that is being settled already.
    pub(super) fn ring(&self, what: &str, span: Span) -> Fault {
        let start = self.links.iter().position(|link| link.what == what).unwrap_or(0);
        let mut links: Vec<&str> = self.links[start..].iter().map(|link| link.what.as_str()).collect();
        links.push(what);
        let fault = Fault::at(span, format!("{what} depends on itself")).label(links.join(" → "));
        if self.in_other_rows == 0 {
            return fault;
        }
        fault.hint("what goes on from row to row is a `running_sum` or another running total, or a `walk`")
    }

    /// Begins to read an expression that is worked out in other rows of its table.
    pub(super) fn enter_other_rows(&mut self) {
        self.in_other_rows += 1;
    }

    /// Ends it.
    pub(super) fn leave_other_rows(&mut self) {
        self.in_other_rows -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(dependencies: &mut Dependencies, what: &str) {
        dependencies.begin(what.to_owned(), Span::default()).unwrap();
    }

    #[test]
    fn a_ring_shows_its_links() {
        let mut dependencies = Dependencies::default();
        for what in ["x", "a", "b"] {
            begin(&mut dependencies, what);
        }
        assert_eq!(dependencies.ring("a", Span::default()).label.as_deref(), Some("a → b → a"));
    }

    #[test]
    fn depths_add_up_whatever_is_settled_first() {
        let mut dependencies = Dependencies::default();
        begin(&mut dependencies, "a");
        begin(&mut dependencies, "b");
        assert_eq!(dependencies.end(), Ok(1));
        dependencies.add(MAX_CHAIN - 2);
        assert_eq!(dependencies.end(), Ok(MAX_CHAIN - 1));
        begin(&mut dependencies, "c");
        dependencies.add(MAX_CHAIN);
        assert!(dependencies.end().is_err());
    }
}
