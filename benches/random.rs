//! Random words, draws and permutations, 8192 at a time.

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use seedbed_engine::random::{
    Exponential, LogNormal, Normal, Permutation, Poisson, Skew, SkewExponent, Stream, Uniform,
    UniformInteger, Weighted, Zipf,
};

const COUNT: usize = 8192;

fn stream() -> Stream {
    Stream::new(42, "benches", "random", "draw", 1)
}

fn words(c: &mut Criterion) {
    let stream = stream();
    let mut group = c.benchmark_group("words");
    group.throughput(Throughput::Elements(COUNT as u64));
    let mut words = vec![0; COUNT];
    group.bench_function("fill", |b| b.iter(|| stream.fill(black_box(5), black_box(&mut words))));

    let sorted: Vec<u64> = (0..COUNT as u64).map(|row| row / 3).collect();
    group.bench_function("picked, each row three times", |b| b.iter(|| stream.picked(black_box(&sorted), 1)));
    let scattered: Vec<u64> = stream.rows(0..COUNT as u64, 1).iter().map(|word| word >> 30).collect();
    group.bench_function("picked, far apart", |b| b.iter(|| stream.picked(black_box(&scattered), 1)));

    group.throughput(Throughput::Elements(1));
    group.bench_function("word", |b| b.iter(|| stream.word(black_box(1_000_003))));
    group.bench_function("stream", |b| b.iter(|| Stream::new(black_box(42), "users", "email", "draw", 1)));
    group.finish();
}

/// Measures 8192 draws into a buffer that is already there.
fn law<T>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, fill: impl Fn(&[u64], &mut Vec<T>)) {
    let words = stream().rows(0..COUNT as u64, 1);
    let mut out = Vec::with_capacity(COUNT);
    group.bench_function(name, |b| {
        b.iter(|| {
            out.clear();
            fill(black_box(&words), &mut out);
            black_box(out.as_slice());
        })
    });
}

fn laws(c: &mut Criterion) {
    let mut group = c.benchmark_group("laws");
    group.throughput(Throughput::Elements(COUNT as u64));
    let integer = UniformInteger::new(-500, 12_345).unwrap();
    law(&mut group, "uniform integer", |words, out| integer.fill(words, out));
    let uniform = Uniform::new(-1.0, 3.0).unwrap();
    law(&mut group, "uniform", |words, out| uniform.fill(words, out));
    let normal = Normal::new(171.0, 9.0).unwrap();
    law(&mut group, "normal", |words, out| normal.fill(words, out));
    let log_normal = LogNormal::with_median(6.0, 1.3).unwrap();
    law(&mut group, "log-normal", |words, out| log_normal.fill(words, out));
    let exponential = Exponential::new(10.0).unwrap();
    law(&mut group, "exponential", |words, out| exponential.fill(words, out));
    for mean in [2.5, 100.0, 1e6] {
        let poisson = Poisson::new(mean).unwrap();
        law(&mut group, &format!("poisson, mean {mean}"), |words, out| poisson.fill(words, out));
    }
    for (ranks, exponent) in [(1000, 1.0), (1 << 40, 1.2)] {
        let zipf = Zipf::new(ranks, exponent).unwrap();
        law(&mut group, &format!("zipf, {ranks} ranks, exponent {exponent}"), |words, out| {
            zipf.fill(words, out)
        });
    }
    for exponent in [0.0, 0.8, 1.0] {
        let skew = Skew::new(100_000, exponent).unwrap();
        law(&mut group, &format!("skew, exponent {exponent}"), |words, out| skew.fill(words, out));
    }
    let varying = SkewExponent::new(0.8).unwrap();
    law(&mut group, "skew, another n each time", |words, out| {
        out.extend((1..).zip(words).map(|(n, word)| varying.sample(*word, n)));
    });
    for items in [5, 1000] {
        let weights: Vec<f64> = (1..=items).map(f64::from).collect();
        let weighted = Weighted::new(&weights).unwrap();
        law(&mut group, &format!("weighted, {items} items"), |words, out| weighted.fill(words, out));
    }
    group.finish();

    let mut group = c.benchmark_group("preparing");
    for mean in [2.5, 1e6] {
        group.bench_function(format!("poisson, mean {mean}"), |b| b.iter(|| Poisson::new(black_box(mean))));
    }
    let weights: Vec<f64> = (1..=1000).map(f64::from).collect();
    group.bench_function("weighted, 1000 items", |b| b.iter(|| Weighted::new(black_box(&weights))));
    group.finish();
}

fn permutations(c: &mut Criterion) {
    let mut group = c.benchmark_group("permutation");
    for n in [6, 16, 100, 1000, 1_000_003, u64::MAX] {
        let key = [stream().word(0), stream().word(1)];
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("new, n {n}"), |b| {
            b.iter(|| Permutation::new(black_box(key), black_box(n)))
        });
        let permutation = Permutation::new(key, n).unwrap();
        let indices: Vec<u64> = (0..COUNT as u64).map(|index| index % n).collect();
        group.throughput(Throughput::Elements(COUNT as u64));
        group.bench_function(format!("apply, n {n}"), |b| {
            b.iter(|| indices.iter().fold(0, |sum: u64, index| sum.wrapping_add(permutation.apply(*index))))
        });
        group.bench_function(format!("invert, n {n}"), |b| {
            b.iter(|| indices.iter().fold(0, |sum: u64, index| sum.wrapping_add(permutation.invert(*index))))
        });
    }
    group.finish();
}

criterion_group!(benches, words, laws, permutations);
criterion_main!(benches);
