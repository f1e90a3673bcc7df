//! A hash of everything that decides the data.

use crate::calendar::TZDB_VERSION;
use crate::model::Model;
use crate::scenario::Scenario;
use crate::scenario::generators::GENERATORS;
use crate::vocabulary;

/// Raised when values change for a reason that no other part of the fingerprint shows, such as a new
/// way of addressing words or another meaning of an SQL function.
const VALUES_VERSION: u32 = 1;

/// The hash of a scenario without its comments and layout.
pub(super) fn document(scenario: &Scenario) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    scenario.document.hash_into(&mut hasher);
    hasher.finalize()
}

/// The fingerprint of a scenario under the settings in force.
pub(super) fn of(document: &blake3::Hash, model: &Model) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("seedbed 2026 fingerprint of a dataset");
    hasher.update(&VALUES_VERSION.to_le_bytes());
    for generator in GENERATORS {
        hasher.update(generator.name.as_bytes());
        hasher.update(&generator.version.to_le_bytes());
    }
    hasher.update(&vocabulary::fingerprint());
    hasher.update(&model.seed.to_le_bytes());
    hasher.update(&model.scale.to_bits().to_le_bytes());
    hasher.update(&model.as_of.to_le_bytes());
    for (name, value) in &model.params {
        for text in [name, value] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.update(&(TZDB_VERSION.len() as u64).to_le_bytes());
    hasher.update(TZDB_VERSION.as_bytes());
    hasher.update(document.as_bytes());
    hasher.finalize().to_hex().to_string()
}
