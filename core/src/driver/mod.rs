//! Thin loops that move bytes between a transport and the state machine.
//!
//! [`blocking`] runs over `embedded-io`, [`asynch`] over `embedded-io-async`.
//! Neither knows a rule of the protocol.

#[cfg(feature = "embedded-io-async")]
pub mod asynch;
pub mod blocking;
