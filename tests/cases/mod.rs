//! Rows that have a name: found by a condition, listed with their keys, and changing nothing.

mod entity;
mod found;
mod hard;
mod pins;
