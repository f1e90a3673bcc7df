//! Names that belong together: persons and places under `let`, companies.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray};
use arrow::datatypes::Int32Type;

use super::{Address, Made, invalid};
use crate::error::{Fault, did_you_mean};
use crate::expression::Name;
use crate::model::arguments::Arguments;
use crate::model::recipe::{PersonField, PlaceField};
use crate::model::resolve::{Resolver, holder};
use crate::model::{Column, Formula, Input, Recipe};
use crate::random::{Stream, Weighted};
use crate::scenario::{Generator, Spec, Text, generators};
use crate::types::Type;
use crate::vocabulary::{self, City, Country};

/// Several values that are drawn together.
#[derive(Clone)]
pub(in crate::model) enum Group {
    /// First and last name, and what is made of them.
    Person {
        /// Random words, two a row.
        stream: Stream,
        /// Whose names.
        locale: Option<Formula>,
    },
    /// A city and what belongs to it.
    Place {
        /// Random words, one a row.
        stream: Stream,
        /// The law of the index into `cities`.
        law: Arc<Weighted>,
        /// Indices into the vocabulary's cities.
        cities: Arc<[u32]>,
    },
}

impl Resolver<'_> {
    pub(in crate::model) fn is_group(&self, t: usize, c: usize) -> bool {
        let spec = self.drafts[t].columns[c].spec.as_ref();
        spec.is_some_and(|spec| match &spec.generator {
            Generator::Named(key, _) => generators::find(&key.text).is_some_and(|doc| doc.group),
            _ => false,
        })
    }

    /// The group behind a `let` column.
    pub(super) fn group_of(&mut self, t: usize, spec: &Spec, address: &Address) -> Result<Group, Fault> {
        let Generator::Named(key, argument) = &spec.generator else { return Err(Fault::reported()) };
        for (modifier, given) in [
            ("null", spec.null.as_ref().map(|n| n.span)),
            ("unique", spec.unique),
            ("type", spec.sql_type.as_ref().map(|n| n.span)),
            ("index", spec.keys.index),
        ] {
            if let Some(span) = given {
                return Err(Fault::at(span, format!("`{modifier}` does not go with a group of values"))
                    .hint("put it on the columns that use the group"));
            }
        }
        let doc = generators::find(&key.text).ok_or_else(Fault::reported)?;
        let arguments = Arguments::new(doc, key, argument.as_ref())?;
        let stream = address.stream(doc.name, "value");
        if doc.name == "person" {
            let locale = match arguments.expression("locale")? {
                None => None,
                Some(text) => {
                    let text = constant_word(text, |word| vocabulary::names(word).is_some());
                    let formula = self.formula_of(t, &text, &Type::Text)?;
                    if let Some(value) = formula.expression.constant()
                        && let Some((message, hint)) = no_names(&crate::model::arguments::shown(&value))
                    {
                        return Err(Fault::at(text.span, message).maybe_hint(hint));
                    }
                    if let Some(slot) = formula.expression.passes_on() {
                        let input = &self.drafts[t].inputs[formula.inputs[slot]];
                        self.check_chosen(t, input, no_names)?;
                    }
                    Some(formula)
                }
            };
            return Ok(Group::Person { stream, locale });
        }
        let places = vocabulary::places();
        let (mut cities, mut weights) = (Vec::new(), Vec::new());
        let mut add = |country: &Country, weight: Option<f64>| {
            let all = places.cities_of(country);
            let people: f64 = all.iter().map(|city| f64::from(city.population)).sum();
            for (index, city) in (country.cities.start..).zip(all) {
                cities.push(index);
                // A country's weight is shared among its cities by their inhabitants.
                weights.push(
                    weight.map_or(f64::from(city.population), |w| w * f64::from(city.population) / people),
                );
            }
        };
        let mut span = key.span;
        match arguments.get("countries") {
            None => places.countries().iter().for_each(|country| add(country, None)),
            Some(node) => {
                span = node.span;
                let (keys, _, shares) = self.weights(node, "place")?;
                for (i, key) in keys.iter().enumerate() {
                    let country = places.country(&key.text).ok_or_else(|| {
                        let known: Vec<&str> =
                            places.countries().iter().map(|country| country.code).collect();
                        let same = |c: &&Country| {
                            c.name.eq_ignore_ascii_case(&key.text) || c.code.eq_ignore_ascii_case(&key.text)
                        };
                        let hint = match places.countries().iter().find(same) {
                            Some(country) => format!("write `{}`", country.code),
                            None => format!("the countries are: {}", known.join(", ")),
                        };
                        Fault::at(key.span, format!("unknown country `{}`", key.text)).hint(hint)
                    })?;
                    add(country, Some(shares.as_ref().map_or(1.0, |shares| shares[i])));
                }
            }
        }
        let law = Weighted::new(&weights).map_err(|e| invalid(span, "place", e))?;
        Ok(Group::Place { stream, law: Arc::new(law), cities: cities.into() })
    }

    /// The hidden column of a field of a group, such as `place.city`.
    pub(in crate::model) fn group_field(
        &mut self,
        t: usize,
        c: usize,
        head: &Name,
        rest: &[Name],
    ) -> Result<usize, Fault> {
        self.column(t, c)?;
        let group = self.drafts[t].columns[c].group.clone().ok_or_else(Fault::reported)?;
        let fields: Vec<&str> = match &group {
            Group::Person { .. } => PersonField::ALL.iter().map(|(name, _)| *name).collect(),
            Group::Place { .. } => PlaceField::ALL.iter().map(|(name, _)| *name).collect(),
        };
        let [field] = rest else {
            return Err(Fault::at(head.span, format!("`{}` is a group of values", head.text)).hint(format!(
                "name one of them: {}",
                fields.iter().map(|f| format!("`{}.{f}`", head.text)).collect::<Vec<_>>().join(", ")
            )));
        };
        let name = format!("{}.{}", head.text, field.text);
        if let Some(known) = self.drafts[t].columns.iter().position(|c| c.name == name) {
            return Ok(known);
        }
        let unknown = || {
            let hint = did_you_mean(&field.text, fields.iter().copied())
                .unwrap_or_else(|| format!("it has {}", fields.join(", ")));
            Fault::at(field.span, format!("`{}` has no `{}`", head.text, field.text)).hint(hint)
        };
        let (recipe, ty, nullable, dictionary) = match group {
            Group::Person { stream, locale } => {
                let (_, field) =
                    PersonField::ALL.into_iter().find(|(name, _)| *name == field.text).ok_or_else(unknown)?;
                let nullable = locale.as_ref().is_some_and(|locale| locale.expression.nullable());
                (Recipe::Person { stream, locale, field }, Type::Text, nullable, false)
            }
            Group::Place { stream, law, cities } => {
                let (_, field) =
                    PlaceField::ALL.into_iter().find(|(name, _)| *name == field.text).ok_or_else(unknown)?;
                let (values, ty) = place_values(&cities, field);
                let dictionary = ty == Type::Text;
                (Recipe::Place { stream, law, values: holder(values) }, ty, false, dictionary)
            }
        };
        let column = Column { nullable, dictionary, ..Column::hidden(name, ty, recipe) };
        Ok(self.add_hidden(t, column))
    }

    pub(super) fn company(
        &mut self,
        t: usize,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        let country = match arguments.expression("country")? {
            None => None,
            Some(text) => {
                let text = constant_word(text, |word| vocabulary::places().country(word).is_some());
                Some(self.formula_of(t, &text, &Type::Text)?)
            }
        };
        let nullable = country.as_ref().is_some_and(|country| country.expression.nullable());
        let recipe = Recipe::Company { stream: address.stream("company", "value"), country };
        Ok(Made { nullable, ..Made::new(recipe, Type::Text) })
    }
}

/// What is wrong with a locale that has no names, and a way out.
fn no_names(locale: &str) -> Option<(String, Option<String>)> {
    let hint =
        || did_you_mean(locale, vocabulary::locales()).or(Some("locales look like `de-DE`".to_owned()));
    vocabulary::names(locale).is_none().then(|| (format!("no names for the locale `{locale}`"), hint()))
}

/// A locale or a country written as a plain word, `de-DE`, is meant as such and not as an expression.
fn constant_word(text: Text, known: impl Fn(&str) -> bool) -> Text {
    if known(text.text.trim()) {
        return Text { text: format!("'{}'", text.text.trim()), exact: false, ..text };
    }
    text
}

/// A field's value for each of some cities: a dictionary for text, plain numbers else.
fn place_values(cities: &[u32], field: PlaceField) -> (ArrayRef, Type) {
    let places = vocabulary::places();
    let each = cities.iter().map(|&index| &places.cities()[index as usize]);
    let country = |city: &City| &places.countries()[usize::from(city.country)];
    let text = |value: &dyn Fn(&'static City) -> &'static str| {
        let mut distinct: Vec<&str> = Vec::new();
        let mut index = std::collections::HashMap::new();
        let keys: Vec<i32> = cities
            .iter()
            .map(|&i| {
                let value = value(&places.cities()[i as usize]);
                *index.entry(value).or_insert_with(|| {
                    distinct.push(value);
                    // There are a few hundred cities.
                    distinct.len() as i32 - 1
                })
            })
            .collect();
        let values = Arc::new(StringArray::from(distinct));
        let array = DictionaryArray::<Int32Type>::new(Int32Array::from(keys), values);
        (Arc::new(array) as ArrayRef, Type::Text)
    };
    match field {
        PlaceField::Latitude => {
            (Arc::new(Float64Array::from_iter_values(each.map(|c| c.latitude))), Type::Double)
        }
        PlaceField::Longitude => {
            (Arc::new(Float64Array::from_iter_values(each.map(|c| c.longitude))), Type::Double)
        }
        PlaceField::City => text(&|city| city.name),
        PlaceField::Country => text(&|city| country(city).code),
        PlaceField::CountryName => text(&|city| country(city).name),
        PlaceField::Zone => text(&|city| city.zone),
        PlaceField::Currency => text(&|city| country(city).currency),
        PlaceField::Locale => text(&|city| city.locale),
        PlaceField::DiallingCode => text(&|city| country(city).dialling_code),
    }
}

impl Input {
    /// The column, when it is one of the row itself.
    pub(in crate::model) fn own_column(&self) -> Option<usize> {
        match self {
            Self::Column { hops, column } if hops.is_empty() => Some(*column),
            _ => None,
        }
    }
}
