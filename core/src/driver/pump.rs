//! What a driver does next. It holds all of a driver's state, so that a
//! dropped future loses nothing.

use core::time::Duration;

use super::Error;
use crate::{
    buffer::Buffer,
    connection::{Connection, Event, Pending, State},
    entropy::Entropy,
    error::ReceiveError,
    extension::Extension,
};

/// What to do next.
pub(super) enum Action {
    /// Write from `transmit`, at most until the deadline; tell `wrote`.
    Write(Option<Duration>),
    /// Flush the transport, at most until the deadline; tell `flushed`.
    Flush(Option<Duration>),
    /// Ask the clock; tell `closing_began`.
    AskTime,
    /// Read into `receive_buffer`, at most until the deadline; tell `read`.
    Read(Option<Duration>),
    /// Return this.
    Return(Option<Pending>),
}

#[derive(Debug)]
pub(super) struct Pump<Rx, Tx, E, X, Err> {
    connection: Connection<Rx, Tx, E, X>,
    /// Found, but replies have to go out before it is handed over.
    pending: Option<Pending>,
    now: Duration,
    write_deadline: Option<Duration>,
    unflushed: bool,
    /// The wait ended for another reason than the connection's.
    interrupted: bool,
    /// The transport's error, told once nothing is left to hand over.
    broken: Option<Err>,
}

impl<Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension, Err> Pump<Rx, Tx, E, X, Err> {
    pub(super) const fn new(connection: Connection<Rx, Tx, E, X>) -> Self {
        Self {
            connection,
            pending: None,
            now: Duration::ZERO,
            write_deadline: None,
            unflushed: false,
            interrupted: false,
            broken: None,
        }
    }

    pub(super) const fn connection(&self) -> &Connection<Rx, Tx, E, X> {
        &self.connection
    }

    pub(super) const fn connection_mut(&mut self) -> &mut Connection<Rx, Tx, E, X> {
        &mut self.connection
    }

    pub(super) const fn take_pending(&mut self) -> Option<Pending> {
        self.pending.take()
    }

    pub(super) fn into_connection(self) -> Connection<Rx, Tx, E, X> {
        self.connection
    }

    pub(super) fn event(&self, pending: Pending) -> Event<'_> {
        self.connection.event(pending)
    }

    pub(super) fn transmit(&self) -> &[u8] {
        self.connection.transmit()
    }

    pub(super) fn receive_buffer(&mut self) -> &mut [u8] {
        self.connection.receive_buffer()
    }

    /// Whether the clock matters now. Otherwise it need not be asked.
    pub(super) fn wants_time(&self) -> bool {
        let config = self.connection.config();
        config.idle_timeout.is_some()
            || config.keepalive.is_some()
            || config.write_timeout.is_some()
            || self.connection.state() != State::Open
    }

    pub(super) const fn tick(&mut self, now: Duration) {
        self.now = now;
    }

    /// The next action on the way to an event; `until` bounds the wait.
    pub(super) fn receive(&mut self, until: Option<Duration>) -> Result<Action, Error<Err>> {
        if self.pending.is_none() {
            let was_open = self.connection.state() == State::Open;
            self.pending = match self.connection.poll_pending(self.now) {
                Ok(pending) => pending,
                Err(error) => return Err(self.fatal(error)),
            };
            if was_open && self.connection.state() == State::Closing {
                return Ok(Action::AskTime);
            }
        }
        if self.interrupted {
            self.interrupted = false;
            return Ok(Action::Return(None));
        }
        // Out of time for closing: what waits never goes out, and must not
        // keep back what was received.
        if !self.is_late()
            && let Some(action) = self.transmission(until)
        {
            return Ok(action);
        }
        if let Some(pending) = self.pending.take() {
            return Ok(Action::Return(Some(pending)));
        }
        Ok(Action::Read(earliest(
            self.connection.poll_timeout(),
            until,
        )))
    }

    /// The next action on the way to an empty send buffer.
    pub(super) fn flush(&mut self) -> Result<Action, Error<Err>> {
        if let Some(error) = self.broken.take() {
            return Err(Error::Transport(error));
        }
        if let Some(error) = self.connection.failure() {
            return Err(Error::Receive(error));
        }
        if self.is_late() {
            // The next receive tells how it ended.
            return Ok(Action::Return(None));
        }
        Ok(self.transmission(None).unwrap_or(Action::Return(None)))
    }

    /// Whether the time for the closing handshake is over.
    fn is_late(&self) -> bool {
        self.connection.state() != State::Open && passed(self.connection.poll_timeout(), self.now)
    }

    fn transmission(&mut self, until: Option<Duration>) -> Option<Action> {
        let written = self.connection.transmit().is_empty();
        if written && !self.unflushed {
            self.write_deadline = None;
            return None;
        }
        if self.write_deadline.is_none() {
            let timeout = self.connection.config().write_timeout;
            self.write_deadline = timeout.map(|timeout| self.now.saturating_add(timeout));
        }
        let deadline = earliest(self.connection.poll_timeout(), self.write_deadline);
        let deadline = earliest(deadline, until);
        Some(if written {
            Action::Flush(deadline)
        } else {
            Action::Write(deadline)
        })
    }

    pub(super) fn wrote(
        &mut self,
        result: Result<Option<usize>, Err>,
        until: Option<Duration>,
        now: Duration,
    ) {
        self.now = now;
        match result {
            // Not allowed for a write of some bytes: the stream has ended.
            Ok(Some(0)) => self.connection.transmit_failed(now),
            Ok(Some(n)) => {
                self.connection.transmitted(n);
                self.unflushed = true;
            }
            Ok(None) => self.write_waited(until, now),
            Err(error) => self.transmit_broke(error),
        }
    }

    pub(super) fn flushed(
        &mut self,
        result: Result<Option<()>, Err>,
        until: Option<Duration>,
        now: Duration,
    ) {
        match result {
            Ok(Some(())) => self.unflushed = false,
            Ok(None) => self.write_waited(until, now),
            Err(error) => self.transmit_broke(error),
        }
    }

    fn write_waited(&mut self, until: Option<Duration>, now: Duration) {
        self.now = now;
        if passed(self.write_deadline, now) {
            self.unflushed = false;
            self.connection.transmit_timed_out(now);
            return;
        }
        let due = passed(self.connection.poll_timeout(), now);
        self.interrupted = passed(until, now) || !due;
        self.connection.handle_timeout(now);
        if due && self.connection.state() != State::Open {
            self.unflushed = false;
        }
    }

    pub(super) fn closing_began(&mut self, now: Duration) {
        self.now = now;
        self.connection.restart_deadline(now);
    }

    fn transmit_broke(&mut self, error: Err) {
        self.unflushed = false;
        self.broken.get_or_insert(error);
        self.connection.transmit_failed(self.now);
    }

    pub(super) fn read(
        &mut self,
        result: Result<Option<usize>, Err>,
        until: Option<Duration>,
        now: Duration,
    ) {
        self.now = now;
        match result {
            Ok(Some(0)) => self.connection.receive_eof(),
            Ok(Some(n)) => self.connection.received(n),
            Ok(None) => {
                self.interrupted =
                    passed(until, now) || !passed(self.connection.poll_timeout(), now);
                self.connection.handle_timeout(now);
            }
            Err(error) => {
                self.broken.get_or_insert(error);
                self.connection.receive_eof();
            }
        }
    }

    fn fatal(&mut self, error: ReceiveError) -> Error<Err> {
        match (error, self.broken.take()) {
            (ReceiveError::ConnectionLost, Some(cause)) => Error::Transport(cause),
            _ => Error::Receive(error),
        }
    }
}

fn earliest(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn passed(deadline: Option<Duration>, now: Duration) -> bool {
    deadline.is_some_and(|deadline| now >= deadline)
}
