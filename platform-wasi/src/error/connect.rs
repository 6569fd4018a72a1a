//! Why no connection was opened.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{error::Error as StdError, fmt, time::Duration};

use hybi_core::handshake::{HandshakeError, RequestError};

use super::{Attempt, Kind, ProxyError, RedirectError, Response, UrlError, WasiError};
#[cfg(feature = "tls")]
use crate::tls::TlsError;

/// A step on the way to an open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking the host's name up.
    Resolve,
    /// Connecting to one of its addresses.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The opening handshake.
    Handshake,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "name lookup",
            Self::Connect => "connecting",
            Self::Tls => "TLS handshake",
            Self::Handshake => "opening handshake",
        })
    }
}

/// Why no connection was opened. Nothing of it is left open.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be opened.
    Url(UrlError),
    /// A header, subprotocol or other part of the request may not be sent.
    /// Nothing was sent.
    Request(RequestError),
    /// The host's name has no address, or may not be looked up.
    Resolve {
        /// The host.
        host: String,
        /// What the resolver said.
        error: WasiError,
    },
    /// No address accepts a connection, or none may be connected to.
    Connect {
        /// The host.
        host: String,
        /// Each address that was tried.
        attempts: Vec<Attempt>,
        /// Why the last of them does not.
        error: WasiError,
    },
    /// There is no way through the proxy. [`kind`](Self::kind) is
    /// [`Kind::Timeout`] where the connect deadline passed meanwhile.
    Proxy {
        /// The proxy, without its credentials, or the variable that should
        /// name one.
        hop: String,
        /// What is wrong with it.
        error: ProxyError,
    },
    /// A deadline passed.
    Timeout {
        /// During which step.
        phase: Phase,
        /// How long the deadline was.
        after: Duration,
        /// Each address that was tried, where that was the step.
        attempts: Vec<Attempt>,
    },
    /// TLS failed.
    #[cfg(feature = "tls")]
    Tls {
        /// The host.
        host: String,
        /// What failed.
        error: TlsError,
    },
    /// TLS is needed, and this build has none: the feature `tls`.
    NoTls {
        /// The host.
        host: String,
    },
    /// The server refused the opening handshake or broke its rules.
    Handshake {
        /// What was wrong.
        error: HandshakeError,
        /// What the server answered, if it was an answer at all.
        response: Option<Box<Response>>,
    },
    /// The server redirects, and that is not followed.
    Redirect {
        /// Why not.
        reason: RedirectError,
        /// What the server answered.
        response: Box<Response>,
    },
    /// The connection was lost on the way. `None`: the server ended it.
    Io(Option<WasiError>),
}

impl ConnectError {
    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Url(_) => Kind::Url,
            Self::Request(_) => Kind::Usage,
            Self::Resolve { .. } => Kind::Resolve,
            Self::Connect { .. } => Kind::Connect,
            Self::Timeout { .. }
            | Self::Proxy {
                error: ProxyError::TimedOut { .. },
                ..
            } => Kind::Timeout,
            Self::Proxy { .. } => Kind::Proxy,
            #[cfg(feature = "tls")]
            Self::Tls { .. } => Kind::Tls,
            Self::NoTls { .. } => Kind::Tls,
            Self::Redirect { .. } => Kind::Redirect,
            Self::Handshake { .. } => Kind::Handshake,
            Self::Io(_) => Kind::Io,
        }
    }

    /// The HTTP status of the server's answer, if it gave one; of the
    /// proxy's, where that refused.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Proxy { error, .. } => error.status(),
            _ => self.response().map(Response::status),
        }
    }

    /// The server's answer, if it gave one.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Handshake { response, .. } => response.as_deref(),
            Self::Redirect { response, .. } => Some(response),
            _ => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Request(error) => error.fmt(f),
            Self::Resolve { host, error } => {
                write!(f, "the name {host} cannot be resolved: {error}")
            }
            Self::Connect {
                host,
                attempts,
                error,
            } => {
                if attempts.len() > 1 && *error != WasiError::NetworkDenied {
                    write!(f, "no address of {host} accepts a connection")?;
                    list(attempts, f)
                } else {
                    write!(f, "no connection to {host}: {error}")
                }
            }
            Self::Proxy { hop, error } => write!(f, "proxy {hop}: {error}"),
            Self::Timeout {
                phase,
                after,
                attempts,
            } => {
                write!(
                    f,
                    "no connection within {after:?}: time ran out during {phase}"
                )?;
                list(attempts, f)
            }
            #[cfg(feature = "tls")]
            Self::Tls { host, error } => write!(f, "no TLS connection to {host}: {error}"),
            Self::NoTls { host } => write!(
                f,
                "no TLS connection to {host}: this build has no TLS; build hybi-wasi with its \
                 feature `tls`"
            ),
            Self::Handshake { error, response } => {
                error.fmt(f)?;
                if let (HandshakeError::Refused { .. }, Some(response)) = (error, response)
                    && !response.reason().is_empty()
                {
                    write!(f, " {}", response.reason().escape_debug())?;
                }
                Ok(())
            }
            Self::Redirect { reason, response } => {
                write!(f, "the server answered {} and redirects", response.status())?;
                if let Some(to) = response.header("Location") {
                    let to = hybi_common::url::redacted(to);
                    write!(f, " to {}", to.escape_debug())?;
                }
                write!(f, ", which is not followed: {reason}")
            }
            Self::Io(Some(error)) => write!(f, "before it was open: {error}"),
            Self::Io(None) => f.write_str("the server ended it before its response was complete"),
        }
    }
}

fn list(attempts: &[Attempt], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (n, Attempt { address, error }) in attempts.iter().enumerate() {
        let separator = if n == 0 { ": " } else { "; " };
        write!(f, "{separator}{address}: {error}")?;
    }
    Ok(())
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Resolve { error, .. } | Self::Connect { error, .. } | Self::Io(Some(error)) => {
                Some(error)
            }
            Self::Timeout { .. } | Self::NoTls { .. } | Self::Io(None) => None,
            Self::Proxy { error, .. } => Some(error),
            #[cfg(feature = "tls")]
            Self::Tls { error, .. } => Some(error),
            Self::Handshake { error, .. } => Some(error),
            Self::Redirect { reason, .. } => Some(reason),
        }
    }
}

impl From<UrlError> for ConnectError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}
