//! From a [`Builder`] to an open [`WebSocket`], on tokio.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};
use std::io;

use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::spawn_blocking,
    time::Instant,
};
use hybi_core::{driver::Error as DriverError, uri::Uri};
use tokio_rustls::TlsConnector;

use super::{
    clock::{Alarm, Clock, before, later},
    dial,
    hop::Hop,
    socket::{Io, Socket},
    stream::MaybeTlsStream,
    websocket::WebSocket,
};
use crate::{
    builder::Builder,
    connect::{OpeningHandshake, bare_host, begin, check, conclude, dial_failed, tls_failed},
    dial::Dialer,
    error::ConnectError,
    journey::{Journey, not_followed},
    proxy,
    redirect::RedirectError,
    tls::{Tls, TlsError},
    wait,
};

impl Builder {
    /// Like [`connect`](Self::connect), on tokio.
    ///
    /// # Errors
    /// [`ConnectError`] tells which step failed. Nothing is left open.
    ///
    /// Cancel safety: dropping the future gives the attempt up; nothing is
    /// left open. A name lookup under way ends in its own thread.
    pub async fn connect_async(&self) -> Result<WebSocket, ConnectError> {
        let mut journey = Journey::begin(self)?;
        loop {
            match attempt(&journey).await {
                Ok(socket) => return Ok(socket),
                Err(error) => journey.go_on(error)?,
            }
        }
    }

    /// Like [`connect_async`](Self::connect_async), over a stream that is
    /// connected already. TLS is laid over it where the URL says `wss`; the
    /// URL's host still goes into the request.
    ///
    /// # Errors
    /// See [`connect`](Self::connect).
    ///
    /// Cancel safety: dropping the future drops the stream.
    pub async fn connect_over_async<S>(
        &self,
        stream: S,
    ) -> Result<WebSocket<MaybeTlsStream<S>>, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let journey = Journey::begin(self)?;
        let uri = journey.uri()?;
        make_tls(self, &uri).await;
        check(&journey, &uri)?;
        upgrade(&journey, &uri, stream, deadline(self))
            .await
            .map_err(|error| not_followed(error, RedirectError::Prepared))
    }
}

/// One connection, to where the journey has led.
async fn attempt(journey: &Journey<'_>) -> Result<WebSocket, ConnectError> {
    let (builder, uri) = (journey.builder, journey.uri()?);
    make_tls(builder, &uri).await;
    check(journey, &uri)?;
    let deadline = deadline(builder);
    log::debug!("connecting to {uri}");
    let socket = reach(builder, &uri, deadline).await?;
    upgrade(journey, &uri, socket, deadline).await
}

/// A stream that leads where the URL says.
async fn reach(
    builder: &Builder,
    uri: &Uri<'_>,
    deadline: Option<Instant>,
) -> Result<Socket, ConnectError> {
    let host = bare_host(uri);
    let io = match &builder.unix_socket {
        #[cfg(unix)]
        Some(path) => dial_unix(path, deadline)
            .await
            .map(Io::Unix)
            .map_err(|error| {
                crate::connect::unix_failed(builder, path.display().to_string(), error)
            })?,
        _ => {
            let dialer = Dialer {
                family: builder.family,
                options: &builder.socket_options,
                clock: wait::Clock::new(),
                deadline: None,
            };
            match proxy::of_builder(builder, uri, &host)? {
                Some(proxy) => {
                    let hop = Hop {
                        proxy: &proxy,
                        builder,
                        dialer: &dialer,
                        deadline,
                    };
                    Io::Proxied(Box::new(hop.open(uri).await?))
                }
                None => dial::dial(&dialer, &host, uri.port(), deadline)
                    .await
                    .map(Io::Tcp)
                    .map_err(|error| dial_failed(builder, host, error))?,
            }
        }
    };
    Ok(Socket(io))
}

/// Reading the platform's roots takes a while: not on this thread. What goes
/// wrong with it shows in the check.
async fn make_tls(builder: &Builder, uri: &Uri<'_>) {
    if uri.is_secure()
        && builder.wants_tls()
        && let Ok(Ok(made)) = spawn_blocking(Tls::new).await
    {
        builder.keep_tls(made);
    }
}

fn deadline(builder: &Builder) -> Option<Instant> {
    later(Instant::now(), builder.connect_timeout?)
}

#[cfg(unix)]
async fn dial_unix(
    path: &std::path::Path,
    deadline: Option<Instant>,
) -> io::Result<::tokio::net::UnixStream> {
    use ::tokio::{net::UnixStream, time::sleep};
    loop {
        match before(deadline, UnixStream::connect(path)).await {
            // The server's queue is full. Nothing tells when there is room
            // again, so ask again.
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            Some(result) => return result,
            None => return Err(io::ErrorKind::TimedOut.into()),
        }
        sleep(core::time::Duration::from_millis(5)).await;
    }
}

/// TLS where the URL says so, and the opening handshake.
async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    journey: &Journey<'_>,
    uri: &Uri<'_>,
    stream: S,
    deadline: Option<Instant>,
) -> Result<WebSocket<MaybeTlsStream<S>>, ConnectError> {
    let mut stream = if uri.is_secure() {
        start_tls(journey.tls(), &bare_host(uri), stream, deadline)
            .await
            .map_err(|error| tls_failed(journey.builder, uri, error))?
    } else {
        MaybeTlsStream::plain(stream)
    };
    let clock = Clock::new();
    let mut handshake = begin(journey, uri, clock.now())?;
    let mut alarm = Alarm::default();
    let result = poll_fn(|cx| poll_open(&mut stream, &mut handshake, clock, &mut alarm, cx)).await;
    let opened = conclude(journey, uri, handshake, result)?;
    Ok(WebSocket::new(stream, clock, opened, uri.to_string()))
}

pub(super) async fn start_tls<S: AsyncRead + AsyncWrite + Unpin>(
    tls: Result<Tls, TlsError>,
    host: &str,
    stream: S,
    deadline: Option<Instant>,
) -> Result<MaybeTlsStream<S>, TlsError> {
    let tls = tls?;
    let name = tls.name_of(host)?;
    let connector = TlsConnector::from(tls.config.clone());
    match before(deadline, connector.connect(name, stream)).await {
        Some(Ok(stream)) => Ok(MaybeTlsStream::tls(stream)),
        Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Err(TlsError::Closed),
        Some(Err(error)) => Err(error.into()),
        None => Err(TlsError::TimedOut),
    }
}

/// The loop of the core's page, for the opening handshake.
fn poll_open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    handshake: &mut OpeningHandshake,
    clock: Clock,
    alarm: &mut Alarm,
    cx: &mut Context<'_>,
) -> Poll<Result<(), DriverError<io::Error>>> {
    loop {
        if handshake.poll()? {
            return Poll::Ready(Ok(()));
        }
        if handshake.transmit().is_empty() {
            if let Poll::Ready(result) = Pin::new(&mut *stream).poll_flush(cx) {
                result.map_err(DriverError::Transport)?;
            }
        } else if let Poll::Ready(result) =
            Pin::new(&mut *stream).poll_write(cx, handshake.transmit())
        {
            match result.map_err(DriverError::Transport)? {
                0 => handshake.receive_eof(),
                n => handshake.transmitted(n),
            }
            continue;
        }
        let mut buf = ReadBuf::new(handshake.receive_buffer());
        if let Poll::Ready(result) = Pin::new(&mut *stream).poll_read(cx, &mut buf) {
            result.map_err(DriverError::Transport)?;
            match buf.filled().len() {
                0 => handshake.receive_eof(),
                n => handshake.received(n),
            }
            continue;
        }
        let Some(deadline) = handshake.poll_timeout() else {
            return Poll::Pending;
        };
        if alarm.poll(clock.at(deadline), cx).is_pending() {
            return Poll::Pending;
        }
        handshake.handle_timeout(clock.now());
    }
}
