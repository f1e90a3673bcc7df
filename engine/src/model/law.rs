//! Distributions with tables, each of them prepared once.

use std::collections::HashMap;

use super::arguments::Arguments;
use super::resolve::Resolver;
use crate::budget;
use crate::error::Fault;
use crate::random::Poisson;

/// The laws that have been prepared, by their arguments.
#[derive(Default)]
pub(crate) struct Laws {
    /// By the bits of the mean.
    poisson: HashMap<u64, Poisson>,
}

impl Resolver<'_> {
    /// The Poisson law of the mean that is given.
    pub(crate) fn poisson(&mut self, arguments: &Arguments) -> Result<Poisson, Fault> {
        let node = arguments.required("mean")?;
        let mean = self.number(node, "mean")?;
        if let Some(known) = self.laws.poisson.get(&mean.to_bits()) {
            return Ok(known.clone());
        }
        // Where the others were too much already, it is not prepared at all.
        budget::spend_law(0, node.span)?;
        let law = Poisson::new(mean).map_err(|e| arguments.invalid(&e))?;
        budget::spend_law(law.bytes(), node.span)?;
        self.laws.poisson.insert(mean.to_bits(), law.clone());
        Ok(law)
    }
}
