//! `user_agent`: user agents of browsers.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::datatypes::Int32Type;

use super::facts::{longest_word, unknown};
use super::{GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Stream, below};
use crate::rows::Frame;
use crate::types::Type;
use crate::vocabulary;

pub(super) const USER_AGENT: GeneratorDoc = GeneratorDoc {
    name: "user_agent",
    version: 1,
    family: "names",
    summary: "The user agent of a browser.",
    arguments: &[],
    short: None,
    group: false,
    example: "browser: user_agent",
    read,
};

/// The user agent of a browser.
#[derive(Debug)]
pub(crate) struct UserAgent {
    /// Random words, one a row.
    stream: Stream,
}

/// All of them, which every batch shares.
static AGENTS: LazyLock<ArrayRef> =
    LazyLock::new(|| Arc::new(StringArray::from_iter_values(vocabulary::user_agents())));

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let recipe = UserAgent { stream: reading.stream("value") };
    Ok(Made { dictionary: true, ..Made::new(recipe, Type::Text) })
}

impl Prepared for UserAgent {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let agents = AGENTS.len() as u64;
        let keys = Int32Array::from_iter_values(words.iter().map(|word| below(*word, agents) as i32));
        Ok(Arc::new(DictionaryArray::<Int32Type>::new(keys, AGENTS.clone())))
    }

    fn explain(&self, _: &Shown) -> String {
        "a user agent".to_owned()
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    fn longest(&self) -> Option<u64> {
        Some(longest_word(vocabulary::user_agents()))
    }

    fn is_independent(&self) -> bool {
        true
    }

    unknown!(ends, bounds, highest, texts, is_without_digits, rises_with, serial);
}
