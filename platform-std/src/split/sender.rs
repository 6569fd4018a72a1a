//! The sending half.

use std::sync::Arc;

use hybi_core::{close_code::CloseCode, connection::State as Phase, error::SendError};

use super::{
    shared::{Guard, Shared},
    state::Machine,
};
use crate::{
    error::Error,
    message::{Closed, Message},
};

/// Sends on a connection, from any number of threads; see
/// [`split`](crate::split) for what holds.
///
/// Clones send on the same connection. Dropping them does not close it.
#[derive(Debug, Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Sends a text message and flushes it. What does not fit the send buffer
    /// whole goes out in several frames.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent, or, with
    /// [`SendError::Closing`], the connection began to close in the middle of
    /// a large message. Everything else is fatal.
    pub fn send_text(&self, text: &str) -> Result<(), Error> {
        self.message(
            |machine| machine.send_text(text),
            |machine, from| {
                let rest = text.get(from..).unwrap_or_default();
                Ok(from + machine.send_text_piece(rest, true)?)
            },
            text.len(),
        )
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.message(
            |machine| machine.send_binary(data),
            |machine, from| {
                let rest = data.get(from..).unwrap_or_default();
                Ok(from + machine.send_binary_piece(rest, true)?)
            },
            data.len(),
        )
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] begins the closing handshake with its code and
    /// reason and does not wait for the peer's part.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
        match message.into() {
            Message::Text(text) => self.send_text(&text),
            Message::Binary(data) => self.send_binary(&data),
            Message::Ping(payload) => self.ping(&payload),
            Message::Pong(payload) => self.pong(&payload),
            Message::Closed(closed) => {
                let code = closed.code.unwrap_or(CloseCode::NO_STATUS);
                self.start_close(code, &closed.reason)
            }
        }
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn ping(&self, payload: &[u8]) -> Result<(), Error> {
        self.control(|machine| machine.ping(payload))
    }

    /// Sends a Pong that nobody asked for. Pings are answered without it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn pong(&self, payload: &[u8]) -> Result<(), Error> {
        self.control(|machine| machine.pong(payload))
    }

    /// Begins the closing handshake and returns, once the Close frame is out
    /// or the closing deadline has passed. The receiver goes on with it and
    /// still hands over what arrives. Where the send buffer is full, the
    /// Close frame goes without `reason`.
    ///
    /// # Errors
    /// A code or reason that may not be sent, or a lost connection.
    pub fn start_close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let mark = self.shared.start_close(code, reason)?;
        let state = self.shared.lock();
        let until = state.machine.poll_timeout();
        if state.is_over() {
            return Ok(());
        }
        self.shared.flush(state, mark, until)?;
        Ok(())
    }

    /// Like [`start_close`](Self::start_close), but leaves it to the receiver
    /// to get the Close frame out. Never waits.
    pub(crate) fn request_close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.shared.start_close(code, reason)?;
        Ok(())
    }

    /// Performs the whole closing handshake and ends the connection. Takes at
    /// most the closing deadline. A receive that runs in another thread hands
    /// over what still arrives, and ends as well; what arrives while none
    /// runs is dropped.
    ///
    /// # Errors
    /// See [`WebSocket::close`](crate::WebSocket::close).
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        self.shared.start_close(code, reason)?;
        self.shared.end()
    }

    /// Ends TCP at once, without a closing handshake. A receive that runs
    /// returns [`Error::Io`] of kind `ConnectionAborted`, and so does every
    /// later one.
    pub fn abort(&self) {
        self.shared.abort();
    }

    /// Which state of RFC 6455 the connection is in.
    #[must_use]
    pub fn state(&self) -> Phase {
        let state = self.shared.lock();
        if state.is_over() {
            Phase::Closed
        } else {
            state.machine.state()
        }
    }

    fn control(
        &self,
        order: impl FnMut(&mut Machine) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let (state, result) = self.shared.order(self.shared.lock(), order);
        result?;
        let mark = state.queued();
        // Without a deadline of its own it is never false.
        self.shared.flush(state, mark, None).map(drop)
    }

    /// Queues a message whole, or, where it is too big for that, piece by
    /// piece up to `len`, and flushes it.
    fn message(
        &self,
        whole: impl FnMut(&mut Machine) -> Result<(), SendError>,
        piece: impl FnMut(&mut Machine, usize) -> Result<usize, SendError>,
        len: usize,
    ) -> Result<(), Error> {
        let state = self.shared.lock();
        let (state, result) = self.shared.in_turn(state, |state| {
            let (state, result) = self.shared.order(state, whole);
            match result {
                Err(Error::Send(SendError::TooBig(_))) => self.pieces(state, piece, len),
                result => (state, result),
            }
        });
        result?;
        let mark = state.queued();
        // Without a deadline of its own it is never false.
        self.shared.flush(state, mark, None).map(drop)
    }

    fn pieces<'a>(
        &'a self,
        mut state: Guard<'a>,
        mut piece: impl FnMut(&mut Machine, usize) -> Result<usize, SendError>,
        len: usize,
    ) -> (Guard<'a>, Result<(), Error>) {
        let mut from = 0;
        while from < len {
            let result;
            (state, result) = self.shared.order(state, |machine| piece(machine, from));
            match result {
                Ok(to) => from = to,
                Err(error) => return (state, Err(error)),
            }
        }
        (state, Ok(()))
    }
}
