//! SHA-1 (RFC 3174), which `Sec-WebSocket-Accept` is made with. Here it keeps
//! no secret: it only shows that the server has understood the request. So
//! what counts is size: one hash of 60 bytes a connection.

/// The hash of `message`.
pub(super) fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state = [
        0x6745_2301,
        0xEFCD_AB89,
        0x98BA_DCFE,
        0x1032_5476,
        0xC3D2_E1F0,
    ];
    // §4: a 1 bit, zeros, and the length in bits at the end of a block.
    let blocks = (message.len() + 9).div_ceil(64);
    for number in 0..blocks {
        let mut block = [0; 64];
        for (at, byte) in (64 * number..).zip(&mut block) {
            *byte = match message.get(at) {
                Some(byte) => *byte,
                None if at == message.len() => 0x80,
                None => 0,
            };
        }
        if let (true, Some(length)) = (number + 1 == blocks, block.last_chunk_mut()) {
            *length = (8 * message.len() as u64).to_be_bytes();
        }
        compress(&mut state, &block);
    }
    let mut hash = [0; 20];
    for (out, word) in hash.chunks_exact_mut(4).zip(state) {
        out.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

/// §6.2, method 2: 16 words stand for the 80 of method 1, in a circle.
#[expect(clippy::indexing_slicing, reason = "indices are taken modulo 16")]
fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut words = [0u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for t in 0..80 {
        let at = t % 16;
        if t >= 16 {
            words[at] =
                (words[(t + 13) % 16] ^ words[(t + 8) % 16] ^ words[(t + 2) % 16] ^ words[at])
                    .rotate_left(1);
        }
        let (f, k) = match t {
            0..20 => (b & c | !b & d, 0x5A82_7999),
            20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
            40..60 => (b & c | b & d | c & d, 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6u32),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(f)
            .wrapping_add(e)
            .wrapping_add(words[at])
            .wrapping_add(k);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::String, vec};

    fn hex(message: &[u8]) -> String {
        sha1(message)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// RFC 3174 §7.3, and the empty message.
    #[test]
    fn samples_of_the_rfc() {
        assert_eq!(hex(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hex(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        );
        assert_eq!(
            hex(&vec![b'a'; 1_000_000]),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
        );
        assert_eq!(
            hex(&b"0123456701234567012345670123456701234567012345670123456701234567".repeat(10)),
            "dea356a2cddd90c7a7ecedc5ebb563934f460452"
        );
    }

    /// Every length around the ends of blocks, against another implementation.
    #[test]
    fn every_length_up_to_three_blocks() {
        let message: vec::Vec<u8> = (0..=200).collect();
        for len in 0..=200 {
            let other = sha1_smol::Sha1::from(&message[..len]).digest().bytes();
            assert_eq!(sha1(&message[..len]), other, "{len}");
        }
    }
}
