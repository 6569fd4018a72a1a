//! Orders: messages, Pings and Close, queued in the send buffer.

use core::time::Duration;

use super::{Connection, Initiator, MessageKind, State};
use crate::{
    buffer::Buffer,
    close_code::CloseCode,
    entropy::Entropy,
    error::SendError,
    extension::Extension,
    frame::{MAX_CLOSE_REASON, Opcode},
};

impl<Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension> Connection<Rx, Tx, E, X> {
    /// Queues a text message in one frame. `text` is copied.
    ///
    /// # Errors
    /// [`SendError::Full`]: transmit first. [`SendError::TooBig`]: the send
    /// buffer can never hold it; use
    /// [`send_text_piece`](Self::send_text_piece). Nothing is queued then.
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.send_whole(MessageKind::Text, text.as_bytes())
    }

    /// Queues a binary message in one frame. Otherwise like
    /// [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.send_whole(MessageKind::Binary, data)
    }

    fn send_whole(&mut self, kind: MessageKind, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.send
            .whole(kind, payload, &mut self.extension, &mut self.entropy)
    }

    /// Queues the next piece of a text message as a frame of its own (§5.4):
    /// begins the message, or goes on with it. Returns how many bytes of
    /// `piece` were taken, up to a character's end; transmit, then come back
    /// with the rest. The message ends with the piece that is `last`, once
    /// all of that piece is taken.
    ///
    /// # Errors
    /// [`SendError::Full`]: not one character fits now; transmit first.
    /// [`SendError::MessageInProgress`]: a binary message is unfinished.
    pub fn send_text_piece(&mut self, piece: &str, last: bool) -> Result<usize, SendError> {
        self.check_open()?;
        self.send.piece(
            MessageKind::Text,
            piece.as_bytes(),
            last,
            |room| piece.floor_char_boundary(room),
            &mut self.extension,
            &mut self.entropy,
        )
    }

    /// Queues the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text_piece`](Self::send_text_piece).
    pub fn send_binary_piece(&mut self, piece: &[u8], last: bool) -> Result<usize, SendError> {
        self.check_open()?;
        self.send.piece(
            MessageKind::Binary,
            piece,
            last,
            |room| room,
            &mut self.extension,
            &mut self.entropy,
        )
    }

    /// The kind of the message that was begun in pieces and is not finished.
    pub fn message_in_progress(&self) -> Option<MessageKind> {
        self.send.message()
    }

    /// Queues a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// [`SendError::ControlTooLong`], or [`SendError::Full`]: transmit first.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.send.control(Opcode::Ping, payload, &mut self.entropy)
    }

    /// Queues a Pong that nobody asked for (§5.5.3). Pings are answered
    /// without it.
    ///
    /// # Errors
    /// See [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.send.control(Opcode::Pong, payload, &mut self.entropy)
    }

    /// Begins the closing handshake (§7.1.2): queues a Close frame with
    /// `code` and at most 123 bytes of `reason`, or, with
    /// [`CloseCode::NO_STATUS`] and no reason, an empty one. Messages that
    /// arrive before the peer's Close frame are still handed over. Does
    /// nothing where the connection is closing already.
    ///
    /// # Errors
    /// [`SendError::InvalidCloseCode`], [`SendError::ControlTooLong`], or
    /// [`SendError::Full`]: transmit first.
    pub fn close(&mut self, code: CloseCode, reason: &str, now: Duration) -> Result<(), SendError> {
        if self.closing.state() != State::Open {
            return Ok(());
        }
        if reason.len() > MAX_CLOSE_REASON {
            return Err(SendError::ControlTooLong);
        }
        if code.is_sendable() {
            self.send_close(Some(code), reason)?;
        } else if code == CloseCode::NO_STATUS && reason.is_empty() {
            self.send_close(None, "")?;
        } else {
            return Err(SendError::InvalidCloseCode);
        }
        self.closing
            .close_sent(Initiator::Local, now, self.config.close_timeout);
        Ok(())
    }

    pub(super) fn send_close(
        &mut self,
        code: Option<CloseCode>,
        reason: &str,
    ) -> Result<(), SendError> {
        let mut body = [0; MAX_CLOSE_REASON + 2];
        let code = code.map(|code| code.0.to_be_bytes());
        let bytes = code.iter().flatten().chain(reason.as_bytes());
        let mut len = 0;
        for (to, from) in body.iter_mut().zip(bytes) {
            *to = *from;
            len += 1;
        }
        let body = body.get(..len).unwrap_or_default();
        self.send.control(Opcode::Close, body, &mut self.entropy)
    }

    pub(super) const fn check_open(&self) -> Result<(), SendError> {
        if self.closing.is_open() {
            Ok(())
        } else {
            Err(SendError::Closing)
        }
    }
}
