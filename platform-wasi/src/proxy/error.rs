//! Why there is no way through a proxy.

use alloc::{boxed::Box, vec::Vec};
use core::{error::Error as StdError, fmt, time::Duration};

use hybi_core::proxy::ProxyError as TunnelError;

use super::ProxyUrlError;
#[cfg(feature = "tls")]
use crate::tls::TlsError;
use crate::{
    dial::{Attempt, DialError},
    error::{Response, WasiError},
};

/// What is wrong with a proxy, or with the way to it.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyError {
    /// The environment names one that cannot be used. Nothing was connected.
    Url(ProxyUrlError),
    /// Its name has no address, or may not be looked up.
    Resolve(WasiError),
    /// No address of it accepts a connection.
    Connect {
        /// Each address that was tried.
        attempts: Vec<Attempt>,
        /// Why the last of them does not.
        error: WasiError,
    },
    /// TLS to it failed.
    #[cfg(feature = "tls")]
    Tls(TlsError),
    /// It is an `https://` one, and this build has no TLS: the feature `tls`.
    NoTls,
    /// It refused, or broke the rules.
    Tunnel {
        /// What it said.
        error: TunnelError,
        /// Its answer, without the body, where it was an HTTP response.
        response: Option<Box<Response>>,
    },
    /// The connect deadline passed before the tunnel was open.
    TimedOut {
        /// How long the deadline was.
        after: Duration,
        /// Each address of the proxy that was tried, where it was not
        /// reached.
        attempts: Vec<Attempt>,
    },
    /// The connection to it was lost. `None`: it ended it.
    Io(Option<WasiError>),
}

impl ProxyError {
    /// The HTTP status with which it refused, such as 407.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Tunnel {
                error: TunnelError::Refused { status },
                ..
            } => Some(*status),
            _ => None,
        }
    }

    /// Its answer, where it was an HTTP response.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Tunnel { response, .. } => response.as_deref(),
            _ => None,
        }
    }

    /// Why the proxy itself cannot be reached; `after` is the deadline.
    pub(crate) fn of_dial(error: DialError, after: Duration) -> Self {
        match error {
            DialError::Resolve(error) => Self::Resolve(error),
            DialError::ResolveTimedOut => Self::TimedOut {
                after,
                attempts: Vec::new(),
            },
            DialError::TimedOut(attempts) => Self::TimedOut { after, attempts },
            DialError::Refused(attempts) => Self::Connect {
                error: match attempts.last() {
                    Some(last) => last.error.clone(),
                    None => WasiError::NameNotFound,
                },
                attempts,
            },
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Resolve(error) => write!(f, "its name cannot be resolved: {error}"),
            Self::Connect { attempts, error } => {
                f.write_str("it does not accept a connection: ")?;
                match attempts.as_slice() {
                    [] | [_] => error.fmt(f),
                    attempts => list(attempts, f),
                }
            }
            #[cfg(feature = "tls")]
            Self::Tls(error) => write!(f, "no TLS connection to it: {error}"),
            Self::NoTls => f.write_str("this build has no TLS: the feature `tls` of hybi-wasi"),
            Self::Tunnel { error, response } => {
                error.fmt(f)?;
                match response {
                    Some(response) if !response.reason().is_empty() => {
                        write!(f, " {}", response.reason().escape_debug())
                    }
                    _ => Ok(()),
                }
            }
            Self::TimedOut { after, attempts } => {
                write!(f, "no tunnel through it within {after:?}")?;
                if !attempts.is_empty() {
                    f.write_str(": ")?;
                }
                list(attempts, f)
            }
            Self::Io(Some(error)) => error.fmt(f),
            Self::Io(None) => f.write_str("it ended the connection"),
        }
    }
}

fn list(attempts: &[Attempt], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (n, Attempt { address, error }) in attempts.iter().enumerate() {
        let separator = if n == 0 { "" } else { "; " };
        write!(f, "{separator}{address}: {error}")?;
    }
    Ok(())
}

impl StdError for ProxyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::Resolve(error) | Self::Connect { error, .. } | Self::Io(Some(error)) => {
                Some(error)
            }
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
            Self::Tunnel { error, .. } => Some(error),
            Self::TimedOut { .. } | Self::NoTls | Self::Io(None) => None,
        }
    }
}
