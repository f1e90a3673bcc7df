//! What is written, byte by byte and as others read it; datasets as files; and files that are damaged.

mod parquet;
mod parquet_index;
mod round_trip;
mod text;

mod dataset;

mod damage;
