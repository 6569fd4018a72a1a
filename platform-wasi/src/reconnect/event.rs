//! What a session tells.

use alloc::{string::String, sync::Arc};
use core::{error::Error as StdError, fmt, time::Duration};

use hybi_core::{
    close_code::CloseCode,
    connection::Initiator,
    reconnect::{is_final, retry_after},
};

use crate::{
    error::{ConnectError, Error, Kind, Response, WasiError},
    message::{Closed, Message},
};

/// Something that happened in a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A connection is open.
    Open(Opened),
    /// A message, never [`Message::Closed`].
    Message(Message),
    /// A connection was lost, or an attempt failed.
    Disconnected(Disconnected),
    /// It is over. The last event, and there is exactly one.
    Closed(Outcome),
}

/// A connection that has been opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Opened {
    /// Whether another one was open before in this session.
    pub reconnect: bool,
    /// Counts the attempts since the last open connection, from 1; 0 for the
    /// first attempt of all.
    pub attempt: u32,
    /// The URL that was connected to, in ASCII, without a password.
    pub url: String,
    /// What the server answered to the opening handshake.
    pub response: Response,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
}

/// A loss.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Disconnected {
    /// Why.
    pub cause: Cause,
    /// Counts the attempts since the last open connection, from 1; 0 for the
    /// first attempt of all. The number of the attempt that follows, or, where
    /// none does, of the last one.
    pub attempt: u32,
    /// How long the wait is before that attempt. `None`: there will be none;
    /// [`SessionEvent::Closed`] comes next.
    pub next_delay: Option<Duration>,
}

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        match self.next_delay {
            Some(delay) => write!(f, "; attempt {} in {delay:?}", self.attempt),
            None => f.write_str("; no further attempt"),
        }
    }
}

/// Why a connection was lost, or not opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Cause {
    /// It was not opened.
    Connect(Arc<ConnectError>),
    /// It was open and failed.
    Connection(Arc<Error>),
    /// The peer closed it with a code that is neither 1000 nor 1001.
    Closed(Closed),
}

impl Cause {
    /// The kind. Of a connection that the peer closed: [`Kind::Io`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Connect(error) => error.kind(),
            Self::Connection(error) => error.kind(),
            Self::Closed(_) => Kind::Io,
        }
    }

    /// Whether another attempt would end the same way.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Connect(error) => match &**error {
                #[cfg(feature = "tls")]
                ConnectError::Tls { error, .. } => error.is_final(),
                ConnectError::NoTls { .. } => true,
                // The host will not change its mind while this runs.
                ConnectError::Connect { error, .. } => *error == WasiError::NetworkDenied,
                ConnectError::Handshake { error, .. } => is_final(error),
                error => matches!(error.kind(), Kind::Url | Kind::Usage),
            },
            Self::Connection(error) => match &**error {
                #[cfg(feature = "tls")]
                Error::Tls(error) => error.is_final(),
                _ => false,
            },
            Self::Closed(_) => false,
        }
    }

    /// The wait that the server asked for with `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Connect(error) => {
                retry_after(error.response()?.header("Retry-After")?.as_bytes())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Connection(error) => error.fmt(f),
            Self::Closed(closed) => closing(closed, f),
        }
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Connect(error) => Some(&**error),
            Self::Connection(error) => Some(&**error),
            Self::Closed(_) => None,
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// With a closing handshake, by either side.
    Closed(Closed),
    /// By [`Reconnecting::close`](super::Reconnecting::close) while no
    /// connection was open, or by
    /// [`Reconnecting::abort`](super::Reconnecting::abort).
    Stopped,
    /// Nothing was left to try, or trying again cannot help.
    Failed(Cause),
}

impl Outcome {
    /// `Ok` unless it [`Failed`](Self::Failed). A close that the peer did not
    /// answer in time is `Ok` too.
    ///
    /// # Errors
    /// Why it failed.
    pub fn into_result(self) -> Result<Option<Closed>, Cause> {
        match self {
            Self::Closed(closed) => Ok(Some(closed)),
            Self::Stopped => Ok(None),
            Self::Failed(cause) => Err(cause),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => closing(closed, f),
            Self::Stopped => f.write_str("stopped"),
            Self::Failed(cause) => cause.fmt(f),
        }
    }
}

fn closing(closed: &Closed, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match closed.initiator {
        Initiator::Local => "closed by this side",
        Initiator::Peer => "closed by the peer",
    })?;
    if let Some(code) = closed.code {
        write!(f, " with {code}")?;
    }
    if !closed.reason.is_empty() {
        write!(f, ": {}", closed.reason.escape_debug())?;
    }
    if !closed.clean {
        f.write_str(", unanswered")?;
    }
    Ok(())
}

/// Whether a closing handshake means that the peer wants the client back.
pub(super) const fn is_loss(closed: &Closed) -> bool {
    matches!(closed.initiator, Initiator::Peer)
        && !matches!(
            closed.code,
            None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY)
        )
}
