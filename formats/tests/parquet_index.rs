//! What lets readers of Parquet leave out row groups and pages: page indexes and Bloom filters.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, Int32Type, Int64Type};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::bloom_filter::Sbbf;
use parquet::data_type::AsBytes;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use seedbed_formats::{BloomColumns, Compression, ParquetEncodings, ParquetOptions, encode_parquet};

const ROWS: usize = 70_000;
const ROWS_PER_BATCH: usize = 8192;

fn word(i: usize) -> u64 {
    (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Rows in the order of their values, and some that are in none; every seventh is NULL, and so is a whole page.
fn batch(rows: Range<usize>) -> RecordBatch {
    let some = |i: usize| (i % 7 != 3 && !(24_576..49_152).contains(&i)).then_some(i);
    let words: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..100).map(|i| format!("word {:02}", i * 37 % 100))));
    let keys = rows.clone().map(|i| some(i).map(|i| (i / 1000) as i32));
    let dictionary = DictionaryArray::<Int32Type>::new(keys.collect::<Int32Array>(), words);
    let uuids = rows.clone().map(|i| some(i).map(|i| (u128::from(word(i)) << 64 | i as u128).to_be_bytes()));
    let decimals: Decimal128Array =
        rows.clone().map(|i| some(i).map(|i| i as i128 * 10_i128.pow(20))).collect();
    let lists = OffsetBuffer::<i32>::from_lengths(rows.clone().map(|i| i % 3));
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    let items = Int64Array::from_iter_values((0..lists.last()).map(i64::from));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(rows.clone().map(|i| i as i64)))),
        ("int32", Arc::new(rows.clone().map(|i| some(i).map(|i| -(i as i32))).collect::<Int32Array>())),
        ("wide", Arc::new(rows.clone().map(|i| some(i).map(|i| word(i) as i64)).collect::<Int64Array>())),
        ("double", Arc::new(rows.clone().map(|i| some(i).map(|i| i as f64 / 8.0)).collect::<Float64Array>())),
        ("boolean", Arc::new(rows.clone().map(|i| some(i).map(|i| i > 60_000)).collect::<BooleanArray>())),
        (
            "text",
            Arc::new(rows.clone().map(|i| some(i).map(|i| format!("text {i:06}"))).collect::<StringArray>()),
        ),
        ("dictionary", Arc::new(dictionary)),
        ("uuid", Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).unwrap())),
        ("decimal", Arc::new(decimals.with_precision_and_scale(38, 2).unwrap())),
        ("list", Arc::new(ListArray::new(item, lists, Arc::new(items), None))),
    ];
    let columns = columns.into_iter().map(|(name, array)| (name, array, name != "id" && name != "list"));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn batches() -> Vec<RecordBatch> {
    let starts = (0..ROWS).step_by(ROWS_PER_BATCH);
    starts.map(|start| batch(start..(start + ROWS_PER_BATCH).min(ROWS))).collect()
}

fn file(options: &ParquetOptions) -> Vec<u8> {
    let batches = batches();
    encode_parquet(&batches[0].schema(), &batches, Compression::Snappy, options).unwrap()
}

fn metadata(file: &Bytes) -> ArrowReaderMetadata {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    ArrowReaderMetadata::load(file, options).unwrap()
}

/// The rows of every page of a column.
fn pages(metadata: &ParquetMetaData, column: usize) -> Vec<Range<usize>> {
    let pages = metadata.page_index().unwrap().page_locations(0, column).unwrap();
    let starts: Vec<usize> = pages.iter().map(|page| page.first_row_index as usize).collect();
    let ends = starts.iter().skip(1).copied().chain([ROWS]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The least and the greatest value of rows, as plain bytes; `None` where all are NULL.
fn bounds(array: &ArrayRef) -> Option<(Vec<u8>, Vec<u8>)> {
    fn of<T: Copy, const N: usize>(
        values: impl Iterator<Item = T>,
        order: impl Fn(&T, &T) -> std::cmp::Ordering,
        bytes: impl Fn(T) -> [u8; N],
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        let values: Vec<T> = values.collect();
        let least = values.iter().copied().min_by(&order)?;
        let greatest = values.iter().copied().max_by(&order)?;
        Some((bytes(least).to_vec(), bytes(greatest).to_vec()))
    }
    match array.data_type() {
        DataType::Int32 => of(array.as_primitive::<Int32Type>().iter().flatten(), Ord::cmp, i32::to_le_bytes),
        DataType::Int64 => of(array.as_primitive::<Int64Type>().iter().flatten(), Ord::cmp, i64::to_le_bytes),
        DataType::Float64 => {
            // Of the least zero the sign does not count.
            let bytes =
                |number: f64| if number == 0.0 { (-0.0_f64).to_le_bytes() } else { number.to_le_bytes() };
            of(array.as_primitive::<Float64Type>().iter().flatten(), f64::total_cmp, bytes)
        }
        DataType::Boolean => of(array.as_boolean().iter().flatten(), Ord::cmp, |truth| [truth.into()]),
        DataType::Decimal128(..) => {
            of(array.as_primitive::<Decimal128Type>().iter().flatten(), Ord::cmp, i128::to_be_bytes)
        }
        DataType::FixedSizeBinary(_) => {
            let uuids = array.as_fixed_size_binary().iter().flatten();
            of(uuids.map(|uuid| u128::from_be_bytes(uuid.try_into().unwrap())), Ord::cmp, u128::to_be_bytes)
        }
        DataType::List(_) => {
            let items: Vec<i64> = array
                .as_list::<i32>()
                .iter()
                .flatten()
                .flat_map(|list| list.as_primitive::<Int64Type>().values().to_vec())
                .collect();
            of(items.into_iter(), Ord::cmp, i64::to_le_bytes)
        }
        DataType::Dictionary(..) => bounds(&cast(array, &DataType::Utf8).unwrap()),
        _ => {
            let texts: Vec<&str> = array.as_string::<i32>().iter().flatten().collect();
            Some((texts.iter().min()?.as_bytes().to_vec(), texts.iter().max()?.as_bytes().to_vec()))
        }
    }
}

/// The bounds of a page as the index has them.
fn bounds_in(index: &ColumnIndexMetaData, page: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    macro_rules! of {
        ($index:expr, $map:expr) => {
            $index
                .min_value(page)
                .zip($index.max_value(page))
                .map(|(least, greatest)| ($map(least), $map(greatest)))
        };
    }
    match index {
        ColumnIndexMetaData::BOOLEAN(index) => of!(index, |value: &bool| value.as_bytes().to_vec()),
        ColumnIndexMetaData::INT32(index) => of!(index, |value: &i32| value.as_bytes().to_vec()),
        ColumnIndexMetaData::INT64(index) => of!(index, |value: &i64| value.as_bytes().to_vec()),
        ColumnIndexMetaData::DOUBLE(index) => of!(index, |value: &f64| value.as_bytes().to_vec()),
        ColumnIndexMetaData::BYTE_ARRAY(index) | ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(index) => {
            of!(index, |value: &[u8]| value.to_vec())
        }
        other => panic!("{other:?}"),
    }
}

/// What the index says about a page is what its values say.
#[test]
fn the_index_of_bounds_is_true() {
    let whole = concat_batches(&batches()[0].schema(), &batches()).unwrap();
    for encodings in ParquetEncodings::ALL {
        let file = Bytes::from(file(&ParquetOptions { encodings, ..ParquetOptions::default() }));
        let metadata = metadata(&file);
        let index = metadata.metadata().page_index().unwrap();
        for (column, field) in whole.schema().fields().iter().enumerate() {
            let pages = pages(metadata.metadata(), column);
            assert!(pages.len() >= 3, "{field}: {pages:?}");
            let of_column = index.column_index(0, column).unwrap();
            for (page, rows) in pages.into_iter().enumerate() {
                let array = whole.column(column).slice(rows.start, rows.len());
                assert_eq!(bounds_in(of_column, page), bounds(&array), "{field}, rows {rows:?}");
                if !matches!(array.data_type(), DataType::List(_)) {
                    let nulls = array.logical_nulls().map_or(0, |nulls| nulls.null_count());
                    assert_eq!(of_column.null_count(page), Some(nulls as i64), "{field}, rows {rows:?}");
                }
            }
        }
    }
}

/// The list of pages that are all NULL names its type as all other writers do. Readers in Rust of before parquet 57 (DataFusion
/// up to 50) know no other name, and failed in every search.
#[test]
fn old_readers_know_the_type_of_its_lists() {
    let file = Bytes::from(file(&ParquetOptions::default()));
    for column in metadata(&file).metadata().row_group(0).columns() {
        let at = column.column_index_offset().unwrap() as usize;
        let [field, list] = [file[at], file[at + 1]];
        assert_eq!((field, list & 0x0f), (0x19, 1), "{}", column.column_path());
    }
}

/// A page with NaN has no bounds that hold, and one page without leaves the column without an index of bounds; the places of its
/// pages are known all the same.
#[test]
fn nan_leaves_no_index_of_bounds() {
    let numbers = |nan: usize| {
        Float64Array::from_iter_values((0..50_000).map(|i| if i == nan { f64::NAN } else { i as f64 }))
    };
    let list = |of: Float64Array| {
        let item = Arc::new(Field::new("item", DataType::Float64, true));
        ListArray::new(item, OffsetBuffer::from_repeated_length(1, of.len()), Arc::new(of), None)
    };
    let columns: [(&str, ArrayRef); 3] = [
        ("with", Arc::new(numbers(30_000))),
        ("without", Arc::new(numbers(usize::MAX))),
        ("list", Arc::new(list(numbers(30_000)))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let parts: Vec<RecordBatch> = (0..5).map(|i| batch.slice(i * 10_000, 10_000)).collect();
    let bytes =
        encode_parquet(&batch.schema(), &parts, Compression::None, &ParquetOptions::default()).unwrap();
    let metadata = metadata(&Bytes::from(bytes));
    let index = metadata.metadata().page_index().unwrap();
    let has_bounds: Vec<bool> = (0..3).map(|column| index.column_index(0, column).is_some()).collect();
    assert_eq!(has_bounds, [false, true, false]);
    assert!((0..3).all(|column| index.page_locations(0, column).is_some_and(|pages| pages.len() > 1)));
}

/// A reader that wants some rows needs the pages that hold them and no others: these can be read with blots over all the rest.
#[test]
fn a_page_is_read_alone() {
    let file = file(&ParquetOptions::default());
    let whole = concat_batches(&batches()[0].schema(), &batches()).unwrap();
    let metadata = metadata(&Bytes::from(file.clone()));
    let wanted = 62_000..62_010;
    for (column, field) in whole.schema().fields().iter().enumerate() {
        let chunk = metadata.metadata().row_group(0).column(column);
        let locations = metadata.metadata().page_index().unwrap().page_locations(0, column).unwrap();
        let mut blotted = file.clone();
        for (page, rows) in locations.iter().zip(pages(metadata.metadata(), column)) {
            if !(rows.contains(&wanted.start) || rows.contains(&(wanted.end - 1))) {
                let at = page.offset as usize;
                assert!((at as u64) < chunk.byte_range().0 + chunk.byte_range().1);
                blotted[at..at + page.compressed_page_size as usize].fill(0xff);
            }
        }
        assert_ne!(blotted, file);
        let selection =
            RowSelection::from(vec![RowSelector::skip(wanted.start), RowSelector::select(wanted.len())]);
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(Bytes::from(blotted), metadata.clone());
        let mask = parquet::arrow::ProjectionMask::roots(reader.parquet_schema(), [column]);
        let mut reader = reader.with_row_selection(selection).with_projection(mask).build().unwrap();
        let found = reader.next().unwrap().unwrap();
        let expected = whole.column(column).slice(wanted.start, wanted.len());
        match expected.data_type() {
            DataType::Dictionary(..) => {
                assert_eq!(found.column(0), &cast(&expected, &DataType::Utf8).unwrap())
            }
            DataType::List(_) => {
                assert!(found.column(0).as_list::<i32>().iter().eq(expected.as_list::<i32>().iter()))
            }
            _ => assert_eq!(found.column(0), &expected, "{field}"),
        }
    }
}

/// Filters hold every value that is there, and few of those that are not; columns that were not named have none.
#[test]
fn bloom_filters_tell_what_is_not_there() {
    let names = ["id", "int32", "wide", "double", "text", "dictionary", "uuid", "decimal", "list"];
    let bloom = names.map(|name| BloomColumns::Named(format!("batches.{name}"))).to_vec();
    for encodings in ParquetEncodings::ALL {
        let file = Bytes::from(file(&ParquetOptions {
            encodings,
            bloom: bloom.clone(),
            ..ParquetOptions::default()
        }));
        let metadata = metadata(&file);
        let group = metadata.metadata().row_group(0);
        let filter = |name: &str| {
            let column =
                group.columns().iter().find(|column| column.column_path().parts()[0] == name).unwrap();
            Sbbf::read_from_column_chunk(column, &file).unwrap()
        };
        assert!(filter("boolean").is_none());
        let there = |i: &usize| i % 7 != 3 && !(24_576..49_152).contains(i);
        let check = |name: &str, of: &dyn Fn(usize, &Sbbf) -> bool| {
            let filter = filter(name).unwrap();
            assert!((0..ROWS).filter(there).all(|i| of(i, &filter)), "{name}");
            let wrong = (1_000_000..1_010_000).filter(|i| of(*i, &filter)).count();
            assert!(wrong < 300, "{name}: {wrong} of 10000");
        };
        check("id", &|i, filter| filter.check(&(i as i64)));
        check("int32", &|i, filter| filter.check(&-(i as i32)));
        check("wide", &|i, filter| filter.check(&(word(i) as i64)));
        check("double", &|i, filter| filter.check(&(i as f64 / 8.0)));
        check("text", &|i, filter| filter.check(format!("text {i:06}").as_str()));
        check("dictionary", &|i, filter| {
            let key = if i < ROWS { i / 1000 * 37 % 100 } else { i };
            filter.check(format!("word {key:02}").as_str())
        });
        check("uuid", &|i, filter| filter.check(&(u128::from(word(i)) << 64 | i as u128).to_be_bytes()[..]));
        check("decimal", &|i, filter| filter.check(&(i as i128 * 10_i128.pow(20)).to_be_bytes()[..]));
        check("list", &|i, filter| filter.check(&((i % 8000) as i64 + if i < ROWS { 0 } else { 1_000_000 })));
        // The zeros are equal, and are looked for by their bits.
        assert!(filter("double").unwrap().check(&-0.0_f64));
        // Few values take little room.
        assert!(filter("dictionary").unwrap().num_blocks() < 8);
    }
}
