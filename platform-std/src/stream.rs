//! The transport: a TCP or Unix socket or a prepared stream, with or without
//! TLS over it, whose every wait has a deadline and can be woken.

mod ahead;
mod layer;
mod step;

use core::time::Duration;
use std::{
    io::{self, Read, Write},
    net::SocketAddr,
};

use ahead::Ahead;
use hybi_core::driver::blocking::Transport;
use layer::Layer;

use crate::{
    socket::{Prepared, Socket, pause},
    tls::{Tls, TlsError, session::Session},
    wait::{Clock, Interest, Wait, Waiter, Waker},
};

/// A connected byte stream.
///
/// Implements the traits of `embedded_io` and the core's [`Transport`], so
/// that the core's blocking driver runs over it. Times are on the scale of
/// [`now`](Transport::now), which begins when the stream is made.
///
/// A TLS stream that the peer ended without its `close_notify` reads as an
/// error of kind `UnexpectedEof`: bytes may be missing.
#[derive(Debug)]
pub struct Stream {
    layer: Layer,
    waiter: Waiter,
    // The deadline of the last write, for `flush`, which is given none.
    write_deadline: Option<Duration>,
    never_wait: bool,
    ahead: Ahead,
}

impl Stream {
    /// A stream over something connected already.
    ///
    /// # Errors
    /// Those of making the socket non-blocking.
    pub fn new(stream: impl Into<Prepared>) -> io::Result<Self> {
        Self::over(stream.into().0, Clock::new())
    }

    pub(crate) fn over(socket: Socket, clock: Clock) -> io::Result<Self> {
        socket.prepare()?;
        Ok(Self {
            layer: Layer::Plain(socket),
            waiter: Waiter::new(clock),
            write_deadline: None,
            never_wait: false,
            ahead: Ahead::new(),
        })
    }

    /// Performs the TLS handshake for `host` and goes on over TLS. On a
    /// stream that has TLS already (to a proxy, say) this lays it twice.
    ///
    /// # Errors
    /// [`TlsError`] tells what failed, a passed deadline included.
    pub fn start_tls(
        mut self,
        tls: &Tls,
        host: &str,
        deadline: Option<Duration>,
    ) -> Result<Self, TlsError> {
        let mut session = Session::new(tls, host)?;
        loop {
            let interest = match session.advance(&mut self.layer)? {
                None => break,
                Some(interest) => interest,
            };
            match wait(&self.layer, &self.waiter, interest, deadline)? {
                // A wake is for an open connection; while connecting, only
                // the deadline counts.
                Wait::Ready | Wait::Woken => {}
                Wait::TimedOut => return Err(TlsError::TimedOut),
            }
        }
        self.layer = Layer::tls(session, self.layer);
        Ok(self)
    }

    /// The stream is a tunnel from here on: to whom it leads now, no TLS
    /// protects it yet. `first` was read from it already.
    pub(crate) fn into_tunnel(mut self, first: &[u8]) -> Self {
        if self.is_tls() || !first.is_empty() {
            self.layer = Layer::tunnel(first, self.layer);
        }
        self
    }

    /// The handle that ends a wait of this stream from another thread: a
    /// blocked [`read_until`](Transport::read_until) then returns `Ok(None)`.
    ///
    /// # Errors
    /// Those of making the descriptors, the first time.
    pub fn waker(&self) -> io::Result<Waker> {
        self.waiter.waker()
    }

    /// The address of the other end, where the stream is TCP.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.layer.socket().peer_addr()
    }

    /// The address of this end, where the stream is TCP.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.layer.socket().local_addr()
    }

    /// Whether TLS protects the stream. TLS to a proxy only does not count.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.layer.is_tls()
    }

    /// Says that nothing more will be written: `close_notify` over TLS, then
    /// FIN. Never waits.
    pub fn shutdown(&mut self) {
        self.layer.shutdown();
    }

    /// From now on, what would wait fails with kind `TimedOut`.
    pub(crate) const fn never_wait(&mut self) {
        self.never_wait = true;
    }

    /// Ends the stream so that what was written has a chance to arrive: bytes
    /// still unread when a socket closes make TCP reset the connection, and
    /// a reset may overtake what was written. Never waits.
    pub(crate) fn end(&mut self) {
        self.shutdown();
        self.layer.socket_mut().set_read_waits(false);
        if self.layer.descriptor().is_some() {
            let mut sink = [0; 4096];
            for _ in 0..64 {
                if !matches!(self.layer.read(&mut sink), Ok(1..)) {
                    break;
                }
            }
        }
    }

    pub(crate) const fn clock(&self) -> Clock {
        self.waiter.clock()
    }

    /// Whether an error of `read_until` or `write_until` is one of TLS.
    pub(crate) fn tls_error(error: &io::Error) -> Option<TlsError> {
        let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        Some(TlsError::of(inner))
    }
}

impl Transport for Stream {
    fn now(&mut self) -> Duration {
        self.waiter.clock().now()
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> io::Result<Option<usize>> {
        loop {
            if self.waiter.take_wake() {
                return Ok(None);
            }
            if let Some(result) = self.ahead.take(buf) {
                return result.map(Some);
            }
            // With nothing that could end a wait but the socket, the read
            // itself may wait.
            let waits = deadline.is_none()
                && !self.never_wait
                && !self.waiter.has_waker()
                && !self.layer.wants_write();
            self.layer.socket_mut().set_read_waits(waits);
            match self.layer.read(buf) {
                Ok(n) => return Ok(Some(n)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            let interest = if self.layer.wants_write() {
                Interest::Both
            } else {
                Interest::Read
            };
            match wait(&self.layer, &self.waiter, interest, deadline)? {
                Wait::Ready => {}
                Wait::Woken | Wait::TimedOut => return Ok(None),
            }
        }
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> io::Result<Option<usize>> {
        self.write_deadline = deadline;
        loop {
            match self.layer.write(bytes) {
                Ok(0) if !bytes.is_empty() => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => return Ok(Some(n)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if self.never_wait {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if !self.wait_to_write(deadline)? {
                return Ok(None);
            }
        }
    }
}

impl Stream {
    /// Waits for room to write, and reads ahead meanwhile. A wake does not
    /// end this wait: it is kept for the next read. False: the deadline
    /// passed.
    fn wait_to_write(&mut self, deadline: Option<Duration>) -> io::Result<bool> {
        let mut woken = false;
        let ready = loop {
            let interest = if self.ahead.has_room() {
                Interest::Both
            } else {
                Interest::Write
            };
            match wait(&self.layer, &self.waiter, interest, deadline)? {
                Wait::Ready => break true,
                Wait::TimedOut => break false,
                Wait::Woken => woken = true,
            }
        };
        if ready && self.layer.descriptor().is_some() {
            self.layer.socket_mut().set_read_waits(false);
            self.ahead.fill(&mut self.layer);
        }
        if woken {
            self.waiter.waker()?.wake();
        }
        Ok(ready)
    }
}

impl embedded_io::ErrorType for Stream {
    type Error = io::Error;
}

impl embedded_io::Read for Stream {
    /// Waits without a deadline. A wake ends it with kind `Interrupted`.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.read_until(buf, None)? {
            Some(n) => Ok(n),
            None => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

impl embedded_io::Write for Stream {
    /// Waits without a deadline.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.write_until(bytes, None)? {
            Some(n) => Ok(n),
            None => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Hands everything to the operating system. Waits at most until the
    /// deadline of the last write; what is left then goes out with later
    /// reads and writes.
    fn flush(&mut self) -> io::Result<()> {
        loop {
            match self.layer.flush() {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if self.never_wait || !self.wait_to_write(self.write_deadline)? {
                return Ok(());
            }
        }
    }
}

fn wait(
    layer: &Layer,
    waiter: &Waiter,
    interest: Interest,
    deadline: Option<Duration>,
) -> io::Result<Wait> {
    if let Some(descriptor) = layer.descriptor() {
        return waiter.wait(descriptor, interest, deadline);
    }
    // Nothing to poll: the stream said "nothing yet" after its own time-out.
    if waiter.take_wake() {
        return Ok(Wait::Woken);
    }
    if deadline.is_some_and(|deadline| waiter.clock().now() >= deadline) {
        return Ok(Wait::TimedOut);
    }
    pause();
    Ok(Wait::Ready)
}
