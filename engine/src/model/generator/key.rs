//! Keys: serials, parents, UUIDs.

use super::{Address, Made};
use crate::error::Fault;
use crate::model::arguments::Arguments;
use crate::model::resolve::Resolver;
use crate::model::{Hop, Input, Recipe};
use crate::types::Type;

impl Resolver<'_> {
    pub(super) fn key_generator(
        &mut self,
        t: usize,
        name: &str,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        match name {
            "serial" => {
                let argument = |name: &str, default: i64| match arguments.get(name) {
                    Some(node) => self.whole(node, name, i64::MIN / 2, i64::MAX / 2),
                    None => Ok(default),
                };
                let (start, step) = (argument("start", 1)?, argument("step", 1)?);
                if step == 0 {
                    return Err(Fault::at(arguments.required("step")?.span, "`step`: a serial must move"));
                }
                if step.unsigned_abs() > 1 << 9 {
                    return Err(Fault::at(arguments.required("step")?.span, "`step`: expected -512 to 512"));
                }
                Ok(Made { unique: true, ..Made::new(Recipe::Serial { start, step }, Type::BigInt) })
            }
            "parent" => {
                let Some(parent) = self.drafts[t].parent else {
                    let table = &self.drafts[t].name.text;
                    return Err(Fault::at(arguments.span(), format!("the rows of `{table}` have no parent"))
                        .hint(
                            "`parent` belongs into a table with `per:`; for other tables use `reference`",
                        ));
                };
                self.rows_of(t)?;
                let column = self.shown_key(parent, arguments.span())?;
                let key = self.done(parent, column)?;
                let (ty, nullable) = (key.ty.clone(), key.nullable);
                let key = self.input(t, Input::Column { hops: vec![Hop::Parent], column });
                Ok(Made { nullable, ..Made::new(Recipe::Parent { key }, ty) })
            }
            "uuid" => self.uuid(t, arguments, address),
            _ => self.reference(t, arguments, address),
        }
    }

    fn uuid(&mut self, t: usize, arguments: &Arguments, address: &Address) -> Result<Made, Fault> {
        let version = match arguments.get("version") {
            Some(node) => self.whole(node, "version", 0, 8).and_then(|v| match v {
                4 | 7 => Ok(v),
                _ => Err(Fault::at(node.span, "`version`: expected 4 or 7").label(format!("found {v}"))),
            })?,
            None if arguments.get("at").is_some() => 7,
            None => 4,
        };
        let stream = address.stream("uuid", "value");
        let permutation = address.stream("uuid", "permutation");
        let key = [permutation.word(0), permutation.word(1)];
        let recipe = match (version, arguments.expression("at")?) {
            (4, None) => Recipe::Uuid4 { stream, key },
            (4, Some(at)) => return Err(Fault::at(at.span, "`at` belongs to version 7")),
            (_, None) => {
                return Err(Fault::at(
                    arguments.span(),
                    "a UUID of version 7 needs `at`, the instant it is ordered by",
                )
                .hint("write `{uuid: {version: 7, at: created_at}}`"));
            }
            (_, Some(at)) => {
                let formula = self.formula_of(t, &at, &Type::Instant)?;
                if formula.expression.nullable() {
                    return Err(Fault::at(at.span, "`at` can be NULL").hint("use `coalesce(…, as_of)`"));
                }
                Recipe::Uuid7 { stream, key, at: formula }
            }
        };
        Ok(Made { unique: true, ..Made::new(recipe, Type::Uuid) })
    }
}
