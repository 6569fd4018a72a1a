//! What can go wrong with TLS.

use core::fmt;
use std::{error::Error, io};

pub use hybi_common::tls::CertificateProblem;
use hybi_common::tls::alert_text;
use rustls::{Error as RustlsError, InvalidMessage};

/// Why there is no TLS connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The server's certificate failed a check.
    Certificate(CertificateProblem),
    /// The server refused us with this TLS alert.
    Alert(String),
    /// The server answered with something that is not TLS.
    NotTls,
    /// The server ended the connection in the middle of the handshake.
    Closed,
    /// The deadline passed in the middle of the handshake.
    TimedOut,
    /// The host is neither a DNS name nor an IP address, so no certificate
    /// can be asked for.
    InvalidServerName(String),
    /// Settings that cannot be used; the text says which.
    Configuration(String),
    /// The server broke the TLS protocol or speaks no version of ours.
    Protocol(String),
    /// The stream below failed.
    Io(io::Error),
}

impl TlsError {
    pub(crate) fn of(error: &RustlsError) -> Self {
        match error {
            RustlsError::InvalidCertificate(error) => {
                Self::Certificate(CertificateProblem::of(error))
            }
            RustlsError::AlertReceived(alert) => Self::Alert(alert_text(*alert)),
            RustlsError::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge,
            ) => Self::NotTls,
            _ => Self::Protocol(error.to_string()),
        }
    }

    /// Whether trying again can help. Wrong certificates and wrong settings
    /// stay wrong.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Certificate(_) | Self::InvalidServerName(_) | Self::Configuration(_)
        )
    }
}

impl From<io::Error> for TlsError {
    fn from(error: io::Error) -> Self {
        match error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<RustlsError>())
        {
            Some(inner) => Self::of(inner),
            None => Self::Io(error),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(problem) => problem.fmt(f),
            Self::Alert(alert) => write!(f, "the server refused the TLS handshake: {alert}"),
            Self::NotTls => {
                f.write_str("the server does not speak TLS on this port: try ws:// or another port")
            }
            Self::Closed => {
                f.write_str("the server ended the connection in the middle of the TLS handshake")
            }
            Self::TimedOut => f.write_str("the TLS handshake did not end within its deadline"),
            Self::InvalidServerName(name) => {
                write!(f, "{name:?} is not a name that a certificate can be for")
            }
            Self::Configuration(text) => write!(f, "TLS settings: {text}"),
            Self::Protocol(text) => write!(f, "TLS failed: {text}"),
            Self::Io(error) => write!(f, "the connection failed during TLS: {error}"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Certificate(problem) => Some(problem),
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
