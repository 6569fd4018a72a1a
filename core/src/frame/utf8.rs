//! UTF-8, checked as it arrives (RFC 6455 §8.1, RFC 3629).

use crate::error::ProtocolError;

/// Checks text piece by piece and refuses it at the first byte that cannot
/// be part of UTF-8, also in the middle of a code point and of a frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Utf8Validator {
    /// An unfinished code point: its bytes so far, a valid beginning.
    tail: [u8; 4],
    tail_len: u8,
}

impl Utf8Validator {
    /// A validator before the first byte of a message.
    pub const fn new() -> Self {
        Self {
            tail: [0; 4],
            tail_len: 0,
        }
    }

    /// Takes the next piece of the text.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`] as soon as no continuation could make
    /// the text valid.
    pub fn feed(&mut self, mut piece: &[u8]) -> Result<(), ProtocolError> {
        while self.tail_len > 0 {
            let Some((&byte, rest)) = piece.split_first() else {
                return Ok(());
            };
            piece = rest;
            let length = usize::from(self.tail_len);
            if let Some(slot) = self.tail.get_mut(length) {
                *slot = byte;
            }
            let bytes = self.tail.get(..=length).unwrap_or_default();
            self.tail_len = match core::str::from_utf8(bytes) {
                Ok(_) => 0,
                Err(error) if error.error_len().is_none() => self.tail_len + 1,
                Err(_) => return Err(ProtocolError::InvalidUtf8),
            };
        }
        let Err(error) = core::str::from_utf8(piece) else {
            return Ok(());
        };
        if error.error_len().is_some() {
            return Err(ProtocolError::InvalidUtf8);
        }
        // At most three bytes: the beginning of a code point.
        let tail = piece.get(error.valid_up_to()..).unwrap_or_default();
        for (slot, &byte) in self.tail.iter_mut().zip(tail) {
            *slot = byte;
            self.tail_len += 1;
        }
        Ok(())
    }

    /// Ends the message and makes the validator ready for the next one.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidUtf8`] inside a code point.
    pub fn finish(&mut self) -> Result<(), ProtocolError> {
        let cut = self.tail_len > 0;
        *self = Self::new();
        if cut {
            Err(ProtocolError::InvalidUtf8)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(pieces: &[&[u8]]) -> bool {
        let mut validator = Utf8Validator::new();
        pieces.iter().all(|piece| validator.feed(piece).is_ok()) && validator.finish().is_ok()
    }

    /// All one- and two-byte sequences, and all longer ones over bytes at
    /// the edges of the classes in RFC 3629 §4, split at every place.
    #[test]
    fn agrees_with_the_standard_library_at_every_split() {
        const EDGES: [u8; 24] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
            0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
        ];
        let check = |bytes: &[u8]| {
            let expected = core::str::from_utf8(bytes).is_ok();
            for cut in 0..=bytes.len() {
                let (a, b) = bytes.split_at(cut);
                assert_eq!(valid(&[a, b]), expected, "{bytes:x?} cut at {cut}");
            }
        };
        for a in 0..=255 {
            check(&[a]);
            if cfg!(miri) {
                continue;
            }
            for b in 0..=255 {
                check(&[a, b]);
            }
        }
        let edges: &[u8] = if cfg!(miri) { &EDGES[16..20] } else { &EDGES };
        for &a in edges {
            for &b in edges {
                for &c in edges {
                    check(&[a, b, c]);
                    for &d in edges {
                        check(&[a, b, c, d]);
                    }
                }
            }
        }
    }

    #[test]
    fn fails_at_the_first_impossible_byte() {
        for (good, bad) in [
            (&b"\xF4"[..], 0x90), // above U+10FFFF
            (b"\xED", 0xA0),      // a surrogate
            (b"\xE0", 0x80),      // an overlong form
            (b"\xF0\x90\x8D", 0x20),
            (b"", 0xC0),
            (b"", 0x80),
        ] {
            let mut validator = Utf8Validator::new();
            for &byte in good {
                assert_eq!(validator.feed(&[byte]), Ok(()));
            }
            assert_eq!(validator.feed(&[bad]), Err(ProtocolError::InvalidUtf8));
        }
    }

    #[test]
    fn a_message_may_not_end_inside_a_code_point() {
        assert!(valid(&["κόσμε".as_bytes()]));
        assert!(!valid(&[b"\xCE"]));
        let mut validator = Utf8Validator::new();
        validator.feed(b"\xF0\x90").unwrap();
        assert!(validator.finish().is_err());
        // And it starts afresh.
        assert_eq!(validator.feed(b"ok"), Ok(()));
        assert_eq!(validator.finish(), Ok(()));
    }
}
