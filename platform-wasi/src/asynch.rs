//! The transport for single-threaded executors: `embedded-io-async` over
//! `wasi:sockets`, with whatever executor waits for pollables. Needs the
//! feature `embedded-io-async`.
//!
//! ```ignore
//! use wstd::runtime::AsyncPollable;
//!
//! let reactor = |pollable| async move { AsyncPollable::new(pollable).wait_for().await };
//! let mut stream = AsyncStream::connect("localhost", 7000, deadline, reactor).await?;
//! ```
//!
//! `hybi_core::driver::asynch` runs over it, with [`AsyncTimer`] as its clock:
//! see `examples/wstd.rs`.

use alloc::{boxed::Box, vec::Vec};
use core::{
    fmt,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    task::Poll,
    time::Duration,
};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use hybi_core::driver::asynch::Timer;
use wasi::io::poll::Pollable;

#[cfg(feature = "tls")]
use crate::tls::{Tls, TlsError, TlsLayer};
use crate::{
    dial::{AddressFamily, DialError, Dialer, Race},
    error::WasiError,
    layer::Layer,
    poll,
    stream::WasiStream,
    wire::WireError,
};

/// The part of an executor that waits for pollables. A closure that takes a
/// [`Pollable`] and returns a future is one.
pub trait Reactor {
    /// Completes once `pollable` is ready, and drops it. Dropping the future
    /// drops the pollable.
    fn ready(&self, pollable: Pollable) -> impl Future<Output = ()>;
}

impl<F: Fn(Pollable) -> R, R: Future<Output = ()>> Reactor for F {
    fn ready(&self, pollable: Pollable) -> impl Future<Output = ()> {
        self(pollable)
    }
}

/// A TCP connection, with TLS over it or not, that waits by way of a
/// [`Reactor`].
///
/// Dropping it ends the connection at once; [`flush`](Write::flush) first.
#[derive(Debug)]
pub struct AsyncStream<R> {
    layer: Layer,
    reactor: R,
}

/// What fails on an [`AsyncStream`].
#[derive(Debug)]
#[non_exhaustive]
pub enum AsyncError {
    /// TCP.
    Wasi(WasiError),
    /// TLS ended without close_notify: somebody on the path may have cut it.
    Cut,
    /// TLS.
    #[cfg(feature = "tls")]
    Tls(TlsError),
}

impl<R: Reactor> AsyncStream<R> {
    /// Connects to `host`, a name or an IP address (IPv6 with or without
    /// brackets), before `deadline`, on the scale of [`now`](crate::now), by
    /// the rules of [`WasiStream::connect`].
    ///
    /// # Errors
    /// Those of the lookup, or those of the last attempt.
    /// [`WasiError::TimedOut`] when the deadline passed.
    ///
    /// Cancel safety: dropping the future ends all attempts.
    pub async fn connect(
        host: &str,
        port: u16,
        deadline: Option<Duration>,
        reactor: R,
    ) -> Result<Self, WasiError> {
        let dialer = Dialer {
            family: AddressFamily::Any,
            deadline,
        };
        let lookup = dialer.look_up(host, port)?;
        let addresses = loop {
            match lookup.poll() {
                Some(found) => break found?,
                None => wait(&reactor, lookup.subscribe(), deadline).await?,
            }
        };
        let mut race = Race::new(dialer, &addresses);
        loop {
            match race.step() {
                Some(Ok(tcp)) => return Ok(Self::new(tcp, reactor)),
                Some(Err(error)) => return Err(DialError::into_last(error)),
                // The race knows its deadline.
                None => {
                    let _ = wait(&reactor, race.subscribe(), race.wakes()).await;
                }
            }
        }
    }

    /// Over a connection that is there already.
    pub const fn new(tcp: WasiStream, reactor: R) -> Self {
        Self {
            layer: Layer::Tcp(tcp),
            reactor,
        }
    }

    /// Lays TLS over the stream and performs its handshake before `deadline`.
    /// `name` is the server's: a name, or an IP address without brackets.
    /// Needs the feature `tls`.
    ///
    /// # Errors
    /// Those of TLS, and those of the stream.
    ///
    /// Cancel safety: dropping the future drops the stream.
    #[cfg(feature = "tls")]
    pub async fn start_tls(
        self,
        tls: &Tls,
        name: &str,
        deadline: Option<Duration>,
    ) -> Result<Self, AsyncError> {
        let Self { layer, reactor } = self;
        let mut layer = TlsLayer::new(layer, tls, name).map_err(AsyncError::Tls)?;
        while !layer.handshake().map_err(AsyncError::from)? {
            let mut all = Vec::from([layer.below().tcp().subscribe()]);
            if layer.wants_write() {
                all.push(layer.below().tcp().subscribe_writable());
            }
            wait(&reactor, all, deadline).await?;
        }
        Ok(Self {
            layer: Layer::Tls(layer.into()),
            reactor,
        })
    }

    /// The peer's address.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.layer.tcp().peer_addr()
    }

    /// Ends our side, as far as that goes without waiting: close_notify over
    /// TLS, then a FIN.
    pub fn end(&mut self) {
        self.layer.end();
    }
}

impl<R> ErrorType for AsyncStream<R> {
    type Error = AsyncError;
}

impl<R: Reactor> Read for AsyncStream<R> {
    /// Cancel safety: a dropped future has read nothing.
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, AsyncError> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(n) = self.layer.read(buf)? {
                return Ok(n);
            }
            let mut all = Vec::from([self.layer.tcp().subscribe()]);
            if self.layer.wants_write() {
                all.push(self.layer.tcp().subscribe_writable());
            }
            wait(&self.reactor, all, None).await?;
        }
    }
}

impl<R: Reactor> Write for AsyncStream<R> {
    /// Cancel safety: a dropped future has written nothing.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, AsyncError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(n) = self.layer.write(bytes)? {
                return Ok(n);
            }
            self.room().await?;
        }
    }

    /// Cancel safety: a dropped future leaves the rest for the next flush.
    async fn flush(&mut self) -> Result<(), AsyncError> {
        while !self.layer.flush()? {
            self.room().await?;
        }
        Ok(())
    }
}

impl<R: Reactor> AsyncStream<R> {
    async fn room(&self) -> Result<(), AsyncError> {
        let writable = self.layer.tcp().subscribe_writable();
        Ok(wait(&self.reactor, [writable].into(), None).await?)
    }
}

/// The monotonic clock of the host, for `hybi_core::driver::asynch`.
#[derive(Debug, Clone)]
pub struct AsyncTimer<R>(pub R);

impl<R: Reactor> Timer for AsyncTimer<R> {
    fn now(&mut self) -> Duration {
        poll::now()
    }

    async fn sleep_until(&mut self, deadline: Duration) {
        self.0.ready(poll::timer(deadline)).await;
    }
}

/// Waits for any of `pollables`.
///
/// # Errors
/// [`WasiError::TimedOut`]: the deadline came first.
async fn wait<R: Reactor>(
    reactor: &R,
    pollables: Vec<Pollable>,
    deadline: Option<Duration>,
) -> Result<(), WasiError> {
    let alarm = deadline.map(|deadline| reactor.ready(poll::timer(deadline)));
    let mut alarm = alarm.map(Box::pin);
    let waits = pollables
        .into_iter()
        .map(|pollable| Box::pin(reactor.ready(pollable)));
    let mut waits = pin!(waits.collect::<Vec<_>>());
    poll_fn(|context| {
        for wait in waits.iter_mut() {
            if wait.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
        }
        match &mut alarm {
            Some(alarm) => alarm
                .as_mut()
                .poll(context)
                .map(|()| Err(WasiError::TimedOut)),
            None => Poll::Pending,
        }
    })
    .await
}

impl From<WasiError> for AsyncError {
    fn from(error: WasiError) -> Self {
        Self::Wasi(error)
    }
}

impl From<WireError> for AsyncError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Wasi(error) => Self::Wasi(error),
            WireError::Cut => Self::Cut,
            #[cfg(feature = "tls")]
            WireError::Tls(error) => Self::Tls(error),
        }
    }
}

impl fmt::Display for AsyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wasi(error) => error.fmt(f),
            Self::Cut => WireError::Cut.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AsyncError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Wasi(error) => Some(error),
            Self::Cut => None,
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
        }
    }
}

impl embedded_io_async::Error for AsyncError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Wasi(error) => error.kind(),
            Self::Cut => ErrorKind::ConnectionAborted,
            #[cfg(feature = "tls")]
            Self::Tls(_) => ErrorKind::Other,
        }
    }
}
