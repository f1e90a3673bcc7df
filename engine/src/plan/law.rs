//! Laws in words and numbers, for a plan that prints itself.

use arrow::array::{Array, ArrayRef};

use crate::model::{Bounds, DiscreteLaw, Length, PersonField, RealLaw, WholeBounds};

/// The most values that are listed.
const MOST_LISTED: usize = 6;

pub(super) fn real(law: &RealLaw, bounds: Bounds) -> String {
    let law = match law {
        RealLaw::Uniform(law) => law.to_string(),
        RealLaw::Normal(law) => law.to_string(),
        RealLaw::LogNormal(law) => law.to_string(),
        RealLaw::Exponential(law) => law.to_string(),
    };
    law + &bounded(bounds)
}

pub(super) fn discrete(law: &DiscreteLaw, bounds: WholeBounds) -> String {
    let law = match law {
        DiscreteLaw::Poisson(law) => law.to_string(),
        DiscreteLaw::Zipf(law) => law.to_string(),
    };
    let WholeBounds { min, max } = bounds;
    let bound = |word: &str, bound: i64, none: i64| {
        if bound == none { String::new() } else { format!(", at {word} {bound}") }
    };
    law + &bound("least", min, i64::MIN) + &bound("most", max, i64::MAX)
}

fn bounded(bounds: Bounds) -> String {
    let bound = |word: &str, bound: f64| {
        if bound.is_finite() { format!(", at {word} {bound}") } else { String::new() }
    };
    bound("least", bounds.min) + &bound("most", bounds.max)
}

/// The first values of an array, and how many there are when that is more.
pub(super) fn values(values: &ArrayRef) -> String {
    let shown = |i: usize| {
        if values.is_null(i) {
            return "NULL".to_owned();
        }
        arrow::util::display::array_value_to_string(values, i).unwrap_or_else(|_| "?".to_owned())
    };
    let listed: Vec<String> = (0..values.len().min(MOST_LISTED)).map(shown).collect();
    let more =
        if values.len() > MOST_LISTED { format!(", … ({} values)", values.len()) } else { String::new() };
    listed.join(", ") + &more
}

/// `5` or `5 to 12`.
pub(super) fn length(length: Length) -> String {
    if length.from == length.to {
        length.from.to_string()
    } else {
        format!("{} to {}", length.from, length.to)
    }
}

/// The name of a field of a person, as the language has it.
pub(super) fn person_field(field: PersonField) -> &'static str {
    PersonField::ALL.iter().find(|(_, each)| *each == field).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use crate::{Plan, Settings};

    /// Laws were printed in Rust's debug form, with their prepared constants.
    #[test]
    fn laws_are_told_in_words_and_numbers() {
        let scenario = "
tables:
  t:
    rows: 9
    let: {who: person}
    columns:
      uniform: {uniform: {from: 0, to: 1.5}}
      normal: {normal: {mean: 171, sd: 9, min: 140, max: 210}}
      lognormal: {lognormal: {median: 40, sigma: 1.5, max: 1000}}
      exponential: {exponential: 30}
      poisson: {poisson: {mean: 3.5, min: 1}}
      zipf: {zipf: {n: 1000, exponent: 1.1}}
      choose: {choose: {free: 70, pro: 25}}
      many: {choose: [1, 2, 3, 4, 5, 6, 7]}
      note: {characters: 12}
      code: {characters: {length: {from: 2, to: 3}}}
      name: = who.first_name
";
        let explained = Plan::compile(scenario, &Settings::default()).unwrap().explain(None, None).join("\n");
        let lines: Vec<&str> =
            explained.lines().filter_map(|line| line.split_once(" = ").map(|(_, law)| law)).collect();
        let expected = [
            "drawn together",
            "uniform from 0 to 1.5",
            "normal of mean 171, standard deviation 9, at least 140, at most 210",
            "lognormal of median 40, sigma 1.5, at most 1000",
            "exponential of mean 30",
            "poisson of mean 3.5, at least 1",
            "zipf over 1000 ranks, exponent 1.1",
            "one of free, pro",
            "one of 1, 2, 3, 4, 5, 6, … (7 values)",
            "12 of 62 characters",
            "2 to 3 of 62 characters",
            "who.first_name",
            "first_name of a person, locale 'en-US'",
        ];
        assert_eq!(lines, expected, "{explained}");
    }
}
