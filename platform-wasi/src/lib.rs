#![doc = include_str!("../README.md")]
//!
//! # Layout
//! | module | what it holds |
//! | --- | --- |
//! | the crate itself | [`connect`], [`Builder`], [`WebSocket`] |
//! | [`reconnect`] | [`Reconnecting`]: a connection that comes back |
//! | [`proxy`] | HTTP and SOCKS proxies |
//! | [`tls`] | settings of TLS |
//! | [`asynch`] | the transport for single-threaded executors |
//! | [`stream`] | [`WasiStream`]: connect, read, write, shut down |
//! | [`entropy`] | [`WasiEntropy`]: unpredictable bytes of the host |
//! | [`error`] | [`WasiError`], with the flag that grants what the host denied |
//! | `connect`, `dial`, `resolve` | from a URL to an open connection; Happy Eyeballs; name lookup |
//! | `poll` | the one place that waits |
//! | `layer`, `wire`, `ahead` | TCP and TLS over it; waits and deadlines; bytes read early |
//!
//! Everything here exists on `wasm32-wasip2` only. On any other target the
//! crate is empty, so that a workspace with native members still builds.
#![forbid(unsafe_code)]
#![no_std]
#![cfg_attr(
    not(all(target_os = "wasi", target_env = "p2")),
    expect(
        rustdoc::broken_intra_doc_links,
        reason = "the modules exist on wasm32-wasip2 only"
    )
)]

#[cfg(any(test, all(target_os = "wasi", target_env = "p2")))]
extern crate alloc;
#[cfg(all(feature = "tls", any(test, all(target_os = "wasi", target_env = "p2"))))]
extern crate std;

#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod ahead;
#[cfg(all(feature = "embedded-io-async", target_os = "wasi", target_env = "p2"))]
pub mod asynch;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod builder;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod compression;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod connect;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod dial;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod entropy;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod error;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod layer;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod message;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod poll;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod proxy;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod reconnect;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod resolve;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod stream;
// On this machine too, for its tests.
#[cfg(all(feature = "tls", any(test, all(target_os = "wasi", target_env = "p2"))))]
pub mod tls;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod websocket;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod wire;

#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use wasi;

#[cfg(all(feature = "http", target_os = "wasi", target_env = "p2"))]
pub use hybi_common::auth::Challenge;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use hybi_core::{
    close_code::CloseCode,
    connection::{Chunk, Delivery, Event, Initiator, Keepalive, MessageKind, State},
    extension::deflate::{ClientWindow, DeflateError, DeflateOffer, DeflateParams},
};

#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use builder::Builder;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use compression::Compression;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use dial::{AddressFamily, Attempt};
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use entropy::WasiEntropy;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use error::{ConnectError, Error, Kind, RedirectError, Response, WasiError};
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use message::{Closed, Message, Messages};
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use proxy::Proxy;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use reconnect::Reconnecting;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use stream::WasiStream;
#[cfg(all(feature = "tls", target_os = "wasi", target_env = "p2"))]
pub use tls::Tls;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub use websocket::{Received, WebSocket};

/// Connects to `url` with the default settings.
///
/// # Errors
/// [`ConnectError`] tells which step failed.
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub fn connect(url: &str) -> Result<WebSocket, ConnectError> {
    builder(url).connect()
}

/// Settings for a connection to `url`, to be changed before it is made.
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub fn builder(url: impl Into<alloc::string::String>) -> Builder {
    Builder::new(url)
}

/// Time since the origin of the host's monotonic clock: the scale of all
/// deadlines here.
#[cfg(all(target_os = "wasi", target_env = "p2"))]
#[must_use]
pub fn now() -> core::time::Duration {
    poll::now()
}
