//! Why an opening handshake failed, and whose fault it is.

use core::{error::Error as StdError, fmt};

#[cfg(feature = "deflate")]
use crate::extension::deflate::DeflateError;
use crate::{error::CapacityError, http::HeadError};

/// Why an opening handshake did not open a connection. Fatal: the same error
/// comes back from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HandshakeError {
    /// The request cannot be sent as it is: the caller's fault. Nothing was
    /// written.
    Request(RequestError),
    /// A buffer or a limit of ours is too small.
    Capacity(CapacityError),
    /// The server answered with something else than 101: a redirect, a
    /// demand for authentication, an error.
    /// [`Handshake::response`](super::Handshake::response) has the rest.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The server broke a rule of the opening handshake.
    Response(ResponseError),
    /// The deadline passed.
    Timeout,
    /// The transport ended before the response did.
    ConnectionLost,
    /// An extension was negotiated that the connection was not given: the
    /// caller offered it and has to provide it.
    MissingExtension,
    /// The handshake has not ended yet: the caller asked for the connection
    /// too early.
    Unfinished,
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Capacity(error) => error.fmt(f),
            Self::Refused { status } => {
                write!(f, "the server refused the handshake with status {status}")
            }
            Self::Response(error) => error.fmt(f),
            Self::Timeout => f.write_str("the opening handshake did not end within its deadline"),
            Self::ConnectionLost => {
                f.write_str("the connection was lost before the server's response was complete")
            }
            Self::MissingExtension => f.write_str(
                "the server accepted permessage-deflate, but nothing is there to do it: \
                 provide it or do not offer it",
            ),
            Self::Unfinished => f.write_str("the opening handshake has not ended yet"),
        }
    }
}

impl StdError for HandshakeError {}

impl From<RequestError> for HandshakeError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<CapacityError> for HandshakeError {
    fn from(error: CapacityError) -> Self {
        Self::Capacity(error)
    }
}

impl From<ResponseError> for HandshakeError {
    fn from(error: ResponseError) -> Self {
        Self::Response(error)
    }
}

/// What in a [`Request`](super::Request) may not be sent. An `index` counts
/// from 0 in the list that the caller gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// The host is empty or has a character that no host has.
    InvalidHost,
    /// The path and query do not begin with `/` or `?`, or have a space, a
    /// control character, `#` or one outside ASCII.
    InvalidTarget,
    /// The origin is empty or has a control character.
    InvalidOrigin,
    /// The cookies have a control character.
    InvalidCookie,
    /// A permessage-deflate offer with a window out of its range.
    InvalidDeflateOffer {
        /// Which.
        index: usize,
    },
    /// A subprotocol that is not a token (RFC 6455 §4.1).
    InvalidSubprotocol {
        /// Which.
        index: usize,
    },
    /// A subprotocol that was listed before (RFC 6455 §4.1: "MUST all be
    /// unique").
    DuplicateSubprotocol {
        /// Which.
        index: usize,
    },
    /// An extra header whose name is not a token (RFC 9110 §5.1).
    InvalidHeaderName {
        /// Which.
        index: usize,
    },
    /// An extra header whose value has a control character, such as CR, LF
    /// or NUL.
    InvalidHeaderValue {
        /// Which.
        index: usize,
    },
    /// An extra header that the handshake itself decides about.
    ReservedHeader {
        /// Which.
        index: usize,
        /// Its name.
        name: &'static str,
    },
    /// An extra header that the request also sets by a method of its own:
    /// `Origin` or `Cookie`.
    DuplicateHeader {
        /// Which.
        index: usize,
        /// Its name.
        name: &'static str,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // People count from 1.
        let nth = |index: &usize| index.saturating_add(1);
        match self {
            Self::InvalidHost => {
                f.write_str("the host is empty or has a character that no host has")
            }
            Self::InvalidTarget => f.write_str(
                "the path must begin with / and have no space, #, control or non-ASCII character: \
                 percent-encode them",
            ),
            Self::InvalidOrigin => f.write_str("the origin is empty or has a control character"),
            Self::InvalidCookie => f.write_str("the cookies have a control character"),
            Self::InvalidDeflateOffer { index } => write!(
                f,
                "permessage-deflate offer {} has a window out of 8 to 15 (server) or 9 to 15 \
                 (client) bits",
                index + 1
            ),
            Self::InvalidSubprotocol { index } => write!(
                f,
                "subprotocol {} is not a token: use letters, digits and - . _ only",
                nth(index)
            ),
            Self::DuplicateSubprotocol { index } => {
                write!(f, "subprotocol {} was listed before", nth(index))
            }
            Self::InvalidHeaderName { index } => {
                write!(f, "the name of extra header {} is not a token", nth(index))
            }
            Self::InvalidHeaderValue { index } => write!(
                f,
                "the value of extra header {} has a control character, such as CR or LF",
                nth(index)
            ),
            Self::ReservedHeader { index, name } => write!(
                f,
                "extra header {}, {name}, is part of the handshake and cannot be set",
                nth(index)
            ),
            Self::DuplicateHeader { index, name } => write!(
                f,
                "extra header {}, {name}, is set twice: keep one of the two",
                nth(index)
            ),
        }
    }
}

impl StdError for RequestError {}

/// A rule of the opening handshake that the server broke (RFC 6455 §4.1,
/// the numbered list on the server's response).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResponseError {
    /// The bytes are not the head of an HTTP/1.1 response.
    Malformed(HeadError),
    /// The server switched protocols before it had the whole request.
    Premature,
    /// `Upgrade` is missing or is not `websocket`.
    Upgrade,
    /// `Connection` does not list `upgrade`.
    Connection,
    /// No `Sec-WebSocket-Accept`.
    MissingAccept,
    /// More than one `Sec-WebSocket-Accept`.
    DuplicateAccept,
    /// `Sec-WebSocket-Accept` does not answer the key: the server is none,
    /// or the response is an old one from a cache.
    WrongAccept,
    /// A subprotocol that the request did not offer.
    UnofferedSubprotocol,
    /// More than one `Sec-WebSocket-Protocol`.
    DuplicateSubprotocol,
    /// An extension that the request did not offer.
    UnofferedExtension,
    /// An answer to the permessage-deflate offer that breaks RFC 7692.
    #[cfg(feature = "deflate")]
    Deflate(DeflateError),
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(error) => {
                return write!(f, "the server's response cannot be read: {error}");
            }
            Self::Premature => "the server switched protocols before it had the whole request",
            Self::Upgrade => "the server's Upgrade header is not websocket",
            Self::Connection => "the server's Connection header does not list upgrade",
            Self::MissingAccept => "the server's response has no Sec-WebSocket-Accept header",
            Self::DuplicateAccept => {
                "the server's response has more than one Sec-WebSocket-Accept header"
            }
            Self::WrongAccept => {
                "the server's Sec-WebSocket-Accept does not answer the request's key"
            }
            Self::UnofferedSubprotocol => "the server chose a subprotocol that was not offered",
            Self::DuplicateSubprotocol => {
                "the server's response has more than one Sec-WebSocket-Protocol header"
            }
            #[cfg(feature = "deflate")]
            Self::Deflate(error) => return error.fmt(f),
            Self::UnofferedExtension => "the server chose an extension that was not offered",
        })
    }
}

impl StdError for ResponseError {}

impl From<HeadError> for ResponseError {
    fn from(error: HeadError) -> Self {
        Self::Malformed(error)
    }
}
