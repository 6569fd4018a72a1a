//! From a [`Builder`] to an open [`WebSocket`].
//!
//! ```text
//!   URL ─► lookup ─► TCP or Unix ─► proxy ─► TLS │ opening handshake
//!          └───────── connect deadline ─────────┘ └ handshake deadline ┘
//! ```

use core::time::Duration;
use std::io;

use hybi_core::{
    connection::Connection,
    driver::{
        Error as DriverError,
        blocking::{self, Transport, open},
    },
    handshake::{Handshake, HandshakeError},
    uri::{Host, Uri},
};

use crate::{
    builder::Builder,
    compression::{self, Extension},
    dial::{Attempt, DialError, Dialer},
    entropy::OsEntropy,
    error::{ConnectError, Phase},
    journey::{Journey, not_followed},
    proxy::{self, Hop},
    redirect::RedirectError,
    response::Response,
    socket::{Io, Prepared, Socket},
    stream::Stream,
    tls::TlsError,
    wait::Clock,
    websocket::WebSocket,
};

pub(crate) fn dial(builder: &Builder) -> Result<WebSocket, ConnectError> {
    let mut journey = Journey::begin(builder)?;
    loop {
        match attempt(&journey) {
            Ok(socket) => return Ok(socket),
            Err(error) => journey.go_on(error)?,
        }
    }
}

/// One connection, to where the journey has led.
fn attempt(journey: &Journey<'_>) -> Result<WebSocket, ConnectError> {
    let (builder, uri) = (journey.builder, journey.uri()?);
    check(journey, &uri)?;
    let clock = Clock::new();
    let dialer = Dialer {
        family: builder.family,
        options: &builder.socket_options,
        clock,
        deadline: deadline(builder, clock),
    };
    log::debug!("connecting to {uri}");
    let stream = reach(builder, &uri, &dialer)?;
    upgrade(journey, &uri, stream, dialer.deadline)
}

/// A stream that leads where the URL says.
fn reach(builder: &Builder, uri: &Uri<'_>, dialer: &Dialer<'_>) -> Result<Stream, ConnectError> {
    let host = bare_host(uri);
    let socket = match &builder.unix_socket {
        #[cfg(unix)]
        Some(path) => dialer
            .dial_unix(path)
            .map(|stream| Socket::from(Io::Unix(stream)))
            .map_err(|error| unix_failed(builder, path.display().to_string(), error))?,
        _ => match proxy::of_builder(builder, uri, &host)? {
            Some(proxy) => return Hop::new(&proxy, builder, dialer).open(uri),
            None => dialer
                .dial(&host, uri.port())
                .map(|stream| Socket::from(Io::Tcp(stream)))
                .map_err(|error| dial_failed(builder, host, error))?,
        },
    };
    Stream::over(socket, dialer.clock).map_err(ConnectError::Io)
}

pub(crate) fn over(builder: &Builder, prepared: Prepared) -> Result<WebSocket, ConnectError> {
    let journey = Journey::begin(builder)?;
    let uri = journey.uri()?;
    check(&journey, &uri)?;
    let clock = Clock::new();
    let stream = Stream::over(prepared.0, clock).map_err(ConnectError::Io)?;
    let deadline = deadline(builder, clock);
    upgrade(&journey, &uri, stream, deadline)
        .map_err(|error| not_followed(error, RedirectError::Prepared))
}

fn deadline(builder: &Builder, clock: Clock) -> Option<Duration> {
    clock.now().checked_add(builder.connect_timeout?)
}

/// What can be known to fail before anything is connected.
pub(crate) fn check(journey: &Journey<'_>, uri: &Uri<'_>) -> Result<(), ConnectError> {
    if uri.is_secure() {
        let builder = journey.builder;
        builder
            .tls_or_default()
            .map_err(|error| tls_failed(builder, uri, error))?;
    }
    journey
        .with_request(uri, |request| request.check())
        .map_err(ConnectError::Request)
}

/// TLS where the URL says so, and the opening handshake.
fn upgrade(
    journey: &Journey<'_>,
    uri: &Uri<'_>,
    mut stream: Stream,
    deadline: Option<Duration>,
) -> Result<WebSocket, ConnectError> {
    let builder = journey.builder;
    if uri.is_secure() {
        stream = journey
            .tls()
            .and_then(|tls| stream.start_tls(&tls, &bare_host(uri), deadline))
            .map_err(|error| tls_failed(builder, uri, error))?;
    }
    let mut handshake = begin(journey, uri, stream.now())?;
    let result = open(&mut stream, &mut handshake);
    let opened = conclude(journey, uri, handshake, result)?;
    stream.bound_read_ahead(opened.connection.config().max_message_size);
    Ok(WebSocket::new(
        blocking::WebSocket::new(stream, opened.connection),
        uri.to_string(),
        opened.response,
        opened.subprotocol,
    ))
}

pub(crate) type OpeningHandshake = Handshake<Vec<u8>, Vec<u8>, OsEntropy>;

/// The opening handshake, its deadline counted from `now`.
pub(crate) fn begin(
    journey: &Journey<'_>,
    uri: &Uri<'_>,
    now: Duration,
) -> Result<OpeningHandshake, ConnectError> {
    let builder = journey.builder;
    let entropy = OsEntropy::of(builder.entropy.as_ref()).map_err(ConnectError::Io)?;
    journey
        .with_request(uri, |request| {
            Handshake::new(
                request,
                Vec::new(),
                Vec::new(),
                entropy,
                builder.handshake,
                now,
            )
        })
        .map_err(|error| handshake_failed(builder, error, None))
}

/// What an opening handshake has led to.
pub(crate) struct Opened {
    pub(crate) connection: Connection<Vec<u8>, Vec<u8>, OsEntropy, Extension>,
    pub(crate) response: Response,
    pub(crate) subprotocol: Option<String>,
}

/// The open connection, or why there is none: `result` tells how the
/// handshake was run.
pub(crate) fn conclude(
    journey: &Journey<'_>,
    uri: &Uri<'_>,
    handshake: OpeningHandshake,
    result: Result<(), DriverError<io::Error>>,
) -> Result<Opened, ConnectError> {
    let concluded = judge(journey.builder, uri, handshake, result);
    let response = match &concluded {
        Ok(opened) => Some(&opened.response),
        Err(error) => error.response(),
    };
    if let Some(response) = response {
        journey.keep_cookies(response);
    }
    concluded
}

fn judge(
    builder: &Builder,
    uri: &Uri<'_>,
    mut handshake: OpeningHandshake,
    result: Result<(), DriverError<io::Error>>,
) -> Result<Opened, ConnectError> {
    match result {
        Ok(()) => {}
        Err(DriverError::Transport(error)) => {
            // A server may refuse and reset at once: the refusal counts.
            handshake.receive_eof();
            return Err(match (handshake.poll(), handshake.response()) {
                (Err(refusal @ HandshakeError::Refused { .. }), Some(response)) => {
                    handshake_failed(builder, refusal, Some(Response::keep(&response)))
                }
                _ => match Stream::tls_error(&error) {
                    Some(error) => tls_failed(builder, uri, error),
                    None => ConnectError::Io(error),
                },
            });
        }
        Err(error) => {
            let error = match error {
                DriverError::Handshake(error) => error,
                _ => HandshakeError::Unfinished,
            };
            let response = handshake.response().map(|kept| Response::keep(&kept));
            return Err(handshake_failed(builder, error, response));
        }
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
    log::debug!("open: {uri}");
    Ok(Opened {
        connection,
        response,
        subprotocol,
    })
}

/// The host without the brackets of an IPv6 address.
pub(crate) fn bare_host(uri: &Uri<'_>) -> String {
    match uri.host() {
        Host::Name(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

pub(crate) fn timed_out(builder: &Builder, phase: Phase, attempts: Vec<Attempt>) -> ConnectError {
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
                Some(Attempt { error, .. }) => io::Error::new(error.kind(), error.to_string()),
                None => io::ErrorKind::NotFound.into(),
            },
            attempts,
        },
    }
}

#[cfg(unix)]
pub(crate) fn unix_failed(builder: &Builder, host: String, error: io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::TimedOut => timed_out(builder, Phase::Connect, Vec::new()),
        _ => ConnectError::Connect {
            host,
            attempts: Vec::new(),
            error,
        },
    }
}

pub(crate) fn tls_failed(builder: &Builder, uri: &Uri<'_>, error: TlsError) -> ConnectError {
    match error {
        TlsError::TimedOut => timed_out(builder, Phase::Tls, Vec::new()),
        TlsError::Io(error) => ConnectError::Io(error),
        error => ConnectError::Tls {
            host: bare_host(uri),
            error,
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
        HandshakeError::ConnectionLost => ConnectError::Io(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the server ended it before its response was complete",
        )),
        error => ConnectError::Handshake {
            error,
            response: response.map(Box::new),
        },
    }
}
