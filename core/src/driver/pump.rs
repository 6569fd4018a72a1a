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
    /// Write from `transmit`, if anything is there, at most until the
    /// deadline; tell `wrote`. Where that was all, flush the transport; tell
    /// `flushed`.
    Write(Option<Duration>),
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
    /// A deadline is set in the configuration.
    timed: bool,
}

impl<Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension, Err> Pump<Rx, Tx, E, X, Err> {
    pub(super) const fn new(connection: Connection<Rx, Tx, E, X>) -> Self {
        let config = connection.config();
        let timed = config.idle_timeout.is_some()
            || config.keepalive.is_some()
            || config.write_timeout.is_some();
        Self {
            timed,
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

    #[inline]
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
    #[inline]
    pub(super) fn wants_time(&self) -> bool {
        self.timed || self.connection.state() != State::Open
    }

    pub(super) const fn tick(&mut self, now: Duration) {
        self.now = now;
    }

    /// A message that is here already, where nothing else is to be done
    /// before it is handed over.
    #[inline]
    pub(super) fn message(&mut self) -> Option<Pending> {
        let busy = self.pending.is_some()
            || self.interrupted
            || self.unflushed
            || !self.connection.transmit().is_empty();
        if busy {
            return None;
        }
        self.connection.poll_message()
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
            && let Some(deadline) = self.write_until(until)
        {
            return Ok(Action::Write(deadline));
        }
        if let Some(pending) = self.pending.take() {
            return Ok(Action::Return(Some(pending)));
        }
        Ok(Action::Read(earliest(
            self.connection.poll_timeout(),
            until,
        )))
    }

    /// The short way for an open connection: something to write, and nothing
    /// that could keep from it.
    #[inline]
    pub(super) fn may_just_write(&self) -> bool {
        !self.wants_time() && self.broken.is_none() && !self.connection.transmit().is_empty()
    }

    /// Until when to write, on the way to an empty send buffer. `None`:
    /// nothing is left to write.
    #[inline]
    pub(super) fn unsent(&mut self) -> Result<Option<Option<Duration>>, Error<Err>> {
        if (self.broken.is_some() || self.connection.state() != State::Open) && self.is_over()? {
            return Ok(None);
        }
        Ok(self.write_until(None))
    }

    /// Whether nothing more can be sent.
    #[cold]
    fn is_over(&mut self) -> Result<bool, Error<Err>> {
        if let Some(error) = self.broken.take() {
            return Err(Error::Transport(error));
        }
        if let Some(error) = self.connection.failure() {
            return Err(Error::Receive(error));
        }
        // The next receive tells how it ended.
        Ok(self.is_late())
    }

    /// Whether the time for the closing handshake is over.
    #[inline]
    fn is_late(&self) -> bool {
        self.connection.state() != State::Open && passed(self.connection.poll_timeout(), self.now)
    }

    #[inline]
    fn write_until(&mut self, until: Option<Duration>) -> Option<Option<Duration>> {
        if self.connection.transmit().is_empty() && !self.unflushed {
            self.write_deadline = None;
            return None;
        }
        Some(if self.wants_time() {
            self.deadline(until)
        } else {
            until
        })
    }

    #[cold]
    fn deadline(&mut self, until: Option<Duration>) -> Option<Duration> {
        if self.write_deadline.is_none() {
            let timeout = self.connection.config().write_timeout;
            self.write_deadline = timeout.map(|timeout| self.now.saturating_add(timeout));
        }
        let deadline = earliest(self.connection.poll_timeout(), self.write_deadline);
        earliest(deadline, until)
    }

    /// Whether that was all.
    #[inline]
    pub(super) fn wrote(
        &mut self,
        result: Result<Option<usize>, Err>,
        until: Option<Duration>,
        now: impl FnOnce() -> Duration,
    ) -> bool {
        match result {
            Ok(Some(n)) if n > 0 => {
                self.connection.transmitted(n);
                self.unflushed = true;
                self.passed_by(now);
                return self.connection.transmit().is_empty();
            }
            // Not allowed for a write of some bytes: the stream has ended.
            Ok(Some(_)) => {
                self.now = now();
                self.connection.transmit_failed(self.now);
            }
            Ok(None) => self.write_waited(until, now()),
            Err(error) => {
                self.now = now();
                self.transmit_broke(error);
            }
        }
        false
    }

    /// Some time may have passed by: asks the clock where that matters.
    #[inline]
    fn passed_by(&mut self, now: impl FnOnce() -> Duration) {
        if self.wants_time() {
            self.now = now();
        }
    }

    /// Whether the transport has passed everything on.
    #[inline]
    pub(super) fn flushed(
        &mut self,
        result: Result<Option<()>, Err>,
        until: Option<Duration>,
        now: impl FnOnce() -> Duration,
    ) -> bool {
        match result {
            Ok(Some(())) => {
                self.unflushed = false;
                self.write_deadline = None;
                return true;
            }
            Ok(None) => self.write_waited(until, now()),
            Err(error) => self.transmit_broke(error),
        }
        false
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
        now: impl FnOnce() -> Duration,
    ) {
        match result {
            Ok(Some(n)) => {
                if n > 0 {
                    self.connection.received(n);
                } else {
                    self.connection.receive_eof();
                }
                self.passed_by(now);
            }
            Ok(None) => {
                let now = now();
                self.now = now;
                self.interrupted =
                    passed(until, now) || !passed(self.connection.poll_timeout(), now);
                self.connection.handle_timeout(now);
            }
            Err(error) => {
                self.now = now();
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
