//! A connection that comes back: attempts, waits and losses in one stream of
//! events.
//!
//! ```no_run
//! use hybi_std::reconnect::{Policy, Reconnecting, SessionEvent};
//!
//! let session = Reconnecting::new(hybi_std::builder("wss://example.com/feed"))
//!     .policy(Policy::default());
//! let handle = session.handle();
//! for event in session {
//!     match event {
//!         SessionEvent::Open(opened) => {
//!             println!("open, for the {} time", if opened.reconnect { "next" } else { "first" });
//!             handle.send_text("subscribe")?;
//!         }
//!         SessionEvent::Message(message) => println!("{message:?}"),
//!         SessionEvent::Disconnected(loss) => println!("{loss}"),
//!         SessionEvent::Closed(outcome) => println!("{outcome}"),
//!         _ => {}
//!     }
//! }
//! # Ok::<(), hybi_std::Error>(())
//! ```
//!
//! ```text
//!            ┌────────────────── wait ◄───────────────────┐
//!            ▼                                            │ Disconnected
//!   attempt ─┬─ open ─► Open ─► Message, Message, … ─── loss
//!            └─ failed ─────────────────────────────────► │
//!                                                         ▼
//!   nothing more to try, or closed by either side ────► Closed
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
//! is wrong, or a refusal with 401, 403 or 404.
//! [`retry_if`](Reconnecting::retry_if) decides otherwise. `Retry-After` is
//! honoured where it is a number of seconds.
//!
//! [`Handle::close`] ends all of it, at once also during an attempt or a wait.

mod event;
mod handle;
mod link;
mod session;

pub use event::{Cause, Disconnected, Opened, Outcome, SessionEvent};
pub use handle::Handle;
pub use hybi_core::reconnect::Policy;
pub use session::Reconnecting;
pub(crate) use session::Step;
