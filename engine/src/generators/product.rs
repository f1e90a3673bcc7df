//! `product`: names of products.

use arrow::array::ArrayRef;

use super::facts::{longest_word, unknown};
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
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

    fn longest(&self) -> Option<u64> {
        Some(2 + lists().map(longest_word).iter().sum::<u64>())
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, texts, is_without_digits, rises_with, serial);
}
