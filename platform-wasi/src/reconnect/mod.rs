//! A connection that comes back: attempts, waits and losses in one stream of
//! events, with the names of `hybi_std::reconnect`.
//!
//! ```no_run
//! use hybi_wasi::reconnect::{Policy, Reconnecting, SessionEvent};
//!
//! # fn main() -> Result<(), hybi_wasi::Error> {
//! let mut session = Reconnecting::new(hybi_wasi::builder("ws://example.com/feed"))
//!     .policy(Policy::default());
//! while let Some(event) = session.next_event() {
//!     match event {
//!         SessionEvent::Open(_) => session.send_text("subscribe")?,
//!         SessionEvent::Message(message) => println!("{message:?}"),
//!         SessionEvent::Disconnected(loss) => println!("{loss}"),
//!         SessionEvent::Closed(outcome) => println!("{outcome}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is told
//! - One [`Disconnected`] for every loss: a connection that ended without
//!   being asked to, and an attempt that failed. It says why, and how long the
//!   wait is before the next attempt; no wait: there will be none.
//! - One [`Closed`](SessionEvent::Closed), which is the last event, whatever
//!   happened.
//!
//! # What counts as a loss
//! Everything that ends a connection but a closing handshake that this side
//! began, or that the peer began with 1000, 1001 or no code. What is lost is
//! tried again unless trying cannot help: a URL, request or certificate that
//! is wrong, the network denied by the host, or a refusal with 401, 403 or
//! 404. [`retry_if`](Reconnecting::retry_if) decides otherwise. `Retry-After`
//! is honoured where it is a number of seconds.
//!
//! # What it does not do
//! A component has one thread: an attempt blocks, at most for the deadlines
//! of the [`Builder`](crate::Builder), and the caller's pollables wait for it.

mod event;
mod session;

pub use event::{Cause, Disconnected, Opened, Outcome, SessionEvent};
pub use hybi_core::reconnect::Policy;
pub use session::{Reconnecting, Waited};
