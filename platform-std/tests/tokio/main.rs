//! The async client against tokio-tungstenite's server and against raw ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod cancel;
mod connect;
mod deadlines;
mod echo;
mod peer;
mod sink;
mod split;
#[path = "../support/mod.rs"]
mod support;
