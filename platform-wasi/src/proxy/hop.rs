//! The way through a proxy.
//!
//! ```text
//!   proxy ─► lookup ─► TCP ─► TLS (https) │ tunnel │ TLS to the target …
//!   └──────────────── connect deadline ───────────────────────────────┘
//! ```

use alloc::{boxed::Box, string::ToString as _, vec::Vec};
use core::{net::SocketAddr, time::Duration};

#[cfg(feature = "http")]
use hybi_common::proxy::Login;
use hybi_common::proxy::{Credentials, ProxyScheme, ProxyUrl};
use hybi_core::{
    driver::blocking::Transport as _,
    proxy::{
        HttpConnect, Protocol, ProxyError as TunnelError, Socks4, Socks5, Socks5Reply, Target,
        Tunnel, TunnelConfig,
    },
    uri::{Host, Uri},
};

use super::ProxyError;
use crate::{
    builder::Builder,
    connect,
    dial::{AddressFamily, DialError, Dialer},
    error::{ConnectError, Response},
    poll,
    wire::{Wire, WireError},
};

/// One proxy, and how to reach it.
#[derive(Debug)]
pub(crate) struct Hop<'a> {
    pub(crate) proxy: &'a ProxyUrl,
    pub(crate) builder: &'a Builder,
    pub(crate) dialer: Dialer,
}

type Asked<P> = Tunnel<P, Vec<u8>, Vec<u8>>;

impl Hop<'_> {
    /// A stream through the proxy to where `uri` leads.
    pub(crate) fn open(&self, uri: &Uri<'_>) -> Result<Wire, ConnectError> {
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

    /// This component resolves the name. The proxy is asked for one address
    /// after the other, as long as it is the address that it cannot reach.
    fn by_address(&self, uri: &Uri<'_>) -> Result<Wire, ConnectError> {
        let family = match (self.proxy.scheme(), self.dialer.family) {
            // SOCKS4 has a place for IPv4 only.
            (ProxyScheme::Socks4, AddressFamily::Any) => AddressFamily::Ipv4,
            (_, family) => family,
        };
        let dialer = Dialer {
            family,
            ..self.dialer
        };
        let host = connect::bare_host(uri);
        let failed = |error| connect::dial_failed(self.builder, host.clone(), error);
        let addresses = dialer.resolve(&host, uri.port()).map_err(failed)?;
        let mut addresses = addresses.iter().peekable();
        while let Some(address) = addresses.next() {
            let target = target_at(*address);
            let opened = match self.proxy.scheme() {
                ProxyScheme::Socks4 => self.socks4(target),
                _ => self.socks5(target),
            };
            match opened {
                Err(ProxyError::Tunnel { error, .. })
                    if is_about_the_target(error) && addresses.peek().is_some() =>
                {
                    log::debug!("{address} through {}: {error}", self.proxy);
                }
                opened => return opened.map_err(|error| self.failed(error)),
            }
        }
        Err(failed(DialError::Refused(Vec::new())))
    }

    #[cfg(feature = "http")]
    fn http(&self, target: Target<'_>) -> Result<Wire, ProxyError> {
        let mut login = Login::new(self.proxy);
        loop {
            let error = match self.through(login.ask(target), http_response) {
                Ok(wire) => return Ok(wire),
                Err(error) => error,
            };
            let mut entropy = crate::entropy::WasiEntropy::new();
            if !login.go_on(error.response(), target, &mut entropy) {
                return Err(error);
            }
        }
    }

    #[cfg(not(feature = "http"))]
    fn http(&self, target: Target<'_>) -> Result<Wire, ProxyError> {
        let ask = HttpConnect::new(target);
        let ask = match self.proxy.credentials() {
            Some(Credentials { user, password }) => ask.credentials(user, password),
            None => ask,
        };
        self.through(ask, http_response)
    }

    fn socks4(&self, target: Target<'_>) -> Result<Wire, ProxyError> {
        let ask = Socks4::new(target);
        let ask = match self.proxy.credentials() {
            Some(Credentials { user, .. }) => ask.user(user.as_bytes()),
            None => ask,
        };
        self.through(ask, |_| None)
    }

    fn socks5(&self, target: Target<'_>) -> Result<Wire, ProxyError> {
        let ask = Socks5::new(target);
        let ask = match self.proxy.credentials() {
            Some(Credentials { user, password }) => {
                ask.credentials(user.as_bytes(), password.as_bytes())
            }
            None => ask,
        };
        self.through(ask, |_| None)
    }

    /// Connects to the proxy and asks it. `response` keeps its answer.
    fn through<P: Protocol>(
        &self,
        ask: P,
        response: impl FnOnce(&Asked<P>) -> Option<Response>,
    ) -> Result<Wire, ProxyError> {
        let now = poll::now();
        let mut config = TunnelConfig::DEFAULT;
        config.max_head_size = self.builder.handshake.limits.max_head_size;
        config.timeout = self.dialer.deadline.map(|end| end.saturating_sub(now));
        // Before anything is connected: it may be that it cannot be asked.
        let mut tunnel =
            Tunnel::new(ask, Vec::new(), Vec::new(), config, now).map_err(|error| {
                ProxyError::Tunnel {
                    error,
                    response: None,
                }
            })?;
        let mut wire = self.reach()?;
        drive(&mut wire, &mut tunnel).map_err(of_wire)?;
        match tunnel.poll() {
            Ok(_) => {
                wire.put_back(tunnel.rest());
                Ok(wire)
            }
            Err(TunnelError::Timeout) => Err(self.timed_out()),
            Err(error) => Err(ProxyError::Tunnel {
                error,
                response: response(&tunnel).map(Box::new),
            }),
        }
    }

    /// A connection to the proxy.
    fn reach(&self) -> Result<Wire, ProxyError> {
        let (host, port) = (self.proxy.host(), self.proxy.port());
        let tcp = self
            .dialer
            .dial(host, port)
            .map_err(|error| ProxyError::of_dial(error, self.deadline()))?;
        let wire = Wire::new(tcp);
        if self.proxy.scheme() == ProxyScheme::Https {
            return self.secure(wire, host);
        }
        Ok(wire)
    }

    #[cfg(feature = "tls")]
    fn secure(&self, wire: Wire, host: &str) -> Result<Wire, ProxyError> {
        let tls = self.builder.tls_to_proxy().map_err(ProxyError::Tls)?;
        let wire = wire.start_tls(&tls, host, self.dialer.deadline);
        wire.map_err(|error| match error {
            WireError::Wasi(crate::error::WasiError::TimedOut) => self.timed_out(),
            error => of_wire(error),
        })
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "there is no TLS")]
    fn secure(&self, _: Wire, _: &str) -> Result<Wire, ProxyError> {
        Err(ProxyError::NoTls)
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

fn of_wire(error: WireError) -> ProxyError {
    match error {
        WireError::Wasi(error) => ProxyError::Io(Some(error)),
        WireError::Cut => ProxyError::Io(None),
        #[cfg(feature = "tls")]
        WireError::Tls(error) => ProxyError::Tls(error),
    }
}

/// What an HTTP proxy has said.
fn http_response(tunnel: &Asked<HttpConnect<'_>>) -> Option<Response> {
    tunnel.response().map(|answer| Response::of_proxy(&answer))
}

const fn target_at(address: SocketAddr) -> Target<'static> {
    let host = match address {
        SocketAddr::V4(address) => Host::Ipv4(*address.ip()),
        SocketAddr::V6(address) => Host::Ipv6(*address.ip()),
    };
    Target::new(host, address.port())
}

/// Runs until the tunnel is open or has failed.
fn drive<P: Protocol>(wire: &mut Wire, tunnel: &mut Asked<P>) -> Result<(), WireError> {
    loop {
        while !tunnel.transmit().is_empty() {
            match wire.write_until(tunnel.transmit(), tunnel.poll_timeout())? {
                Some(n) => tunnel.transmitted(n),
                None => tunnel.handle_timeout(poll::now()),
            }
        }
        if wire.flush_until(tunnel.poll_timeout())?.is_none() {
            tunnel.handle_timeout(poll::now());
        }
        if tunnel.poll() != Ok(false) {
            return Ok(());
        }
        let deadline = tunnel.poll_timeout();
        match wire.read_until(tunnel.receive_buffer(), deadline) {
            // TLS that ended without its close_notify ends the tunnel, too.
            Ok(Some(0)) | Err(WireError::Cut) => tunnel.receive_eof(),
            Ok(Some(n)) => tunnel.received(n),
            Ok(None) => {}
            Err(error) => return Err(error),
        }
        // Bytes that drip never let a read run out of time.
        tunnel.handle_timeout(poll::now());
    }
}

/// Whether another address of the target may do better.
fn is_about_the_target(error: TunnelError) -> bool {
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
