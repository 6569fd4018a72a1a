//! What [`connect_async`](crate::Builder::connect_async) connects.

use core::{
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use std::io;

#[cfg(unix)]
use ::tokio::net::UnixStream;
use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::stream::MaybeTlsStream;

/// A socket that [`connect_async`](crate::Builder::connect_async) has
/// connected: TCP, through a proxy or not, or a Unix socket where the builder
/// names one.
#[derive(Debug)]
pub struct Socket(pub(super) Io);

#[derive(Debug)]
pub(super) enum Io {
    Tcp(TcpStream),
    Proxied(Box<Proxied>),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// The address of the other end, the proxy's where there is one, where
    /// the socket is TCP.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.tcp()?.peer_addr().ok()
    }

    /// The address of this end, where the socket is TCP.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.tcp()?.local_addr().ok()
    }

    fn tcp(&self) -> Option<&TcpStream> {
        match &self.0 {
            Io::Tcp(stream) => Some(stream),
            Io::Proxied(proxied) => Some(proxied.stream.get_ref()),
            #[cfg(unix)]
            Io::Unix(_) => None,
        }
    }
}

/// A tunnel through a proxy.
#[derive(Debug)]
pub(super) struct Proxied {
    /// Bytes that arrived while the tunnel was opened, and how many of them
    /// have been read.
    first: Vec<u8>,
    read: usize,
    stream: MaybeTlsStream<TcpStream>,
}

impl Proxied {
    pub(super) const fn new(stream: MaybeTlsStream<TcpStream>, first: Vec<u8>) -> Self {
        Self {
            first,
            read: 0,
            stream,
        }
    }
}

impl AsyncRead for Proxied {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.first.get(self.read..) {
            Some(waiting) if !waiting.is_empty() => {
                let taken = waiting.len().min(buf.remaining());
                buf.put_slice(waiting.get(..taken).unwrap_or_default());
                self.read += taken;
                Poll::Ready(Ok(()))
            }
            _ => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Io::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Io::Proxied(stream) => Pin::new(&mut **stream).poll_read(cx, buf),
            #[cfg(unix)]
            Io::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Io::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Proxied(stream) => Pin::new(&mut stream.stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Io::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Io::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Io::Proxied(stream) => Pin::new(&mut stream.stream).poll_flush(cx),
            #[cfg(unix)]
            Io::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Io::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Proxied(stream) => Pin::new(&mut stream.stream).poll_shutdown(cx),
            #[cfg(unix)]
            Io::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
