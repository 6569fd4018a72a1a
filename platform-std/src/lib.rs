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
//! # Log
//! By the `log` crate. The level *debug* tells the steps of connecting,
//! *trace* every frame and every header of the opening handshake. The values
//! of secret headers, and users and passwords in URLs, are replaced with
//! `***`.

#![cfg_attr(docsrs, feature(doc_cfg))]

#![forbid(unsafe_code)]

#[cfg(not(any(unix, windows)))]
compile_error!("hybi-std is for Unix and Windows; see hybi-wasi and hybi-embedded for the rest");

mod app;
mod builder;
mod compression;
mod connect;
#[cfg(feature = "cookies")]
mod cookies;
mod dial;
mod ending;
mod entropy;
pub mod error;
mod journey;
mod lookup;
mod message;
pub mod proxy;
pub mod reconnect;
mod socket;
mod sockopt;
pub mod split;
mod stream;
pub mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod wait;
mod websocket;
mod writer;

pub use hybi_common::auth::Challenge;
pub(crate) use hybi_common::{auth, redirect, response, url};
pub use hybi_core::{
    close_code::CloseCode,
    connection::{Chunk, Delivery, Event, Initiator, Keepalive, MessageKind, State},
    entropy::Entropy,
    extension::deflate::{ClientWindow, DeflateError, DeflateOffer, DeflateParams},
};

pub use app::{App, AppError, HandlerResult};
pub use builder::Builder;
pub use compression::Compression;
#[cfg(feature = "cookies")]
pub use cookies::CookieJar;
pub use entropy::OsEntropy;
pub use error::{ConnectError, Error, Kind, RedirectError, Response};
pub use lookup::AddressFamily;
pub use message::{Closed, Message, Messages};
pub use proxy::Proxy;
pub use reconnect::Reconnecting;
pub use socket::Prepared;
pub use sockopt::{SocketOption, SocketOptionError};
pub use split::{Receiver, Sender};
pub use stream::Stream;
pub use tls::Tls;
pub use wait::Waker;
pub use websocket::WebSocket;
pub use writer::BinaryWriter;

/// Connects to `url` with the default settings.
///
/// # Errors
/// [`ConnectError`] tells which step failed.
pub fn connect(url: &str) -> Result<WebSocket, ConnectError> {
    builder(url).connect()
}

/// Settings for a connection to `url`, to be changed before it is made.
pub fn builder(url: impl Into<String>) -> Builder {
    Builder::new(url)
}
