//! Why it did not end with a closing handshake, in the words of the command
//! line's contract.

use core::fmt;

use hybi_core::{
    driver::Error,
    error::{ProtocolError, ReceiveError},
    handshake::HandshakeError,
    uri::UriError,
};
use hybi_embedded::{
    error::{ConnectError, StreamError},
    tls::{Fault, TlsError, blocking::OpenError},
};

#[derive(Debug)]
pub(crate) enum Failure {
    Usage(&'static str),
    Url(UriError),
    Tls(Fault),
    TlsTimeout,
    Connect(ConnectError),
    Client(Error<StreamError>),
}

impl Failure {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Usage(_)
            | Self::Client(Error::Send(_) | Error::Handshake(HandshakeError::Request(_))) => {
                "usage"
            }
            Self::Url(_) => "url",
            // The contract counts it as TCP that just ended.
            Self::Tls(Fault::Truncated) => "io",
            Self::Tls(_) => "tls",
            Self::TlsTimeout => "timeout",
            Self::Connect(error) => match error {
                ConnectError::InvalidName
                | ConnectError::NameNotFound
                | ConnectError::LookupsExhausted => "resolve",
                ConnectError::TimedOut => "timeout",
                _ => "connect",
            },
            Self::Client(Error::Handshake(error)) => match error {
                HandshakeError::Timeout => "timeout",
                HandshakeError::ConnectionLost => "io",
                HandshakeError::Refused {
                    status: 301..=303 | 307 | 308,
                } => "redirect",
                _ => "handshake",
            },
            Self::Client(Error::Receive(error)) => match error {
                ReceiveError::Protocol(
                    ProtocolError::InvalidUtf8 | ProtocolError::InvalidCloseReason,
                ) => "utf8",
                ReceiveError::Protocol(_) => "protocol",
                ReceiveError::Capacity(_) => "too_big",
                ReceiveError::Timeout(_) => "timeout",
                _ => "io",
            },
            Self::Client(_) => "io",
        }
    }

    /// Whether another attempt would end the same way.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::Tls(fault) => matches!(
                fault,
                Fault::Certificate(_) | Fault::NotProven | Fault::InvalidHost
            ),
            Self::Client(Error::Handshake(error)) => hybi_core::reconnect::is_final(error),
            _ => false,
        }
    }

    /// The code of the Close frame that this side sent.
    pub(crate) fn close_code(&self) -> Option<u16> {
        match self {
            Self::Client(Error::Receive(error)) => error.close_code().map(|code| code.0),
            _ => None,
        }
    }

    /// The HTTP status of a refusal.
    pub(crate) const fn status(&self) -> Option<u16> {
        match self {
            Self::Client(Error::Handshake(HandshakeError::Refused { status })) => Some(*status),
            _ => None,
        }
    }

    pub(crate) fn exit(&self) -> i32 {
        match self.kind() {
            "usage" | "url" => 2,
            "handshake" | "redirect" => 3,
            "tls" => 4,
            "protocol" | "utf8" | "too_big" => 5,
            "timeout" => 6,
            _ => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::Url(error) => error.fmt(f),
            Self::Tls(fault) => fault.fmt(f),
            Self::TlsTimeout => f.write_str("the TLS handshake took too long"),
            Self::Connect(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
        }
    }
}

impl From<UriError> for Failure {
    fn from(error: UriError) -> Self {
        Self::Url(error)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<HandshakeError> for Failure {
    fn from(error: HandshakeError) -> Self {
        Self::Client(error.into())
    }
}

impl From<Error<StreamError>> for Failure {
    fn from(error: Error<StreamError>) -> Self {
        Self::Client(error)
    }
}

impl From<TlsError<StreamError>> for Failure {
    fn from(error: TlsError<StreamError>) -> Self {
        match error {
            TlsError::Transport(error) => Self::Client(Error::Transport(error)),
            TlsError::Tls(fault) => Self::Tls(fault),
            _ => Self::Tls(Fault::Internal),
        }
    }
}

impl From<OpenError<StreamError>> for Failure {
    fn from(error: OpenError<StreamError>) -> Self {
        match error {
            OpenError::Failed(error) => error.into(),
            _ => Self::TlsTimeout,
        }
    }
}

impl From<Error<TlsError<StreamError>>> for Failure {
    fn from(error: Error<TlsError<StreamError>>) -> Self {
        match error {
            Error::Handshake(error) => Self::Client(Error::Handshake(error)),
            Error::Receive(error) => Self::Client(Error::Receive(error)),
            Error::Send(error) => Self::Client(Error::Send(error)),
            Error::Transport(error) => error.into(),
            _ => Self::Tls(Fault::Internal),
        }
    }
}
