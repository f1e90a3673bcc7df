//! Generators: everything about one in one file.
//!
//! A file holds what the generator is and takes (its [`GeneratorDoc`], which `seedbed check`, the JSON Schema and the reference
//! read), how its arguments become a recipe, what is known of the recipe and how it makes values ([`Prepared`]), and its tests. To
//! add one, write such a file and name it in the list below.

pub(crate) mod adversarial;
mod array;
mod boolean;
mod bytes;
mod characters;
mod choose;
mod company;
mod count;
mod covered;
mod date;
mod decimal;
mod doc;
mod expression;
mod facts;
mod growth;
mod histogram;
mod integer;
mod json;
mod lifecycle;
mod literal;
mod local;
mod moment;
mod parent;
mod per_time;
mod person;
mod place;
mod product;
mod rate;
mod reading;
mod real;
mod record;
mod recurrence;
mod reference;
mod sentence;
mod serial;
mod series;
mod shown;
mod still;
mod switch;
mod template;
mod tree;
mod user_agent;
mod uuid;
mod walk;
mod whole;
mod words;

use std::ops::Deref;

pub(crate) use choose::{literal_sql, too_long, typed_values};
pub(crate) use count::Count;
pub use doc::{ArgumentDoc, ArgumentKind, GeneratorDoc};
pub(crate) use expression::{Formula, of_text};
pub(crate) use facts::{Ends, Origin, Prepared, Texts};
pub(crate) use lifecycle::{LifeAsked, LifeOf, Over, StepField, Steps, WhichSteps, life_of};
pub(crate) use literal::Literal;
pub(crate) use moment::plain_moment;
pub(crate) use person::constant_word;
pub(crate) use rate::{RATE, RateOf};
pub(crate) use reading::{Address, Made, Reading, threshold};
pub(crate) use record::{Record, Timeline};
pub(crate) use recurrence::{EVERY, Every, Occurrences, SeriesAsked, Which};
pub(crate) use reference::{Pick, Reference, Within};
pub(crate) use series::SeriesInputs;
pub(crate) use shown::Shown;
pub(crate) use still::Still;
pub(crate) use template::TextTemplate;

/// Lists the recipes, each in the module of its generator, and what users write to have one.
macro_rules! generators {
    ($($module:ident: $recipe:ident $(=> $doc:ident)*;)*) => {
        /// How the values of a column come about: a generator with its arguments, prepared.
        #[derive(Debug)]
        pub(crate) enum Recipe {
            $($recipe($module::$recipe),)*
        }

        $(impl From<$module::$recipe> for Recipe {
            fn from(recipe: $module::$recipe) -> Self {
                Self::$recipe(recipe)
            }
        })*

        impl Deref for Recipe {
            type Target = dyn Prepared;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$recipe(recipe) => recipe,)*
                }
            }
        }

        /// Every generator, by family.
        pub const GENERATORS: &[GeneratorDoc] = &[$($($module::$doc,)*)*];
    };
}

generators! {
    // Keys.
    serial: Serial => SERIAL;
    parent: Parent => PARENT;
    reference: Reference => REFERENCE;
    uuid: Uuid => UUID;
    tree: Node => TREE;
    // Of a modifier.
    adversarial: Adversarial;
    // Numbers.
    integer: Integer => INTEGER;
    integer: UniqueInteger;
    decimal: Decimal => DECIMAL;
    real: Real => UNIFORM => NORMAL => LOGNORMAL => EXPONENTIAL;
    whole: Whole => POISSON => ZIPF;
    histogram: Histogram => HISTOGRAM;
    walk: Walk => WALK;
    // Choices.
    boolean: Boolean => BOOLEAN;
    choose: Choose => CHOOSE;
    expression: Formula => EXPRESSION;
    switch: Switch => SWITCH;
    // Text.
    template: TextTemplate => TEXT;
    words: Words => WORD => WORDS;
    sentence: Sentences => SENTENCE => PARAGRAPH;
    characters: Characters => CHARACTERS;
    bytes: Bytes => BYTES;
    // Names.
    company: Company => COMPANY;
    product: Product => PRODUCT;
    user_agent: UserAgent => USER_AGENT;
    person: Person => PERSON;
    place: Place => PLACE;
    // Time.
    moment: Moment => MOMENT;
    date: Date => DATE;
    recurrence: Occurrence => OCCURRENCE;
    recurrence: SeriesAsked => RECURRENCE;
    lifecycle: Lives => LIFECYCLE;
    lifecycle: Taken => STEP;
    // Structures.
    json: Json => JSON;
    array: Elements => ARRAY;
    // What no generator of that name makes.
    record: Record;
    literal: Literal;
    count: Count;
    recurrence: Occurrences;
    rate: Events;
    rate: Event;
    rate: Lots;
    lifecycle: Steps;
    lifecycle: LifeAsked;
    lifecycle: OverLife;
}

/// The generator of that name.
pub fn find(name: &str) -> Option<&'static GeneratorDoc> {
    GENERATORS.iter().find(|generator| generator.name == name)
}

/// What instants are never after.
pub(crate) enum Latest<'r> {
    /// The later one of the values of two formulas of the same table.
    Formulas([&'r Formula; 2]),
    /// `as_of`.
    AsOf,
}

impl Recipe {
    /// What its instants are never after, where that can be seen.
    pub(crate) fn latest(&self) -> Option<Latest<'_>> {
        match self {
            Self::Moment(moment) => Some(Latest::Formulas(moment.bounds_of_time())),
            Self::Taken(taken) if taken.is_instant() => Some(Latest::AsOf),
            Self::Event(event) if event.is_instant() => Some(Latest::AsOf),
            _ => None,
        }
    }
}

/// The version of the generator, or of the rule of a table, of that name, as fingerprints have it; 0 for other words.
pub(crate) fn version_in_fingerprints(name: &str) -> u32 {
    // These names were words of scenarios before they were generators, such as the `step` of a serial: they count from 0.
    const WORDS_BEFORE: [&str; 7] = ["every", "lifecycle", "rate", "recurrence", "step", "tree", "walk"];
    let rules = [&EVERY, &RATE].into_iter();
    if name == "adversarial" {
        return adversarial::VERSION - 1;
    }
    let found = GENERATORS.iter().chain(rules).find(|generator| generator.name == name);
    found.map_or(0, |doc| doc.version - u32::from(WORDS_BEFORE.contains(&name)))
}

/// The names of all generators.
pub fn names() -> impl Iterator<Item = &'static str> {
    GENERATORS.iter().map(|generator| generator.name)
}

/// The first values of a column, as text; or what is wrong with it.
#[cfg(test)]
fn first_values(spec: &str, rows: u64) -> Result<Vec<String>, String> {
    let text = format!("tables: {{t: {{rows: {rows}, columns: {{x: {spec}}}}}}}");
    let plan =
        crate::Plan::compile(&text, &crate::Settings::default()).map_err(|faults| faults.to_string())?;
    let table = plan.table("t").ok_or("there is no table")?;
    let batch = plan.batch(table, 0..rows).map_err(|error| error.to_string())?;
    Ok((0..batch.num_rows()).map(|row| crate::text::shown(batch.column(0), row)).collect())
}
