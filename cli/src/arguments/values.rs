//! What the values of flags may be.

use std::num::{NonZeroU64, NonZeroUsize};

use seedbed_engine::run::Shard;
use seedbed_formats::Compression;

pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// Below the smallest scale every table has one row, and above the largest one row is too many.
pub(crate) fn scale(text: &str) -> Result<f64, String> {
    let expected = || "expected a number above 0, such as 0.01 or 10".to_owned();
    let scale: f64 = text.parse().map_err(|_| expected())?;
    match scale {
        1e-15..=1e15 => Ok(scale),
        _ if scale > 0.0 => Err("expected a number from 1e-15 to 1e15, such as 0.01 or 10".to_owned()),
        _ => Err(expected()),
    }
}

pub(crate) fn share(text: &str) -> Result<f64, String> {
    let (number, per) = text.strip_suffix('%').map_or((text, 1.0), |percent| (percent, 100.0));
    let share = number.trim().parse::<f64>().ok().map(|number| number / per);
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "expected a share, such as 1% or 0.01".to_owned())
}

pub(crate) fn one_or_more(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "expected a whole number from 1 on".to_owned())
}

pub(crate) fn rows_shown(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}

pub(crate) fn rows_previewed(text: &str) -> Result<u64, String> {
    let rows: Option<u64> = text.parse().ok();
    rows.filter(|n| (1..=10_000).contains(n))
        .ok_or_else(|| "expected a whole number from 1 to 10000".to_owned())
}

pub(crate) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, as in tenants=50".to_owned()),
    }
}

pub(crate) fn compression(text: &str) -> Result<Compression, String> {
    Compression::from_name(text)
        .ok_or_else(|| "expected none, snappy, zstd, or zstd(1) to zstd(22)".to_owned())
}

pub(crate) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads: Option<NonZeroUsize> = text.parse().ok();
    threads.filter(|n| n.get() <= 1024).ok_or_else(|| "expected a whole number from 1 to 1024".to_owned())
}

pub(crate) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs: Option<NonZeroUsize> = text.parse().ok();
    jobs.filter(|n| n.get() <= 64).ok_or_else(|| "expected a whole number from 1 to 64".to_owned())
}

pub(crate) fn shard(text: &str) -> Result<Shard, String> {
    let expected = || "expected I/N with I from 1 to N, such as 1/4".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(expected)?;
    let (index, count): (u64, u64) =
        (index.parse().map_err(|_| expected())?, count.parse().map_err(|_| expected())?);
    if (1..=count).contains(&index) { Ok(Shard { index, count }) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_some() {
        assert_eq!(shard("2/4"), Ok(Shard { index: 2, count: 4 }));
        for wrong in ["", "1", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b", "99999999999999999999/1"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_scale_is_a_plain_number_above_zero() {
        assert_eq!(scale("0.01"), Ok(0.01));
        assert_eq!((scale("1e-15"), scale("1e15")), (Ok(1e-15), Ok(1e15)));
        for wrong in ["0", "-1", "NaN", "inf", "1%", "", "1e999", "1e300", "1e-300"] {
            assert!(scale(wrong).is_err(), "{wrong}");
        }
    }
}
