//! The way through a proxy.
//!
//! ```text
//!   proxy ─► lookup ─► TCP ─► TLS (https) │ tunnel │ TLS to the target …
//!   └──────────────── connect deadline ───────────────────────────────┘
//! ```

use core::{net::SocketAddr, time::Duration};
use std::io;

use hybi_core::{
    driver::blocking::Transport,
    proxy::{
        HttpConnect, Protocol, ProxyError as TunnelError, Socks4, Socks5, Socks5Reply, Target,
        Tunnel, TunnelConfig,
    },
    uri::{Host, Uri},
};

use super::{Credentials, Login, ProxyError, ProxyScheme, ProxyUrl};
use crate::{
    builder::Builder,
    connect,
    dial::{DialError, Dialer},
    entropy::OsEntropy,
    error::ConnectError,
    lookup::AddressFamily,
    response::Response,
    socket::{Io, Socket},
    stream::Stream,
    tls::TlsError,
};

/// One proxy, and how to reach it.
#[derive(Debug)]
pub(crate) struct Hop<'a> {
    proxy: &'a ProxyUrl,
    builder: &'a Builder,
    dialer: &'a Dialer<'a>,
}

impl<'a> Hop<'a> {
    pub(crate) const fn new(
        proxy: &'a ProxyUrl,
        builder: &'a Builder,
        dialer: &'a Dialer<'a>,
    ) -> Self {
        Self {
            proxy,
            builder,
            dialer,
        }
    }

    /// A stream through the proxy to where `uri` leads.
    pub(crate) fn open(&self, uri: &Uri<'_>) -> Result<Stream, ConnectError> {
        log::debug!("through the proxy {}", self.proxy);
        let target = Target::of(uri);
        let opened = match self.proxy.scheme() {
            ProxyScheme::Http | ProxyScheme::Https => self.http(target),
            ProxyScheme::Socks4a => self.socks4(target),
            ProxyScheme::Socks5h => self.socks5(target),
            ProxyScheme::Socks4 | ProxyScheme::Socks5 => return self.by_address(uri),
        };
        opened.map_err(|error| self.failed(error))
    }

    /// This machine resolves the name. The proxy is asked for one address
    /// after the other, as long as it is the address that it cannot reach.
    fn by_address(&self, uri: &Uri<'_>) -> Result<Stream, ConnectError> {
        let addresses = self.resolve(uri)?;
        let mut addresses = addresses.iter().peekable();
        loop {
            let Some(address) = addresses.next() else {
                let error = DialError::Refused(Vec::new());
                return Err(connect::dial_failed(
                    self.builder,
                    connect::bare_host(uri),
                    error,
                ));
            };
            let target = target_at(*address);
            let opened = match self.proxy.scheme() {
                ProxyScheme::Socks4 => self.socks4(target),
                _ => self.socks5(target),
            };
            match opened {
                Ok(stream) => return Ok(stream),
                Err(ProxyError::Tunnel { error, .. })
                    if is_about_the_target(error) && addresses.peek().is_some() =>
                {
                    log::debug!("{address} through {}: {error}", self.proxy);
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    fn resolve(&self, uri: &Uri<'_>) -> Result<Vec<SocketAddr>, ConnectError> {
        let dialer = Dialer {
            family: family(self.proxy, self.dialer.family),
            ..*self.dialer
        };
        let host = connect::bare_host(uri);
        dialer
            .resolve(&host, uri.port())
            .map_err(|error| connect::dial_failed(self.builder, host, error))
    }

    fn http(&self, target: Target<'_>) -> Result<Stream, ProxyError> {
        let mut login = Login::new(self.proxy);
        loop {
            match self.through(login.ask(target), http_response) {
                Ok(stream) => return Ok(stream),
                Err(error) => again(&mut login, error, target)?,
            }
        }
    }

    fn socks4(&self, target: Target<'_>) -> Result<Stream, ProxyError> {
        self.through(by_socks4(self.proxy, target), |_| None)
    }

    fn socks5(&self, target: Target<'_>) -> Result<Stream, ProxyError> {
        self.through(by_socks5(self.proxy, target), |_| None)
    }

    /// Connects to the proxy and asks it. `response` keeps its answer.
    fn through<P: Protocol>(
        &self,
        ask: P,
        response: impl FnOnce(&Asked<P>) -> Option<Response>,
    ) -> Result<Stream, ProxyError> {
        let mut config = TunnelConfig::DEFAULT;
        config.max_head_size = self.builder.handshake.limits.max_head_size;
        config.timeout = self.dialer.left();
        let now = self.dialer.clock.now();
        // Before anything is connected: it may be that it cannot be asked.
        let mut tunnel =
            Tunnel::new(ask, Vec::new(), Vec::new(), config, now).map_err(|error| {
                ProxyError::Tunnel {
                    error,
                    response: None,
                }
            })?;
        let mut stream = self.reach()?;
        drive(&mut stream, &mut tunnel).map_err(|error| self.of_stream(error))?;
        match tunnel.poll() {
            Ok(_) => Ok(stream.into_tunnel(tunnel.rest())),
            Err(TunnelError::Timeout) => Err(self.timed_out()),
            Err(error) => Err(ProxyError::Tunnel {
                error,
                response: response(&tunnel).map(Box::new),
            }),
        }
    }

    /// A connection to the proxy.
    fn reach(&self) -> Result<Stream, ProxyError> {
        let (host, port) = (self.proxy.host(), self.proxy.port());
        let socket = self
            .dialer
            .dial(host, port)
            .map_err(|error| ProxyError::of_dial(error, self.deadline()))?;
        let socket = Socket::from(Io::Tcp(socket));
        let stream = Stream::over(socket, self.dialer.clock).map_err(ProxyError::Io)?;
        if self.proxy.scheme() != ProxyScheme::Https {
            return Ok(stream);
        }
        self.builder
            .tls_to_proxy()
            .and_then(|tls| stream.start_tls(&tls, host, self.dialer.deadline))
            .map_err(|error| match error {
                TlsError::TimedOut => self.timed_out(),
                TlsError::Io(error) => ProxyError::Io(error),
                error => ProxyError::Tls(error),
            })
    }

    fn of_stream(&self, error: io::Error) -> ProxyError {
        match Stream::tls_error(&error) {
            Some(error) => ProxyError::Tls(error),
            None => ProxyError::Io(error),
        }
    }

    fn timed_out(&self) -> ProxyError {
        ProxyError::TimedOut {
            after: self.deadline(),
            attempts: Vec::new(),
        }
    }

    fn deadline(&self) -> Duration {
        self.builder.connect_timeout.unwrap_or_default()
    }

    fn failed(&self, error: ProxyError) -> ConnectError {
        ConnectError::Proxy {
            hop: self.proxy.to_string(),
            error,
        }
    }
}

pub(crate) type Asked<P> = Tunnel<P, Vec<u8>, Vec<u8>>;

/// What an HTTP proxy has said.
pub(crate) fn http_response(tunnel: &Asked<HttpConnect<'_>>) -> Option<Response> {
    tunnel.response().map(|answer| Response::of_proxy(&answer))
}

/// Another attempt at an HTTP proxy, if its refusal can be answered.
///
/// # Errors
/// `error`, where it cannot.
pub(crate) fn again(
    login: &mut Login,
    error: ProxyError,
    target: Target<'_>,
) -> Result<(), ProxyError> {
    let mut entropy = OsEntropy::new().map_err(ProxyError::Io)?;
    if login.go_on(error.response(), target, &mut entropy) {
        return Ok(());
    }
    Err(error)
}

/// What to say to a SOCKS4 proxy.
pub(crate) fn by_socks4<'a>(proxy: &'a ProxyUrl, target: Target<'a>) -> Socks4<'a> {
    let ask = Socks4::new(target);
    match proxy.credentials() {
        Some(Credentials { user, .. }) => ask.user(user.as_bytes()),
        None => ask,
    }
}

/// What to say to a SOCKS5 proxy.
pub(crate) fn by_socks5<'a>(proxy: &'a ProxyUrl, target: Target<'a>) -> Socks5<'a> {
    let ask = Socks5::new(target);
    match proxy.credentials() {
        Some(Credentials { user, password }) => {
            ask.credentials(user.as_bytes(), password.as_bytes())
        }
        None => ask,
    }
}

/// Which addresses of a target the proxy can be asked for.
pub(crate) const fn family(proxy: &ProxyUrl, family: AddressFamily) -> AddressFamily {
    match (proxy.scheme(), family) {
        // SOCKS4 has a place for IPv4 only.
        (ProxyScheme::Socks4, AddressFamily::Any) => AddressFamily::Ipv4,
        (_, family) => family,
    }
}

pub(crate) const fn target_at(address: SocketAddr) -> Target<'static> {
    let host = match address {
        SocketAddr::V4(address) => Host::Ipv4(*address.ip()),
        SocketAddr::V6(address) => Host::Ipv6(*address.ip()),
    };
    Target::new(host, address.port())
}

/// Runs until the tunnel is open or has failed.
fn drive<P: Protocol>(stream: &mut Stream, tunnel: &mut Asked<P>) -> io::Result<()> {
    use embedded_io::Write as _;
    loop {
        while !tunnel.transmit().is_empty() {
            match stream.write_until(tunnel.transmit(), tunnel.poll_timeout())? {
                Some(n) => tunnel.transmitted(n),
                None => tunnel.handle_timeout(stream.now()),
            }
        }
        stream.flush()?;
        if tunnel.poll() != Ok(false) {
            return Ok(());
        }
        let deadline = tunnel.poll_timeout();
        match stream.read_until(tunnel.receive_buffer(), deadline) {
            Ok(Some(0)) => tunnel.receive_eof(),
            Ok(Some(n)) => tunnel.received(n),
            Ok(None) => {}
            // TLS that ended without its close_notify.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => tunnel.receive_eof(),
            Err(error) => return Err(error),
        }
        // Bytes that drip never let a read run out of time.
        tunnel.handle_timeout(stream.now());
    }
}

/// Whether another address of the target may do better.
pub(crate) fn is_about_the_target(error: TunnelError) -> bool {
    match error {
        TunnelError::Socks4(_) => true,
        TunnelError::Socks5(reply) => matches!(
            reply,
            Socks5Reply::GENERAL_FAILURE
                | Socks5Reply::NETWORK_UNREACHABLE
                | Socks5Reply::HOST_UNREACHABLE
                | Socks5Reply::CONNECTION_REFUSED
                | Socks5Reply::TTL_EXPIRED
                | Socks5Reply::ADDRESS_TYPE_NOT_SUPPORTED
        ),
        _ => false,
    }
}
