//! A stream with or without TLS.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::socket::Socket;

/// A stream, with TLS over it where the URL said `wss`.
pub struct MaybeTlsStream<S = Socket>(Layer<S>);

enum Layer<S> {
    Plain(S),
    Tls(Box<TlsStream<S>>),
}

impl<S> MaybeTlsStream<S> {
    pub(super) const fn plain(stream: S) -> Self {
        Self(Layer::Plain(stream))
    }

    pub(super) fn tls(stream: TlsStream<S>) -> Self {
        Self(Layer::Tls(Box::new(stream)))
    }

    /// Whether TLS protects the stream.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        matches!(self.0, Layer::Tls(_))
    }

    /// The stream below TLS.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        match &self.0 {
            Layer::Plain(stream) => stream,
            Layer::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTlsStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Layer::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Layer::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MaybeTlsStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Layer::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Layer::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Layer::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Layer::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Layer::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Layer::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for MaybeTlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaybeTlsStream")
            .field("tls", &self.is_tls())
            .field("stream", self.get_ref())
            .finish()
    }
}
