//! What can go wrong, and whose fault it is.
//!
//! | type | whose fault | the connection afterwards |
//! | --- | --- | --- |
//! | [`HandshakeError`](crate::handshake::HandshakeError) | the server's, or a limit of ours | never opened |
//! | [`ProtocolError`] | the peer's | failed; the Close frame is queued |
//! | [`CapacityError`] | nobody's: a limit of ours | failed when receiving, unharmed when sending |
//! | [`SendError`] | the caller's | unharmed |

use core::{error::Error as StdError, fmt};

use crate::close_code::CloseCode;

/// A rule of RFC 6455 that the peer broke. Fatal; the Close frame with
/// [`close_code`](Self::close_code) is already queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit without an extension that gives it a meaning (§5.2).
    ReservedBits,
    /// An opcode that no specification defines (§5.2).
    ReservedOpcode(u8),
    /// A frame from the server was masked (§5.1).
    MaskedFrame,
    /// A length not in its shortest form (§5.2).
    NonMinimalLength,
    /// A 64-bit length with the most significant bit set (§5.2).
    LengthOverflow,
    /// A control frame without FIN (§5.5).
    FragmentedControlFrame,
    /// A control frame with more than 125 bytes (§5.5).
    ControlFrameTooLong,
    /// A continuation frame with no message to continue (§5.4).
    UnexpectedContinuation,
    /// A new message inside an unfinished one (§5.4).
    ExpectedContinuation,
    /// Text that is not UTF-8 (§8.1).
    InvalidUtf8,
    /// A Close frame with one byte of body (§5.5.1).
    TruncatedCloseCode,
    /// A compressed message that cannot be decompressed (RFC 7692 §7.2.2).
    InvalidCompressedData,
    /// A close code that must not stand in a frame (§7.4).
    InvalidCloseCode(u16),
    /// A close reason that is not UTF-8 (§5.5.1).
    InvalidCloseReason,
}

impl ProtocolError {
    /// The code that the Close frame to the peer carries (§7.4.1).
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::InvalidUtf8 | Self::InvalidCloseReason | Self::InvalidCompressedData => {
                CloseCode::INVALID_PAYLOAD
            }
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer sent ")?;
        match self {
            Self::ReservedBits => f.write_str("a frame with a reserved bit set"),
            Self::ReservedOpcode(opcode) => write!(f, "a frame with reserved opcode {opcode:#x}"),
            Self::MaskedFrame => f.write_str("a masked frame"),
            Self::NonMinimalLength => f.write_str("a frame length not in its shortest form"),
            Self::LengthOverflow => f.write_str("a frame length of 2^63 or more"),
            Self::FragmentedControlFrame => f.write_str("a fragmented control frame"),
            Self::ControlFrameTooLong => f.write_str("a control frame of more than 125 bytes"),
            Self::UnexpectedContinuation => {
                f.write_str("a continuation frame without a message to continue")
            }
            Self::ExpectedContinuation => f.write_str("a new message inside an unfinished one"),
            Self::InvalidUtf8 => f.write_str("text that is not UTF-8"),
            Self::TruncatedCloseCode => f.write_str("a Close frame with half a status code"),
            Self::InvalidCompressedData => {
                f.write_str("a compressed message that cannot be decompressed")
            }
            Self::InvalidCloseCode(code) => {
                write!(f, "a Close frame with the forbidden code {code}")
            }
            Self::InvalidCloseReason => f.write_str("a close reason that is not UTF-8"),
        }
    }
}

impl StdError for ProtocolError {}

/// Which limit a [`CapacityError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Limit {
    /// The size of a buffer that the caller lent.
    Buffer,
    /// The window that the caller lent for decompression, in bytes.
    Window,
    /// `Config::max_frame_size`, in bytes.
    Frame,
    /// `Config::max_message_size`, in bytes.
    Message,
    /// `Config::max_fragments`, in frames a message.
    Fragments,
    /// `ResponseLimits::max_head_size`, in bytes.
    ResponseHead,
    /// `ResponseLimits::max_headers`, in header lines.
    ResponseHeaders,
}

/// Something was larger than a limit or a buffer of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CapacityError {
    /// Which limit.
    pub limit: Limit,
    /// What was needed, in the limit's unit. At least this much.
    pub needed: u64,
    /// What the limit allows.
    pub allowed: u64,
}

impl CapacityError {
    /// The code that the Close frame to the peer carries: 1009 (§7.4.1).
    pub const fn close_code(self) -> CloseCode {
        CloseCode::MESSAGE_TOO_BIG
    }
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            limit,
            needed,
            allowed,
        } = self;
        match limit {
            Limit::Buffer => write!(
                f,
                "{needed} bytes do not fit a buffer of {allowed}: lend a larger one"
            ),
            Limit::Window => write!(
                f,
                "a window of {needed} bytes does not fit storage of {allowed}: lend more, or \
                 offer a smaller server_max_window_bits"
            ),
            Limit::Frame => write!(
                f,
                "a frame of {needed} bytes is over the limit of {allowed}: see max_frame_size"
            ),
            Limit::Message => write!(
                f,
                "a message of at least {needed} bytes is over the limit of {allowed}: \
                 see max_message_size"
            ),
            Limit::Fragments => write!(
                f,
                "a message in more than {allowed} fragments: see max_fragments"
            ),
            Limit::ResponseHead => write!(
                f,
                "the response head is longer than {allowed} bytes: see max_head_size"
            ),
            Limit::ResponseHeaders => write!(
                f,
                "the response has more than {allowed} header lines: see max_headers"
            ),
        }
    }
}

impl StdError for CapacityError {}

/// Which deadline passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Timeout {
    /// Nothing arrived for longer than `Config::idle_timeout`.
    Idle,
    /// A keepalive Ping was not answered in time.
    Keepalive,
    /// The transport took no bytes for longer than `Config::write_timeout`.
    Write,
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "nothing arrived from the peer within the idle deadline",
            Self::Keepalive => "the peer did not answer a keepalive Ping within its deadline",
            Self::Write => "the transport did not take what was to be sent within the deadline",
        })
    }
}

impl StdError for Timeout {}

/// Why a connection ended without a closing handshake. Fatal: the same error
/// comes back from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReceiveError {
    /// The peer broke the protocol; it was told with a Close frame.
    Protocol(ProtocolError),
    /// The peer sent more than our limits allow; it was told with 1009.
    Capacity(CapacityError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The transport ended without a Close frame (code 1006 in the RFC's
    /// terms, §7.1.5).
    ConnectionLost,
}

impl ReceiveError {
    /// The code of the Close frame that this side sent, if it sent one.
    pub const fn close_code(self) -> Option<CloseCode> {
        match self {
            Self::Protocol(error) => Some(error.close_code()),
            Self::Capacity(error) => Some(error.close_code()),
            Self::Timeout(Timeout::Idle | Timeout::Keepalive) => Some(CloseCode::GOING_AWAY),
            Self::Timeout(Timeout::Write) | Self::ConnectionLost => None,
        }
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(f),
            Self::Capacity(error) => error.fmt(f),
            Self::Timeout(error) => error.fmt(f),
            Self::ConnectionLost => {
                f.write_str("the connection was lost: the peer ended it without a Close frame")
            }
        }
    }
}

impl StdError for ReceiveError {}

impl From<ProtocolError> for ReceiveError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<CapacityError> for ReceiveError {
    fn from(error: CapacityError) -> Self {
        Self::Capacity(error)
    }
}

/// An order of the caller that cannot be carried out. The connection is
/// unharmed and nothing of the order was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SendError {
    /// The closing handshake has begun; nothing may follow (§5.5.1).
    Closing,
    /// The send buffer has no room now: transmit what it holds, then send
    /// again.
    Full,
    /// The frame can never fit the send buffer whole: send it in pieces or
    /// lend a larger buffer.
    TooBig(CapacityError),
    /// A message begun in pieces is not finished yet (§5.4).
    MessageInProgress,
    /// The compressor failed inside a message, which cannot be finished. The
    /// connection can only be closed.
    Compression,
    /// The payload of a control frame is over 125 bytes (§5.5).
    ControlTooLong,
    /// The code must not stand in a Close frame (§7.4), or a reason was
    /// given without a code.
    InvalidCloseCode,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => f.write_str("the connection is closing: nothing more can be sent"),
            Self::Full => f.write_str("the send buffer is full: transmit first, then send again"),
            Self::TooBig(error) => {
                write!(f, "the frame cannot be sent whole: {error}")
            }
            Self::MessageInProgress => {
                f.write_str("a message begun in pieces must be finished first")
            }
            Self::Compression => f.write_str("the compressor failed inside a message"),
            Self::ControlTooLong => {
                f.write_str("the payload of a control frame may have at most 125 bytes")
            }
            Self::InvalidCloseCode => f.write_str(
                "this close code may not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999",
            ),
        }
    }
}

impl StdError for SendError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_codes_follow_section_7_4_1() {
        assert_eq!(ProtocolError::InvalidUtf8.close_code(), CloseCode(1007));
        assert_eq!(ProtocolError::MaskedFrame.close_code(), CloseCode(1002));
        let capacity = CapacityError {
            limit: Limit::Frame,
            needed: 2,
            allowed: 1,
        };
        assert_eq!(capacity.close_code(), CloseCode(1009));
        assert_eq!(
            ReceiveError::Timeout(Timeout::Idle).close_code(),
            Some(CloseCode(1001))
        );
        assert_eq!(ReceiveError::ConnectionLost.close_code(), None);
    }
}
