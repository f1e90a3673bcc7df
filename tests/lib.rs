//! The project seen from outside.
