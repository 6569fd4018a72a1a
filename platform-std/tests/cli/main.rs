//! The program `hybi` from outside, against its contract: exact lines and
//! exit statuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod access;
mod endings;
mod failures;
#[cfg(unix)]
mod interrupts;
mod program;
#[cfg(target_os = "linux")]
mod prompt;
mod proxies;
mod stdin;
#[path = "../support/mod.rs"]
mod support;
mod talk;
mod usage;
mod words;
