//! The half of a connection that receives.

use core::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};
use std::sync::Arc;

use ::tokio::io::{AsyncRead, AsyncWrite};
use hybi_core::{
    close_code::CloseCode,
    connection::{Event, State},
};

use super::{machine::Machine, shared::Shared, stream::MaybeTlsStream, wakers::Side};
use crate::{
    error::Error,
    message::{Closed, Message},
    response::Response,
    split::lent::Lent,
};

/// The half of a [`WebSocket`](super::WebSocket) that receives, and that
/// answers Pings and keeps the deadlines while it is polled.
///
/// Dropping it says Close with 1001, if that goes without waiting, and ends
/// the stream.
#[must_use]
pub struct Receiver<S: AsyncRead + AsyncWrite + Unpin = MaybeTlsStream> {
    pub(super) shared: Arc<Shared<S>>,
    lent: Lent,
    /// The stream of messages has ended.
    pub(super) ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Receiver<S> {
    pub(super) fn over(shared: Arc<Shared<S>>) -> Self {
        Self {
            shared,
            lent: Lent::default(),
            ended: false,
        }
    }

    /// Waits for the next event and lends it, out of a buffer of its own.
    /// Replies to Pings and to Close are on the wire by then, unless the
    /// stream takes nothing at the moment: they then go out with the next
    /// call on either half.
    ///
    /// # Errors
    /// All of them are fatal.
    ///
    /// Cancel safety: safe. A dropped future loses nothing.
    pub async fn receive(&mut self) -> Result<Event<'_>, Error> {
        let Self { shared, lent, .. } = self;
        let found = poll_fn(|cx| {
            shared.poll(Side::Receiver, cx, |machine, cx| {
                loop {
                    let found = ready!(machine.poll_found(cx))?;
                    if let Some(found) = lent.keep(&machine.event(found)) {
                        return Poll::Ready(Ok::<_, Error>(found));
                    }
                }
            })
        })
        .await?;
        Ok(self.lent.event(found))
    }

    /// Waits for the next message, whole also with
    /// [`Delivery::Chunks`](crate::Delivery::Chunks). The last one is
    /// [`Message::Closed`].
    ///
    /// # Errors
    /// All of them are fatal.
    ///
    /// Cancel safety: safe. A dropped future loses nothing.
    pub async fn receive_message(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        self.shared.poll(Side::Receiver, cx, Machine::poll_message)
    }

    /// Performs the whole closing handshake and ends the connection. Takes at
    /// most the close deadline. Messages that still arrive are dropped.
    ///
    /// # Errors
    /// See [`WebSocket::close`](super::WebSocket::close).
    ///
    /// Cancel safety: call it again if the future was dropped.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        let asked = self.shared.machine().clock.now();
        poll_fn(|cx| {
            self.shared.poll(Side::Receiver, cx, |machine, cx| {
                machine.poll_start_close(code, reason, asked, cx)
            })
        })
        .await?;
        let closed =
            |cx: &mut Context<'_>| self.shared.poll(Side::Receiver, cx, Machine::poll_closed);
        let result = poll_fn(closed).await;
        self.shared.end(Machine::end);
        result
    }

    /// What the server answered to the opening handshake.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.shared.about.response
    }

    /// The subprotocol that the server chose out of those offered.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.shared.about.subprotocol.as_deref()
    }

    /// The URL that was connected to; see
    /// [`WebSocket::url`](super::WebSocket::url).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.about.url
    }

    /// Which state of RFC 6455 the connection is in.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.machine().core.state()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Drop for Receiver<S> {
    fn drop(&mut self) {
        self.shared.end(Machine::leave);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.state()).finish()
    }
}
