//! Texts that a `choose` may give where only some texts have a meaning: names of zones and of locales. They are known
//! before a row is made, so a wrong one is a fault with a place.

use super::Input;
use super::arguments::Arguments;
use super::resolve::Resolver;
use crate::calendar::Zone;
use crate::error::Fault;
use crate::generators::{self, Formula, Recipe};
use crate::ids::{InputId, TableId};
use crate::scenario::{Generator, Key};

impl Resolver<'_> {
    /// Refuses a formula that computes with a zone chosen among names of which one is unknown.
    pub(crate) fn check_zones(&self, t: TableId, formula: &Formula) -> Result<(), Fault> {
        for slot in formula.expression.zones() {
            let Some(&input) = formula.inputs.get(slot) else { continue };
            self.check_chosen(t, input, |name| {
                let unknown = Zone::named(name).err()?;
                Some((unknown.to_string(), unknown.hint))
            })?;
        }
        Ok(())
    }

    /// Checks the values of an input that is drawn by a `choose`; others are not known yet. `wrong` tells what is wrong
    /// with a value, and a way out.
    pub(crate) fn check_chosen(
        &self,
        t: TableId,
        input: InputId,
        wrong: impl Fn(&str) -> Option<(String, Option<String>)>,
    ) -> Result<(), Fault> {
        for key in self.chosen(t, &self.drafts[t].inputs[input]).unwrap_or_default() {
            if let Some((message, hint)) = wrong(&key.text) {
                return Err(Fault::at(key.span, message).maybe_hint(hint));
            }
        }
        Ok(())
    }

    /// The values that a `choose` draws, when an input is the column of one or merely hands it on.
    fn chosen(&self, t: TableId, input: &Input) -> Option<Vec<Key>> {
        let (t, c) = self.drafts.column_at(t, input)?;
        match &self.drafts.done(t, c).ok()?.recipe {
            Recipe::Formula(formula) => self.chosen(t, &self.drafts[t].inputs[formula.passes_on()?]),
            Recipe::Choose(_) => {
                let Generator::Named(key, argument) = &self.drafts[t].columns[c].spec.as_ref()?.generator
                else {
                    return None;
                };
                let arguments = Arguments::new(generators::find(&key.text)?, key, argument.as_ref()).ok()?;
                let (keys, _, weights) = self.constants.weights(arguments.get("values")?, "choose").ok()?;
                let drawn = |i: usize| weights.as_ref().is_none_or(|weights| weights[i] > 0.0);
                Some(keys.into_iter().enumerate().filter(|(i, _)| drawn(*i)).map(|(_, key)| key).collect())
            }
            _ => None,
        }
    }
}
