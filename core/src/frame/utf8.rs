//! UTF-8, checked as it arrives (RFC 6455 §8.1, RFC 3629).

use crate::error::ProtocolError;

/// Checks text piece by piece and refuses it at the first byte that cannot
/// be part of UTF-8, also in the middle of a code point and of a frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Utf8Validator {
    /// An unfinished code point: its bytes so far, a valid beginning.
    tail: [u8; 3],
    tail_len: u8,
}

impl Utf8Validator {
    /// A validator before the first byte of a message.
    pub const fn new() -> Self {
        Self {
            tail: [0; 3],
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
            let [a, b, c] = self.tail;
            let begun = match self.tail_len {
                1 => &[a, byte][..],
                2 => &[a, b, byte],
                _ => &[a, b, c, byte],
            };
            self.take_tail(begun)?;
        }
        let cut = piece.len() - unfinished(piece);
        let (text, tail) = piece.split_at_checked(cut).unwrap_or((piece, &[]));
        if !is_utf8(text) {
            return Err(ProtocolError::InvalidUtf8);
        }
        if tail.is_empty() {
            return Ok(());
        }
        self.take_tail(tail)
    }

    /// Takes a code point, the beginning of one, or nothing.
    fn take_tail(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        self.tail_len = 0;
        let Err(error) = core::str::from_utf8(bytes) else {
            return Ok(());
        };
        if error.error_len().is_some() {
            return Err(ProtocolError::InvalidUtf8);
        }
        for (slot, &byte) in self.tail.iter_mut().zip(bytes) {
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

/// How many bytes at the end of `piece` look like an unfinished code point.
fn unfinished(piece: &[u8]) -> usize {
    for (&byte, count) in piece.iter().rev().zip(1..4) {
        let len = match byte {
            0x80..=0xBF => continue,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0.. => 4,
            _ => 1,
        };
        return if len > count { count } else { 0 };
    }
    0
}

/// Whether `bytes` are UTF-8.
#[inline]
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    checked(bytes).is_some()
}

/// `bytes` as text; empty where they are none.
#[inline]
pub(crate) fn to_str(bytes: &[u8]) -> &str {
    checked(bytes).unwrap_or_default()
}

#[cfg(feature = "std")]
#[inline]
fn checked(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

#[cfg(not(feature = "std"))]
#[inline]
fn checked(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
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
