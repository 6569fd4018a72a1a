//! A WebSocket client without I/O, for machines with and without an
//! allocator (RFC 6455).
//!
//! One state machine knows every rule of the protocol and moves no bytes by
//! itself: bytes go in and out through slices, events come out, time and
//! randomness are passed in. So it runs over any transport, blocking or
//! async, and a dropped future loses nothing.
//!
//! ```text
//!            transport
//!         read │    ▲ write
//!              ▼    │
//!  receive_buffer   transmit      ┌─ poll_event(now) ──► Event
//!        ┌─────────────────────┐  │
//!        │     Connection      ├──┘   poll_timeout() ──► when to come back
//!        └─────────────────────┘
//!                   ▲
//!        send_text · ping · close
//! ```
//!
//! # The loop
//!
//! [`handshake::Handshake`] opens, then [`connection::Connection`] runs. This
//! is all there is to drive it:
//!
//! ```no_run
//! # use core::time::Duration;
//! # use hybi_core::{buffer::Buffer, connection::{Connection, Event}, entropy::Entropy};
//! # use std::{io::{Read, Write}, net::TcpStream};
//! # fn handle(_: Event<'_>) {}
//! # fn run(mut io: TcpStream, mut conn: Connection<Vec<u8>, Vec<u8>, impl Entropy>)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! # let now = Duration::ZERO;
//! loop {
//!     if let Some(event) = conn.poll_event(now)? {
//!         handle(event); // ends after Event::Closed
//!         continue;
//!     }
//!     if !conn.transmit().is_empty() {
//!         let n = io.write(conn.transmit())?;
//!         conn.transmitted(n);
//!         continue;
//!     }
//!     match io.read(conn.receive_buffer())? {
//!         0 => conn.receive_eof(),
//!         n => conn.received(n),
//!     }
//!     // and conn.poll_timeout() says when to call handle_timeout(now)
//! }
//! # }
//! ```
//!
//! Pings are answered and the closing handshake is kept by the machine. The
//! order matters: events first, so that one write answers all that one read
//! brought; then everything queued; and only then the next read.
//!
//! The [`driver`] module has this loop ready over `embedded-io` and
//! `embedded-io-async`. There, replies are on the wire before the event is
//! handed over.
//!
//! # Buffers
//!
//! Both buffers are the caller's: `&mut [u8]`, `[u8; N]`,
//! `heapless::Vec<u8, N>` or, with `alloc`, a growing `Vec<u8>`; see
//! [`buffer::Buffer`]. The receive buffer holds the response head (usually
//! 200 to 600 bytes), then the largest whole message (128 bytes more if it
//! comes in fragments), or, with [`connection::Delivery::Chunks`], at least
//! 128 bytes whatever the size of messages. The send buffer holds the request
//! head (about 200 bytes and what you add), then frames: the largest message
//! that shall go out in one frame, and 153 bytes; at least 256 bytes.
//!
//! # Features
//!
//! All of them only add. None is on by default.
//!
//! | feature | adds |
//! | --- | --- |
//! | `embedded-io` | [`driver::blocking`] |
//! | `embedded-io-async` | [`driver::asynch`] |
//! | `alloc` | `Vec<u8>` as a growing buffer |
//! | `std` | `alloc`, `std` in embedded-io, and text and masks by SIMD where the processor has it |
//! | `deflate` | permessage-deflate (RFC 7692), receiving without an allocator |
//! | `defmt` | `defmt::Format` for public types |
//! | `log` | a line for every frame and handshake, secrets left out |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

/// A line on the `log` facade, where that feature is on. What it shows is copied, so that it costs
/// a comparison where nobody listens.
macro_rules! trace {
    ($($arg:tt)*) => {{
        #[cfg(feature = "log")]
        if log::log_enabled!(target: "hybi", log::Level::Trace) {
            crate::tell(move || log::trace!(target: "hybi", $($arg)*));
        }
        #[cfg(not(feature = "log"))]
        if false {
            let _ = core::format_args!($($arg)*);
        }
    }};
}

#[cfg(feature = "log")]
#[cold]
#[inline(never)]
fn tell(line: impl FnOnce()) {
    line();
}

pub mod buffer;
pub mod close_code;
pub mod connection;
#[cfg(feature = "embedded-io")]
pub mod driver;
pub mod entropy;
pub mod error;
pub mod extension;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod proxy;
pub mod reconnect;
pub mod uri;
