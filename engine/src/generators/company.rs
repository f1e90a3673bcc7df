//! `company`: names of companies.

use std::convert::Infallible;

use arrow::array::ArrayRef;

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::{longest_word, unknown};
use super::person::{by_row, constant_word};
use super::{Formula, GeneratorDoc, Made, Prepared, Reading, Shown};
use crate::error::{Fault, ValueError};
use crate::ids::InputId;
use crate::model::Column;
use crate::random::{Stream, Trickle};
use crate::rows::{Frame, Strings, nulls_of};
use crate::types::Type;
use crate::vocabulary;

pub(super) const COMPANY: GeneratorDoc = GeneratorDoc {
    name: "company",
    version: 1,
    family: "names",
    summary: "The name of a company, with the legal form of a country.",
    arguments: &[optional(
        "country",
        Kind::Expression,
        "the country's two letters; default none in particular",
    )],
    short: Some("country"),
    group: false,
    example: "employer: company",
    read,
};

/// The name of a company: a stem or two and a legal form of the country.
#[derive(Debug)]
pub(crate) struct Company {
    /// Random words, one a row.
    stream: Stream,
    /// The country that decides the legal form.
    country: Option<Formula>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let country = match reading.arguments.expression("country")? {
        None => None,
        Some(text) => {
            let text = constant_word(text, |word| vocabulary::places().country(word).is_some());
            Some(reading.resolver.formula_of(reading.table, &text, &Type::Text)?)
        }
    };
    let nullable = country.as_ref().is_some_and(|country| country.expression.nullable());
    Ok(Made { nullable, ..Made::new(Company { stream: reading.stream("value"), country }, Type::Text) })
}

impl Prepared for Company {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let country = self.country.as_ref().map(|country| country.values(frame, column)).transpose()?;
        let words = frame.words(&self.stream, 1);
        let nulls = country.as_ref().and_then(nulls_of);
        let suffixes = country.map(|country| {
            let Ok(suffixes) =
                by_row(&country, |country| Ok::<_, Infallible>(vocabulary::company_suffixes(country)));
            suffixes
        });
        let stems = vocabulary::company_stems();
        let mut strings = Strings::with_capacity(frame.len(), 24);
        for (i, word) in words.into_iter().enumerate() {
            let mut trickle = Trickle::new(word);
            strings.text.push_str(stems[trickle.below(stems.len() as u64) as usize]);
            if trickle.below(3) == 0 {
                strings.text.push(' ');
                strings.text.push_str(stems[trickle.below(stems.len() as u64) as usize]);
            }
            let suffixes = suffixes
                .as_ref()
                .map_or_else(|| vocabulary::company_suffixes("US"), |all| all[i].unwrap_or(&[]));
            if !suffixes.is_empty() {
                strings.text.push(' ');
                strings.text.push_str(suffixes[trickle.below(suffixes.len() as u64) as usize]);
            }
            strings.end();
        }
        Ok(strings.finish(nulls).expect("a batch of names is far below 2 GiB"))
    }

    fn explain(&self, _: &Shown) -> String {
        match &self.country {
            Some(country) => format!("a company of country {}", country.expression),
            None => "a company".to_owned(),
        }
    }

    fn inputs(&self) -> Vec<InputId> {
        self.country.iter().flat_map(|country| country.inputs.clone()).collect()
    }

    fn longest(&self) -> Option<u64> {
        // Two stems and a legal form, which any country may have.
        Some(2 * longest_word(vocabulary::company_stems()) + 2 + vocabulary::longest_company_suffix())
    }

    fn is_independent(&self) -> bool {
        self.country.as_ref().is_none_or(Formula::is_independent)
    }

    unknown!(ends, bounds, highest, texts, is_without_digits, rises_with, serial);
}
