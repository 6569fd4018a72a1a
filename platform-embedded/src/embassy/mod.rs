//! Async, over embassy-net and embassy-time.
//!
//! ```no_run
//! use core::time::Duration;
//!
//! use hybi_core::{
//!     connection::{Config, Event},
//!     driver::asynch::{Timer, WebSocket},
//!     handshake::{Handshake, HandshakeConfig, Request},
//!     uri::Uri,
//! };
//! use hybi_embedded::{
//!     Entropy,
//!     embassy::{EmbassyStream, EmbassyTimer},
//! };
//!
//! # type Error = Box<dyn std::error::Error>;
//! async fn telemetry(stack: embassy_net::Stack<'_>, entropy: impl Entropy) -> Result<(), Error> {
//!     // One pair for the TCP socket, one for the WebSocket.
//!     let (mut tcp_rx, mut tcp_tx) = ([0; 1024], [0; 1024]);
//!     let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
//!
//!     let uri = Uri::parse("ws://example.com/telemetry")?;
//!     let now = EmbassyTimer.now();
//!     let stream = EmbassyStream::connect(
//!         stack,
//!         uri.host_text(),
//!         uri.port(),
//!         &mut tcp_rx,
//!         &mut tcp_tx,
//!         Some(now + Duration::from_secs(10)),
//!     )
//!     .await?;
//!     let request = Request::new(&uri);
//!     let config = HandshakeConfig::default();
//!     let handshake =
//!         Handshake::new(&request, &mut rx[..], &mut tx[..], entropy, config, now)?;
//!     let mut client =
//!         WebSocket::connect(stream, EmbassyTimer, handshake, Config::default()).await?;
//!
//!     client.send_text("21.5").await?;
//!     while let Event::Text(_) | Event::Ping(_) = client.receive().await? {}
//!     Ok(())
//! }
//! ```

mod stream;
mod timer;

pub use stream::EmbassyStream;
pub use timer::EmbassyTimer;
