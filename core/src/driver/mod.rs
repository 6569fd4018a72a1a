//! Thin loops that move bytes between a transport and the state machine.
//!
//! [`blocking`] runs over `embedded-io`, [`asynch`] over `embedded-io-async`.
//! Neither knows a rule of the protocol, and what both do is written once, in
//! the pump that tells them what to do next.

#[cfg(feature = "embedded-io-async")]
pub mod asynch;
pub mod blocking;
mod error;
mod pump;
#[cfg(feature = "embedded-io-async")]
mod timer;
mod transport;

pub use error::Error;
