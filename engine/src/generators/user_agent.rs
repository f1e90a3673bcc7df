//! `user_agent`: user agents of browsers.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::datatypes::Int32Type;

use super::facts::{ANY_NUMBER, longest_word};
use super::{Ends, GeneratorDoc, Made, Prepared, Reading, Shown, Texts};
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
        Some(longest_word(vocabulary::user_agents()))
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
