//! The subjects of the tests, from values to files to processes, as one program: each program more compiles and links what Arrow
//! and Parquet need of their own. Those that measure their own time or memory, and those that are named in documents and
//! scripts, are programs beside this one.

// What the data is.
mod cases;
mod determinism;
mod distributions;
mod integrity;
mod language;
mod limits;
mod promises;

// What is written, and how it is read.
mod datasets;
mod readers;
mod verify;
mod witness;

// What people meet.
mod broken;
mod library;
