//! The body of a Close frame (RFC 6455 §5.5.1).

use super::MAX_CONTROL_PAYLOAD;
use crate::{close_code::CloseCode, error::ProtocolError};

/// The most bytes in a close reason: what a control frame leaves beside the
/// code.
pub const MAX_CLOSE_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// A legal Close body: nothing, or a code and a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CloseFrame<'a> {
    /// The status code; `None` where the body was empty.
    pub code: Option<CloseCode>,
    /// The reason, borrowed from the body. Empty without a code.
    pub reason: &'a str,
}

impl<'a> CloseFrame<'a> {
    /// Decodes the body that a peer sent. Borrows from it.
    ///
    /// # Errors
    /// One byte of body, a code that may not be sent, a reason that is not
    /// UTF-8.
    pub fn decode(body: &'a [u8]) -> Result<Self, ProtocolError> {
        let Some((code, reason)) = body.split_first_chunk() else {
            return if body.is_empty() {
                Ok(Self {
                    code: None,
                    reason: "",
                })
            } else {
                Err(ProtocolError::TruncatedCloseCode)
            };
        };
        let code = CloseCode(u16::from_be_bytes(*code));
        if !code.is_sendable() {
            return Err(ProtocolError::InvalidCloseCode(code.0));
        }
        let reason = core::str::from_utf8(reason).map_err(|_| ProtocolError::InvalidCloseReason)?;
        Ok(Self {
            code: Some(code),
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let empty = CloseFrame::decode(b"").unwrap();
        assert_eq!((empty.code, empty.reason), (None, ""));
        let bye = CloseFrame::decode(b"\x03\xe8bye").unwrap();
        assert_eq!((bye.code, bye.reason), (Some(CloseCode::NORMAL), "bye"));
        for (body, error) in [
            (&b"\x03"[..], ProtocolError::TruncatedCloseCode),
            (b"\x03\xe7", ProtocolError::InvalidCloseCode(999)),
            (b"\x03\xed", ProtocolError::InvalidCloseCode(1005)),
            (b"\x03\xe8\xff", ProtocolError::InvalidCloseReason),
        ] {
            assert_eq!(CloseFrame::decode(body), Err(error));
        }
    }
}
