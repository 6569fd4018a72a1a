//! Sockets to the server of this benchmark, plain and with TLS, for blocking
//! and for async clients.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::upgrade;

/// Nothing here waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a client shall connect to.
#[derive(Debug, Clone)]
pub struct Target {
    pub port: u16,
    pub path: String,
    pub tls: Option<Arc<ClientConfig>>,
    /// The root certificate, as PEM.
    pub root: Arc<str>,
}

impl Target {
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://localhost:{}{}", self.port, self.path)
    }

    pub fn tcp(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Connected, TLS done, no opening handshake yet.
    pub fn dial(&self) -> io::Result<Stream> {
        let tcp = self.tcp()?;
        let Some(config) = &self.tls else {
            return Ok(Stream::Tcp(tcp));
        };
        let tls = ClientConnection::new(Arc::clone(config), name()).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, tcp);
        stream.conn.complete_io(&mut stream.sock)?;
        Ok(Stream::Tls(Box::new(stream)))
    }

    /// After the opening handshake.
    pub fn open(&self) -> io::Result<Stream> {
        let mut stream = self.dial()?;
        upgrade::ask(&mut stream, &self.path)?;
        Ok(stream)
    }

    pub async fn dial_async(&self) -> io::Result<AsyncStream> {
        let tcp = self.tcp()?;
        tcp.set_nonblocking(true)?;
        let tcp = tokio::net::TcpStream::from_std(tcp)?;
        let Some(config) = &self.tls else {
            return Ok(AsyncStream::Tcp(tcp));
        };
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name(), tcp).await?;
        Ok(AsyncStream::Tls(Box::new(stream)))
    }

    pub async fn open_async(&self) -> io::Result<AsyncStream> {
        let mut stream = self.dial_async().await?;
        let request = upgrade::request(&self.path);
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        Ok(stream)
    }
}

fn name() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

pub enum Stream {
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

pub enum AsyncStream {
    Tcp(tokio::net::TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>),
}

impl AsyncRead for AsyncStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for AsyncStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        all: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, all),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, all),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
