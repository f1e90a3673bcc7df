//! What the reference promises of whole scenarios: what decides the data is in the fingerprint, the order of columns decides
//! nothing, and a number means the same wherever and however it is written.

mod columns;
mod fingerprint;
mod numbers;
mod sample;
