//! Numbers: integers, decimals and the distributions.

use super::{Address, Made};
use crate::error::Fault;
use crate::model::arguments::Arguments;
use crate::model::number::Misfit;
use crate::model::recipe::{DiscreteLaw, RealLaw};
use crate::model::resolve::Resolver;
use crate::model::{Bounds, Recipe, WholeBounds};
use crate::random::{Exponential, Invalid, LogNormal, Normal, Uniform, UniformInteger, Zipf};
use crate::types::Type;

impl Resolver<'_> {
    pub(super) fn number_generator(
        &mut self,
        name: &str,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        let stream = address.stream(name, "value");
        match name {
            "integer" => {
                let from = self.whole(arguments.required("from")?, "from", i64::MIN, i64::MAX)?;
                let to = self.whole(arguments.required("to")?, "to", i64::MIN, i64::MAX)?;
                rising(arguments, from, to)?;
                let law = UniformInteger::new(from, to).map_err(|e| fault(arguments, &e))?;
                Ok(Made::new(Recipe::Integer { stream, law }, Type::BigInt))
            }
            "decimal" => {
                let scale = match arguments.get("scale") {
                    Some(node) => self.whole(node, "scale", 0, 18)? as i8,
                    None => 2,
                };
                let unscaled = |name: &str| {
                    let node = arguments.required(name)?;
                    // Rounded, it would be another bound.
                    let value = match self.exact(node, name)?.at_scale(scale) {
                        Ok(value) => value,
                        Err(Misfit::Long) => i128::MAX,
                        Err(Misfit::Fraction) => {
                            let message = format!("`{name}`: more than {scale} digits after the point");
                            return Err(Fault::at(node.span, message)
                                .hint("`scale:` says how many digits the values have"));
                        }
                    };
                    if value.unsigned_abs() >= 1_000_000_000_000_000_000 {
                        return Err(Fault::at(
                            node.span,
                            format!("`{name}`: more than 18 digits at scale {scale}"),
                        ));
                    }
                    Ok(value as i64)
                };
                let (from, to) = (unscaled("from")?, unscaled("to")?);
                rising(arguments, from, to)?;
                let law = UniformInteger::new(from, to).map_err(|e| fault(arguments, &e))?;
                let digits = from.unsigned_abs().max(to.unsigned_abs()).max(1).ilog10() as u8 + 1;
                let ty = Type::Numeric { precision: digits.max(scale.unsigned_abs() + 1), scale };
                Ok(Made::new(Recipe::Decimal { stream, law }, ty))
            }
            "uniform" => {
                let (from, to) = (self.argument(arguments, "from")?, self.argument(arguments, "to")?);
                rising(arguments, from, to)?;
                let law = Uniform::new(from, to).map_err(|e| fault(arguments, &e))?;
                Ok(real(stream, RealLaw::Uniform(law), Bounds::NONE))
            }
            "normal" => {
                let (mean, sd) = (self.argument(arguments, "mean")?, self.argument(arguments, "sd")?);
                let law = Normal::new(mean, sd).map_err(|e| fault(arguments, &e))?;
                Ok(real(stream, RealLaw::Normal(law), self.bounds(arguments)?))
            }
            "lognormal" => {
                let (median, sigma) =
                    (self.argument(arguments, "median")?, self.argument(arguments, "sigma")?);
                let law = LogNormal::with_median(median, sigma).map_err(|e| fault(arguments, &e))?;
                Ok(real(stream, RealLaw::LogNormal(law), self.bounds(arguments)?))
            }
            "exponential" => {
                let law =
                    Exponential::new(self.argument(arguments, "mean")?).map_err(|e| fault(arguments, &e))?;
                Ok(real(stream, RealLaw::Exponential(law), self.bounds(arguments)?))
            }
            "poisson" => {
                let law = self.poisson(arguments, |e| fault(arguments, e))?;
                let bounds = self.whole_bounds(arguments)?;
                Ok(Made::new(
                    Recipe::Discrete { stream, law: DiscreteLaw::Poisson(law), bounds },
                    Type::BigInt,
                ))
            }
            _ => {
                let n = self.whole(arguments.required("n")?, "n", 1, 1 << 53)?.unsigned_abs();
                let exponent = match arguments.get("exponent") {
                    Some(node) => self.number(node, "exponent")?,
                    None => 1.0,
                };
                let law = Zipf::new(n, exponent).map_err(|e| fault(arguments, &e))?;
                let law = DiscreteLaw::Zipf(law);
                Ok(Made::new(Recipe::Discrete { stream, law, bounds: WholeBounds::NONE }, Type::BigInt))
            }
        }
    }

    fn argument(&self, arguments: &Arguments, name: &str) -> Result<f64, Fault> {
        self.number(arguments.required(name)?, name)
    }
}

fn rising<T: PartialOrd>(arguments: &Arguments, from: T, to: T) -> Result<(), Fault> {
    if from <= to {
        return Ok(());
    }
    let (from, to) = (arguments.required("from")?, arguments.required("to")?);
    Err(Fault::at(to.span, "`to` is below `from`").label(format!(
        "from {} to {}",
        from.describe(),
        to.describe()
    )))
}

/// What a law says about an argument, at that argument.
fn fault(arguments: &Arguments, invalid: &Invalid) -> Fault {
    let span = arguments.find(invalid.argument).map_or(arguments.span(), |node| node.span);
    Fault::at(span, format!("`{}`: expected {}", invalid.argument, invalid.expected))
        .label(format!("found {}", invalid.found))
}

fn real(stream: crate::random::Stream, law: RealLaw, bounds: Bounds) -> Made {
    Made::new(Recipe::Real { stream, law, bounds }, Type::Double)
}
