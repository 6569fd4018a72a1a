//! What can go wrong with TLS.

#[cfg(all(target_os = "wasi", target_env = "p2"))]
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::{error::Error, fmt};

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

    /// The server spoke before it was asked, or something that is not TLS.
    #[cfg(all(target_os = "wasi", target_env = "p2"))]
    pub(crate) fn unexpected_bytes() -> Self {
        Self::Protocol("the server sent bytes before the TLS handshake began".to_owned())
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
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Certificate(problem) => Some(problem),
            _ => None,
        }
    }
}
