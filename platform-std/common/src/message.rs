//! Messages that own their bytes.

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};

use hybi_core::{
    close_code::CloseCode,
    connection::{Closed as BorrowedClosed, Event, Initiator, MessageKind},
};

/// A message, or the end of the connection, that owns what it holds.
///
/// Where copying matters, use `WebSocket::receive`, whose events borrow the
/// receive buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A Ping. A received one has been answered already.
    Ping(Vec<u8>),
    /// A Pong.
    Pong(Vec<u8>),
    /// The closing handshake; to send one, see `WebSocket::close`.
    Closed(Closed),
}

impl Message {
    /// The message that `event` is, or completes: chunks are put together in
    /// `partial`. `None`: a part of a message, or something of no interest.
    #[must_use]
    pub fn of(event: Event<'_>, partial: &mut Vec<u8>) -> Option<Self> {
        Some(match event {
            Event::Text(text) => Self::Text(text.to_owned()),
            Event::RawText(data) => Self::Text(lossy(data.to_owned())),
            Event::Binary(data) => Self::Binary(data.to_owned()),
            Event::Ping(payload) => Self::Ping(payload.to_owned()),
            Event::Pong(payload) => Self::Pong(payload.to_owned()),
            Event::Closed(closed) => Self::Closed(closed.into()),
            Event::Chunk(chunk) => {
                if chunk.first {
                    partial.clear();
                }
                partial.extend_from_slice(chunk.data);
                if !chunk.last {
                    return None;
                }
                let data = core::mem::take(partial);
                match chunk.kind {
                    MessageKind::Text => Self::Text(lossy(data)),
                    MessageKind::Binary => Self::Binary(data),
                }
            }
            _ => return None,
        })
    }
}

/// Text whose bytes were checked as they arrived, unless somebody turned that
/// off.
fn lossy(data: Vec<u8>) -> String {
    String::from_utf8(data)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Message {
    fn from(data: &[u8]) -> Self {
        Self::Binary(data.to_owned())
    }
}

impl From<Vec<u8>> for Message {
    fn from(data: Vec<u8>) -> Self {
        Self::Binary(data)
    }
}

/// How the connection ended (RFC 6455 §7.1.5, §7.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The code of the peer's Close frame; `None` where it carried none or
    /// never came.
    pub code: Option<CloseCode>,
    /// The reason in the peer's Close frame.
    pub reason: String,
    /// Who sent the first Close frame.
    pub initiator: Initiator,
    /// Whether Close frames went both ways. If not, the close deadline ended
    /// the wait.
    pub clean: bool,
}

impl From<BorrowedClosed<'_>> for Closed {
    fn from(closed: BorrowedClosed<'_>) -> Self {
        Self {
            code: closed.code,
            reason: closed.reason.to_owned(),
            initiator: closed.initiator,
            clean: closed.clean,
        }
    }
}
