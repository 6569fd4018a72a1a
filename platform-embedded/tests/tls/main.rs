//! TLS against servers that behave, servers of other people, and servers that
//! attack.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod attacks;
mod cancel;
mod mutations;
mod openssl;
mod proofs;
mod rustls_server;
mod tcp;
mod websocket;
