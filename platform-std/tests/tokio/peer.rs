//! Servers of tokio-tungstenite, plain and with TLS, and difficult streams.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::{SinkExt, StreamExt};
use hybi_std::Tls;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_async;

use crate::support::tls::{Identity, authority, params, server_config, trusting};

/// Sends every message back until the connection closes.
pub(crate) async fn echo<S: AsyncRead + AsyncWrite + Unpin>(stream: S) {
    let mut socket = accept_async(stream).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            break;
        }
    }
}

/// Serves any number of connections.
pub(crate) async fn serve_echo() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(echo(stream));
        }
    });
    (url, server)
}

/// The same over TLS, and what the client has to trust.
pub(crate) async fn serve_echo_tls() -> (String, Tls) {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let acceptor = TlsAcceptor::from(Arc::new(server_config(&identity)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    echo(stream).await;
                }
            });
        }
    });
    let tls = trusting(&authority.pem());
    (format!("wss://localhost:{port}/"), tls)
}

/// "Random" numbers, the same in every run.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) const fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A stream of which each operation is pending once before it happens, and
/// which moves few bytes at a time.
pub(crate) struct Slow<S> {
    inner: S,
    was_pending: [bool; 2],
    step: AtomicUsize,
}

impl<S> Slow<S> {
    pub(crate) const fn new(inner: S, step: usize) -> Self {
        Self {
            inner,
            was_pending: [false; 2],
            step: AtomicUsize::new(step),
        }
    }

    pub(crate) fn set_step(&self, step: usize) {
        self.step.store(step, Ordering::Relaxed);
    }

    fn step(&self) -> usize {
        self.step.load(Ordering::Relaxed)
    }

    fn wait(&mut self, of: usize, cx: &Context<'_>) -> Poll<()> {
        self.was_pending[of] = !self.was_pending[of];
        if self.was_pending[of] {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Slow<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        std::task::ready!(self.wait(0, cx));
        let step = self.step().min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(step));
        std::task::ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        let n = part.filled().len();
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Slow<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!bytes.is_empty(), "a write of nothing");
        std::task::ready!(self.wait(1, cx));
        let step = self.step().min(bytes.len());
        Pin::new(&mut self.inner).poll_write(cx, &bytes[..step])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
