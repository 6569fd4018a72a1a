//! Why a connection could not be made, and why a stream ended.

use core::{error::Error, fmt};

/// Why a connection could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectError {
    /// The host name is not one, or too long for the stack.
    InvalidName,
    /// The name server has no address for the name, or did not answer.
    NameNotFound,
    /// The stack already runs as many name lookups as it has room for.
    LookupsExhausted,
    /// The stack has no address or no route that leads to the peer.
    Unreachable,
    /// Nobody listens at the address.
    Refused,
    /// The deadline passed.
    TimedOut,
    /// The socket is in use.
    SocketInUse,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidName => "the host name is not valid, or too long for the stack",
            Self::NameNotFound => "the host name has no address, or no name server answered",
            Self::LookupsExhausted => "the DNS socket has no free slot: give it more",
            Self::Unreachable => "the stack has no route to the address",
            Self::Refused => "the connection was refused: nobody listens at this address",
            Self::TimedOut => "the connection was not made before the deadline",
            Self::SocketInUse => "the socket is in use: close or abort it first",
        })
    }
}

impl Error for ConnectError {}

/// Why a stream failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StreamError {
    /// The connection is gone: the peer reset it, the stack's own time-out
    /// ended it, or this side has shut it down.
    Reset,
    /// The deadline of a shutdown passed.
    TimedOut,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reset => "the connection was reset or is shut down",
            Self::TimedOut => "the peer did not acknowledge everything before the deadline",
        })
    }
}

impl Error for StreamError {}

impl embedded_io::Error for StreamError {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self {
            Self::Reset => embedded_io::ErrorKind::ConnectionReset,
            Self::TimedOut => embedded_io::ErrorKind::TimedOut,
        }
    }
}
