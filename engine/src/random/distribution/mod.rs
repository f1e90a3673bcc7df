//! The laws, one file each: checked and prepared once, then one word in and one value out.
//!
//! The continuous laws, [`UniformInteger`], [`Poisson`] and [`Skew`] are inversions: the value rises with
//! the word, so a word from a stratum of the unit interval gives a value from that stratum of the law.
//! [`Weighted`] and [`Zipf`] do not have that property.

mod uniform;
mod uniform_integer;

mod normal;

mod exponential;
mod log_normal;
mod poisson;

mod skew;
mod weighted;
mod zipf;

pub use exponential::Exponential;
pub use log_normal::LogNormal;
pub use normal::Normal;
pub use poisson::Poisson;
pub use skew::{Skew, SkewExponent};
pub use uniform::Uniform;
pub use uniform_integer::UniformInteger;
pub use weighted::Weighted;
pub use zipf::Zipf;
