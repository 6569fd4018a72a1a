//! A TCP connection over `wasi:sockets/tcp`.

use core::{net::SocketAddr, time::Duration};

use embedded_io::{ErrorType, Read, Write};
use hybi_core::driver::blocking::Transport;
use wasi::{
    io::{
        poll::Pollable,
        streams::{InputStream, OutputStream, StreamError},
    },
    sockets::tcp::{ShutdownType, TcpSocket},
};

use crate::{
    dial::{self, AddressFamily, DialError, Dialer},
    error::WasiError,
    poll,
};

/// A TCP connection whose every wait can have a deadline.
///
/// Deadlines are times on the scale of [`now`](Self::now). Each wait is one
/// `wasi:io/poll` of the socket and the deadline.
///
/// Dropping the stream ends the connection at once: bytes that the host
/// still holds may be lost. [`shutdown`](Self::shutdown) first to have them
/// delivered.
///
/// ```no_run
/// use core::time::Duration;
///
/// use hybi_core::driver::blocking::Transport;
/// use hybi_wasi::{error::WasiError, stream::WasiStream};
///
/// # fn main() -> Result<(), WasiError> {
/// let deadline = Some(WasiStream::now() + Duration::from_secs(5));
/// let mut stream = WasiStream::connect("localhost", 7000, deadline)?;
/// stream.write_until(b"hello", deadline)?;
/// let mut buf = [0; 64];
/// match stream.read_until(&mut buf, deadline)? {
///     None => { /* the deadline passed */ }
///     Some(0) => { /* the peer ended the stream */ }
///     Some(n) => { /* n bytes came */ }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WasiStream {
    // Dropped in this order: WASI wants children gone before their parents.
    readable: Pollable,
    writable: Pollable,
    input: InputStream,
    output: OutputStream,
    socket: TcpSocket,
}

impl WasiStream {
    /// Time since the origin of the host's monotonic clock.
    pub fn now() -> Duration {
        poll::now()
    }

    /// Connects to `host`, a name or an IP address (IPv6 with or without
    /// brackets), before `deadline`.
    ///
    /// Every address of the name is tried, 250 ms after the one before or as
    /// soon as that has failed, IPv6 and IPv4 by turns (Happy Eyeballs, RFC
    /// 8305). The first that connects is taken.
    ///
    /// # Errors
    /// Those of the lookup, or those of the last attempt.
    /// [`WasiError::TimedOut`] when the deadline passed.
    pub fn connect(host: &str, port: u16, deadline: Option<Duration>) -> Result<Self, WasiError> {
        let dialer = Dialer {
            family: AddressFamily::Any,
            deadline,
        };
        dialer.dial(host, port).map_err(DialError::into_last)
    }

    /// A socket that has connected.
    pub(crate) fn of(socket: TcpSocket, input: InputStream, output: OutputStream) -> Self {
        Self {
            readable: input.subscribe(),
            writable: output.subscribe(),
            input,
            output,
            socket,
        }
    }

    /// The peer's address.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.socket.remote_address().ok().map(dial::address)
    }

    /// Ready once there may be something to read, the end included.
    #[must_use]
    pub const fn readable(&self) -> &Pollable {
        &self.readable
    }

    /// Ready once there may be room to write.
    #[must_use]
    pub const fn writable(&self) -> &Pollable {
        &self.writable
    }

    /// Another pollable like [`readable`](Self::readable), to be kept
    /// elsewhere. Drop it before the stream: a host may trap otherwise.
    #[must_use]
    pub fn subscribe(&self) -> Pollable {
        self.input.subscribe()
    }

    /// Another pollable like [`writable`](Self::writable); see
    /// [`subscribe`](Self::subscribe).
    #[must_use]
    pub fn subscribe_writable(&self) -> Pollable {
        self.output.subscribe()
    }

    /// Reads what is there. `None`: nothing yet. `Some(0)`: the peer has
    /// ended the stream.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, WasiError> {
        if buf.is_empty() {
            return Ok(Some(0));
        }
        // The host makes room for as much as is asked for, at once.
        let bytes = match self.input.read(buf.len().min(MAX_READ) as u64) {
            Ok(bytes) => bytes,
            Err(StreamError::Closed) => return Ok(Some(0)),
            Err(error) => return Err(WasiError::from_stream(error)),
        };
        match buf.get_mut(..bytes.len()) {
            Some(room) if !bytes.is_empty() => {
                room.copy_from_slice(&bytes);
                Ok(Some(bytes.len()))
            }
            _ => Ok(None),
        }
    }

    /// Writes some of `bytes`, as many as the host has room for. `None`: it
    /// has none now.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn try_write(&mut self, bytes: &[u8]) -> Result<Option<usize>, WasiError> {
        if bytes.is_empty() {
            return Ok(Some(0));
        }
        let permit = self.output.check_write().map_err(WasiError::from_stream)?;
        let permit = usize::try_from(permit).unwrap_or(usize::MAX);
        if permit == 0 {
            return Ok(None);
        }
        // More bytes than permitted would trap.
        let bytes = bytes.get(..permit).unwrap_or(bytes);
        self.output.write(bytes).map_err(WasiError::from_stream)?;
        Ok(Some(bytes.len()))
    }

    /// Asks the host to send what it holds.
    pub(crate) fn start_flush(&mut self) -> Result<(), WasiError> {
        self.output.flush().map_err(WasiError::from_stream)
    }

    /// Ends our side, as far as that goes without waiting.
    pub(crate) fn end(&mut self) {
        let _ = self.start_flush();
        let _ = self.socket.shutdown(ShutdownType::Send);
    }

    /// Waits, at most until `deadline`, for the host to have taken over all
    /// written bytes. False: the deadline passed first; the bytes stay queued.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn flush_until(&mut self, deadline: Option<Duration>) -> Result<bool, WasiError> {
        self.start_flush()?;
        loop {
            if self.output.check_write().map_err(WasiError::from_stream)? > 0 {
                return Ok(true);
            }
            if !poll::wait(&self.writable, deadline) {
                return Ok(false);
            }
        }
    }

    /// Ends our side of the connection: waits, at most until `deadline`, for
    /// the host to have taken over all written bytes, then sends a FIN.
    /// Reading goes on until the peer ends its side. A second call does
    /// nothing.
    ///
    /// # Errors
    /// [`WasiError::TimedOut`] when the deadline passed first; the stream is
    /// still open then. Else those of the stream.
    pub fn shutdown(&mut self, deadline: Option<Duration>) -> Result<(), WasiError> {
        match self.flush_until(deadline) {
            Ok(true) | Err(WasiError::Closed) => {}
            Ok(false) => return Err(WasiError::TimedOut),
            Err(error) => return Err(error),
        }
        self.socket
            .shutdown(ShutdownType::Send)
            .map_err(WasiError::from_socket)
    }
}

impl ErrorType for WasiStream {
    type Error = WasiError;
}

impl Read for WasiStream {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, WasiError> {
        Ok(self.read_until(buf, None)?.unwrap_or_default())
    }
}

impl Write for WasiStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, WasiError> {
        Ok(self.write_until(bytes, None)?.unwrap_or_default())
    }

    /// Asks the host to send what it holds, without waiting for it, as with
    /// a socket of an operating system: a peer that does not read must not
    /// block a caller with deadlines. The next write waits, at most until its
    /// deadline; so do [`flush_until`](Self::flush_until) and
    /// [`shutdown`](Self::shutdown).
    fn flush(&mut self) -> Result<(), WasiError> {
        self.output.flush().map_err(WasiError::from_stream)
    }
}

impl Transport for WasiStream {
    fn now(&mut self) -> Duration {
        poll::now()
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, WasiError> {
        loop {
            if let Some(n) = self.try_read(buf)? {
                return Ok(Some(n));
            }
            if !poll::wait(&self.readable, deadline) {
                return Ok(None);
            }
        }
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, WasiError> {
        loop {
            if let Some(n) = self.try_write(bytes)? {
                return Ok(Some(n));
            }
            if !poll::wait(&self.writable, deadline) {
                return Ok(None);
            }
        }
    }
}

/// The most that one read asks for.
const MAX_READ: usize = 64 * 1024;
