//! The state machine of the core and the stream below it, driven by poll
//! functions: all state is here, none in a future.
//!
//! ```text
//!             ┌──────────────── poll_found ────────────────┐
//!   events ◄──┤ find an event ─► transmit ─► else read ─► else the timer
//!             └────────────────────────────────────────────┘
//!   orders ───► send buffer ───► transmit; blocked: read ahead, the timer
//! ```

use core::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use hybi_core::{
    close_code::CloseCode,
    connection::{Connection, Event, Found, State},
    driver::Error as DriverError,
    error::ReceiveError,
};

use super::{
    clock::{Alarm, Clock},
    orders::Outgoing,
};
use crate::{
    compression::Extension,
    entropy::OsEntropy,
    error::Error,
    message::{Closed, Message},
};

pub(super) type Core = Connection<Vec<u8>, Vec<u8>, OsEntropy, Extension>;

pub(super) struct Machine<S: AsyncRead + AsyncWrite + Unpin> {
    pub(super) stream: S,
    pub(super) core: Core,
    pub(super) clock: Clock,
    alarm: Alarm,
    /// Bytes that the stream took since it was opened.
    written: u64,
    /// How many of those it has passed on.
    flushed: u64,
    /// When the stream has to have taken more.
    write_deadline: Option<Duration>,
    /// Bytes received while a write waited.
    ahead: u64,
    /// Reads by senders since the stream was opened.
    pub(super) reads_ahead: u64,
    eof: bool,
    /// The stream's own error.
    lost: Option<io::Error>,
    /// A message that goes into the send buffer bit by bit.
    pub(super) outgoing: Option<Outgoing>,
    /// Counts those.
    pub(super) outgoing_number: u64,
    /// A message that is put together from chunks.
    partial: Vec<u8>,
    /// Nobody receives any more.
    pub(super) unheard: bool,
    over: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Machine<S> {
    pub(super) fn new(stream: S, clock: Clock, core: Core) -> Self {
        Self {
            stream,
            core,
            clock,
            alarm: Alarm::default(),
            written: 0,
            flushed: 0,
            write_deadline: None,
            ahead: 0,
            reads_ahead: 0,
            eof: false,
            lost: None,
            outgoing: None,
            outgoing_number: 0,
            partial: Vec::new(),
            unheard: false,
            over: false,
        }
    }

    /// The next event. What is queued by then, replies first of all, was
    /// written, unless the stream takes nothing now: then it goes out with
    /// the next call, whichever that is.
    pub(super) fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Result<Found, Error>> {
        let written = self.flushed == self.written && self.core.transmit().is_empty();
        if written
            && self.outgoing.is_none()
            && let Some(found) = self.core.find_message()
        {
            self.ahead = 0;
            return Poll::Ready(Ok(found));
        }
        loop {
            let now = self.clock.now();
            if passed(self.core.poll_timeout(), now) {
                self.core.handle_timeout(now);
            }
            let found = match self.core.poll_found(now) {
                Ok(found) => found,
                Err(error) => return Poll::Ready(Err(self.fatal(error))),
            };
            let before = self.progress();
            let sent = self.poll_transmit(cx);
            if let Some(found) = found {
                self.ahead = 0;
                return Poll::Ready(Ok(found));
            }
            if sent.is_ready() {
                self.ahead = 0;
            }
            if before == self.progress()
                && self.poll_read(cx, sent.is_pending()).is_pending()
                && self.poll_alarm(cx, None).is_pending()
            {
                return Poll::Pending;
            }
        }
    }

    /// The event that was found just now.
    pub(super) fn event(&self, found: Found) -> Event<'_> {
        self.core.found(found)
    }

    /// The next message that is whole and owns its bytes.
    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        loop {
            let found = ready!(self.poll_found(cx))?;
            if let Some(message) = Message::of(self.core.found(found), &mut self.partial) {
                return Poll::Ready(Ok(message));
            }
        }
    }

    /// The end of the connection. Messages on the way are dropped.
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Result<Closed, Error>> {
        loop {
            let found = ready!(self.poll_found(cx))?;
            if let Event::Closed(closed) = self.core.found(found) {
                return Poll::Ready(Ok(closed.into()));
            }
        }
    }

    /// Writes and flushes what is queued. Ready: all of it, or the stream has
    /// failed.
    pub(super) fn poll_transmit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let result = if !self.core.transmit().is_empty() {
                let write = Pin::new(&mut self.stream).poll_write(cx, self.core.transmit());
                write.map(|result| match result {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    Ok(n) => {
                        self.core.transmitted(n);
                        self.written += n as u64;
                        Ok(())
                    }
                    Err(error) => Err(error),
                })
            } else if self.feed() {
                continue;
            } else if self.flushed < self.written {
                let flush = Pin::new(&mut self.stream).poll_flush(cx);
                flush.map_ok(|()| self.flushed = self.written)
            } else {
                return Poll::Ready(());
            };
            match result {
                Poll::Ready(Ok(())) => self.write_deadline = None,
                Poll::Ready(Err(error)) => {
                    self.flushed = self.written;
                    self.lost.get_or_insert(error);
                    self.core.transmit_failed(self.clock.now());
                }
                Poll::Pending => {
                    if let (None, Some(timeout)) =
                        (self.write_deadline, self.core.config().write_timeout)
                    {
                        self.write_deadline = self.clock.now().checked_add(timeout);
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// One read. `ahead`: while a write waits, so with a limit.
    fn poll_read(&mut self, cx: &mut Context<'_>, ahead: bool) -> Poll<()> {
        // As much as the largest message takes, and some headers.
        let limit = self.core.config().max_message_size.saturating_add(1 << 16);
        if self.eof || ahead && self.ahead >= limit {
            return Poll::Pending;
        }
        let mut buf = ReadBuf::new(self.core.receive_buffer());
        if buf.remaining() == 0 {
            // Events wait for room to reply in.
            return Poll::Pending;
        }
        match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf)) {
            Ok(()) => match buf.filled().len() {
                0 => self.end_of_stream(),
                n => {
                    self.core.received(n);
                    if ahead {
                        self.ahead += n as u64;
                    }
                }
            },
            Err(error) => {
                self.lost.get_or_insert(error);
                self.end_of_stream();
            }
        }
        Poll::Ready(())
    }

    fn end_of_stream(&mut self) {
        self.eof = true;
        self.core.receive_eof();
    }

    /// Reads what there is while a write waits. Ready: a deadline, that of
    /// the core or `until`, has passed, or the stream has ended.
    pub(super) fn poll_blocked(
        &mut self,
        until: Option<Duration>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let was_open = !self.eof;
        while self.poll_read(cx, true).is_ready() {
            self.reads_ahead += 1;
        }
        if self.eof && was_open {
            return Poll::Ready(());
        }
        self.poll_alarm(cx, until)
    }

    /// Ready: a deadline has passed, and what comes of it is to be looked at.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, until: Option<Duration>) -> Poll<()> {
        // A Ping that is due may find no room to be queued in.
        let mut postponed = None;
        loop {
            let timeout = postponed.or_else(|| self.core.poll_timeout());
            let deadlines = [timeout, self.write_deadline, until];
            let Some(deadline) = deadlines.into_iter().flatten().min() else {
                return Poll::Pending;
            };
            let now = self.clock.now();
            if now < deadline {
                ready!(self.alarm.poll(self.clock.at(deadline), cx));
                continue;
            }
            if passed(self.write_deadline, now) {
                self.write_deadline = None;
                self.core.transmit_timed_out(now);
            } else if passed(timeout, now) {
                self.core.handle_timeout(now);
                if self.core.state() == State::Open && passed(self.core.poll_timeout(), now) {
                    postponed = now.checked_add(Duration::from_secs(1));
                    continue;
                }
            }
            return Poll::Ready(());
        }
    }

    /// Ready: a deadline has passed.
    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_alarm(cx, None)
    }

    /// Changes with everything that the stream takes.
    pub(super) const fn progress(&self) -> (u64, u64, bool) {
        (self.written, self.flushed, self.lost.is_some())
    }

    /// How many bytes the stream will have taken once all is written that is
    /// queued now.
    pub(super) fn queued(&self) -> u64 {
        self.written + self.core.transmit().len() as u64
    }

    pub(super) const fn flushed(&self) -> u64 {
        self.flushed
    }

    /// Why nothing can be sent any more, where that is because of a failure.
    pub(super) fn failure(&self) -> Option<Error> {
        match (&self.lost, self.core.failure()) {
            (Some(error), Some(ReceiveError::ConnectionLost)) => Some(again(error)),
            (_, Some(failure)) => Some(failure.into()),
            // After a closing handshake it does not matter how the stream
            // ended.
            (Some(error), None) if self.core.state() != State::Closed => Some(again(error)),
            (_, None) => None,
        }
    }

    fn fatal(&self, error: ReceiveError) -> Error {
        match (&self.lost, error) {
            (Some(cause), ReceiveError::ConnectionLost) => again(cause),
            _ => error.into(),
        }
    }

    /// Says Close with 1001, if that goes without waiting, and ends it.
    pub(super) fn leave(&mut self) {
        self.unheard = true;
        if !self.over && self.core.state() == State::Open {
            let now = self.clock.now();
            let _ = self.core.close(CloseCode::GOING_AWAY, "", now);
        }
        self.end();
    }

    /// Ends the stream without a word.
    pub(super) fn abort(&mut self) {
        if !self.over {
            self.lost = Some(io::ErrorKind::ConnectionAborted.into());
            let now = self.clock.now();
            self.core.transmit_failed(now);
            self.end_of_stream();
            // What was received before is dropped.
            while let Ok(Some(found)) = self.core.poll_found(now)
                && !matches!(self.core.found(found), Event::Closed(_))
            {}
            self.end();
        }
    }

    /// Ends the stream, once, so that what was written has a chance to
    /// arrive: bytes still unread when a socket closes make TCP reset the
    /// connection. Never waits.
    pub(super) fn end(&mut self) {
        if self.over {
            return;
        }
        self.over = true;
        // Even where this task has used up its share of time.
        let last = ::tokio::task::unconstrained(poll_fn(|cx| {
            let _ = self.poll_transmit(cx);
            let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
            for _ in 0..64 {
                let mut sink = [0; 4096];
                let mut buf = ReadBuf::new(&mut sink);
                let read = Pin::new(&mut self.stream).poll_read(cx, &mut buf);
                if !matches!(read, Poll::Ready(Ok(()))) || buf.filled().is_empty() {
                    break;
                }
            }
            Poll::Ready(())
        }));
        let _ = pin!(last).poll(&mut Context::from_waker(Waker::noop()));
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Drop for Machine<S> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> fmt::Debug for Machine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("state", &self.core.state())
            .field("queued", &self.core.transmit().len())
            .finish_non_exhaustive()
    }
}

/// The same error for everybody who asks.
fn again(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let copy = match (error.raw_os_error(), inner) {
        (Some(code), _) => io::Error::from_raw_os_error(code),
        (None, Some(error)) => {
            io::Error::new(io::ErrorKind::InvalidData, rustls::Error::clone(error))
        }
        (None, None) => io::Error::new(error.kind(), error.to_string()),
    };
    DriverError::Transport(copy).into()
}

pub(super) fn passed(deadline: Option<Duration>, now: Duration) -> bool {
    deadline.is_some_and(|deadline| now >= deadline)
}
