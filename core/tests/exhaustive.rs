//! Not samples: every value, against the definition. The UTF-8 validator for
//! every sequence of up to four bytes, frame headers for every pair of first
//! bytes and every length class, masking at every alignment.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

use hybi_core::{
    error::ProtocolError,
    frame::{FrameHeader, MaskingKey, Opcode, Utf8Validator, apply_mask, mask_into},
};

/// Every continuation of `sequence`, up to `len` bytes in all, that the
/// standard library does not refuse already. Refused beginnings need no
/// continuation: the validator has refused them at the same byte.
fn grow(sequence: &mut Vec<u8>, begun: Utf8Validator, len: usize, count: &mut u64) {
    for byte in 0..=255 {
        sequence.push(byte);
        *count += 1;
        let mut step = begun;
        let (fed, whole) = (step.feed(&[byte]), Utf8Validator::new().feed(sequence));
        assert_eq!(fed, whole, "{sequence:x?} in pieces and whole");
        let (possible, complete) = match core::str::from_utf8(sequence) {
            Ok(_) => (true, true),
            Err(error) => (error.error_len().is_none(), false),
        };
        assert_eq!(fed.is_ok(), possible, "{sequence:x?}");
        if possible {
            let mut end = step;
            assert_eq!(end.finish().is_ok(), complete, "the end of {sequence:x?}");
            // After a whole code point it goes on as from the beginning; that
            // is tried with one code point of each length.
            let goes_on = !complete || matches!(sequence[..], [b'a'] | [0xC3, 0xA9] | [_, _, 0xAC]);
            if goes_on && sequence.len() < len {
                grow(sequence, step, len, count);
            }
        }
        sequence.pop();
    }
}

#[test]
fn utf8_for_every_sequence_of_up_to_four_bytes() {
    let mut count = 0;
    grow(&mut Vec::new(), Utf8Validator::new(), 4, &mut count);
    // The leads of four bytes alone: 48 + 3 * 64 + 16 second bytes, 64 thirds.
    assert!(count > 256 * 64 * 256, "{count} sequences");
}

/// RFC 6455 §5.2, read once more: what a client makes of these bytes, at the
/// first of them that is wrong.
fn header(bytes: &[u8]) -> Result<Option<(u8, u64, usize)>, ProtocolError> {
    let [first, rest @ ..] = bytes else {
        return Ok(None);
    };
    let opcode = first & 0x0F;
    if !matches!(opcode, 0..=2 | 8..=10) {
        return Err(ProtocolError::ReservedOpcode(opcode));
    }
    if first & 0x70 != 0 {
        return Err(ProtocolError::ReservedBits);
    }
    if opcode >= 8 && first & 0x80 == 0 {
        return Err(ProtocolError::FragmentedControlFrame);
    }
    let [second, rest @ ..] = rest else {
        return Ok(None);
    };
    if second & 0x80 != 0 {
        return Err(ProtocolError::MaskedFrame);
    }
    if opcode >= 8 && *second > 125 {
        return Err(ProtocolError::ControlFrameTooLong);
    }
    let extended = match second {
        126 => 2,
        127 => 8,
        short => return Ok(Some((*first, u64::from(*short), 2))),
    };
    if extended == 8 && rest.first().is_some_and(|&byte| byte >= 0x80) {
        return Err(ProtocolError::LengthOverflow);
    }
    let Some(length) = rest.get(..extended) else {
        return Ok(None);
    };
    let len = length
        .iter()
        .fold(0, |len, &byte| len << 8 | u64::from(byte));
    if len < if extended == 2 { 126 } else { 1 << 16 } {
        return Err(ProtocolError::NonMinimalLength);
    }
    Ok(Some((*first, len, 2 + extended)))
}

fn lengths() -> impl Iterator<Item = u64> {
    let near = (0..64).flat_map(|bit| {
        let power = 1_u64 << bit;
        [power - 1, power, power + 1]
    });
    (0..=300)
        .chain(65_500..=65_600)
        .chain(near)
        .chain([u64::MAX])
}

#[test]
fn headers_from_every_pair_of_first_bytes() {
    for first in 0..=255 {
        for second in 0..=255 {
            for len in lengths() {
                let mut bytes = vec![first, second];
                match second & 0x7F {
                    126 => bytes.extend(&len.to_be_bytes()[6..]),
                    127 => bytes.extend(len.to_be_bytes()),
                    _ => {}
                }
                // The header in all its pieces, and with a payload behind it.
                for end in 0..=bytes.len() {
                    let decoded = FrameHeader::decode(&bytes[..end], false);
                    let seen = decoded.map(|decoded| {
                        decoded.map(|(header, size)| {
                            let first = u8::from(header.fin) << 7 | header.opcode.bits();
                            assert!(!header.rsv1);
                            (first, header.payload_len, size)
                        })
                    });
                    assert_eq!(seen, header(&bytes[..end]), "{:x?}", &bytes[..end]);
                }
                if second & 0x7F < 126 {
                    break;
                }
            }
        }
    }
}

#[test]
fn headers_to_the_server_and_back() {
    let opcodes = [
        Opcode::Continuation,
        Opcode::Text,
        Opcode::Binary,
        Opcode::Close,
        Opcode::Ping,
        Opcode::Pong,
    ];
    for opcode in opcodes {
        for len in lengths().filter(|&len| len < 1 << 63) {
            if opcode.is_control() && len > 125 {
                continue;
            }
            for fin in [true, false] {
                if opcode.is_control() && !fin {
                    continue;
                }
                let sent = FrameHeader {
                    fin,
                    rsv1: false,
                    opcode,
                    payload_len: len,
                };
                let key = MaskingKey([1, 2, 3, 4]);
                let (head, size) = sent.encode_masked(key);
                assert_eq!(sent.masked_size(), size);
                // A server's view: the mask bit set, the key last.
                let mut bytes = head[..size].to_vec();
                assert_eq!(bytes.split_off(size - 4), key.0);
                assert_eq!(bytes[1] & 0x80, 0x80);
                bytes[1] &= 0x7F;
                assert_eq!(
                    FrameHeader::decode(&bytes, false),
                    Ok(Some((sent, size - 4)))
                );
            }
        }
    }
}

#[test]
fn masking_at_every_alignment_and_length() {
    let data: Vec<u8> = (0..700_u32)
        .map(|i| (i * 167 + 13).to_le_bytes()[0])
        .collect();
    for key in [[0; 4], [0xFF; 4], [0x37, 0xFA, 0x21, 0x3D]] {
        for at in 0..64 {
            for len in (0..=200).chain([255, 256, 257, 511, 512, 513, 600]) {
                let payload = &data[at..at + len];
                let expected: Vec<u8> = payload
                    .iter()
                    .zip(key.iter().cycle())
                    .map(|(byte, key)| byte ^ key)
                    .collect();
                // Another alignment on the other side.
                let mut out = vec![0xEE; 64 + len + 1];
                let start = (at * 29) % 64;
                mask_into(&mut out[start..start + len], payload, MaskingKey(key));
                assert_eq!(out[start..start + len], expected);
                assert!(
                    out[..start]
                        .iter()
                        .chain(&out[start + len..])
                        .all(|&b| b == 0xEE)
                );
                let mut place = data.clone();
                apply_mask(&mut place[at..at + len], MaskingKey(key));
                assert_eq!(place[at..at + len], expected);
                assert_eq!(
                    (&place[..at], &place[at + len..]),
                    (&data[..at], &data[at + len..])
                );
            }
        }
    }
}
