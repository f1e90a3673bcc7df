//! What fingerprints of rows cost: a table's batches, made beforehand, are hashed; and the same batches are encoded as Parquet, which
//! is what the hashing is added to.

use std::hint::black_box;
use std::time::Duration;

use arrow::array::RecordBatch;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedbed_engine::digest::RowHasher;
use seedbed_engine::{Plan, ROWS_PER_BATCH, Settings};
use seedbed_formats::{Compression, Format, encode_batches};

const TABLES: [(&str, &str, &str); 3] = [
    ("lineitem", include_str!("../scenarios/tpch.yaml"), "lineitem"),
    ("orders", include_str!("../scenarios/tpch.yaml"), "orders"),
    ("events", include_str!("../scenarios/saas.yaml"), "events"),
];

fn benches(criterion: &mut Criterion) {
    for (name, scenario, table) in TABLES {
        let plan =
            Plan::compile(scenario, &Settings { scale: 0.1, ..Settings::default() }).expect("it ships");
        let Some(table) = plan.table(table) else { continue };
        let batches = (0..4).map(|i| plan.batch(table, i * ROWS_PER_BATCH..(i + 1) * ROWS_PER_BATCH));
        let batches: Vec<RecordBatch> =
            batches.collect::<Result<_, _>>().expect("its values can be computed");
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(rows)).warm_up_time(Duration::from_millis(500));
        group.measurement_time(Duration::from_secs(2)).sample_size(20);
        let (mut hasher, mut hashes) = (RowHasher::of(&plan.model().tables[table]), Vec::new());
        group.bench_function("hash", |bencher| {
            bencher.iter(|| {
                for batch in &batches {
                    hasher.hash(black_box(batch), &mut hashes).expect("the batches are the table's");
                }
                hashes.last().copied()
            });
        });
        group.bench_function("generate", |bencher| {
            bencher
                .iter(|| plan.batch(table, black_box(0..ROWS_PER_BATCH * 4)).map(|batch| batch.num_rows()));
        });
        group.bench_function("parquet", |bencher| {
            let schema = plan.schema(table);
            bencher
                .iter(|| encode_batches(&schema, black_box(&batches), Format::Parquet, Compression::Snappy));
        });
        group.finish();
    }
}

criterion_group!(digest, benches);
criterion_main!(digest);
