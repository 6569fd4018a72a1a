//! Which check a server's certificate failed.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};
use core::{error::Error, fmt};

use rustls::CertificateError;

use super::{der::utc, verify::SelfSigned};

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
    /// What rustls and the [`Verifier`](super::Verifier) mean.
    #[must_use]
    pub fn of(error: &CertificateError) -> Self {
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
                "is not valid yet, only from {from} on: is this machine's clock right?"
            ),
            Self::NotYetValid(None) => {
                f.write_str("is not valid yet: is this machine's clock right?")
            }
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
