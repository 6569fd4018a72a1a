//! From a [`Builder`] to an open [`WebSocket`].
//!
//! ```text
//!   URL ─► lookup ─► TCP ─► proxy ─► TLS │ opening handshake
//!          └────── connect deadline ─────┘ └ handshake deadline ┘
//! ```

use alloc::{
    borrow::ToOwned as _,
    boxed::Box,
    string::{String, ToString as _},
    vec::Vec,
};

use hybi_common::journey::{Journey, Said, is_redirect};
use hybi_core::{
    connection::Connection,
    driver::{
        Error as DriverError,
        blocking::{self, open},
    },
    handshake::{Handshake, HandshakeError},
    uri::{Host, Uri},
};

use crate::{
    builder::Builder,
    compression,
    dial::{Attempt, DialError, Dialer},
    entropy::WasiEntropy,
    error::{ConnectError, Phase, Response, UrlError, WasiError},
    poll,
    proxy::{self, Hop},
    websocket::WebSocket,
    wire::{Wire, WireError},
};

type OpeningHandshake = Handshake<Vec<u8>, Vec<u8>, WasiEntropy>;

pub(crate) fn dial(builder: &Builder) -> Result<WebSocket, ConnectError> {
    let said = Said {
        headers: &builder.headers,
        secret_headers: &builder.secret_headers,
        host: builder.host.as_deref(),
        origin: builder.origin.as_deref(),
        cookie: builder.cookie.as_deref(),
        subprotocols: &builder.subprotocols,
        deflate: match &builder.compression {
            Some(compression) => compression.offers(),
            None => &[],
        },
    };
    let mut journey = Journey::begin(&builder.url, &builder.journey, said)?;
    loop {
        match attempt(builder, &journey) {
            Ok(socket) => return Ok(socket),
            Err(error) => go_on(&mut journey, error)?,
        }
    }
}

/// What to do after a failed attempt: another one, or nothing more.
fn go_on(journey: &mut Journey<'_>, error: ConnectError) -> Result<(), ConnectError> {
    let ConnectError::Handshake {
        error: HandshakeError::Refused { .. },
        response: Some(response),
    } = error
    else {
        return Err(error);
    };
    match journey.go_on(&response, &mut WasiEntropy::new()) {
        Ok(true) => Ok(()),
        Err(reason) if is_redirect(response.status()) => {
            Err(ConnectError::Redirect { reason, response })
        }
        _ => Err(ConnectError::Handshake {
            error: HandshakeError::Refused {
                status: response.status(),
            },
            response: Some(response),
        }),
    }
}

/// One connection, to where the journey has led.
fn attempt(builder: &Builder, journey: &Journey<'_>) -> Result<WebSocket, ConnectError> {
    let uri = journey.uri().map_err(UrlError::from)?;
    journey
        .with_request(&uri, |_, _, _| None, |request| request.check())
        .map_err(ConnectError::Request)?;
    let host = bare_host(&uri);
    let prepared = Prepared::new(builder, journey, &uri, &host)?;
    log::debug!("connecting to {uri}");
    let timeout = builder.connect_timeout;
    let dialer = Dialer {
        family: builder.family,
        deadline: timeout.and_then(|timeout| poll::now().checked_add(timeout)),
    };
    let wire = match proxy::of_builder(builder, &uri, &host)? {
        Some(proxy) => Hop {
            proxy: &proxy,
            builder,
            dialer,
        }
        .open(&uri)?,
        None => dialer
            .dial(&host, uri.port())
            .map(Wire::new)
            .map_err(|error| dial_failed(builder, host.clone(), error))?,
    };
    let wire = prepared.secure(builder, wire, &host, &dialer)?;
    upgrade(builder, journey, &uri, wire)
}

/// What is known to fail before anything is connected.
struct Prepared {
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Tls>,
}

#[cfg(feature = "tls")]
impl Prepared {
    fn new(
        builder: &Builder,
        journey: &Journey<'_>,
        uri: &Uri<'_>,
        host: &str,
    ) -> Result<Self, ConnectError> {
        if !uri.is_secure() {
            return Ok(Self { tls: None });
        }
        let tls = builder
            .tls_or_default()
            .map_err(|error| ConnectError::Tls {
                host: host.to_owned(),
                error,
            })?;
        // The client certificate and the server name that the caller gave are
        // for the URL's own origin.
        let tls = if journey.is_home() {
            tls
        } else {
            tls.for_another_server()
        };
        Ok(Self { tls: Some(tls) })
    }

    fn secure(
        &self,
        builder: &Builder,
        wire: Wire,
        host: &str,
        dialer: &Dialer,
    ) -> Result<Wire, ConnectError> {
        let Some(tls) = &self.tls else {
            return Ok(wire);
        };
        wire.start_tls(tls, host, dialer.deadline)
            .map_err(|error| match error {
                WireError::Tls(error) => ConnectError::Tls {
                    host: host.to_owned(),
                    error,
                },
                WireError::Wasi(WasiError::TimedOut) => timed_out(builder, Phase::Tls, Vec::new()),
                WireError::Wasi(error) => ConnectError::Io(Some(error)),
                WireError::Cut => ConnectError::Io(None),
            })
    }
}

#[cfg(not(feature = "tls"))]
impl Prepared {
    fn new(_: &Builder, _: &Journey<'_>, uri: &Uri<'_>, host: &str) -> Result<Self, ConnectError> {
        if uri.is_secure() {
            return Err(ConnectError::NoTls {
                host: host.to_owned(),
            });
        }
        Ok(Self {})
    }

    #[expect(clippy::unused_self, reason = "there is no TLS")]
    fn secure(&self, _: &Builder, wire: Wire, _: &str, _: &Dialer) -> Result<Wire, ConnectError> {
        Ok(wire)
    }
}

/// The opening handshake.
fn upgrade(
    builder: &Builder,
    journey: &Journey<'_>,
    uri: &Uri<'_>,
    mut wire: Wire,
) -> Result<WebSocket, ConnectError> {
    let mut handshake = journey
        .with_request(
            uri,
            |_, _, _| None,
            |request| {
                Handshake::new(
                    request,
                    Vec::new(),
                    Vec::new(),
                    WasiEntropy::new(),
                    builder.handshake,
                    poll::now(),
                )
            },
        )
        .map_err(|error| handshake_failed(builder, error, None))?;
    let result = open(&mut wire, &mut handshake);
    if let Err(error) = result {
        return Err(refused(builder, uri, handshake, error));
    }
    let Some(response) = handshake.response() else {
        return Err(handshake_failed(builder, HandshakeError::Unfinished, None));
    };
    let subprotocol = response.subprotocol().map(str::to_owned);
    let response = Response::keep(&response);
    let extension = match (handshake.deflate(), &builder.compression) {
        (Some(params), Some(compression)) => compression::extension(compression, params),
        _ => None,
    };
    let connection = Connection::from_handshake_with(handshake, builder.config.clone(), extension)
        .map_err(|error| handshake_failed(builder, error, None))?;
    wire.bound_read_ahead(builder.config.max_message_size);
    log::debug!("open: {uri}");
    Ok(WebSocket::new(
        blocking::WebSocket::new(wire, connection),
        uri.to_string(),
        response,
        subprotocol,
    ))
}

fn refused(
    builder: &Builder,
    uri: &Uri<'_>,
    mut handshake: OpeningHandshake,
    error: DriverError<WireError>,
) -> ConnectError {
    let error = match error {
        DriverError::Transport(error) => {
            // A server may refuse and reset at once: the refusal counts.
            handshake.receive_eof();
            match (handshake.poll(), error) {
                (Err(refusal @ HandshakeError::Refused { .. }), _) => refusal,
                (_, WireError::Wasi(error)) => return ConnectError::Io(Some(error)),
                (_, WireError::Cut) => return ConnectError::Io(None),
                #[cfg(feature = "tls")]
                (_, WireError::Tls(error)) => {
                    return ConnectError::Tls {
                        host: bare_host(uri),
                        error,
                    };
                }
            }
        }
        DriverError::Handshake(error) => error,
        _ => HandshakeError::Unfinished,
    };
    #[cfg(not(feature = "tls"))]
    let _ = uri;
    let response = handshake.response().map(|kept| Response::keep(&kept));
    handshake_failed(builder, error, response)
}

/// The host without the brackets of an IPv6 address.
pub(crate) fn bare_host(uri: &Uri<'_>) -> String {
    match uri.host() {
        Host::Name(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

fn timed_out(builder: &Builder, phase: Phase, attempts: Vec<Attempt>) -> ConnectError {
    let after = match phase {
        Phase::Handshake => builder.handshake.timeout,
        _ => builder.connect_timeout,
    };
    ConnectError::Timeout {
        phase,
        after: after.unwrap_or_default(),
        attempts,
    }
}

pub(crate) fn dial_failed(builder: &Builder, host: String, error: DialError) -> ConnectError {
    match error {
        DialError::Resolve(error) => ConnectError::Resolve { host, error },
        DialError::ResolveTimedOut => timed_out(builder, Phase::Resolve, Vec::new()),
        DialError::TimedOut(attempts) => timed_out(builder, Phase::Connect, attempts),
        DialError::Refused(attempts) => ConnectError::Connect {
            host,
            error: match attempts.last() {
                Some(last) => last.error.clone(),
                None => WasiError::NameNotFound,
            },
            attempts,
        },
    }
}

fn handshake_failed(
    builder: &Builder,
    error: HandshakeError,
    response: Option<Response>,
) -> ConnectError {
    match error {
        HandshakeError::Request(error) => ConnectError::Request(error),
        HandshakeError::Timeout => timed_out(builder, Phase::Handshake, Vec::new()),
        HandshakeError::ConnectionLost => ConnectError::Io(None),
        error => ConnectError::Handshake {
            error,
            response: response.map(Box::new),
        },
    }
}
