//! A blocking WebSocket client for operating systems.
//!
//! ```no_run
//! use hybi_std::{CloseCode, Event};
//!
//! let mut socket = hybi_std::connect("wss://example.com/chat")?;
//! socket.send_text("hello")?;
//! match socket.receive()? {
//!     Event::Text(text) => println!("{text}"),
//!     Event::Closed(closed) => println!("closed: {:?}", closed.code),
//!     other => println!("{other:?}"),
//! }
//! socket.close(CloseCode::NORMAL, "bye")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The protocol is `hybi-core`'s; this crate brings sockets, names, TLS, a
//! clock and random bytes:
//!
//! - [`connect`], or a [`Builder`] for headers, limits, deadlines, TLS and
//!   socket options;
//! - every address of a name is tried (Happy Eyeballs, RFC 8305), under one
//!   deadline that includes the lookup and TLS;
//! - every wait has a deadline where one is set, [`close`](WebSocket::close)
//!   always, and a [`Waker`] ends a blocked receive from another thread;
//! - [`WebSocket::split`] for several threads: a [`Sender`] and a [`Receiver`]
//!   that never wait for each other;
//! - [`Reconnecting`] for a connection that comes back, [`App`] for the same
//!   with handlers;
//! - the same with async methods in the module `tokio`, with the feature of
//!   that name;
//! - redirects where [allowed](Builder::max_redirects), Basic and Digest
//!   [authentication](Builder::credentials), a [`CookieJar`]; what is secret
//!   stays with the origin that it is for;
//! - errors say who is at fault: [`ConnectError`], [`Error`], and for TLS
//!   [`CertificateProblem`](tls::CertificateProblem).
//!
//! # Defaults
//! | setting | default |
//! | --- | --- |
//! | connect deadline: lookup, TCP, proxy, TLS | 10 s |
//! | proxy | as the environment says, by curl's rules: see [`proxy`] |
//! | opening handshake | 10 s |
//! | idle, writing | no deadline |
//! | closing handshake | 5 s |
//! | largest message, frame | 64 MiB, 16 MiB |
//! | response head | 16 KiB |
//! | permessage-deflate | offered; level 6, messages from 64 bytes on |
//! | redirects | not followed |
//! | user and password of the URL | answer a challenge; over TLS, Basic at once |
//! | cookies | not kept |
//! | roots | the platform's, else Mozilla's as bundled |
//! | `TCP_NODELAY`, keepalive | on |
//!
//! # Environment
//! | variable | effect |
//! | --- | --- |
//! | `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy` | see [`proxy`] |
//! | `SSL_CERT_FILE`, `SSL_CERT_DIR` | these roots instead of the platform's, except on Windows and Apple systems |
//! | `SSLKEYLOGFILE` | TLS session keys are appended to this file |
//!
//! # WASI
//! On `wasm32-wasip2` all of this is `hybi-wasi`: the same names, without what
//! needs threads, Unix sockets or socket options.
//!
//! # Log
//! By the `log` crate. The level *debug* tells the steps of connecting,
//! *trace* every frame and every header of the opening handshake. The values
//! of secret headers, and users and passwords in URLs, are replaced with
//! `***`.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(unix, windows, target_os = "wasi")))]
compile_error!("hybi-std is for Unix and Windows; see hybi-wasi and hybi-embedded for the rest");

#[cfg(not(target_os = "wasi"))]
mod app;
#[cfg(not(target_os = "wasi"))]
mod builder;
#[cfg(not(target_os = "wasi"))]
mod compression;
#[cfg(not(target_os = "wasi"))]
mod connect;
#[cfg(all(feature = "cookies", not(target_os = "wasi")))]
mod cookies;
#[cfg(not(target_os = "wasi"))]
mod dial;
#[cfg(not(target_os = "wasi"))]
mod ending;
#[cfg(not(target_os = "wasi"))]
mod entropy;
#[cfg(not(target_os = "wasi"))]
pub mod error;
#[cfg(not(target_os = "wasi"))]
mod journey;
#[cfg(not(target_os = "wasi"))]
mod lookup;
#[cfg(not(target_os = "wasi"))]
mod message;
#[cfg(not(target_os = "wasi"))]
pub mod proxy;
#[cfg(not(target_os = "wasi"))]
pub mod reconnect;
#[cfg(not(target_os = "wasi"))]
mod socket;
#[cfg(not(target_os = "wasi"))]
mod sockopt;
#[cfg(not(target_os = "wasi"))]
pub mod split;
#[cfg(not(target_os = "wasi"))]
mod stream;
#[cfg(not(target_os = "wasi"))]
pub mod tls;
#[cfg(all(feature = "tokio", not(target_os = "wasi")))]
pub mod tokio;
#[cfg(not(target_os = "wasi"))]
mod wait;
#[cfg(not(target_os = "wasi"))]
mod websocket;
#[cfg(not(target_os = "wasi"))]
mod writer;

#[cfg(not(target_os = "wasi"))]
pub use hybi_common::auth::Challenge;
#[cfg(not(target_os = "wasi"))]
pub(crate) use hybi_common::{auth, redirect, response, url};
#[cfg(not(target_os = "wasi"))]
pub use hybi_core::{
    close_code::CloseCode,
    connection::{Chunk, Delivery, Event, Initiator, Keepalive, MessageKind, State},
    entropy::Entropy,
    extension::deflate::{ClientWindow, DeflateError, DeflateOffer, DeflateParams},
};

#[cfg(not(target_os = "wasi"))]
pub use app::{App, AppError, HandlerResult};
#[cfg(not(target_os = "wasi"))]
pub use builder::Builder;
#[cfg(not(target_os = "wasi"))]
pub use compression::Compression;
#[cfg(all(feature = "cookies", not(target_os = "wasi")))]
pub use cookies::CookieJar;
#[cfg(not(target_os = "wasi"))]
pub use entropy::OsEntropy;
#[cfg(not(target_os = "wasi"))]
pub use error::{ConnectError, Error, Kind, RedirectError, Response};
#[cfg(not(target_os = "wasi"))]
pub use lookup::AddressFamily;
#[cfg(not(target_os = "wasi"))]
pub use message::{Closed, Message, Messages};
#[cfg(not(target_os = "wasi"))]
pub use proxy::Proxy;
#[cfg(not(target_os = "wasi"))]
pub use reconnect::Reconnecting;
#[cfg(not(target_os = "wasi"))]
pub use socket::Prepared;
#[cfg(not(target_os = "wasi"))]
pub use sockopt::{SocketOption, SocketOptionError};
#[cfg(not(target_os = "wasi"))]
pub use split::{Receiver, Sender};
#[cfg(not(target_os = "wasi"))]
pub use stream::Stream;
#[cfg(not(target_os = "wasi"))]
pub use tls::Tls;
#[cfg(not(target_os = "wasi"))]
pub use wait::Waker;
#[cfg(not(target_os = "wasi"))]
pub use websocket::WebSocket;
#[cfg(not(target_os = "wasi"))]
pub use writer::BinaryWriter;

/// Connects to `url` with the default settings.
///
/// # Errors
/// [`ConnectError`] tells which step failed.
#[cfg(not(target_os = "wasi"))]
pub fn connect(url: &str) -> Result<WebSocket, ConnectError> {
    builder(url).connect()
}

/// Settings for a connection to `url`, to be changed before it is made.
#[cfg(not(target_os = "wasi"))]
pub fn builder(url: impl Into<String>) -> Builder {
    Builder::new(url)
}

/// On `wasm32-wasip2` this crate is `hybi-wasi` under its own name, so that a
/// program for both needs no other.
#[cfg(target_os = "wasi")]
pub use hybi_wasi::*;
