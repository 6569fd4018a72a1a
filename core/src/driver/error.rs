//! What a driver's operation can return.

use core::{error::Error as StdError, fmt};

use crate::{
    error::{ReceiveError, SendError},
    handshake::HandshakeError,
};

/// Why an operation of a driver failed. `E` is the transport's own error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The opening handshake failed.
    Handshake(HandshakeError),
    /// The connection failed or was lost. Fatal.
    Receive(ReceiveError),
    /// The order could not be carried out. The connection is unharmed.
    Send(SendError),
    /// The transport failed. Fatal.
    Transport(E),
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(error) => error.fmt(f),
            Self::Receive(error) => error.fmt(f),
            Self::Send(error) => error.fmt(f),
            Self::Transport(error) => write!(f, "the transport failed: {error}"),
        }
    }
}

impl<E: StdError + 'static> StdError for Error<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Handshake(error) => Some(error),
            Self::Receive(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Transport(error) => Some(error),
        }
    }
}

impl<E> From<HandshakeError> for Error<E> {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl<E> From<ReceiveError> for Error<E> {
    fn from(error: ReceiveError) -> Self {
        Self::Receive(error)
    }
}

impl<E> From<SendError> for Error<E> {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}
