//! The receiving half.

use core::time::Duration;
use std::{sync::Arc, time::Instant};

use hybi_core::{
    close_code::CloseCode,
    connection::{Event, State as Phase},
};

use super::{
    lent::{Found, Lent},
    shared::Shared,
};
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
            Found::Text => Some(Message::Text(self.lent.take_text())),
            Found::Binary => Some(Message::Binary(self.lent.take_data())),
            found => Message::of(self.lent.event(found), &mut self.partial),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.leave();
    }
}
