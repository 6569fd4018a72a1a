//! TLS over any blocking transport.
//!
//! It is the async stream over a transport that never says "not yet", so each
//! future is done when it is polled for the first time.

use core::{
    fmt,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use embedded_io::{ErrorType, Read, Write};
use hybi_core::{driver::blocking::Transport, entropy::Entropy};

use super::{
    error::{Fault, TlsError},
    filter::RecordFilter,
    proof::Proof,
    stream,
    suite::{Aes128GcmSha256, Suite},
};

/// A blocking transport, as the [`RecordFilter`] takes it.
#[derive(Debug)]
pub struct Blocking<T> {
    transport: T,
    deadline: Option<Duration>,
}

impl<T> Blocking<T> {
    /// `transport` may be any `embedded-io` stream with `impl Transport for`
    /// it, which has deadlines if that knows the time.
    pub const fn new(transport: T) -> Self {
        Self {
            transport,
            deadline: None,
        }
    }

    /// The transport.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.transport
    }
}

/// Why a wait of a [`Blocking`] transport ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Waited<E> {
    /// The deadline passed, or something woke the wait.
    Woken,
    /// The transport failed.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for Waited<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Woken => f.write_str("the deadline passed"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for Waited<E> {}

impl<E: embedded_io::Error> embedded_io::Error for Waited<E> {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self {
            Self::Woken => embedded_io::ErrorKind::TimedOut,
            Self::Failed(error) => error.kind(),
        }
    }
}

impl<T: ErrorType> ErrorType for Blocking<T> {
    type Error = Waited<T::Error>;
}

impl<T: Transport> embedded_io_async::Read for Blocking<T> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        waited(self.transport.read_until(buf, self.deadline))
    }
}

impl<T: Transport> embedded_io_async::Write for Blocking<T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        waited(self.transport.write_until(bytes, self.deadline))
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        waited(self.transport.flush_until(self.deadline))
    }
}

fn waited<V, E>(result: Result<Option<V>, E>) -> Result<V, Waited<E>> {
    match result {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(Waited::Woken),
        Err(error) => Err(Waited::Failed(error)),
    }
}

/// A TLS 1.3 connection to a server that has proven who it is.
///
/// As [`super::TlsStream`], for blocking transports: it implements
/// `embedded_io` and [`Transport`], so it goes into the blocking driver as it
/// is. Where a deadline passes inside a record, what has come of it is kept.
pub struct TlsStream<'a, T, S = Aes128GcmSha256>
where
    T: Transport,
    S: Suite,
{
    filter: &'a RecordFilter<'a, Blocking<T>>,
    stream: stream::TlsStream<'a, Blocking<T>, S>,
}

impl<'a, T: Transport> TlsStream<'a, T> {
    /// Runs the handshake, until `deadline`, a time on the scale of the
    /// transport. Otherwise as [`super::TlsStream::open`].
    ///
    /// # Errors
    /// [`OpenError::TimedOut`], or what [`super::TlsStream::open`] returns.
    pub fn open<P: Proof>(
        filter: &'a RecordFilter<'a, Blocking<T>>,
        rx: &'a mut [u8],
        tx: &'a mut [u8],
        host: &str,
        proof: &P,
        entropy: impl Entropy,
        deadline: Option<Duration>,
    ) -> Result<Self, OpenError<T::Error>> {
        Self::open_with_suite(filter, rx, tx, host, proof, entropy, deadline)
    }
}

impl<'a, T, S> TlsStream<'a, T, S>
where
    T: Transport,
    S: Suite,
{
    /// As [`open`](TlsStream::open), with a suite that the type names.
    ///
    /// # Errors
    /// See [`open`](TlsStream::open).
    pub fn open_with_suite<P: Proof>(
        filter: &'a RecordFilter<'a, Blocking<T>>,
        rx: &'a mut [u8],
        tx: &'a mut [u8],
        host: &str,
        proof: &P,
        entropy: impl Entropy,
        deadline: Option<Duration>,
    ) -> Result<Self, OpenError<T::Error>> {
        until(filter, deadline)?;
        let open = stream::TlsStream::open_with_suite(filter, rx, tx, host, proof, entropy);
        match done(open)? {
            Some(stream) => Ok(Self { filter, stream }),
            None => Err(OpenError::TimedOut),
        }
    }

    /// Sends `close_notify`, until `deadline`; `Ok(None)` when it passed first.
    /// Otherwise as [`super::TlsStream::close`].
    ///
    /// # Errors
    /// Those of the transport, or why the connection failed before.
    pub fn close(&mut self, deadline: Option<Duration>) -> Result<Option<()>, TlsError<T::Error>> {
        until(self.filter, deadline)?;
        done(self.stream.close())
    }
}

/// Why [`TlsStream::open`] failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The deadline passed.
    TimedOut,
    /// The handshake failed.
    Failed(TlsError<E>),
}

impl<E: fmt::Display> fmt::Display for OpenError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the TLS handshake was not done before the deadline"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for OpenError<E> {}

impl<E> From<TlsError<E>> for OpenError<E> {
    fn from(error: TlsError<E>) -> Self {
        Self::Failed(error)
    }
}

impl<E> From<Fault> for OpenError<E> {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

fn until<T: ErrorType>(
    filter: &RecordFilter<'_, Blocking<T>>,
    deadline: Option<Duration>,
) -> Result<(), Fault> {
    filter.inner()?.transport.deadline = deadline;
    Ok(())
}

/// The result of a future that does not wait; `None` when the deadline passed.
fn done<V, E>(
    future: impl Future<Output = Result<V, TlsError<Waited<E>>>>,
) -> Result<Option<V>, TlsError<E>> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => Ok(Some(value)),
        Poll::Ready(Err(TlsError::Transport(Waited::Woken))) => Ok(None),
        Poll::Ready(Err(TlsError::Transport(Waited::Failed(error)))) => {
            Err(TlsError::Transport(error))
        }
        Poll::Ready(Err(TlsError::Tls(fault))) => Err(fault.into()),
        Poll::Pending => Err(Fault::Internal.into()),
    }
}

impl<'a, T, S> ErrorType for TlsStream<'a, T, S>
where
    T: Transport,
    S: Suite,
{
    type Error = TlsError<T::Error>;
}

impl<'a, T, S> Read for TlsStream<'a, T, S>
where
    T: Transport,
    S: Suite,
{
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        loop {
            if let Some(n) = self.read_until(buf, None)? {
                return Ok(n);
            }
        }
    }
}

impl<'a, T, S> Write for TlsStream<'a, T, S>
where
    T: Transport,
    S: Suite,
{
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        loop {
            if let Some(n) = self.write_until(bytes, None)? {
                return Ok(n);
            }
        }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        loop {
            if let Some(()) = self.flush_until(None)? {
                return Ok(());
            }
        }
    }
}

impl<'a, T, S> Transport for TlsStream<'a, T, S>
where
    T: Transport,
    S: Suite,
{
    fn now(&mut self) -> Duration {
        self.filter
            .inner()
            .map_or(Duration::ZERO, |mut inner| inner.transport.transport.now())
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Self::Error> {
        until(self.filter, deadline)?;
        done(embedded_io_async::Read::read(&mut self.stream, buf))
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Self::Error> {
        until(self.filter, deadline)?;
        done(embedded_io_async::Write::write(&mut self.stream, bytes))
    }

    fn flush_until(&mut self, deadline: Option<Duration>) -> Result<Option<()>, Self::Error> {
        until(self.filter, deadline)?;
        done(embedded_io_async::Write::flush(&mut self.stream))
    }
}

impl<'a, T, S> fmt::Debug for TlsStream<'a, T, S>
where
    T: Transport,
    S: Suite,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}
