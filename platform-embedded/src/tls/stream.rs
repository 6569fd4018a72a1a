//! TLS over any async transport.

use core::{fmt, future::Future};

use embedded_io_async::{ErrorType, Read, Write};
use embedded_tls::{FlushPolicy, TlsConnection, TlsContext, TlsError as Failure};
use hybi_core::entropy::Entropy;

use super::{
    error::{Fault, TlsError},
    filter::{Link, RecordFilter},
    handshake::{Provider, while_open, while_opening},
    proof::Proof,
    suite::{Aes128GcmSha256, Suite},
};

/// The most that embedded-tls needs for a record of 2^14 bytes.
const MAX_TX: usize = 16_384 + embedded_tls::TLS_RECORD_OVERHEAD;
/// Less holds no ClientHello. embedded-tls panics below
/// [`TLS_RECORD_OVERHEAD`](embedded_tls::TLS_RECORD_OVERHEAD).
const MIN_TX: usize = 256;

/// A TLS 1.3 connection to a server that has proven who it is.
///
/// There is no other way to get one than [`open`](Self::open), and none of the
/// application's bytes go out before. It implements `embedded_io_async`, so it
/// goes into the async driver as it is.
///
/// A read gives zero bytes only where the peer has ended the connection with
/// `close_notify`; a transport that just ends is [`Fault::Truncated`].
///
/// Cancel safety: dropping the future of a read, a write or a flush loses
/// nothing, if that holds for the transport. Each write is a record of its
/// own, 22 bytes longer than its content, so write much at once; the drivers
/// do.
///
/// Dropping the stream tells the peer nothing; [`close`](Self::close) first.
pub struct TlsStream<'a, T, S = Aes128GcmSha256>
where
    T: Read + Write,
    S: Suite,
{
    filter: &'a RecordFilter<'a, T>,
    tls: Option<TlsConnection<'a, Link<'a, T>, S>>,
    end: Option<End>,
}

/// How reading has ended.
#[derive(Debug, Clone, Copy)]
enum End {
    CloseNotify,
    Fault(Fault),
}

impl<'a, T: Read + Write> TlsStream<'a, T> {
    /// Runs the handshake with the server at the other end of `filter`, and
    /// does not return a stream unless the server has given `proof` that it is
    /// `host`, a DNS name or an IP address (IPv6 with or without brackets).
    ///
    /// For as long as the stream lives, `rx` holds one record of the peer and
    /// `tx` one of ours. See the [module](super) for how long they must be.
    ///
    /// # Errors
    /// [`TlsError::Transport`], or the [`Fault`]. The transport is of no use
    /// then. There is no deadline in here: race the future against one.
    ///
    /// # Cancel safety
    /// Dropping the future gives the connection up.
    pub fn open<P: Proof>(
        filter: &'a RecordFilter<'a, T>,
        rx: &'a mut [u8],
        tx: &'a mut [u8],
        host: &str,
        proof: &P,
        entropy: impl Entropy,
    ) -> impl Future<Output = Result<Self, TlsError<T::Error>>> {
        Self::open_with_suite(filter, rx, tx, host, proof, entropy)
    }
}

impl<'a, T, S> TlsStream<'a, T, S>
where
    T: Read + Write,
    S: Suite,
{
    /// As [`open`](TlsStream::open), with a suite that the type names:
    /// `TlsStream::<_, Aes256GcmSha384>::open_with_suite`.
    ///
    /// # Errors
    /// See [`open`](TlsStream::open).
    pub async fn open_with_suite<P: Proof>(
        filter: &'a RecordFilter<'a, T>,
        rx: &'a mut [u8],
        tx: &'a mut [u8],
        host: &str,
        proof: &P,
        entropy: impl Entropy,
    ) -> Result<Self, TlsError<T::Error>> {
        let (mut provider, config, offer) = Provider::<_, _, S>::new(host, proof, entropy)?;
        let length = tx.len().min(MAX_TX);
        let tx = tx.get_mut(..length).unwrap_or_default();
        if length < MIN_TX {
            return Err(Fault::BufferTooSmall.into());
        }
        filter.begin(offer, rx.len(), length)?;
        let mut tls = TlsConnection::new(Link(filter), rx, tx);
        let result = tls.open(TlsContext::new(&config, &mut provider)).await;
        if let Err(failure) = result {
            return Err(match (filter.take_error(), provider.verifier.fault()) {
                (Some(error), _) => error,
                (None, Some(fault)) => fault.into(),
                (None, None) => while_opening(failure).into(),
            });
        }
        provider.verifier.conclude()?;
        filter.opened()?;
        // The flush of embedded-tls would wait, and is not safe to drop.
        tls.set_flush_policy(FlushPolicy::Relaxed);
        Ok(Self {
            filter,
            tls: Some(tls),
            end: None,
        })
    }

    /// Sends `close_notify`, which ends the connection in both directions:
    /// read what there is to be read before. The transport stays open; end it
    /// through [`RecordFilter::transport`].
    ///
    /// # Errors
    /// Those of the transport, or why the connection failed before.
    ///
    /// # Cancel safety
    /// Dropping the future may leave `close_notify` unsent. Call it again.
    pub async fn close(&mut self) -> Result<(), TlsError<T::Error>> {
        if let Some(End::Fault(fault)) = self.end
            && fault != Fault::Closed
        {
            return Err(fault.into());
        }
        self.filter.drain().await?;
        if let Some(tls) = self.tls.take() {
            self.end = Some(End::Fault(Fault::Closed));
            if let Err((_, failure)) = tls.close().await {
                let error = self.filter.take_error();
                return Err(error.unwrap_or(while_open(failure).into()));
            }
        }
        self.filter.flush().await
    }

    fn fail(&mut self, failure: Failure) -> TlsError<T::Error> {
        let error = self
            .filter
            .take_error()
            .unwrap_or(while_open(failure).into());
        if let TlsError::Tls(fault) = error {
            self.end = Some(End::Fault(fault));
        }
        error
    }
}

impl<'a, T, S> ErrorType for TlsStream<'a, T, S>
where
    T: Read + Write,
    S: Suite,
{
    type Error = TlsError<T::Error>;
}

impl<'a, T, S> Read for TlsStream<'a, T, S>
where
    T: Read + Write,
    S: Suite,
{
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        match self.end {
            Some(End::CloseNotify) => return Ok(0),
            Some(End::Fault(fault)) => return Err(fault.into()),
            None if buf.is_empty() => return Ok(0),
            None => {}
        }
        let tls = self.tls.as_mut().ok_or(Fault::Closed)?;
        self.filter.inner()?.records.start_run();
        match tls.read(buf).await {
            Ok(n) => Ok(n),
            Err(Failure::ConnectionClosed) => {
                self.end = Some(End::CloseNotify);
                Ok(0)
            }
            Err(failure) => Err(self.fail(failure)),
        }
    }
}

impl<'a, T, S> Write for TlsStream<'a, T, S>
where
    T: Read + Write,
    S: Suite,
{
    /// Puts `bytes`, or as many as `tx` has room for, into a record. It goes
    /// out with the next write or flush.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        match self.end {
            Some(End::CloseNotify) => return Err(Fault::Closed.into()),
            Some(End::Fault(fault)) => return Err(fault.into()),
            None if bytes.is_empty() => return Ok(0),
            None => {}
        }
        self.filter.drain().await?;
        let tls = self.tls.as_mut().ok_or(Fault::Closed)?;
        // From here on nothing waits: the queue has room for the record.
        let result = match tls.write(bytes).await {
            Ok(n) => tls.flush().await.map(|()| n),
            Err(failure) => Err(failure),
        };
        result.map_err(|failure| self.fail(failure))
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        if let Some(End::Fault(fault)) = self.end {
            return Err(fault.into());
        }
        self.filter.flush().await
    }
}

impl<'a, T, S> fmt::Debug for TlsStream<'a, T, S>
where
    T: Read + Write,
    S: Suite,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
