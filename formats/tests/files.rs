//! What is written, byte by byte and as others read it, and datasets as files.

mod parquet;
mod parquet_index;
mod round_trip;
mod text;

mod dataset;
