//! The byte streams that a connection can run over.
//!
//! Reads and writes do not block, except a read while `read_waits` is set
//! (and a stream of which nothing is known). On Linux that costs one system
//! call where trying, polling and trying again costs three: the socket stays
//! in blocking mode and each call says whether it may wait. Elsewhere not
//! every call can say so; the socket is in non-blocking mode there.

use core::fmt;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
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
        Self(Io::Other(Box::new(stream)).into())
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<TcpStream> for Prepared {
    fn from(stream: TcpStream) -> Self {
        Self(Io::Tcp(stream).into())
    }
}

#[cfg(unix)]
impl From<UnixStream> for Prepared {
    fn from(stream: UnixStream) -> Self {
        Self(Io::Unix(stream).into())
    }
}

pub(crate) trait ReadWrite: Read + Write + Send {}

impl<T: Read + Write + Send> ReadWrite for T {}

pub(crate) enum Io {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Other(Box<dyn ReadWrite>),
}

/// The operating system's socket, held by whoever reads and writes it and by
/// whoever waits for it.
#[derive(Debug, Clone)]
pub(crate) enum Shared {
    Tcp(Arc<TcpStream>),
    #[cfg(unix)]
    Unix(Arc<UnixStream>),
}

impl Shared {
    /// Ends the stream in one direction or both, for everybody who holds it.
    pub(crate) fn shutdown(&self, how: Shutdown) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(how),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(how),
        };
    }
}

impl AsFd for Shared {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

enum Kind {
    Known(Shared),
    Other(Box<dyn ReadWrite>),
}

pub(crate) struct Socket {
    kind: Kind,
    read_waits: bool,
}

/// Whether a call can say that it must not wait.
const PER_CALL: bool = cfg!(any(target_os = "linux", target_os = "android"));

impl From<Io> for Socket {
    fn from(io: Io) -> Self {
        Self {
            kind: match io {
                Io::Tcp(stream) => Kind::Known(Shared::Tcp(Arc::new(stream))),
                #[cfg(unix)]
                Io::Unix(stream) => Kind::Known(Shared::Unix(Arc::new(stream))),
                Io::Other(stream) => Kind::Other(stream),
            },
            read_waits: false,
        }
    }
}

impl Socket {
    /// Puts the socket into the mode that the other methods count on.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        match &self.kind {
            Kind::Known(Shared::Tcp(stream)) => stream.set_nonblocking(!PER_CALL),
            #[cfg(unix)]
            Kind::Known(Shared::Unix(stream)) => stream.set_nonblocking(!PER_CALL),
            Kind::Other(_) => Ok(()),
        }
    }

    /// Whether reads may wait, for ever, where the platform can do that.
    pub(crate) const fn set_read_waits(&mut self, waits: bool) {
        self.read_waits = waits;
    }

    /// The socket, to wait for it without this. `None`: nothing is known of
    /// this stream.
    pub(crate) const fn shared(&self) -> Option<&Shared> {
        match &self.kind {
            Kind::Known(shared) => Some(shared),
            Kind::Other(_) => None,
        }
    }

    /// What a poll can watch. `None`: nothing is known of this stream.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.shared().map(AsFd::as_fd)
    }

    /// Says that nothing more will be written. What cannot say so is left
    /// for its drop.
    pub(crate) fn shutdown_write(&self) {
        if let Some(shared) = self.shared() {
            shared.shutdown(Shutdown::Write);
        }
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        match &self.kind {
            Kind::Known(Shared::Tcp(stream)) => stream.peer_addr().ok(),
            _ => None,
        }
    }

    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        match &self.kind {
            Kind::Known(Shared::Tcp(stream)) => stream.local_addr().ok(),
            _ => None,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Known(Shared::Tcp(stream)) => receive(&mut &**stream, buf, self.read_waits),
            #[cfg(unix)]
            Kind::Known(Shared::Unix(stream)) => receive(&mut &**stream, buf, self.read_waits),
            Kind::Other(stream) => stream.read(buf).map_err(nothing_yet),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Known(Shared::Tcp(stream)) => send(&mut &**stream, bytes),
            #[cfg(unix)]
            Kind::Known(Shared::Unix(stream)) => send(&mut &**stream, bytes),
            Kind::Other(stream) => stream.write(bytes).map_err(nothing_yet),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Other(stream) => stream.flush().map_err(nothing_yet),
            Kind::Known(_) => Ok(()),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn receive(stream: &mut impl AsFd, buf: &mut [u8], waits: bool) -> io::Result<usize> {
    use rustix::net::{RecvFlags, recv};
    let flags = if waits {
        RecvFlags::empty()
    } else {
        RecvFlags::DONTWAIT
    };
    let (n, _) = recv(stream, buf, flags)?;
    Ok(n)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn send(stream: &mut impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    use rustix::net::SendFlags;
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    Ok(rustix::net::send(stream, bytes, flags)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn receive(stream: &mut impl Read, buf: &mut [u8], _: bool) -> io::Result<usize> {
    stream.read(buf)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn send(stream: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    stream.write(bytes)
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Known(shared) => shared.fmt(f),
            Kind::Other(_) => f.write_str("(a prepared stream)"),
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
