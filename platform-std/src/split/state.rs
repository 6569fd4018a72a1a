//! What the lock protects. Nothing here waits, except where a stream that
//! cannot be polled does.

use core::time::Duration;
use std::{io, net::Shutdown};

use hybi_core::{
    connection::{Connection, Event, State as Phase},
    driver::Error as DriverError,
    error::{ReceiveError, Timeout},
};

use crate::{
    compression::Extension,
    entropy::OsEntropy,
    error::Error,
    message::Closed,
    socket,
    stream::Stream,
    wait::{Clock, Interest},
};

pub(super) type Machine = Connection<Vec<u8>, Vec<u8>, OsEntropy, Extension>;

/// ```text
///   everything ever queued
///   | with the system |  in TLS  | waiting in the send buffer |
///   0              flushed    written                       queued
/// ```
#[derive(Debug)]
pub(super) struct State {
    pub(super) machine: Machine,
    /// `None` once the connection is over.
    stream: Option<Stream>,
    clock: Clock,
    /// Bytes of the queue that the stream has taken.
    written: u64,
    /// Those that the operating system has.
    flushed: u64,
    /// What was queued up to there has to be flushed by then.
    stall: Option<(u64, Duration)>,
    /// Why the stream failed, for the receiver,
    broken: Option<io::Error>,
    /// and for whoever wants to send.
    lost: Option<Lost>,
    eof: bool,
    /// A thread waits for room to write, for all who want it.
    pub(super) polling_output: bool,
    /// A thread runs the receiving side,
    pub(super) receiving: bool,
    /// and waits for something to read.
    pub(super) reading: bool,
    /// Data messages go one after the other: the number of the next in line,
    pub(super) line_end: u64,
    /// and of the one whose turn it is.
    pub(super) turn: u64,
}

/// Why nothing can be sent any more.
#[derive(Debug, Clone, Copy)]
enum Lost {
    Io(io::ErrorKind),
    Stalled,
    Aborted,
}

/// What came of a look at the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// Bytes, or the end.
    Some,
    /// Nothing is there.
    Nothing,
    /// Events wait for room to write.
    NoRoom,
}

impl State {
    pub(super) const fn new(stream: Stream, machine: Machine) -> Self {
        Self {
            machine,
            clock: stream.clock(),
            stream: Some(stream),
            written: 0,
            flushed: 0,
            stall: None,
            broken: None,
            lost: None,
            eof: false,
            polling_output: false,
            receiving: false,
            reading: false,
            line_end: 0,
            turn: 0,
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.stream.is_none()
    }

    /// Where the queue ends now.
    pub(super) fn queued(&self) -> u64 {
        self.written
            .saturating_add(self.machine.transmit().len() as u64)
    }

    /// Whether the system has what was queued up to `mark`.
    pub(super) const fn is_flushed(&self, mark: u64) -> bool {
        self.flushed >= mark
    }

    /// Whether what was queued up to `mark` never will be sent.
    pub(super) fn is_abandoned(&self, mark: u64) -> bool {
        self.is_over() || self.lost.is_some() || self.queued() < mark
    }

    /// Whether something waits for room to write.
    pub(super) fn has_output(&self) -> bool {
        !self.is_over() && self.lost.is_none() && self.flushed < self.queued()
    }

    /// Writes what is queued, as far as it goes.
    pub(super) fn push(&mut self) {
        if let Err(error) = self.try_push() {
            self.lost.get_or_insert(Lost::Io(error.kind()));
            self.broken.get_or_insert(error);
            self.machine.transmit_failed(self.now());
        }
        self.watch_stall();
    }

    fn try_push(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        loop {
            let bytes = self.machine.transmit();
            if bytes.is_empty() {
                let idle = self.flushed == self.written && !stream.wants_write();
                if idle || stream.try_flush()? {
                    self.flushed = self.written;
                }
                return Ok(());
            }
            let Some(n) = stream.try_write(bytes)? else {
                return Ok(());
            };
            self.machine.transmitted(n);
            self.written += n as u64;
            if !stream.wants_write() {
                self.flushed = self.written;
            }
        }
    }

    fn watch_stall(&mut self) {
        if !self.has_output() {
            self.stall = None;
            return;
        }
        if self.stall.is_some_and(|(mark, _)| !self.is_flushed(mark)) {
            return;
        }
        let timeout = self.machine.config().write_timeout;
        self.stall = timeout.map(|timeout| (self.queued(), self.now().saturating_add(timeout)));
    }

    /// When whoever waits for room to write has to look again.
    pub(super) fn output_deadline(&self) -> Option<Duration> {
        let stall = self.stall.map(|(_, deadline)| deadline);
        earliest(stall, self.closing_deadline())
    }

    pub(super) fn closing_deadline(&self) -> Option<Duration> {
        match self.machine.state() {
            Phase::Open => None,
            _ => self.machine.poll_timeout(),
        }
    }

    /// Looks whether the peer has let the write deadline pass.
    pub(super) fn check_stall(&mut self) {
        let now = self.now();
        if self.stall.is_some_and(|(_, deadline)| now >= deadline) {
            self.stall = None;
            self.lost.get_or_insert(Lost::Stalled);
            self.machine.transmit_timed_out(now);
        }
    }

    /// When the receiving side has to look again.
    pub(super) fn input_deadline(&self) -> Option<Duration> {
        earliest(
            self.machine.poll_timeout(),
            self.stall.map(|(_, deadline)| deadline),
        )
    }

    /// Tells the machine that time has passed.
    pub(super) fn handle_timeout(&mut self) {
        self.machine.handle_timeout(self.now());
        self.check_stall();
    }

    pub(super) fn read(&mut self) -> Read {
        let Some(stream) = &mut self.stream else {
            return Read::Nothing;
        };
        if self.eof {
            return Read::NoRoom;
        }
        let buffer = self.machine.receive_buffer();
        if buffer.is_empty() {
            return Read::NoRoom;
        }
        match stream.try_read(buffer) {
            Ok(None) => return Read::Nothing,
            Ok(Some(0)) => self.input_ended(),
            Ok(Some(n)) => self.machine.received(n),
            Err(error) => {
                self.broken.get_or_insert(error);
                self.input_ended();
            }
        }
        Read::Some
    }

    fn input_ended(&mut self) {
        self.eof = true;
        self.machine.receive_eof();
    }

    /// What the receiving side waits for.
    pub(super) fn input_interest(&self, output: bool) -> Interest {
        let tls = self.stream.as_ref().is_some_and(Stream::wants_write);
        if output || tls {
            Interest::Both
        } else {
            Interest::Read
        }
    }

    /// What a thread that wants to write waits for. A peer that waits for us
    /// to read before it reads would wait for ever.
    pub(super) fn output_interest(&self) -> Interest {
        match &self.stream {
            Some(stream) if stream.can_read_ahead() => Interest::Both,
            _ => Interest::Write,
        }
    }

    pub(super) fn read_ahead(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.read_ahead();
        }
    }

    /// The socket, to wait for it without the lock.
    pub(super) fn socket(&self) -> Option<socket::Shared> {
        self.stream.as_ref()?.shared()
    }

    /// The next event, lent to `take`. True: there was one.
    pub(super) fn find(&mut self, take: impl FnOnce(&Event<'_>)) -> Result<bool, Error> {
        if let Some(Lost::Aborted) = self.lost {
            return Err(self.loss());
        }
        let over = self.is_over();
        match self.machine.poll_event(self.clock.now()) {
            Ok(None) if over => Err(Error::Lost),
            Ok(None) => Ok(false),
            Ok(Some(event)) => {
                take(&event);
                if matches!(event, Event::Closed(_)) {
                    self.end();
                }
                Ok(true)
            }
            Err(error) => {
                self.end();
                Err(self.fatal(error))
            }
        }
    }

    /// How it ended, once it has.
    pub(super) fn outcome(&mut self) -> Option<Result<Closed, Error>> {
        if !self.is_over() {
            return None;
        }
        let mut closed = None;
        let found = self.find(|event| {
            if let Event::Closed(end) = event {
                closed = Some(Closed::from(*end));
            }
        });
        match (found, closed) {
            (Err(error), _) => Some(Err(error)),
            (Ok(_), Some(closed)) => Some(Ok(closed)),
            (Ok(_), None) => Some(Err(Error::Lost)),
        }
    }

    fn fatal(&mut self, error: ReceiveError) -> Error {
        match (error, self.broken.take()) {
            (ReceiveError::ConnectionLost, Some(cause)) => DriverError::Transport(cause).into(),
            _ => error.into(),
        }
    }

    /// Why what was queued is not going out.
    pub(super) fn loss(&self) -> Error {
        match self.lost {
            Some(Lost::Io(io::ErrorKind::UnexpectedEof)) | None => Error::Lost,
            Some(Lost::Io(kind)) => Error::Io(kind.into()),
            Some(Lost::Stalled) => Error::Timeout(Timeout::Write),
            Some(Lost::Aborted) => Error::Io(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Ends the connection without a word.
    pub(super) fn abort(&mut self) {
        if let Some(socket) = self.socket() {
            socket.shutdown(Shutdown::Both);
        }
        if self.is_over() {
            return;
        }
        self.lost = Some(Lost::Aborted);
        self.machine.transmit_failed(self.now());
        self.input_ended();
        self.end();
    }

    /// Ends the stream, once.
    pub(super) fn end(&mut self) {
        self.stall = None;
        if let Some(mut stream) = self.stream.take() {
            stream.end();
        }
    }
}

pub(super) fn earliest(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
