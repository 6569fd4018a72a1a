//! The way into a session from outside.

use std::sync::Arc;

use hybi_core::{close_code::CloseCode, error::SendError, frame::MAX_CLOSE_REASON};

use super::link::Link;
use crate::{error::Error, message::Message, split::Sender};

/// Sends in a session and ends it, from any thread and from inside a handler.
///
/// Messages go to the connection that is open at that moment; none is kept
/// for the next one.
#[derive(Debug, Clone)]
pub struct Handle {
    link: Arc<Link>,
}

impl Handle {
    pub(super) const fn new(link: Arc<Link>) -> Self {
        Self { link }
    }

    /// Sends a text message and flushes it.
    ///
    /// # Errors
    /// [`Error::NotOpen`]: no connection is open now. Otherwise see
    /// [`Sender::send_text`]; the session tells of the loss as well.
    pub fn send_text(&self, text: &str) -> Result<(), Error> {
        self.sender()?.send_text(text)
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.sender()?.send_binary(data)
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] closes like [`close`](Self::close).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
        match message.into() {
            Message::Closed(closed) => {
                let code = closed.code.unwrap_or(CloseCode::NO_STATUS);
                self.close(code, &closed.reason)
            }
            message => self.sender()?.send(message),
        }
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn ping(&self, payload: &[u8]) -> Result<(), Error> {
        self.sender()?.ping(payload)
    }

    /// Sends a Pong that nobody asked for. Pings are answered without it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn pong(&self, payload: &[u8]) -> Result<(), Error> {
        self.sender()?.pong(payload)
    }

    /// Ends the session: with a closing handshake where a connection is open,
    /// at once where one is still waited for, and before the first attempt
    /// where there was none yet. Never waits; the session's last event says
    /// when it is over. Only the first call counts.
    ///
    /// # Errors
    /// [`Error::Send`]: this code or reason may not be sent; the session goes
    /// on.
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let empty = code == CloseCode::NO_STATUS && reason.is_empty();
        if !code.is_sendable() && !empty {
            return Err(SendError::InvalidCloseCode.into());
        }
        if reason.len() > MAX_CLOSE_REASON {
            return Err(SendError::ControlTooLong.into());
        }
        self.link.close(code, reason)
    }

    /// Ends the session at once, without a closing handshake.
    pub fn abort(&self) {
        self.link.abort();
    }

    /// Whether a connection is open now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.link.sender().is_some()
    }

    /// Whether the session is over: nothing can be sent any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.link.is_over()
    }

    fn sender(&self) -> Result<Sender, Error> {
        self.link.sender().ok_or(Error::NotOpen)
    }
}
