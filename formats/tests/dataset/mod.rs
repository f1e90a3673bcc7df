//! Datasets in directories, files and streams: what appears when, what is removed, what is refused, and that
//! nothing but the request decides a byte.

mod shop;

mod in_the_way;
mod one_file;
mod parquet_choices;
mod written;
