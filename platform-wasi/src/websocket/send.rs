//! Sending: messages, whole and in pieces, Pings and Pongs.

use hybi_core::close_code::CloseCode;

use super::WebSocket;
use crate::{error::Error, message::Message};

impl WebSocket {
    /// Sends a text message and flushes it.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent. Everything else is fatal.
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.driver.send_text(text)?)
    }

    /// Sends a binary message and flushes it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.driver.send_binary(data)?)
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] begins the closing handshake with its code and
    /// reason and does not wait for the peer's part.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
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

    /// Sends the next piece of a text message, begun with the first piece and
    /// ended with the one that is `last`. Pieces before that may wait for
    /// [`flush`](Self::flush).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_text_piece(&mut self, piece: &str, last: bool) -> Result<(), Error> {
        Ok(self.driver.send_text_piece(piece, last)?)
    }

    /// Sends the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary_piece(&mut self, piece: &[u8], last: bool) -> Result<(), Error> {
        Ok(self.driver.send_binary_piece(piece, last)?)
    }

    /// Queues a text message without flushing: many small ones then leave in
    /// one write, with the next [`flush`](Self::flush) or when the buffer is
    /// full.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn queue_text(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.driver.queue_text(text)?)
    }

    /// Queues a binary message. Otherwise like
    /// [`queue_text`](Self::queue_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn queue_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.driver.queue_binary(data)?)
    }

    /// Writes out what is queued.
    ///
    /// # Errors
    /// The connection failed or was lost.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.driver.flush()?)
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.driver.ping(payload)?)
    }

    /// Sends a Pong that nobody asked for. Pings are answered without it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.driver.pong(payload)?)
    }
}
