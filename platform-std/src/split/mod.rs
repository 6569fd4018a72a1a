//! One connection, several threads: a [`Sender`] that any number of them may
//! hold, and a [`Receiver`].
//!
//! ```no_run
//! use hybi_std::CloseCode;
//!
//! let (sender, mut receiver) = hybi_std::connect("wss://example.com/chat")?.split()?;
//! let typist = std::thread::spawn(move || {
//!     sender.send_text("hello")?;
//!     sender.start_close(CloseCode::NORMAL, "bye")
//! });
//! for message in receiver.messages() {
//!     println!("{:?}", message?);
//! }
//! # typist.join().unwrap()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//! - Sending never waits for a blocked receive, nor the other way round.
//! - Frames are never mixed up, and neither are messages: one that goes out in
//!   several frames keeps other messages back until it is whole. Pings, Pongs
//!   and Close may go in between.
//! - The messages of one thread arrive in the order it sent them. Of several
//!   threads whose messages do not fit the send buffer, the first to come is
//!   the first to go.
//! - When a sending method returns `Ok`, the operating system has the whole
//!   message. No more than
//!   [`max_send_buffer`](crate::Builder::max_send_buffer) waits in memory, and
//!   no longer than [`write_timeout`](crate::Builder::write_timeout) where
//!   that is set.
//! - While a sender waits, what arrives is read ahead, so that two sides that
//!   both send before they receive do not wait for each other.
//! - [`Sender::start_close`] and [`Sender::close`] bring a blocked receive to
//!   its end: with the peer's answer, at the latest with the closing deadline.
//!   [`Sender::abort`] ends it at once.
//! - Pings are answered while a receiving method runs, and the Pong is on the
//!   wire before the Ping is handed over. Keepalive and the idle deadline are
//!   looked after there as well.
//!
//! Dropping senders, the last one too, does not close the connection.
//! Dropping the receiver does, with 1001.
//!
//! # How
//! The state machine and the stream are behind one lock, and nobody waits
//! while holding it:
//!
//! ```text
//!   Sender  Sender  Sender            Receiver
//!      └───────┼───────┘                  │
//!              ▼       lock               ▼
//!      queue a frame, write    [ Connection | Stream ]    read, find an event
//!              │      unlock              │
//!              ▼                          ▼
//!      poll [ socket ]            poll [ socket | waker ]
//! ```
//!
//! Whoever holds the lock writes whatever is queued. Over a stream that
//! cannot be polled ([`Prepared::other`](crate::Prepared::other)) the first
//! guarantee does not hold: a read of that stream blocks with the lock held,
//! as long as the stream's own time-out is.

pub(crate) mod lent;
mod receiver;
mod sender;
mod shared;
mod state;

use std::sync::Arc;

pub(crate) use lent::Found;
pub use receiver::Receiver;
pub use sender::Sender;
use shared::Shared;

use crate::{ending::Driver, wait::Waker, websocket::About};

pub(crate) fn split(
    mut driver: Driver,
    about: About,
    partial: Vec<u8>,
    waker: Waker,
) -> (Sender, Receiver) {
    let mut lent = lent::Lent::default();
    let undelivered = driver
        .take_undelivered()
        .and_then(|event| lent.keep(&event));
    let (stream, connection) = driver.into_parts();
    let shared = Arc::new(Shared::new(stream, connection, waker, about));
    let receiver = Receiver::new(shared.clone(), lent, undelivered, partial);
    (Sender::new(shared), receiver)
}
