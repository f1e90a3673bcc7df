//! `product`: names of products.

use arrow::array::ArrayRef;

use super::facts::{ANY_NUMBER, longest_word};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Stream, Trickle};
use crate::rows::{Frame, Strings};
use crate::types::Type;
use crate::vocabulary;

pub(super) const PRODUCT: GeneratorDoc = GeneratorDoc {
    name: "product",
    version: 1,
    family: "names",
    summary: "The name of a product.",
    arguments: &[],
    short: None,
    group: false,
    example: "item: product",
    read,
};

/// The name of a product: an adjective, a material and a noun.
#[derive(Debug)]
pub(crate) struct Product {
    /// Random words, one a row, each the start of a small stream.
    stream: Stream,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    Ok(Made::new(Product { stream: reading.stream("value") }, Type::Text))
}

/// The lists of words, in their order in a name.
fn lists() -> [&'static [&'static str]; 3] {
    let product = vocabulary::product();
    [&product.adjectives, &product.materials, &product.nouns]
}

impl Prepared for Product {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let mut strings = Strings::with_capacity(words.len(), 32);
        for word in words {
            let mut trickle = Trickle::new(word);
            for (i, list) in lists().into_iter().enumerate() {
                if i > 0 {
                    strings.text.push(' ');
                }
                strings.text.push_str(list[trickle.below(list.len() as u64) as usize]);
            }
            strings.end();
        }
        Ok(strings.finish_bounded())
    }

    fn explain(&self, _: &Shown) -> String {
        "a product".to_owned()
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Unknown
    }

    fn bounds(&self) -> (f64, f64) {
        ANY_NUMBER
    }

    fn highest(&self, _: u64) -> Option<i128> {
        None
    }

    fn longest(&self) -> Option<u64> {
        Some(2 + lists().map(longest_word).iter().sum::<u64>())
    }

    fn texts(&self) -> Texts<'_> {
        Texts::Unknown
    }

    fn is_without_digits(&self) -> bool {
        false
    }

    fn rises_with(&self) -> Option<Vec<InputId>> {
        None
    }

    fn is_independent(&self) -> bool {
        true
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}
