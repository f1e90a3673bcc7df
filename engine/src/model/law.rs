//! Distributions with tables, each of them prepared once.

use std::collections::HashMap;

use super::arguments::Arguments;
use crate::budget;
use crate::error::Fault;
use crate::random::Poisson;

/// The laws that have been prepared, by their arguments.
#[derive(Default)]
pub(super) struct Laws {
    /// By the bits of the mean.
    poisson: HashMap<u64, Poisson>,
}

impl Laws {
    /// The Poisson law of the `mean` among some arguments.
    pub(super) fn poisson(&mut self, mean: f64, arguments: &Arguments) -> Result<Poisson, Fault> {
        let node = arguments.required("mean")?;
        if let Some(known) = self.poisson.get(&mean.to_bits()) {
            return Ok(known.clone());
        }
        // Where the others were too much already, it is not prepared at all.
        budget::spend_law(0, node.span)?;
        let law = Poisson::new(mean).map_err(|e| arguments.invalid(&e))?;
        budget::spend_law(law.bytes(), node.span)?;
        self.poisson.insert(mean.to_bits(), law.clone());
        Ok(law)
    }
}
