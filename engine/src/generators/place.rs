//! `place`: a city and what belongs to it.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DictionaryArray, Float64Array, Int32Array, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int32Type;

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::unknown;
use super::shown::values;
use super::{GeneratorDoc, Made, Prepared, Reading, Record, Shown};
use crate::error::{Fault, ValueError, listed};
use crate::ids::InputId;
use crate::model::{Column, Values};
use crate::random::{Stream, Weighted};
use crate::rows::Frame;
use crate::scenario::Key;
use crate::together::Together;
use crate::types::Type;
use crate::vocabulary::{self, City, Country};

pub(super) const PLACE: GeneratorDoc = GeneratorDoc {
    name: "place",
    version: 1,
    family: "names",
    summary: "A city, under `let`: `city`, `country`, `country_name`, `zone`, `currency`, `locale`, `dialling_code`, `latitude`, `longitude`.",
    arguments: &[optional(
        "countries",
        Kind::Weights,
        "the countries by two letters; default all by population",
    )],
    short: Some("countries"),
    group: true,
    example: "somewhere: {place: {DE: 3, FR: 2, JP: 1}}",
    read,
};

/// A field of a place.
#[derive(Debug)]
pub(crate) struct Place {
    /// Random words, one a row.
    stream: Stream,
    /// The law of the index into `values`.
    law: Arc<Weighted>,
    /// The field's value for every city that can be drawn: a dictionary for text, plain numbers else.
    values: Values,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// The city's name.
    City,
    /// ISO 3166 two letters.
    Country,
    /// The country's English name.
    CountryName,
    /// The IANA zone.
    Zone,
    /// ISO 4217 three letters.
    Currency,
    /// BCP 47, such as `de-CH`.
    Locale,
    /// Such as `+49`.
    DiallingCode,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
}

impl Field {
    /// The fields by name.
    const ALL: [(&'static str, Self); 9] = [
        ("city", Self::City),
        ("country", Self::Country),
        ("country_name", Self::CountryName),
        ("zone", Self::Zone),
        ("currency", Self::Currency),
        ("locale", Self::Locale),
        ("dialling_code", Self::DiallingCode),
        ("latitude", Self::Latitude),
        ("longitude", Self::Longitude),
    ];
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let stream = reading.stream("value");
    let places = vocabulary::places();
    let (mut cities, mut weights) = (Vec::new(), Vec::new());
    let mut add = |country: &Country, weight: Option<f64>| {
        let all = places.cities_of(country);
        let people: f64 = all.iter().map(|city| f64::from(city.population)).sum();
        for (index, city) in (country.cities.start..).zip(all) {
            cities.push(index);
            // A country's weight is shared among its cities by their inhabitants.
            weights
                .push(weight.map_or(f64::from(city.population), |w| w * f64::from(city.population) / people));
        }
    };
    let mut span = reading.arguments.span();
    match reading.arguments.get("countries") {
        None => places.countries().iter().for_each(|country| add(country, None)),
        Some(node) => {
            span = node.span;
            let (keys, _, shares) = reading.constants().weights(node, "place")?;
            let country = |key: &Key| {
                places.country(&key.text).ok_or_else(|| {
                    let known: Vec<&str> = places.countries().iter().map(|country| country.code).collect();
                    let same = |c: &&Country| {
                        c.name.eq_ignore_ascii_case(&key.text) || c.code.eq_ignore_ascii_case(&key.text)
                    };
                    let hint = match places.countries().iter().find(same) {
                        Some(country) => format!("write `{}`", country.code),
                        None => format!("the countries are: {}", listed(&known)),
                    };
                    Fault::at(key.span, format!("unknown country `{}`", key.text)).hint(hint)
                })
            };
            for (i, country) in keys.iter().map(country).collect::<Vec<_>>().together()?.iter().enumerate() {
                add(country, Some(shares.as_ref().map_or(1.0, |shares| shares[i])));
            }
        }
    }
    let law = Weighted::new(&weights).map_err(|e| Fault::at(span, format!("`place`: {e}")))?;
    let law = Arc::new(law);
    Ok(Record::made(Field::ALL.map(|(name, field)| {
        let (values, ty) = place_values(&cities, field);
        let dictionary = ty == Type::Text;
        let recipe = Place { stream: stream.clone(), law: law.clone(), values: Values::new(values) };
        (name, Made { dictionary, ..Made::new(recipe, ty) })
    })))
}

/// A field's value for each of some cities: a dictionary for text, plain numbers else.
fn place_values(cities: &[u32], field: Field) -> (ArrayRef, Type) {
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
        Field::Latitude => (Arc::new(Float64Array::from_iter_values(each.map(|c| c.latitude))), Type::Double),
        Field::Longitude => {
            (Arc::new(Float64Array::from_iter_values(each.map(|c| c.longitude))), Type::Double)
        }
        Field::City => text(&|city| city.name),
        Field::Country => text(&|city| country(city).code),
        Field::CountryName => text(&|city| country(city).name),
        Field::Zone => text(&|city| city.zone),
        Field::Currency => text(&|city| country(city).currency),
        Field::Locale => text(&|city| city.locale),
        Field::DiallingCode => text(&|city| country(city).dialling_code),
    }
}

impl Prepared for Place {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let words = frame.words(&self.stream, 1);
        let values = &self.values.0;
        if let Some(dictionary) = values.as_dictionary_opt::<Int32Type>() {
            // Several cities share a value.
            let shared = dictionary.keys().values();
            let keys = Int32Array::from_iter_values(words.iter().map(|word| shared[self.law.sample(*word)]));
            return Ok(Arc::new(DictionaryArray::<Int32Type>::new(keys, dictionary.values().clone())));
        }
        let index = UInt32Array::from_iter_values(words.iter().map(|word| self.law.sample(*word) as u32));
        Ok(take(values, &index, None).expect("the law draws indices of its values"))
    }

    fn explain(&self, _: &Shown) -> String {
        format!("of a place, one of {}", values(&self.values.0))
    }

    fn inputs(&self) -> Vec<InputId> {
        Vec::new()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}
