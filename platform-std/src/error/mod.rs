//! What can go wrong, who is at fault and what to do next.
//!
//! [`ConnectError`] comes before a connection is open, [`Error`] after. Both
//! sort into the same few [`Kind`]s.

use core::fmt;
use std::{error::Error as StdError, io};

use hybi_core::{close_code::CloseCode, driver::Error as DriverError, error::ReceiveError};

mod connect;

pub use crate::{dial::Attempt, proxy::ProxyError, tls::TlsError};
pub use connect::{ConnectError, Phase};
pub use hybi_common::{kind::Kind, redirect::RedirectError, response::Response, url::UrlError};
pub use hybi_core::{
    error::{CapacityError, Limit, ProtocolError, SendError, Timeout},
    handshake::{HandshakeError, RequestError, ResponseError},
};

/// What can go wrong on an open connection.
///
/// All but [`Send`](Self::Send), [`Woken`](Self::Woken) and
/// [`NotOpen`](Self::NotOpen) are fatal: nothing but an error comes from that
/// connection again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke the protocol, and was told so with a Close frame.
    Protocol(ProtocolError),
    /// The peer sent more than the limits allow, and was told so.
    TooBig(CapacityError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The peer, or something on the path, ended the connection without a
    /// Close frame.
    Lost,
    /// The order cannot be carried out; nothing was sent, and the connection
    /// is as before.
    Send(SendError),
    /// A [`Waker`](crate::Waker) ended the wait. The connection is as before.
    Woken,
    /// A session that reconnects has no open connection now; nothing was
    /// sent.
    NotOpen,
    /// TLS failed.
    Tls(TlsError),
    /// The stream failed.
    Io(io::Error),
}

impl Error {
    /// The kind. Of [`Woken`](Self::Woken) and [`NotOpen`](Self::NotOpen):
    /// [`Kind::Io`].
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Protocol(ProtocolError::InvalidUtf8 | ProtocolError::InvalidCloseReason) => {
                Kind::Utf8
            }
            Self::Protocol(_) => Kind::Protocol,
            Self::TooBig(_) => Kind::TooBig,
            Self::Timeout(_) => Kind::Timeout,
            Self::Send(_) => Kind::Usage,
            Self::Tls(_) => Kind::Tls,
            Self::Lost | Self::Woken | Self::NotOpen | Self::Io(_) => Kind::Io,
        }
    }

    /// The code of the Close frame that this side sent because of it.
    #[must_use]
    pub const fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Protocol(error) => Some(error.close_code()),
            Self::TooBig(error) => Some(error.close_code()),
            Self::Timeout(error) => ReceiveError::Timeout(*error).close_code(),
            _ => None,
        }
    }

    /// Whether the connection is over.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::Send(_) | Self::Woken | Self::NotOpen)
    }
}

impl From<DriverError<io::Error>> for Error {
    fn from(error: DriverError<io::Error>) -> Self {
        match error {
            DriverError::Receive(error) => error.into(),
            DriverError::Send(error) => Self::Send(error),
            DriverError::Transport(error) => match crate::stream::Stream::tls_error(&error) {
                Some(error) => Self::Tls(error),
                // TLS that ended without close_notify: no more than lost.
                None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Lost,
                None => Self::Io(error),
            },
            other => Self::Io(io::Error::other(other.to_string())),
        }
    }
}

impl From<ReceiveError> for Error {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Protocol(error) => Self::Protocol(error),
            ReceiveError::Capacity(error) => Self::TooBig(error),
            ReceiveError::Timeout(error) => Self::Timeout(error),
            ReceiveError::ConnectionLost => Self::Lost,
            other => Self::Io(io::Error::other(other.to_string())),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(f),
            Self::TooBig(error) => error.fmt(f),
            Self::Timeout(error) => error.fmt(f),
            Self::Lost => ReceiveError::ConnectionLost.fmt(f),
            Self::Send(error) => error.fmt(f),
            Self::Woken => f.write_str("another thread ended the wait"),
            Self::NotOpen => f.write_str("no connection is open now: nothing was sent"),
            Self::Tls(error) => error.fmt(f),
            Self::Io(error) => write!(f, "the connection was lost: {error}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            Self::TooBig(error) => Some(error),
            Self::Timeout(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Lost | Self::Woken | Self::NotOpen => None,
        }
    }
}
