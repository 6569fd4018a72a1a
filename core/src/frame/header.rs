//! The frame header (RFC 6455 §5.2): what a server may send, and what a
//! client sends.

use super::{MaskingKey, Opcode};
use crate::error::ProtocolError;

/// The most bytes that a header of ours takes: 2, an 8-byte length, the key.
pub const MAX_HEADER_SIZE: usize = 14;

/// The most bytes in the payload of a control frame (§5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_RSV3: u8 = 0x30;
const MASK: u8 = 0x80;

/// A legal frame header without its masking key.
///
/// One that [`decode`](Self::decode) returned kept every rule of §5 that a
/// single frame can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FrameHeader {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The bit that permessage-deflate uses (RFC 7692 §6).
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// Payload length in bytes, below 2^63. Not narrowed: compare it with a
    /// limit first.
    pub payload_len: u64,
}

impl FrameHeader {
    /// Decodes the header of a frame from a server at the start of `bytes`.
    ///
    /// Returns the header and its length in bytes, or `None` where more bytes
    /// are needed. Every rule is checked as soon as its byte is there.
    /// `allow_rsv1` tells whether an extension gave RSV1 a meaning.
    ///
    /// # Errors
    /// The [`ProtocolError`] of the first rule of §5 that is broken.
    #[inline]
    pub fn decode(bytes: &[u8], allow_rsv1: bool) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((&first, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let opcode = Opcode::from_bits(first)?;
        let fin = first & FIN != 0;
        let rsv1 = first & RSV1 != 0;
        // RFC 6455 §5.2: "MUST be 0 unless an extension is negotiated that
        // defines meanings"; RFC 7692 §6: RSV1 only on a message's first frame.
        if first & RSV2_RSV3 != 0
            || rsv1 && !(allow_rsv1 && matches!(opcode, Opcode::Text | Opcode::Binary))
        {
            return Err(ProtocolError::ReservedBits);
        }
        // §5.5: control frames "MUST NOT be fragmented".
        if opcode.is_control() && !fin {
            return Err(ProtocolError::FragmentedControlFrame);
        }
        let Some((&second, rest)) = rest.split_first() else {
            return Ok(None);
        };
        // §5.1: "A server MUST NOT mask any frames".
        if second & MASK != 0 {
            return Err(ProtocolError::MaskedFrame);
        }
        let (payload_len, size) = match second {
            126 | 127 if opcode.is_control() => return Err(ProtocolError::ControlFrameTooLong),
            126 => match rest.first_chunk() {
                Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
                None => return Ok(None),
            },
            127 => {
                // The most significant bit of the length is known early.
                if rest.first().is_some_and(|byte| byte & 0x80 != 0) {
                    return Err(ProtocolError::LengthOverflow);
                }
                match rest.first_chunk() {
                    Some(length) => (u64::from_be_bytes(*length), 10),
                    None => return Ok(None),
                }
            }
            short => (u64::from(short), 2),
        };
        // §5.2: "the minimal number of bytes MUST be used".
        if size == 4 && payload_len < 126 || size == 10 && payload_len <= 0xFFFF {
            return Err(ProtocolError::NonMinimalLength);
        }
        let header = Self {
            fin,
            rsv1,
            opcode,
            payload_len,
        };
        Ok(Some((header, size)))
    }

    /// The short way for what most frames are: data of a whole message, with
    /// nothing set that an extension would have to explain. Returns its
    /// opcode, the length of the payload and that of the header. `None`:
    /// [`decode`](Self::decode) says what it is.
    #[inline]
    pub(crate) fn decode_whole(bytes: &[u8]) -> Option<(Opcode, u64, usize)> {
        let &[first, second, ref rest @ ..] = bytes else {
            return None;
        };
        let opcode = match first {
            0x81 => Opcode::Text,
            0x82 => Opcode::Binary,
            _ => return None,
        };
        match second {
            126 => {
                let len = u16::from_be_bytes(*rest.first_chunk()?);
                (len >= 126).then_some((opcode, u64::from(len), 4))
            }
            127 => {
                let len = u64::from_be_bytes(*rest.first_chunk()?);
                (len > 0xFFFF && len >> 63 == 0).then_some((opcode, len, 10))
            }
            len if len & MASK == 0 => Some((opcode, u64::from(len), 2)),
            _ => None,
        }
    }

    /// The size in bytes of this header as a client sends it, with the key.
    #[inline]
    pub const fn masked_size(&self) -> usize {
        match self.payload_len {
            0..=125 => 6,
            126..=0xFFFF => 8,
            _ => 14,
        }
    }

    /// Encodes the header as a client sends it: masked, with `key`.
    ///
    /// Returns the bytes and how many of them count.
    pub fn encode_masked(&self, key: MaskingKey) -> ([u8; MAX_HEADER_SIZE], usize) {
        let mut out = [0; MAX_HEADER_SIZE];
        let rest = self
            .write_masked(key, &mut out)
            .map_or(0, |rest| rest.len());
        (out, MAX_HEADER_SIZE - rest)
    }

    /// Writes the header as a client sends it to the start of `out`. Returns
    /// the rest of `out`; `None` where it does not fit.
    #[inline]
    pub(crate) fn write_masked(self, key: MaskingKey, out: &mut [u8]) -> Option<&mut [u8]> {
        let first =
            self.opcode.bits() | if self.fin { FIN } else { 0 } | if self.rsv1 { RSV1 } else { 0 };
        let [.., l6, l7] = self.payload_len.to_be_bytes();
        // Each part is of a size that the compiler knows.
        let (to, rest) = match self.masked_size() {
            6 => {
                let (to, rest) = out.split_first_chunk_mut::<6>()?;
                (to[0], to[1]) = (first, MASK | l7);
                (to.last_chunk_mut()?, rest)
            }
            8 => {
                let (to, rest) = out.split_first_chunk_mut::<8>()?;
                (to[0], to[1], to[2], to[3]) = (first, MASK | 126, l6, l7);
                (to.last_chunk_mut()?, rest)
            }
            _ => {
                let (to, rest) = out.split_first_chunk_mut::<14>()?;
                (to[0], to[1]) = (first, MASK | 127);
                let (len, key) = to.split_last_chunk_mut()?;
                *len.last_chunk_mut()? = self.payload_len.to_be_bytes();
                (key, rest)
            }
        };
        *to = key.0;
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<Option<(FrameHeader, usize)>, ProtocolError> {
        FrameHeader::decode(bytes, false)
    }

    #[test]
    fn samples_of_section_5_7() {
        let text = decode(&[0x81, 0x05, 0x48]).unwrap().unwrap();
        assert_eq!(text.1, 2);
        assert!(text.0.fin && text.0.opcode == Opcode::Text && text.0.payload_len == 5);
        assert_eq!(
            decode(&[0x81, 0x85, 0x37, 0xfa]),
            Err(ProtocolError::MaskedFrame)
        );
        let fragment = decode(&[0x01, 0x03]).unwrap().unwrap().0;
        assert!(!fragment.fin);
        let last = decode(&[0x80, 0x02]).unwrap().unwrap().0;
        assert_eq!(last.opcode, Opcode::Continuation);
        let ping = decode(&[0x89, 0x05]).unwrap().unwrap().0;
        assert_eq!(ping.opcode, Opcode::Ping);
        let long = decode(&[0x82, 0x7E, 0x01, 0x00]).unwrap().unwrap();
        assert_eq!((long.0.payload_len, long.1), (256, 4));
        let longer = decode(&[0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
            .unwrap()
            .unwrap();
        assert_eq!((longer.0.payload_len, longer.1), (65536, 10));
    }

    #[test]
    fn incomplete_is_not_an_error() {
        let header = [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0];
        for end in 0..header.len() {
            assert_eq!(decode(&header[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn every_first_byte() {
        for first in 0..=255u8 {
            for (allow, second) in [(false, 0u8), (true, 0), (false, 125)] {
                let result = FrameHeader::decode(&[first, second], allow);
                let opcode = first & 0x0F;
                let known = matches!(opcode, 0..=2 | 8..=10);
                let rsv1_ok = first & 0x40 == 0 || allow && matches!(opcode, 1 | 2);
                let fin_ok = opcode < 8 || first & 0x80 != 0;
                let legal = known && rsv1_ok && first & 0x30 == 0 && fin_ok;
                assert_eq!(result.is_ok(), legal, "{first:#x} {allow}");
                // The same verdict with the first byte alone.
                assert_eq!(FrameHeader::decode(&[first], allow).is_ok(), legal);
            }
        }
    }

    #[test]
    fn lengths_must_be_minimal() {
        for length in [0u16, 125] {
            let [high, low] = length.to_be_bytes();
            assert_eq!(
                decode(&[0x82, 126, high, low]),
                Err(ProtocolError::NonMinimalLength)
            );
        }
        assert!(decode(&[0x82, 126, 0, 126]).unwrap().is_some());
        assert_eq!(
            decode(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
            Err(ProtocolError::NonMinimalLength)
        );
    }

    #[test]
    fn length_msb_set_is_refused_at_its_byte() {
        assert_eq!(
            decode(&[0x82, 127, 0x80]),
            Err(ProtocolError::LengthOverflow)
        );
        let most = [0x82, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255];
        let header = decode(&most).unwrap().unwrap().0;
        assert_eq!(header.payload_len, (1 << 63) - 1);
    }

    #[test]
    fn control_frames_are_short_and_whole() {
        assert_eq!(
            decode(&[0x89, 126]),
            Err(ProtocolError::ControlFrameTooLong)
        );
        assert_eq!(
            decode(&[0x88, 127]),
            Err(ProtocolError::ControlFrameTooLong)
        );
        assert_eq!(decode(&[0x09]), Err(ProtocolError::FragmentedControlFrame));
    }

    #[test]
    fn the_short_way_agrees() {
        let lengths = [
            &[0, 9, 9][..],
            &[125, 9],
            &[126, 0, 125],
            &[126, 0, 126],
            &[126, 0xFF, 0xFF, 9],
            &[126, 1],
            &[127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
            &[127, 0, 0, 0, 0, 0, 1, 0, 0, 9],
            &[127, 0x7F, 0, 0, 0, 0, 0, 0, 0],
            &[127, 0x80, 0, 0, 0, 0, 0, 0, 0],
            &[127, 0, 0],
            &[0x80, 1, 2, 3, 4],
            &[0xFE, 0, 200],
            &[],
        ];
        let step = if cfg!(miri) { 0x3F } else { 1 };
        for first in (2..=255).step_by(step).chain([0, 1, 0x81, 0x82]) {
            for length in lengths {
                let bytes = [&[first][..], length].concat();
                let long = decode(&bytes).ok().flatten();
                let expected = long.filter(|(header, _)| {
                    header.fin && matches!(header.opcode, Opcode::Text | Opcode::Binary)
                });
                assert_eq!(
                    FrameHeader::decode_whole(&bytes),
                    expected.map(|(header, size)| (header.opcode, header.payload_len, size)),
                    "{bytes:x?}"
                );
            }
        }
        assert_eq!(FrameHeader::decode_whole(&[]), None);
    }

    #[test]
    fn encoding_round_trips_at_the_length_boundaries() {
        for length in [0, 1, 125, 126, 127, 65535, 65536, 1 << 40, (1 << 63) - 1] {
            for (opcode, fin, rsv1) in [
                (Opcode::Text, true, true),
                (Opcode::Binary, false, false),
                (Opcode::Continuation, true, false),
            ] {
                let header = FrameHeader {
                    fin,
                    rsv1,
                    opcode,
                    payload_len: length,
                };
                let (mut bytes, size) = header.encode_masked(MaskingKey([1, 2, 3, 4]));
                assert_eq!(size, header.masked_size());
                let mut out = [0xEE; 20];
                let rest = header.write_masked(MaskingKey([1, 2, 3, 4]), &mut out);
                assert_eq!(rest.map(|rest| rest.len()), Some(20 - size));
                assert_eq!(out[..size], bytes[..size]);
                let short = header.write_masked(MaskingKey([1, 2, 3, 4]), &mut out[..size - 1]);
                assert_eq!(short, None);
                assert_eq!(bytes[size - 4..size], [1, 2, 3, 4]);
                assert_eq!(bytes[1] & 0x80, 0x80);
                bytes[1] &= 0x7F;
                let (decoded, read) = FrameHeader::decode(&bytes[..size - 4], true)
                    .unwrap()
                    .unwrap();
                assert_eq!((decoded, read), (header, size - 4));
            }
        }
    }

    #[test]
    fn masked_sample_of_section_5_7() {
        let header = FrameHeader {
            fin: true,
            rsv1: false,
            opcode: Opcode::Text,
            payload_len: 5,
        };
        let (bytes, size) = header.encode_masked(MaskingKey([0x37, 0xfa, 0x21, 0x3d]));
        assert_eq!(bytes[..size], [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]);
    }
}
