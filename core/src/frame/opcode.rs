//! Opcodes (RFC 6455 §5.2, §11.8).

use crate::error::ProtocolError;

/// What a frame is. Closed by the RFC: the other ten values are reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Opcode {
    /// Continues a fragmented message.
    Continuation,
    /// Begins a text message.
    Text,
    /// Begins a binary message.
    Binary,
    /// Closing handshake.
    Close,
    /// Asks for a Pong.
    Ping,
    /// Answers a Ping, or a heartbeat of its own.
    Pong,
}

impl Opcode {
    /// The four bits of the frame header.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// The opcode of the low four bits of `bits`.
    ///
    /// # Errors
    /// [`ProtocolError::ReservedOpcode`] for 3 to 7 and 11 to 15.
    pub const fn from_bits(bits: u8) -> Result<Self, ProtocolError> {
        Ok(match bits & 0x0F {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            reserved => return Err(ProtocolError::ReservedOpcode(reserved)),
        })
    }

    /// Whether this is Close, Ping or Pong (§5.5).
    pub const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_opcodes_and_ten_reserved() {
        let mut known = 0;
        for bits in 0..16 {
            match Opcode::from_bits(bits) {
                Ok(opcode) => {
                    assert_eq!(opcode.bits(), bits);
                    assert_eq!(opcode.is_control(), bits >= 8);
                    known += 1;
                }
                Err(error) => assert_eq!(error, ProtocolError::ReservedOpcode(bits)),
            }
        }
        assert_eq!(known, 6);
    }
}
