//! An open connection, used by one task at a time.

use core::{fmt, future::poll_fn, net::SocketAddr};

use ::tokio::io::{AsyncRead, AsyncWrite};
use hybi_core::{
    close_code::CloseCode,
    connection::{Event, State},
    extension::deflate::DeflateParams,
};

use super::{
    clock::Clock, machine::Machine, orders::Order, receiver::Receiver, sender::Sender, shared,
    stream::MaybeTlsStream,
};
use crate::{
    connect::Opened,
    error::Error,
    message::{Closed, Message},
    response::Response,
    websocket::About,
};

/// An open WebSocket connection on tokio.
///
/// Pings are answered and the closing handshake is kept while one of the
/// receiving methods or [`close`](Self::close) is polled. Every future may be
/// dropped at any time; see [the module](super).
///
/// Dropping an open connection sends Close with 1001 if that goes without
/// waiting, and ends the stream; it never blocks.
pub struct WebSocket<S: AsyncRead + AsyncWrite + Unpin = MaybeTlsStream> {
    pub(super) machine: Machine<S>,
    about: About,
    /// The stream of messages has ended.
    pub(super) ended: bool,
    /// When the sink was asked to close.
    pub(super) close_asked: Option<core::time::Duration>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    pub(super) fn new(stream: S, clock: Clock, opened: Opened, url: String) -> Self {
        Self {
            machine: Machine::new(stream, clock, opened.connection),
            about: About {
                url,
                response: opened.response,
                subprotocol: opened.subprotocol,
            },
            ended: false,
            close_asked: None,
        }
    }

    /// Waits for the next event and lends it out of the receive buffer.
    /// Replies to Pings and to Close are on the wire by then, unless the
    /// stream takes nothing at the moment: they then go out with the next
    /// call.
    ///
    /// # Errors
    /// All of them are fatal.
    ///
    /// Cancel safety: safe. A dropped future loses nothing.
    pub async fn receive(&mut self) -> Result<Event<'_>, Error> {
        let found = poll_fn(|cx| self.machine.poll_found(cx)).await?;
        Ok(self.machine.event(found))
    }

    /// Waits for the next message that is whole and owns its bytes, also with
    /// [`Delivery::Chunks`](crate::Delivery::Chunks). The last one is
    /// [`Message::Closed`].
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    ///
    /// Cancel safety: safe. A dropped future loses nothing.
    pub async fn receive_message(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.machine.poll_message(cx)).await
    }

    /// Sends a text message and flushes it. One that is larger than the send
    /// buffer may be is copied and goes out in several frames.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent. Everything else is fatal.
    ///
    /// Cancel safety: either nothing is sent or, with the next calls, all of
    /// it.
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.carry_out(Order::Text(text), true).await
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Binary(data), true).await
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] begins the closing handshake with its code and
    /// reason and does not wait for the peer's part.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        match message.into() {
            Message::Text(text) => self.send_text(&text).await,
            Message::Binary(data) => self.send_binary(&data).await,
            Message::Ping(payload) => self.ping(&payload).await,
            Message::Pong(payload) => self.pong(&payload).await,
            Message::Closed(closed) => {
                let code = closed.code.unwrap_or(CloseCode::NO_STATUS);
                self.start_close(code, &closed.reason).await
            }
        }
    }

    /// Sends the next piece of a text message, begun with the first piece and
    /// ended with the one that is `last`. Pieces before that may wait for
    /// [`flush`](Self::flush).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there, for the piece.
    pub async fn send_text_piece(&mut self, piece: &str, last: bool) -> Result<(), Error> {
        self.carry_out(Order::TextPiece(piece, last), last).await
    }

    /// Sends the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn send_binary_piece(&mut self, piece: &[u8], last: bool) -> Result<(), Error> {
        self.carry_out(Order::BinaryPiece(piece, last), last).await
    }

    /// Queues a text message without flushing: many small ones then leave in
    /// one write, with the next [`flush`](Self::flush) or when the buffer is
    /// full.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn queue_text(&mut self, text: &str) -> Result<(), Error> {
        self.carry_out(Order::Text(text), false).await
    }

    /// Queues a binary message. Otherwise like
    /// [`queue_text`](Self::queue_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn queue_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Binary(data), false).await
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Ping(payload), true).await
    }

    /// Sends a Pong that nobody asked for. Pings are answered without it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Pong(payload), true).await
    }

    /// Writes out what is queued.
    ///
    /// # Errors
    /// The connection failed or was lost.
    ///
    /// Cancel safety: safe.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let mut ticket = self.machine.ticket();
        poll_fn(|cx| self.machine.poll_flushed(&mut ticket, cx)).await
    }

    /// Begins the closing handshake and returns. The receiving methods go on
    /// with it: they still hand over what arrives, and end with
    /// [`Event::Closed`].
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: call it again if the future was dropped.
    pub async fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.begin_close(code, reason).await?;
        let mut ticket = self.machine.ticket();
        poll_fn(|cx| self.machine.poll_close_sent(&mut ticket, cx)).await
    }

    /// Performs the whole closing handshake and ends the connection. Takes at
    /// most the close deadline, whatever the peer does. Messages that still
    /// arrive are dropped.
    ///
    /// # Errors
    /// [`Error::Send`], where this code or reason may not be sent.
    /// [`Error::Lost`], where the connection ended without a closing
    /// handshake. A peer that lets the deadline pass is no error:
    /// [`Closed::clean`] is false then.
    ///
    /// Cancel safety: call it again if the future was dropped; the deadline
    /// is then still the one of the first call.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        self.begin_close(code, reason).await?;
        let result = poll_fn(|cx| self.machine.poll_closed(cx)).await;
        self.machine.end();
        result
    }

    async fn begin_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let asked = self.machine.clock.now();
        poll_fn(|cx| self.machine.poll_start_close(code, reason, asked, cx)).await
    }

    async fn carry_out(&mut self, order: Order<'_>, flush: bool) -> Result<(), Error> {
        let mut ticket = poll_fn(|cx| self.machine.poll_order(order, cx)).await?;
        if flush {
            poll_fn(|cx| self.machine.poll_flushed(&mut ticket, cx)).await?;
        }
        Ok(())
    }

    /// Two halves for different tasks: one that sends and can be cloned, one
    /// that receives.
    pub fn split(self) -> (Sender<S>, Receiver<S>) {
        shared::halves(self.machine, self.about)
    }

    /// What the server answered to the opening handshake.
    #[must_use]
    pub const fn response(&self) -> &Response {
        &self.about.response
    }

    /// The subprotocol that the server chose out of those offered.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.about.subprotocol.as_deref()
    }

    /// The extensions in use, as the server named them.
    #[must_use]
    pub fn extensions(&self) -> Option<&str> {
        self.about.response.header("Sec-WebSocket-Extensions")
    }

    /// The parameters with which permessage-deflate is in use.
    #[must_use]
    pub fn deflate(&self) -> Option<DeflateParams> {
        let extension = self.machine.core.extension();
        extension.as_ref().map(|deflate| deflate.params())
    }

    /// Decides about the next message that is sent, and it alone: compressed
    /// or not. Without permessage-deflate nothing is.
    pub fn override_compression(&mut self, compress: bool) {
        if let Some(deflate) = self.machine.core.extension_mut() {
            deflate.override_next(compress);
        }
    }

    /// The URL that was connected to, in ASCII; a user and password in it are
    /// replaced with `***`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.about.url
    }

    /// Which state of RFC 6455 the connection is in.
    #[must_use]
    pub const fn state(&self) -> State {
        self.machine.core.state()
    }

    /// The stream below.
    #[must_use]
    pub const fn stream(&self) -> &S {
        &self.machine.stream
    }
}

impl WebSocket {
    /// The server's address, where the connection runs over TCP.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.stream().get_ref().peer_addr()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("url", &self.about.url)
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}
