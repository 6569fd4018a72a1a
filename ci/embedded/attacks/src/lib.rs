//! A TLS 1.3 server that misbehaves on order, so that a client can show that it
//! notices. By hand over the primitives: no TLS library sends what must not be
//! sent.
#![expect(clippy::indexing_slicing, reason = "a tool for tests: it may panic")]

mod attack;
mod certificates;
mod keys;
mod messages;
mod server;

pub use attack::{ATTACKS, Attack};
pub use certificates::{CA_DER, make_root, pinned_key};
pub use server::{PSK, PSK_IDENTITY, Report, serve, serve_mutated};
