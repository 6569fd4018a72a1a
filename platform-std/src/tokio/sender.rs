//! The half of a connection that sends.

use core::{
    fmt,
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};
use std::sync::Arc;

use ::tokio::io::{AsyncRead, AsyncWrite};
use hybi_core::{close_code::CloseCode, connection::State};

use super::{
    machine::Machine,
    orders::{Order, Ticket},
    shared::Shared,
    stream::MaybeTlsStream,
    wakers::Side,
};
use crate::{
    error::Error,
    message::{Closed, Message},
};

/// The half of a [`WebSocket`](super::WebSocket) that sends. Clones send on
/// the same connection, from any number of tasks; messages go out whole, one
/// after the other.
///
/// A send waits while the connection's send buffer is full, and never for the
/// [`Receiver`](super::Receiver). Every future may be dropped at any time; see
/// [the module](super). Dropping senders, the last one too, does not close
/// the connection.
pub struct Sender<S: AsyncRead + AsyncWrite + Unpin = MaybeTlsStream> {
    pub(super) shared: Arc<Shared<S>>,
    /// For the sink: a message that found another one on its way out,
    pub(super) held: Option<Message>,
    /// a flush that goes on,
    pub(super) flushing: Option<Ticket>,
    /// and when it was asked to close.
    pub(super) close_asked: Option<Duration>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self::over(Arc::clone(&self.shared))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    pub(super) const fn over(shared: Arc<Shared<S>>) -> Self {
        Self {
            shared,
            held: None,
            flushing: None,
            close_asked: None,
        }
    }

    /// Sends a text message and flushes it. One that is larger than the send
    /// buffer may be is copied and goes out in several frames.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent. Everything else is fatal.
    ///
    /// Cancel safety: either nothing is sent or, with the next calls on
    /// either half, all of it.
    pub async fn send_text(&self, text: &str) -> Result<(), Error> {
        self.carry_out(Order::Text(text), true).await
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn send_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Binary(data), true).await
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] begins the closing handshake with its code and
    /// reason.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
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

    /// Queues a text message without flushing: many small ones then leave in
    /// one write, with the next [`flush`](Self::flush), when the buffer is
    /// full, or when the [`Receiver`](super::Receiver) is polled.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn queue_text(&self, text: &str) -> Result<(), Error> {
        self.carry_out(Order::Text(text), false).await
    }

    /// Queues a binary message. Otherwise like
    /// [`queue_text`](Self::queue_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn queue_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Binary(data), false).await
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn ping(&self, payload: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Ping(payload), true).await
    }

    /// Sends a Pong that nobody asked for. Pings are answered without it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: as there.
    pub async fn pong(&self, payload: &[u8]) -> Result<(), Error> {
        self.carry_out(Order::Pong(payload), true).await
    }

    /// Writes out what is queued now.
    ///
    /// # Errors
    /// The connection failed or was lost.
    ///
    /// Cancel safety: safe.
    pub async fn flush(&self) -> Result<(), Error> {
        let mut ticket = self.shared.machine().ticket();
        poll_fn(|cx| self.poll(cx, |machine, cx| machine.poll_flushed(&mut ticket, cx))).await
    }

    /// Begins the closing handshake and returns. The [`Receiver`](super::Receiver) goes on
    /// with it: it still hands over what arrives, and ends with
    /// [`Message::Closed`], at the latest at the close deadline.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    ///
    /// Cancel safety: call it again if the future was dropped.
    pub async fn start_close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.begin_close(code, reason).await?;
        let mut ticket = self.shared.machine().ticket();
        poll_fn(|cx| self.poll(cx, |machine, cx| machine.poll_close_sent(&mut ticket, cx))).await
    }

    /// Begins the closing handshake and waits until the connection has ended,
    /// at most for the close deadline. What still arrives is the
    /// [`Receiver`](super::Receiver)'s, which has to be polled meanwhile.
    ///
    /// # Errors
    /// See [`WebSocket::close`](super::WebSocket::close).
    ///
    /// Cancel safety: call it again if the future was dropped.
    pub async fn close(&self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        self.begin_close(code, reason).await?;
        poll_fn(|cx| self.poll(cx, Machine::poll_over)).await
    }

    /// Ends the stream at once, without a closing handshake. A pending receive
    /// returns [`Error::Io`] of kind `ConnectionAborted`, and so does every
    /// later one.
    pub fn abort(&self) {
        self.shared.end(Machine::abort);
    }

    /// Which state of RFC 6455 the connection is in.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.machine().core.state()
    }

    async fn begin_close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let asked = self.shared.machine().clock.now();
        poll_fn(|cx| {
            self.poll(cx, |machine, cx| {
                machine.poll_start_close(code, reason, asked, cx)
            })
        })
        .await
    }

    async fn carry_out(&self, order: Order<'_>, flush: bool) -> Result<(), Error> {
        let mut ticket =
            poll_fn(|cx| self.poll(cx, |machine, cx| machine.poll_order(order, cx))).await?;
        if flush {
            poll_fn(|cx| self.poll(cx, |machine, cx| machine.poll_flushed(&mut ticket, cx)))
                .await?;
        }
        Ok(())
    }

    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        f: impl FnOnce(&mut Machine<S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.shared.poll(Side::Sender, cx, f)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.state()).finish()
    }
}
