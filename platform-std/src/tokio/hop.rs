//! The way through a proxy on tokio. What is said there is the blocking
//! client's.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::io;

use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use hybi_core::{
    proxy::{Protocol, ProxyError as TunnelError, Target, Tunnel, TunnelConfig},
    uri::Uri,
};

use super::{
    clock::{Alarm, Clock, left},
    connect::start_tls,
    dial,
    socket::Proxied,
    stream::MaybeTlsStream,
};
use crate::{
    builder::Builder,
    connect::{bare_host, dial_failed},
    dial::{DialError, Dialer},
    error::ConnectError,
    proxy::{
        Login, ProxyError, ProxyScheme, ProxyUrl,
        hop::{
            Asked, again, by_socks4, by_socks5, family, http_response, is_about_the_target,
            target_at,
        },
    },
    response::Response,
    stream::Stream,
    tls::TlsError,
};

/// One proxy, and how to reach it.
#[derive(Debug)]
pub(super) struct Hop<'a> {
    pub(super) proxy: &'a ProxyUrl,
    pub(super) builder: &'a Builder,
    pub(super) dialer: &'a Dialer<'a>,
    pub(super) deadline: Option<Instant>,
}

impl Hop<'_> {
    /// A stream through the proxy to where `uri` leads.
    pub(super) async fn open(&self, uri: &Uri<'_>) -> Result<Proxied, ConnectError> {
        log::debug!("through the proxy {}", self.proxy);
        let target = Target::of(uri);
        let opened = match self.proxy.scheme() {
            ProxyScheme::Socks4 | ProxyScheme::Socks5 => return self.by_address(uri).await,
            _ => self.ask(target).await,
        };
        opened.map_err(|error| self.failed(error))
    }

    /// This machine resolves the name. The proxy is asked for one address
    /// after the other, as long as it is the address that it cannot reach.
    async fn by_address(&self, uri: &Uri<'_>) -> Result<Proxied, ConnectError> {
        let host = bare_host(uri);
        let dialer = Dialer {
            family: family(self.proxy, self.dialer.family),
            ..*self.dialer
        };
        let addresses = match dial::resolve(&dialer, &host, uri.port(), self.deadline).await {
            Ok(addresses) => addresses,
            Err(error) => return Err(dial_failed(self.builder, host, error)),
        };
        let mut addresses = addresses.into_iter().peekable();
        while let Some(address) = addresses.next() {
            match self.ask(target_at(address)).await {
                Ok(stream) => return Ok(stream),
                Err(ProxyError::Tunnel { error, .. })
                    if is_about_the_target(error) && addresses.peek().is_some() =>
                {
                    log::debug!("{address} through {}: {error}", self.proxy);
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        let error = DialError::Refused(Vec::new());
        Err(dial_failed(self.builder, host, error))
    }

    async fn ask(&self, target: Target<'_>) -> Result<Proxied, ProxyError> {
        match self.proxy.scheme() {
            ProxyScheme::Http | ProxyScheme::Https => self.http(target).await,
            ProxyScheme::Socks4 | ProxyScheme::Socks4a => {
                self.through(by_socks4(self.proxy, target), |_| None).await
            }
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
                self.through(by_socks5(self.proxy, target), |_| None).await
            }
        }
    }

    async fn http(&self, target: Target<'_>) -> Result<Proxied, ProxyError> {
        let mut login = Login::new(self.proxy);
        loop {
            match self.through(login.ask(target), http_response).await {
                Ok(stream) => return Ok(stream),
                Err(error) => again(&mut login, error, target)?,
            }
        }
    }

    /// Connects to the proxy and asks it. `response` keeps its answer.
    async fn through<P: Protocol>(
        &self,
        ask: P,
        response: impl FnOnce(&Asked<P>) -> Option<Response>,
    ) -> Result<Proxied, ProxyError> {
        let clock = Clock::new();
        let mut config = TunnelConfig::DEFAULT;
        config.max_head_size = self.builder.handshake.limits.max_head_size;
        config.timeout = self.deadline.map(left);
        // Before anything is connected: it may be that it cannot be asked.
        let mut tunnel =
            Tunnel::new(ask, Vec::new(), Vec::new(), config, clock.now()).map_err(|error| {
                ProxyError::Tunnel {
                    error,
                    response: None,
                }
            })?;
        let mut stream = self.reach().await?;
        let mut alarm = Alarm::default();
        let driven =
            poll_fn(|cx| poll_tunnel(&mut stream, &mut tunnel, clock, &mut alarm, cx)).await;
        driven.map_err(|error| match Stream::tls_error(&error) {
            Some(error) => ProxyError::Tls(error),
            None => ProxyError::Io(error),
        })?;
        match tunnel.poll() {
            Ok(_) => Ok(Proxied::new(stream, tunnel.rest().to_owned())),
            Err(TunnelError::Timeout) => Err(self.timed_out()),
            Err(error) => Err(ProxyError::Tunnel {
                error,
                response: response(&tunnel).map(Box::new),
            }),
        }
    }

    /// A connection to the proxy.
    async fn reach(&self) -> Result<MaybeTlsStream<::tokio::net::TcpStream>, ProxyError> {
        let (host, port) = (self.proxy.host(), self.proxy.port());
        let socket = dial::dial(self.dialer, host, port, self.deadline)
            .await
            .map_err(|error| ProxyError::of_dial(error, self.after()))?;
        if self.proxy.scheme() != ProxyScheme::Https {
            return Ok(MaybeTlsStream::plain(socket));
        }
        start_tls(self.builder.tls_to_proxy(), host, socket, self.deadline)
            .await
            .map_err(|error| match error {
                TlsError::TimedOut => self.timed_out(),
                TlsError::Io(error) => ProxyError::Io(error),
                error => ProxyError::Tls(error),
            })
    }

    fn timed_out(&self) -> ProxyError {
        ProxyError::TimedOut {
            after: self.after(),
            attempts: Vec::new(),
        }
    }

    fn after(&self) -> Duration {
        self.builder.connect_timeout.unwrap_or_default()
    }

    fn failed(&self, error: ProxyError) -> ConnectError {
        ConnectError::Proxy {
            hop: self.proxy.to_string(),
            error,
        }
    }
}

/// Ready once the tunnel is open or has failed.
fn poll_tunnel<S: AsyncRead + AsyncWrite + Unpin, P: Protocol>(
    stream: &mut S,
    tunnel: &mut Asked<P>,
    clock: Clock,
    alarm: &mut Alarm,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    loop {
        if tunnel.transmit().is_empty() {
            if let Poll::Ready(result) = Pin::new(&mut *stream).poll_flush(cx) {
                result?;
            }
        } else if let Poll::Ready(result) = Pin::new(&mut *stream).poll_write(cx, tunnel.transmit())
        {
            match result? {
                0 => tunnel.receive_eof(),
                n => tunnel.transmitted(n),
            }
            if tunnel.poll() == Ok(false) {
                continue;
            }
        }
        if tunnel.poll() != Ok(false) {
            return Poll::Ready(Ok(()));
        }
        let mut buf = ReadBuf::new(tunnel.receive_buffer());
        if let Poll::Ready(result) = Pin::new(&mut *stream).poll_read(cx, &mut buf) {
            match result {
                Ok(()) => match buf.filled().len() {
                    0 => tunnel.receive_eof(),
                    n => tunnel.received(n),
                },
                // TLS that ended without its close_notify.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => tunnel.receive_eof(),
                Err(error) => return Poll::Ready(Err(error)),
            }
            // Bytes that drip never let a read run out of time.
            tunnel.handle_timeout(clock.now());
            continue;
        }
        let Some(deadline) = tunnel.poll_timeout() else {
            return Poll::Pending;
        };
        if alarm.poll(clock.at(deadline), cx).is_pending() {
            return Poll::Pending;
        }
        tunnel.handle_timeout(clock.now());
    }
}
