//! The transport beneath TLS, and what of it may pass.

use core::{
    cell::{RefCell, RefMut},
    fmt,
};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

use super::{
    error::{Fault, TlsError},
    hello::Offer,
    records::{Phase, Records, Step},
};

/// A transport, and the buffer of what goes out on it; it stands between the
/// network and embedded-tls and lets only those records pass that may come.
///
/// It carries one TLS connection. Make it before the
/// [`TlsStream`](super::TlsStream), which borrows it.
pub struct RecordFilter<'a, T: ErrorType> {
    inner: RefCell<Inner<'a, T>>,
}

pub(super) struct Inner<'a, T: ErrorType> {
    pub(super) transport: T,
    pub(super) records: Records,
    queue: Queue<'a>,
    /// The cause, where embedded-tls was told that the transport failed.
    error: Option<TlsError<T::Error>>,
}

/// Bytes on their way out.
struct Queue<'a> {
    buffer: &'a mut [u8],
    start: usize,
    end: usize,
}

impl<'a, T: ErrorType> RecordFilter<'a, T> {
    /// A filter over `transport`, an open connection to the server.
    ///
    /// `out` must hold one record: as long as the `tx` that
    /// [`TlsStream::open`](super::TlsStream::open) gets.
    pub const fn new(transport: T, out: &'a mut [u8]) -> Self {
        Self {
            inner: RefCell::new(Inner {
                transport,
                records: Records::new(),
                queue: Queue {
                    buffer: out,
                    start: 0,
                    end: 0,
                },
                error: None,
            }),
        }
    }

    /// The transport, for its settings, and to end it after
    /// [`TlsStream::close`](super::TlsStream::close). Bytes read or written
    /// past TLS break it. `None` while a read or write is under way.
    pub fn transport(&self) -> Option<RefMut<'_, T>> {
        let inner = self.inner.try_borrow_mut().ok()?;
        Some(RefMut::map(inner, |inner| &mut inner.transport))
    }

    pub(super) fn inner(&self) -> Result<RefMut<'_, Inner<'a, T>>, Fault> {
        self.inner.try_borrow_mut().map_err(|_| Fault::FilterInUse)
    }

    /// Makes ready for a handshake over buffers of these lengths.
    pub(super) fn begin(&self, offer: Offer, rx: usize, tx: usize) -> Result<(), Fault> {
        let mut inner = self.inner()?;
        if inner.records.phase != Phase::New {
            return Err(Fault::FilterInUse);
        }
        if inner.queue.buffer.len() < tx {
            return Err(Fault::BufferTooSmall);
        }
        inner.records.begin(offer, rx);
        Ok(())
    }

    /// The handshake is over and the server has proven who it is.
    pub(super) fn opened(&self) -> Result<(), Fault> {
        self.inner()?.records.phase = Phase::Open;
        Ok(())
    }

    /// What the transport, or the filter, said when embedded-tls failed.
    pub(super) fn take_error(&self) -> Option<TlsError<T::Error>> {
        self.inner.try_borrow_mut().ok()?.error.take()
    }
}

#[expect(
    clippy::await_holding_refcell_ref,
    reason = "a second borrow is an error, not a panic"
)]
impl<T: Read + Write> RecordFilter<'_, T> {
    /// Sends what is queued. Cancel-safe, if writes of the transport are.
    pub(super) async fn drain(&self) -> Result<(), TlsError<T::Error>> {
        self.inner()?.drain().await
    }

    /// Sends what is queued and flushes the transport.
    pub(super) async fn flush(&self) -> Result<(), TlsError<T::Error>> {
        let mut inner = self.inner()?;
        inner.drain().await?;
        inner.transport.flush().await.map_err(TlsError::Transport)
    }
}

impl<T: Read + Write> Inner<'_, T> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, TlsError<T::Error>> {
        self.records.start();
        loop {
            match self.records.step(buf)? {
                Step::Deliver(n) => return Ok(n),
                Step::Fill => {}
            }
            let target = self.records.target(buf);
            if target.is_empty() {
                return Err(Fault::Internal.into());
            }
            match self.transport.read(target).await {
                Ok(0) => return Err(Fault::Truncated.into()),
                Ok(n) => self.records.filled(n)?,
                Err(error) => return Err(TlsError::Transport(error)),
            }
        }
    }

    async fn drain(&mut self) -> Result<(), TlsError<T::Error>> {
        let queue = &mut self.queue;
        while let Some(rest) = queue.buffer.get(queue.start..queue.end)
            && !rest.is_empty()
        {
            match self.transport.write(rest).await {
                Ok(0) => return Err(Fault::Truncated.into()),
                Ok(n) => queue.start = queue.start.saturating_add(n).min(queue.end),
                Err(error) => return Err(TlsError::Transport(error)),
            }
        }
        queue.start = 0;
        queue.end = 0;
        Ok(())
    }

    /// Queues a record of embedded-tls. After the handshake that never waits,
    /// as the queue is empty then and long enough: a dropped future would
    /// leave embedded-tls with a nonce that it has used already.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, TlsError<T::Error>> {
        if self.queue.free() == 0 && self.records.phase != Phase::Open {
            self.drain().await?;
        }
        match self.queue.push(bytes) {
            0 => Err(Fault::Internal.into()),
            n => Ok(n),
        }
    }

    fn keep(&mut self, error: TlsError<T::Error>) -> Told {
        self.error = Some(error);
        Told
    }
}

impl Queue<'_> {
    const fn free(&self) -> usize {
        self.buffer.len() - self.end
    }

    fn push(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.free());
        if let (Some(to), Some(from)) =
            (self.buffer.get_mut(self.end..self.end + n), bytes.get(..n))
        {
            to.copy_from_slice(from);
            self.end += n;
        }
        n
    }
}

impl<T: ErrorType> fmt::Debug for RecordFilter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordFilter").finish_non_exhaustive()
    }
}

/// The filter, as embedded-tls has it for its transport.
pub(super) struct Link<'a, T: ErrorType>(pub(super) &'a RecordFilter<'a, T>);

/// The transport or the filter failed; the cause is in the filter.
#[derive(Debug)]
pub(super) struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record filter has the cause")
    }
}

impl core::error::Error for Told {}

impl embedded_io_async::Error for Told {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl<T: ErrorType> ErrorType for Link<'_, T> {
    type Error = Told;
}

#[expect(
    clippy::await_holding_refcell_ref,
    reason = "a second borrow is an error, not a panic"
)]
impl<T: Read + Write> Read for Link<'_, T> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Told> {
        let mut inner = self.0.inner().map_err(|_| Told)?;
        let result = inner.read(buf).await;
        result.map_err(|error| inner.keep(error))
    }
}

#[expect(
    clippy::await_holding_refcell_ref,
    reason = "a second borrow is an error, not a panic"
)]
impl<T: Read + Write> Write for Link<'_, T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Told> {
        let mut inner = self.0.inner().map_err(|_| Told)?;
        let result = inner.write(bytes).await;
        result.map_err(|error| inner.keep(error))
    }

    async fn flush(&mut self) -> Result<(), Told> {
        let result = self.0.flush().await;
        result.map_err(|error| match self.0.inner() {
            Ok(mut inner) => inner.keep(error),
            Err(_) => Told,
        })
    }
}
