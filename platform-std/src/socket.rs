//! The byte streams that a connection can run over, all non-blocking.

use core::fmt;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

#[cfg(unix)]
use std::os::unix::net::UnixStream;

use rustix::fd::{AsFd, BorrowedFd};

/// A stream that the caller has already connected: to the server itself, a
/// proxy's tunnel, or anything else that carries bytes.
///
/// TLS is still laid over it where the URL says `wss`.
///
/// A `TcpStream` or `UnixStream` gets every deadline and the waker. Of any
/// other stream nothing is known but that it reads and writes: it is asked
/// with blocking calls, so deadlines are looked at only when those return.
/// Give such a stream time-outs of its own; an error of kind `WouldBlock` or
/// `TimedOut` from it means "nothing yet", not a failure.
pub struct Prepared(pub(crate) Socket);

impl Prepared {
    /// Any stream, with the limits told [above](Self).
    pub fn other(stream: impl Read + Write + Send + 'static) -> Self {
        Self(Socket::Other(Box::new(stream)))
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<TcpStream> for Prepared {
    fn from(stream: TcpStream) -> Self {
        Self(Socket::Tcp(stream))
    }
}

#[cfg(unix)]
impl From<UnixStream> for Prepared {
    fn from(stream: UnixStream) -> Self {
        Self(Socket::Unix(stream))
    }
}

pub(crate) trait ReadWrite: Read + Write + Send {}

impl<T: Read + Write + Send> ReadWrite for T {}

pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Other(Box<dyn ReadWrite>),
}

impl Socket {
    pub(crate) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(true),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_nonblocking(true),
            Self::Other(_) => Ok(()),
        }
    }

    /// What a poll can watch. `None`: nothing is known of this stream.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Tcp(stream) => Some(stream.as_fd()),
            #[cfg(unix)]
            Self::Unix(stream) => Some(stream.as_fd()),
            Self::Other(_) => None,
        }
    }

    /// Says that nothing more will be written. What cannot say so is left
    /// for its drop.
    pub(crate) fn shutdown_write(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            Self::Other(_) => Ok(()),
        };
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok(),
            _ => None,
        }
    }

    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            _ => None,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buf),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(buf),
            Self::Other(stream) => stream.read(buf).map_err(nothing_yet),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write(bytes),
            Self::Other(stream) => stream.write(bytes).map_err(nothing_yet),
        }
    }

    fn write_vectored(&mut self, bytes: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write_vectored(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write_vectored(bytes),
            Self::Other(stream) => stream.write_vectored(bytes).map_err(nothing_yet),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(_) => Ok(()),
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
            Self::Other(stream) => stream.flush().map_err(nothing_yet),
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(f),
            #[cfg(unix)]
            Self::Unix(stream) => stream.fmt(f),
            Self::Other(_) => f.write_str("(a prepared stream)"),
        }
    }
}

fn nothing_yet(error: io::Error) -> io::Error {
    match error.kind() {
        // What a stream with a read time-out says.
        io::ErrorKind::TimedOut => io::ErrorKind::WouldBlock.into(),
        _ => error,
    }
}

/// The wait for a stream that cannot be polled and said "nothing yet": short,
/// so that one without time-outs of its own does not keep a core busy.
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(1));
}
