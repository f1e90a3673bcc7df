//! Places: country, city, zone, currency, dialling code and locale that belong together.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

#[cfg(test)]
use super::list::Digest;

/// A country of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Country {
    /// ISO 3166-1 alpha-2, such as `DE`.
    pub code: &'static str,
    /// The English name.
    pub name: &'static str,
    /// ISO 4217, such as `EUR`.
    pub currency: &'static str,
    /// E.164 country code with its plus sign, such as `+49`.
    pub dialling_code: &'static str,
    /// BCP 47, such as `de-DE`; [`names`](super::names) knows it.
    pub locale: &'static str,
    /// Where its cities stand in [`Places::cities`]; never empty.
    pub cities: Range<u32>,
}

/// A city of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct City {
    /// The name, by and large as in English, in Latin letters.
    pub name: &'static str,
    /// Where its country stands in [`Places::countries`].
    pub country: u16,
    /// The IANA zone, such as `Europe/Berlin`; `chrono-tz` knows it.
    pub zone: &'static str,
    /// The country's locale, or the city's own (`fr-CH` in Geneva); [`names`](super::names) knows it.
    pub locale: &'static str,
    /// Inhabitants, for use as a weight.
    pub population: u32,
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
}

/// All countries and cities.
#[derive(Debug)]
pub struct Places {
    countries: Vec<Country>,
    cities: Vec<City>,
    zones: Vec<&'static str>,
}

/// The table of places, read on the first call (about a millisecond).
pub fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(|| Places::parse(include_str!("places.tsv")))
}

impl Places {
    /// All countries, sorted by code.
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// All cities: country by country, each country's by population, largest first.
    pub fn cities(&self) -> &[City] {
        &self.cities
    }

    /// The cities of one of [`countries`](Self::countries).
    pub fn cities_of(&self, country: &Country) -> &[City] {
        &self.cities[country.cities.start as usize..country.cities.end as usize]
    }

    /// The country with this alpha-2 code, upper case.
    pub fn country(&self, code: &str) -> Option<&Country> {
        let index = self.countries.binary_search_by_key(&code, |country| country.code).ok()?;
        Some(&self.countries[index])
    }

    /// The zones that some city lies in, sorted, each once.
    pub fn zones(&self) -> &[&'static str] {
        &self.zones
    }

    /// Reads the file, whose header says what its columns are.
    ///
    /// It is part of this crate, so a fault in it is a fault of the build and panics with the line.
    fn parse(file: &'static str) -> Self {
        let (mut countries, mut cities): (Vec<Country>, Vec<City>) = (Vec::new(), Vec::new());
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let fault = |what: &str| -> ! { panic!("places.tsv: {what} in `{line}`") };
            let fields: Vec<&'static str> = line.split('\t').collect();
            match fields[..] {
                ["", name, zone, population, latitude, longitude, ref other_locale @ ..] => {
                    let index =
                        countries.len().checked_sub(1).unwrap_or_else(|| fault("city before any country"));
                    let country = &mut countries[index];
                    let degrees = |text: &str| text.parse().unwrap_or_else(|_| fault("no degrees"));
                    cities.push(City {
                        name,
                        country: index as u16,
                        zone,
                        locale: other_locale.first().unwrap_or(&country.locale),
                        population: population.parse().unwrap_or_else(|_| fault("no population")),
                        latitude: degrees(latitude),
                        longitude: degrees(longitude),
                    });
                    country.cities.end += 1;
                }
                [code, name, currency, dialling_code, locale] => {
                    let next = cities.len() as u32;
                    countries.push(Country {
                        code,
                        name,
                        currency,
                        dialling_code,
                        locale,
                        cities: next..next,
                    });
                }
                _ => fault("neither a country nor a city"),
            }
        }
        let zones: BTreeSet<&'static str> = cities.iter().map(|city| city.zone).collect();
        Self { countries, cities, zones: zones.into_iter().collect() }
    }
}

/// The table's names and hashes, to be compared with those that were released.
#[cfg(test)]
pub(super) fn digests() -> Vec<(String, blake3::Hash)> {
    let mut countries = Digest::new();
    for country in places().countries() {
        let Country { code, name, currency, dialling_code, locale, cities } = country;
        [code, name, currency, dialling_code, locale].into_iter().for_each(|text| countries.text(text));
        countries.number(u64::from(cities.end));
    }
    let mut cities = Digest::new();
    for city in places().cities() {
        [city.name, city.zone, city.locale].into_iter().for_each(|text| cities.text(text));
        cities.number(u64::from(city.population));
        cities.number(city.latitude.to_bits());
        cities.number(city.longitude.to_bits());
    }
    vec![("countries".to_owned(), countries.finish()), ("cities".to_owned(), cities.finish())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::names;

    #[test]
    fn the_table_is_large_enough() {
        let places = places();
        assert_eq!((places.countries().len(), places.cities().len(), places.zones().len()), (55, 938, 164));
        for country in places.countries() {
            assert!((8..=40).contains(&places.cities_of(country).len()), "{}", country.name);
        }
    }

    #[test]
    fn countries_are_sorted_and_well_formed() {
        let countries = places().countries();
        assert!(countries.windows(2).all(|pair| pair[0].code < pair[1].code));
        for country in countries {
            let upper = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_uppercase());
            assert!(upper(country.code, 2) && upper(country.currency, 3), "{country:?}");
            let digits = country.dialling_code.strip_prefix('+').unwrap();
            assert!(
                (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()),
                "{country:?}"
            );
            assert!(country.locale.ends_with(country.code), "{country:?}");
            assert_eq!(places().country(country.code), Some(country));
        }
        assert_eq!(places().country("XX"), None);
        assert_eq!(places().country("de"), None);
    }

    #[test]
    fn cities_belong_to_their_country_and_are_sorted_by_population() {
        let mut after = 0;
        for (index, country) in places().countries().iter().enumerate() {
            assert_eq!(country.cities.start, after);
            after = country.cities.end;
            let cities = places().cities_of(country);
            assert!(
                cities.windows(2).all(|pair| pair[0].population >= pair[1].population),
                "{}",
                country.name
            );
            let names: BTreeSet<&str> = cities.iter().map(|city| city.name).collect();
            assert_eq!(names.len(), cities.len(), "{} has a city twice", country.name);
            for city in cities {
                assert_eq!(city.country as usize, index);
                assert!(city.population > 0, "{city:?}");
                assert!(city.latitude.abs() <= 90.0 && city.longitude.abs() <= 180.0, "{city:?}");
            }
        }
        assert_eq!(after as usize, places().cities().len());
    }

    #[test]
    fn every_zone_is_in_chrono_tz() {
        for zone in places().zones() {
            assert!(zone.parse::<chrono_tz::Tz>().is_ok(), "{zone}");
        }
    }

    #[test]
    fn large_countries_cover_their_zones() {
        for (code, zones) in [
            ("US", ["America/New_York", "America/Phoenix", "America/Anchorage", "Pacific/Honolulu"]),
            ("AU", ["Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Perth"]),
            ("RU", ["Europe/Moscow", "Asia/Omsk", "Asia/Vladivostok", "Asia/Kamchatka"]),
        ] {
            let cities = places().cities_of(places().country(code).unwrap());
            for zone in zones {
                assert!(cities.iter().any(|city| city.zone == zone), "{code} lacks {zone}");
            }
        }
    }

    #[test]
    fn every_locale_has_names() {
        for city in places().cities() {
            assert!(names(city.locale).is_some(), "{city:?}");
        }
        for country in places().countries() {
            assert!(names(country.locale).is_some(), "{country:?}");
        }
    }
}
