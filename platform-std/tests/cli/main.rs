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
mod keepalive;
#[cfg(unix)]
mod pages;
mod program;
#[cfg(target_os = "linux")]
mod prompt;
mod proxies;
mod reconnect;
mod resume;
mod stdin;
#[path = "../support/mod.rs"]
mod support;
mod talk;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod transfer;
mod usage;
mod words;
