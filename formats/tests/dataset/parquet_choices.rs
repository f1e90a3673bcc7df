//! What can be chosen about Parquet: row groups, Bloom filters, the reader.

use std::fs::File;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::printer::print_schema;
use seedbed_engine::run::Shard;
use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{
    BloomColumns, Error, Format, ParquetOptions, ParquetReader, Request, Target, VerifyRequest, verify,
};

use super::shop::{contents, into_directory, plan, run, run_on};

fn with(request: Request, parquet: ParquetOptions) -> Request {
    Request { parquet, ..request }
}

fn rows_per_row_group(rows: u64) -> ParquetOptions {
    ParquetOptions { rows_per_row_group: Some(rows), ..ParquetOptions::default() }
}

fn row_groups(path: &std::path::Path) -> Vec<i64> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect()
}

/// Row groups have the rows asked for, exactly, whatever the batches, the threads, and the width of rows.
#[test]
fn row_groups_have_the_rows_asked_for() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for (folder, threads) in folders.iter().zip([1, 3]) {
        let request = with(into_directory(folder.path(), Format::Parquet), rows_per_row_group(3_000));
        run_on(&plan(), request, threads).unwrap();
    }
    assert_eq!(contents(folders[0].path()), contents(folders[1].path()));
    let file = |number: usize| folders[0].path().join(format!("order lines/part-{number:05}.parquet"));
    assert_eq!(row_groups(&file(0)), [3_000, 3_000, 3_000, 1_000]);
    assert_eq!(row_groups(&file(3)), [300]);
    let manifest = std::fs::read_to_string(folders[0].path().join("manifest.json")).unwrap();
    assert!(manifest.contains("\"rows_per_chunk\": 3000,"), "{manifest}");

    // Alone, rows of 20 kB would have row groups of some hundreds.
    let wide = "tables: {t: {rows: 3_000, columns: {id: serial, text: \"= repeat('x', 20000)\"}}}";
    let wide = Plan::compile(wide, &Settings::default()).unwrap();
    let path = folders[0].path().join("wide.parquet");
    let one = Request {
        tables: vec![TableId::new(0)],
        rows_per_file: None,
        ..with(into_directory(folders[0].path(), Format::Parquet), rows_per_row_group(2_500))
    };
    run_on(&wide, Request { target: Target::File(path.clone()), ..one }, 2).unwrap();
    assert_eq!(row_groups(&path), [2_500, 500]);
}

/// A row group is encoded in memory, so there is an end to its size; one without rows is none.
#[test]
fn absurd_row_groups_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for rows in [0, ParquetOptions::MOST_ROWS_PER_ROW_GROUP + 1, u64::MAX] {
        let request = with(into_directory(folder.path(), Format::Parquet), rows_per_row_group(rows));
        let Err(Error::Usage { message, hint }) = run(request) else { panic!() };
        assert_eq!(message, format!("a row group cannot have {rows} rows"));
        let expected = "ask for 1 to 1048576: it is encoded in memory, and every thread has some";
        assert_eq!(hint.as_deref(), Some(expected));
    }
    let request = with(into_directory(folder.path(), Format::Csv), rows_per_row_group(10));
    assert!(matches!(run(request), Err(Error::Usage { .. })));
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn bloom_filters_are_for_columns_that_are_there() {
    let scenario = "
tables:
  users: {rows: 10, columns: {id: serial, email: {text: '{id}@a.example', unique: true}, age: {integer: {from: 1, to: 9}}, ok: boolean}}
  visits: {per: users, count: 2, columns: {user: parent, page: word}}
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = |names: &[&str]| {
        let bloom = names.iter().map(|name| BloomColumns::from_name(name).unwrap()).collect();
        let request = into_directory(folder.path(), Format::Parquet);
        let parquet = ParquetOptions { bloom, ..ParquetOptions::default() };
        Request { tables: vec![TableId::new(0), TableId::new(1)], force: true, ..with(request, parquet) }
    };
    let filters = |table: &str| -> Vec<String> {
        let file = File::open(folder.path().join(table).join("part-00000.parquet")).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let columns = reader.metadata().row_group(0).columns().iter();
        let columns = columns.filter(|column| column.bloom_filter_offset().is_some());
        columns.map(|column| column.column_path().string()).collect()
    };
    run_on(&plan, request(&[]), 2).unwrap();
    assert!(filters("users").is_empty());
    run_on(&plan, request(&["keys", "visits.page"]), 2).unwrap();
    assert_eq!(
        (filters("users"), filters("visits")),
        (vec!["id".into(), "email".into()], vec!["user".into(), "page".into()])
    );
    for (name, message, hint) in [
        ("users.emial", "there is no column `users.emial` for a Bloom filter", "did you mean `users.email`?"),
        ("x.y", "there is no column `x.y` for a Bloom filter", "columns are named as in `users.email`"),
        ("users.ok", "a Bloom filter cannot tell values of type boolean apart", "leave `users.ok` out"),
    ] {
        let Err(Error::Usage { message: found, hint: found_hint }) = run_on(&plan, request(&[name]), 2)
        else {
            panic!()
        };
        assert_eq!((found.as_str(), found_hint.as_deref()), (message, Some(hint)));
    }
}

/// Spark refuses files with UUIDs and times, on their own and in arrays: for it they are texts, and still the values of the
/// scenario.
#[test]
fn for_spark_uuids_and_times_are_text() {
    let scenario = "
tables:
  t:
    rows: 50
    columns:
      id: {uuid: 4, null: 20%}
      at: {expression: \"time '23:59:59' - row_number() * interval '1 hour 0.000001 seconds'\", null: 20%}
      ids: {array: {of: {uuid: 4, null: 20%}, length: {from: 0, to: 3}}, null: 20%}
      interval: = row_number() * interval '1 day'
      instant: = timestamptz '0001-01-01 00:00:00Z'
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let parquet = ParquetOptions { reader: ParquetReader::Spark, ..ParquetOptions::default() };
    let request = Request {
        tables: vec![TableId::new(0)],
        ..with(into_directory(folder.path(), Format::Parquet), parquet)
    };
    run_on(&plan, request, 2).unwrap();
    let file = File::open(folder.path().join("t/part-00000.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let file = reader.metadata().file_metadata();
    let mut schema = Vec::new();
    print_schema(&mut schema, file.schema());
    let expected = "\
message schema {
  OPTIONAL BYTE_ARRAY id (STRING);
  OPTIONAL BYTE_ARRAY at (STRING);
  OPTIONAL group ids (LIST) {
    REPEATED group list {
      OPTIONAL BYTE_ARRAY element (STRING);
    }
  }
  REQUIRED BYTE_ARRAY interval (STRING);
  REQUIRED INT64 instant (TIMESTAMP(MICROS,true));
}
";
    assert_eq!(String::from_utf8(schema).unwrap(), expected);
    // Without it Spark refuses the instant, or moves it by two days.
    let keys = file.key_value_metadata().unwrap();
    assert_eq!((keys[0].key.as_str(), keys[0].value.as_deref()), ("org.apache.spark.version", Some("3.5.0")));

    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let request = VerifyRequest {
        root: folder.path().to_owned(),
        tables: vec![TableId::new(0)],
        shard: None,
        most_shown: 5,
    };
    assert!(verify(&plan, &request, &pool, &|_| {}).unwrap().is_equal());
}

/// Shards in one directory are one dataset: one that is written in another way is none of it.
#[test]
fn shards_agree_on_their_choices() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |index, parquet| Request {
        shard: Some(Shard { index, count: 2 }),
        ..with(into_directory(folder.path(), Format::Parquet), parquet)
    };
    run(shard(1, ParquetOptions::default())).unwrap();
    let other = ParquetOptions { bloom: vec![BloomColumns::Keys], ..ParquetOptions::default() };
    run(shard(2, other)).unwrap_err();
    run(shard(2, ParquetOptions::default())).unwrap();
}
