//! What a connection tells its owner.

use crate::{close_code::CloseCode, frame::Opcode};

/// Text or binary (RFC 6455 §5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

impl MessageKind {
    pub(super) const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}

/// Something that happened. Borrows the receive buffer until the connection
/// is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole text message whose bytes nobody has checked, instead of
    /// [`Text`](Self::Text) where
    /// [`Config::validate_utf8`](super::Config::validate_utf8) is off.
    RawText(&'a [u8]),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// A part of a message, with [`Delivery::Chunks`](super::Delivery::Chunks).
    Chunk(Chunk<'a>),
    /// A Ping. It is answered already.
    Ping(&'a [u8]),
    /// A Pong, asked for or not.
    Pong(&'a [u8]),
    /// The connection has ended with a closing handshake. Comes again, the
    /// same, whenever it is asked for.
    Closed(Closed<'a>),
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Chunk<'a> {
    /// What the message is.
    pub kind: MessageKind,
    /// The bytes. Empty only in an empty message or a last chunk. Those of a
    /// text message are valid UTF-8 so far, but may end inside a code point;
    /// unchecked where [`Config::validate_utf8`](super::Config::validate_utf8)
    /// is off.
    pub data: &'a [u8],
    /// Whether this is the first chunk of its message.
    pub first: bool,
    /// Whether this is the last chunk of its message.
    pub last: bool,
}

/// Who sent the first Close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Initiator {
    /// This side.
    Local,
    /// The peer.
    Peer,
}

/// How the connection ended (RFC 6455 §7.1.5, §7.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Closed<'a> {
    /// The code of the peer's Close frame; `None` where it carried none or
    /// never came.
    pub code: Option<CloseCode>,
    /// The reason in the peer's Close frame.
    pub reason: &'a str,
    /// Who began.
    pub initiator: Initiator,
    /// Whether Close frames went both ways. If not, the close deadline ended
    /// the wait.
    pub clean: bool,
}

/// A part of the receive buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Where the bytes of a message are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the receive buffer.
    Received(Span),
    /// In the extension: the whole message,
    Inflated,
    /// or a part of its output.
    Output(Span),
}

/// An [`Event`] that borrows nothing, so that a driver can flush replies
/// between finding it and handing it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    Message(MessageKind, Place),
    Chunk {
        kind: MessageKind,
        place: Place,
        first: bool,
        last: bool,
    },
    Ping(Span),
    Pong(Span),
    Closed,
}
