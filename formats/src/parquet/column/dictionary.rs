//! Text with few distinct values. The keys that batches hold become the indices of a Parquet dictionary by
//! one look-up in an array; only a value that is met for the first time is read. Batches may come with
//! different dictionaries, with values that occur twice or not at all: the dictionary written has those that
//! occur, once, in the order of their first row.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Utf8Type};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;

use super::bits::width_of;
use super::bounds::TextBounds;
use super::pages::Pages;
use super::text::{TextPage, statistics};
use super::{ColumnChunk, hybrid};
use crate::parquet::options::ParquetEncodings;

/// A dictionary that has grown to so many bytes takes no further pages; they are written as plain text.
const LARGEST_DICTIONARY: usize = 1 << 20;

/// Stands for a key whose value has not been met.
const UNMET: u32 = u32::MAX;

pub(super) struct DictionaryWriter {
    pages: Pages,
    /// Of the texts that are in no dictionary.
    encodings: ParquetEncodings,
    /// The indices of the page under construction.
    indices: Vec<u32>,
    dictionary: Dictionary,
    /// The dictionary of the last batch.
    batch_values: Option<ArrayRef>,
    /// The index of each of its keys.
    index_of_key: Vec<u32>,
    /// The page under construction, once the dictionary is too large.
    plain: Option<TextPage>,
    bounds: TextBounds,
}

/// The dictionary to be written.
#[derive(Default)]
struct Dictionary {
    index_of: HashMap<Box<str>, u32>,
    /// Each value with its length in four bytes before it.
    plain: Vec<u8>,
    /// Where each value stands in `plain`.
    places: Vec<Range<usize>>,
    /// Which values the page under construction has.
    in_page: Vec<bool>,
}

impl Dictionary {
    /// The index of a value; new ones are added.
    fn index(&mut self, value: &str) -> u32 {
        if let Some(index) = self.index_of.get(value) {
            return *index;
        }
        let index = self.index_of.len() as u32;
        self.index_of.insert(value.into(), index);
        self.plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
        let start = self.plain.len();
        self.plain.extend_from_slice(value.as_bytes());
        self.places.push(start..self.plain.len());
        index
    }

    /// The bounds of the values that a page has.
    fn bounds(&mut self, indices: &[u32]) -> TextBounds {
        self.in_page.clear();
        self.in_page.resize(self.places.len(), false);
        indices.iter().for_each(|index| self.in_page[*index as usize] = true);
        let mut bounds = TextBounds::default();
        for (place, _) in self.places.iter().zip(&self.in_page).filter(|(_, there)| **there) {
            bounds.include(&self.plain[place.clone()]);
        }
        bounds
    }
}

impl DictionaryWriter {
    pub(super) fn new(pages: Pages, encodings: ParquetEncodings) -> Self {
        Self {
            pages,
            encodings,
            indices: Vec::new(),
            dictionary: Dictionary::default(),
            batch_values: None,
            index_of_key: Vec::new(),
            plain: None,
            bounds: TextBounds::default(),
        }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        let nulls = array.logical_nulls();
        self.pages.note(array.len(), nulls.as_ref())?;
        let array = array.as_dictionary::<Int32Type>();
        let keys = array.keys().values();
        let values = array.values().as_string::<i32>();
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        if let Some(page) = &mut self.plain {
            page.add(cast(array, &DataType::Utf8)?.as_bytes::<Utf8Type>());
        } else {
            if !self.batch_values.as_ref().is_some_and(|known| Arc::ptr_eq(known, array.values())) {
                self.index_of_key.clear();
                self.index_of_key.resize(values.len(), UNMET);
                self.batch_values = Some(array.values().clone());
            }
            match &nulls {
                None => self.extend(keys.iter().copied(), values),
                Some(nulls) => self.extend(nulls.valid_indices().map(|i| keys[i]), values),
            }
        }
        let is_plain_full = self.plain.as_ref().is_some_and(TextPage::is_full);
        let is_dictionary_full = self.plain.is_none() && self.dictionary.plain.len() > LARGEST_DICTIONARY;
        if self.pages.is_page_full() || is_plain_full || is_dictionary_full {
            self.close_page()?;
        }
        if is_dictionary_full {
            self.plain = Some(TextPage::new(self.encodings));
        }
        Ok(())
    }

    fn extend(&mut self, keys: impl Iterator<Item = i32>, values: &StringArray) {
        let Self { indices, dictionary, index_of_key, .. } = self;
        indices.extend(keys.map(|key| {
            let slot = &mut index_of_key[key as usize];
            if *slot == UNMET {
                *slot = dictionary.index(values.value(key as usize));
            }
            *slot
        }));
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        if let Some(page) = &mut self.plain {
            return page.close(&mut self.pages, &mut self.bounds);
        }
        let indices = &mut self.indices;
        let greatest = self.dictionary.index_of.len().saturating_sub(1) as u64;
        // Some readers do not expect a width of zero.
        let width = width_of(greatest).max(1);
        let mut bounds = self.dictionary.bounds(indices);
        self.pages.close_page(Encoding::RLE_DICTIONARY, bounds.of_page(), |out| {
            out.push(width as u8);
            hybrid::encode(indices, width, out);
        })?;
        self.bounds.take_in(&mut bounds);
        indices.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let Dictionary { plain, places, .. } = self.dictionary;
        if let Some(bloom) = self.pages.bloom() {
            places.iter().for_each(|place| bloom.insert(&plain[place.clone()]));
        }
        let dictionary = (plain, places.len());
        self.pages.finish(Some(dictionary), |nulls| statistics(self.bounds, nulls))
    }
}
