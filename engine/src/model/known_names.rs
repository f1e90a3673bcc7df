//! Texts that a `choose` may give where only some texts have a meaning: names of zones and of locales. They are known
//! before a row is made, so a wrong one is a fault with a place.

use super::Input;
use super::arguments::Arguments;
use super::resolve::Resolver;
use crate::calendar::Zone;
use crate::error::Fault;
use crate::generators::{self, Formula, Recipe};
use crate::ids::{ColumnId, InputId, TableId};
use crate::scenario::{Generator, Key, expression_text};

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

    /// Checks the values of an input that are drawn by a `choose` or pinned; others are not known yet. `wrong` tells what is wrong
    /// with a value, and a way out.
    pub(crate) fn check_chosen(
        &self,
        t: TableId,
        input: InputId,
        wrong: impl Fn(&str) -> Option<(String, Option<String>)>,
    ) -> Result<(), Fault> {
        let mut known = Vec::new();
        self.known_values(t, &self.drafts[t].inputs[input], &mut known);
        for key in known {
            if let Some((message, hint)) = wrong(&key.text) {
                return Err(Fault::at(key.span, message).maybe_hint(hint));
            }
        }
        Ok(())
    }

    /// Adds the values that are pinned in the column of an input, and those of the `choose` that it is or hands on.
    fn known_values(&self, t: TableId, input: &Input, known: &mut Vec<Key>) {
        let Some((t, c)) = self.drafts.column_at(t, input) else { return };
        let Ok(column) = self.drafts.done(t, c) else { return };
        let pinned = self.pins_of(t, &column.name).iter();
        let pinned = pinned.filter(|node| expression_text(node).is_none()).filter_map(|node| {
            let scalar = node.scalar().filter(|scalar| scalar.quoted || !scalar.text.starts_with('$'))?;
            (!node.is_null()).then(|| Key::new(&scalar.text, node.span))
        });
        known.extend(pinned);
        match &column.recipe {
            Recipe::Formula(formula) => {
                if let Some(input) = formula.passes_on() {
                    self.known_values(t, &self.drafts[t].inputs[input], known);
                }
            }
            Recipe::Choose(_) => known.extend(self.chosen(t, c).unwrap_or_default()),
            _ => {}
        }
    }

    /// The values that the `choose` of a column draws.
    fn chosen(&self, t: TableId, c: ColumnId) -> Option<Vec<Key>> {
        let Generator::Named(key, argument) = &self.drafts[t].columns[c].spec.as_ref()?.generator else {
            return None;
        };
        let arguments = Arguments::new(generators::find(&key.text)?, key, argument.as_ref()).ok()?;
        let (keys, _, weights) = self.constants.weights(arguments.get("values")?, "choose").ok()?;
        let drawn = |i: usize| weights.as_ref().is_none_or(|weights| weights[i] > 0.0);
        Some(keys.into_iter().enumerate().filter(|(i, _)| drawn(*i)).map(|(_, key)| key).collect())
    }
}
