//! What can go wrong, who is at fault and what to do next.
//!
//! [`ConnectError`] comes before a connection is open, [`Error`] after. Both
//! sort into the same few [`Kind`]s. [`WasiError`] is what the host says, with
//! the flag that grants what it denied.

use core::{error::Error as StdError, fmt};

use hybi_core::{close_code::CloseCode, driver::Error as DriverError, error::ReceiveError};

mod connect;
mod wasi;

pub use crate::{dial::Attempt, proxy::ProxyError};
pub use connect::{ConnectError, Phase};
pub use hybi_common::{kind::Kind, redirect::RedirectError, response::Response, url::UrlError};
pub use hybi_core::{
    error::{CapacityError, Limit, ProtocolError, SendError, Timeout},
    handshake::{HandshakeError, RequestError, ResponseError},
};
pub use wasi::WasiError;

#[cfg(feature = "tls")]
pub use crate::tls::TlsError;
use crate::wire::WireError;

/// What can go wrong on an open connection.
///
/// All but [`Send`](Self::Send) and [`NotOpen`](Self::NotOpen) are fatal:
/// nothing but an error comes from that connection again.
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
    /// A session that reconnects has no open connection now; nothing was
    /// sent.
    NotOpen,
    /// TLS failed.
    #[cfg(feature = "tls")]
    Tls(TlsError),
    /// The stream failed.
    Io(WasiError),
}

impl Error {
    /// The kind. Of [`NotOpen`](Self::NotOpen): [`Kind::Io`].
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
            #[cfg(feature = "tls")]
            Self::Tls(_) => Kind::Tls,
            Self::Lost | Self::NotOpen | Self::Io(_) => Kind::Io,
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
        !matches!(self, Self::Send(_) | Self::NotOpen)
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Wasi(error) => Self::Io(error),
            WireError::Cut => Self::Lost,
            #[cfg(feature = "tls")]
            WireError::Tls(error) => Self::Tls(error),
        }
    }
}

impl From<DriverError<WireError>> for Error {
    fn from(error: DriverError<WireError>) -> Self {
        match error {
            DriverError::Receive(error) => error.into(),
            DriverError::Send(error) => Self::Send(error),
            DriverError::Transport(error) => error.into(),
            // Those of the opening handshake, which is over.
            _ => Self::Lost,
        }
    }
}

impl From<ReceiveError> for Error {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Protocol(error) => Self::Protocol(error),
            ReceiveError::Capacity(error) => Self::TooBig(error),
            ReceiveError::Timeout(error) => Self::Timeout(error),
            _ => Self::Lost,
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
            Self::NotOpen => f.write_str("no connection is open now: nothing was sent"),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
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
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Lost | Self::NotOpen => None,
        }
    }
}
