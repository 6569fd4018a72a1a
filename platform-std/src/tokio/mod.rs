//! The same client for tokio: the builder, the settings, the messages and
//! the errors of this crate, with async methods. (Feature `tokio`.)
//!
//! ```no_run
//! use hybi_std::{CloseCode, Event};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut socket = hybi_std::tokio::connect("wss://example.com/chat").await?;
//! socket.send_text("hello").await?;
//! match socket.receive().await? {
//!     Event::Text(text) => println!("{text}"),
//!     other => println!("{other:?}"),
//! }
//! socket.close(CloseCode::NORMAL, "bye").await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Builder::connect_async`](crate::Builder::connect_async) dials;
//!   [`Builder::connect_over_async`](crate::Builder::connect_over_async) takes
//!   any stream that is [`AsyncRead`], [`AsyncWrite`] and [`Unpin`].
//! - [`WebSocket`] is also a [`Stream`] of [`Message`](crate::Message)s and a
//!   [`Sink`] for them.
//! - [`WebSocket::split`] makes a [`Sender`], which is `Clone`, and a
//!   [`Receiver`] for different tasks.
//!
//! It has to be polled inside a tokio runtime whose timers are enabled.
//!
//! # Dropped futures
//! Everything that counts is kept in the connection, nothing in a future: any
//! future here may be dropped, by `select!` or a timeout, at any time.
//! A dropped receive loses no byte of a message. Of a dropped send, either
//! nothing goes out or all of it does: as soon as its first byte is queued,
//! the rest goes out with the next call.
//!
//! # Who does the work
//! There is no task in the background. Pings are answered, the keepalive is
//! kept and the closing handshake goes on while a receiving method or `close`
//! is polled. While a send waits for a peer that reads nothing, what arrives
//! is read ahead, as much as the largest message may take, so that two sides
//! that both only write do not wait for each other.
//!
//! [`AsyncRead`]: ::tokio::io::AsyncRead
//! [`AsyncWrite`]: ::tokio::io::AsyncWrite
//! [`Stream`]: futures_core::Stream
//! [`Sink`]: futures_sink::Sink

mod clock;
mod connect;
mod dial;
mod hop;
mod machine;
mod orders;
mod receiver;
mod sender;
mod shared;
mod sink;
mod socket;
mod stream;
mod wakers;
mod websocket;

use crate::error::ConnectError;

pub use receiver::Receiver;
pub use sender::Sender;
pub use socket::Socket;
pub use stream::MaybeTlsStream;
pub use websocket::WebSocket;

/// Connects to `url` with the default settings.
///
/// # Errors
/// [`ConnectError`] tells which step failed.
///
/// Cancel safety: dropping the future gives the attempt up.
pub async fn connect(url: &str) -> Result<WebSocket, ConnectError> {
    crate::builder(url).connect_async().await
}
