//! The receiving half.

use core::time::Duration;
use std::{sync::Arc, time::Instant};

use hybi_core::{
    close_code::CloseCode,
    connection::{Chunk, Closed as BorrowedClosed, Event, MessageKind, State as Phase},
};

use super::shared::Shared;
use crate::{
    error::Error,
    message::{Closed, Message, Messages},
    response::Response,
    wait::Waker,
};

/// Receives on a connection; see [`split`](crate::split) for what holds.
///
/// Dropping it says Close with 1001, if that goes without waiting, and ends
/// TCP.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    lent: Lent,
    /// An event in `lent` that is not handed over yet: its replies have to be
    /// out up to this mark.
    held: Option<(Found, u64)>,
    // A message that `receive_message` puts together from chunks.
    partial: Vec<u8>,
}

impl Receiver {
    pub(super) fn new(
        shared: Arc<Shared>,
        lent: Lent,
        undelivered: Option<Found>,
        partial: Vec<u8>,
    ) -> Self {
        let held = undelivered.map(|found| (found, shared.lock().queued()));
        Self {
            shared,
            lent,
            held,
            partial,
        }
    }

    /// Waits for the next event and lends it. Replies to Pings and to Close
    /// are on the wire by then.
    ///
    /// # Errors
    /// [`Error::Woken`], where a [`Waker`] ended the wait; everything else is
    /// fatal.
    pub fn receive(&mut self) -> Result<Event<'_>, Error> {
        match self.advance(None)? {
            Some(found) => Ok(self.event(found)),
            None => Err(Error::Woken),
        }
    }

    /// Like [`receive`](Self::receive), waiting at most for `timeout`. `None`:
    /// the time is over, or a [`Waker`] ended the wait.
    ///
    /// # Errors
    /// The connection failed or was lost.
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Option<Event<'_>>, Error> {
        let until = self.shared.clock().now().checked_add(timeout);
        Ok(self.advance(until)?.map(|found| self.event(found)))
    }

    /// Like [`receive_timeout`](Self::receive_timeout), with a point in time.
    ///
    /// # Errors
    /// See [`receive_timeout`](Self::receive_timeout).
    pub fn receive_until(&mut self, deadline: Instant) -> Result<Option<Event<'_>>, Error> {
        let until = Some(self.shared.clock().at(deadline));
        Ok(self.advance(until)?.map(|found| self.event(found)))
    }

    /// Waits for the next message that is whole and owns its bytes, also with
    /// [`Delivery::Chunks`](crate::Delivery::Chunks). The last one is
    /// [`Message::Closed`].
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn receive_message(&mut self) -> Result<Message, Error> {
        loop {
            let Some(found) = self.advance(None)? else {
                return Err(Error::Woken);
            };
            if let Some(message) = self.message(found) {
                return Ok(message);
            }
        }
    }

    /// Like [`receive_message`](Self::receive_message), waiting at most for
    /// `timeout`. `None`: the time is over, or a [`Waker`] ended the wait.
    ///
    /// # Errors
    /// See [`receive_timeout`](Self::receive_timeout).
    pub fn receive_message_timeout(&mut self, timeout: Duration) -> Result<Option<Message>, Error> {
        let until = self.shared.clock().now().checked_add(timeout);
        while let Some(found) = self.advance(until)? {
            if let Some(message) = self.message(found) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// The text and binary messages, until the connection closes. Pings and
    /// Pongs are left out. An error is the last item, except
    /// [`Error::Woken`].
    pub const fn messages(&mut self) -> Messages<'_> {
        Messages::of_receiver(self)
    }

    /// Performs the whole closing handshake and ends the connection. Takes at
    /// most the closing deadline. Messages that still arrive are dropped.
    ///
    /// # Errors
    /// See [`WebSocket::close`](crate::WebSocket::close).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        self.shared.start_close(code, reason)?;
        self.shared.end()
    }

    /// A handle that ends a wait of this receiver from another thread.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.shared.waker()
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
    /// [`WebSocket::url`](crate::WebSocket::url).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.about.url
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

    /// Like [`advance`](Self::advance), with a point in time.
    pub(crate) fn advance_until(&mut self, until: Option<Instant>) -> Result<Option<Found>, Error> {
        let clock = self.shared.clock();
        self.advance(until.map(|until| clock.at(until)))
    }

    /// Waits for an event whose replies are out; `None`: `until` passed, or
    /// the waker ended the wait.
    pub(crate) fn advance(&mut self, until: Option<Duration>) -> Result<Option<Found>, Error> {
        let (found, mark) = loop {
            if let Some(held) = self.held.take() {
                break held;
            }
            let mut found = None;
            let lent = &mut self.lent;
            let keep = |event: &Event<'_>| found = lent.keep(event);
            let Some(mark) = self.shared.find(until, keep)? else {
                return Ok(None);
            };
            self.held = found.map(|found| (found, mark));
        };
        let state = self.shared.lock();
        // Where the replies cannot go out any more, the event still counts.
        if matches!(self.shared.flush(state, mark, until), Ok(false)) {
            self.held = Some((found, mark));
            return Ok(None);
        }
        Ok(Some(found))
    }

    /// What was found last.
    pub(crate) fn event(&self, found: Found) -> Event<'_> {
        self.lent.event(found)
    }

    /// What was found last, if it completes a message.
    pub(crate) fn message(&mut self, found: Found) -> Option<Message> {
        match found {
            // Moved, not copied again.
            Found::Text => Some(Message::Text(core::mem::take(&mut self.lent.text))),
            Found::Binary => Some(Message::Binary(core::mem::take(&mut self.lent.data))),
            found => Message::of(self.lent.event(found), &mut self.partial),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.leave();
    }
}

/// The last event that was found, copied out of the receive buffer, so that
/// it can be lent without the lock.
#[derive(Debug, Default)]
pub(super) struct Lent {
    text: String,
    data: Vec<u8>,
}

/// What the last event was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Text,
    RawText,
    Binary,
    Chunk {
        kind: MessageKind,
        first: bool,
        last: bool,
    },
    Ping,
    Pong,
    Closed(BorrowedClosed<'static>),
}

/// What is kept of a buffer that a smaller event does not need.
const KEEP: usize = 64 << 10;

impl Lent {
    /// `None`: an event of no interest.
    pub(super) fn keep(&mut self, event: &Event<'_>) -> Option<Found> {
        Some(match *event {
            Event::Text(text) => {
                self.text.clear();
                if text.len() <= KEEP {
                    self.text.shrink_to(KEEP);
                }
                self.text.push_str(text);
                Found::Text
            }
            Event::RawText(data) => {
                self.put(data);
                Found::RawText
            }
            Event::Binary(data) => {
                self.put(data);
                Found::Binary
            }
            Event::Chunk(chunk) => {
                self.put(chunk.data);
                Found::Chunk {
                    kind: chunk.kind,
                    first: chunk.first,
                    last: chunk.last,
                }
            }
            Event::Ping(payload) => {
                self.put(payload);
                Found::Ping
            }
            Event::Pong(payload) => {
                self.put(payload);
                Found::Pong
            }
            Event::Closed(closed) => {
                self.text.clear();
                self.text.push_str(closed.reason);
                Found::Closed(BorrowedClosed {
                    reason: "",
                    ..closed
                })
            }
            _ => return None,
        })
    }

    fn put(&mut self, data: &[u8]) {
        self.data.clear();
        if data.len() <= KEEP {
            self.data.shrink_to(KEEP);
        }
        self.data.extend_from_slice(data);
    }

    fn event(&self, found: Found) -> Event<'_> {
        match found {
            Found::Text => Event::Text(&self.text),
            Found::RawText => Event::RawText(&self.data),
            Found::Binary => Event::Binary(&self.data),
            Found::Chunk { kind, first, last } => Event::Chunk(Chunk {
                kind,
                data: &self.data,
                first,
                last,
            }),
            Found::Ping => Event::Ping(&self.data),
            Found::Pong => Event::Pong(&self.data),
            Found::Closed(closed) => Event::Closed(BorrowedClosed {
                reason: &self.text,
                ..closed
            }),
        }
    }
}
