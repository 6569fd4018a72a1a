//! What can go wrong with TLS, and which check of the certificate failed.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{error::Error, fmt};

use rustls::{AlertDescription, CertificateError, Error as RustlsError, InvalidMessage};

use super::{der::utc, verify::SelfSigned};

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

fn alert_text(alert: AlertDescription) -> String {
    let hint = match alert {
        AlertDescription::CertificateRequired => "; it asks for a client certificate",
        AlertDescription::UnknownCA | AlertDescription::BadCertificate => {
            "; it does not accept the client certificate"
        }
        AlertDescription::UnrecognisedName => "; it does not know this server name",
        AlertDescription::ProtocolVersion => "; it speaks neither TLS 1.2 nor TLS 1.3",
        AlertDescription::HandshakeFailure => {
            "; no cipher suite in common, or it asks for a client certificate"
        }
        AlertDescription::NoApplicationProtocol => "; it does not offer http/1.1",
        _ => "",
    };
    format!("{alert:?}{hint}")
}

/// The check that a server's certificate failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is no longer valid: since when, in UTC, where known.
    Expired(Option<String>),
    /// It is not valid yet: from when on, in UTC, where known.
    NotYetValid(Option<String>),
    /// It is for other names than the one asked for.
    WrongName {
        /// The name asked for, where known.
        expected: Option<String>,
        /// The names that it is for.
        presented: Vec<String>,
    },
    /// Its issuer is not trusted here.
    UnknownIssuer,
    /// It was signed by itself and is not trusted here.
    SelfSigned,
    /// Its issuer has revoked it.
    Revoked,
    /// It is not for a server: for a client or an authority.
    WrongUsage,
    /// A signature in its chain is wrong, or of a kind not accepted here.
    BadSignature,
    /// It cannot be read.
    Malformed,
    /// Something else; the text says what.
    Other(String),
}

impl CertificateProblem {
    fn of(error: &CertificateError) -> Self {
        use CertificateError as E;
        match error {
            E::Expired => Self::Expired(None),
            E::ExpiredContext { not_after, .. } => Self::Expired(Some(utc(not_after.as_secs()))),
            E::NotValidYet => Self::NotYetValid(None),
            E::NotValidYetContext { not_before, .. } => {
                Self::NotYetValid(Some(utc(not_before.as_secs())))
            }
            E::NotValidForName => Self::WrongName {
                expected: None,
                presented: Vec::new(),
            },
            E::NotValidForNameContext {
                expected,
                presented,
            } => Self::WrongName {
                expected: Some(expected.to_str().into_owned()),
                presented: presented.iter().map(|name| plain_name(name)).collect(),
            },
            E::UnknownIssuer => Self::UnknownIssuer,
            E::Revoked => Self::Revoked,
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => Self::WrongUsage,
            E::BadSignature
            | E::UnsupportedSignatureAlgorithmContext { .. }
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::BadSignature,
            E::BadEncoding => Self::Malformed,
            E::Other(other) if other.0.is::<SelfSigned>() => Self::SelfSigned,
            // What webpki says has no kind of its own in rustls.
            E::Other(other) => match &*other.0.to_string() {
                text if text.contains("CaUsedAsEndEntity") => Self::WrongUsage,
                text if text.contains("EndEntityUsedAsCa") => Self::UnknownIssuer,
                text => Self::Other(text.to_owned()),
            },
            other => Self::Other(other.to_string()),
        }
    }
}

/// rustls presents names as `DnsName("a.example")`.
fn plain_name(name: &str) -> String {
    match name.split_once('(') {
        Some((_, rest)) => rest.trim_end_matches(')').trim_matches('"').to_owned(),
        None => name.to_owned(),
    }
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's certificate ")?;
        match self {
            Self::Expired(Some(since)) => write!(f, "expired on {since}"),
            Self::Expired(None) => f.write_str("has expired"),
            Self::NotYetValid(Some(from)) => write!(
                f,
                "is not valid yet, only from {from} on: is this host's clock right?"
            ),
            Self::NotYetValid(None) => f.write_str("is not valid yet: is this host's clock right?"),
            Self::WrongName {
                expected,
                presented,
            } => {
                f.write_str("is for another name")?;
                if let Some(expected) = expected {
                    write!(f, " than {expected}")?;
                }
                if expected.is_some() && presented.is_empty() {
                    f.write_str(": it has no subjectAltName of that kind")
                } else if presented.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": it is for {}", presented.join(", "))
                }
            }
            Self::UnknownIssuer => f.write_str(
                "was issued by an authority that is not trusted here: \
                 add its root certificate if you trust it",
            ),
            Self::SelfSigned => {
                f.write_str("is self-signed and not trusted here: add it as a root if you trust it")
            }
            Self::Revoked => f.write_str("has been revoked"),
            Self::WrongUsage => {
                f.write_str("is not meant for a server: it is one of a client or of an authority")
            }
            Self::BadSignature => {
                f.write_str("carries a signature that is wrong or of a kind not accepted")
            }
            Self::Malformed => f.write_str("cannot be read"),
            Self::Other(text) => write!(f, "was refused: {text}"),
        }
    }
}

impl Error for CertificateProblem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_plain() {
        assert_eq!(plain_name("DnsName(\"a.example\")"), "a.example");
        assert_eq!(plain_name("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(plain_name("odd"), "odd");
    }

    #[test]
    fn messages_say_what_to_do_next() {
        let text = CertificateProblem::UnknownIssuer.to_string();
        assert!(text.contains("add its root certificate"), "{text}");
        let problem = CertificateProblem::WrongName {
            expected: Some("b.example".into()),
            presented: alloc::vec!["a.example".into()],
        };
        assert_eq!(
            problem.to_string(),
            "the server's certificate is for another name than b.example: it is for a.example"
        );
    }
}
