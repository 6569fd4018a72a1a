//! Client-to-server masking (RFC 6455 §5.3).

use crate::entropy::Entropy;

/// The four bytes that mask one frame's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MaskingKey(pub [u8; 4]);

impl MaskingKey {
    /// A fresh key: "for each frame", unpredictable (§5.3).
    #[inline]
    pub fn fresh<E: Entropy>(entropy: &mut E) -> Self {
        let mut key = [0; 4];
        entropy.fill(&mut key);
        Self(key)
    }

    /// Twice, the first byte lowest.
    const fn wide(self) -> u64 {
        let key = u32::from_le_bytes(self.0) as u64;
        key << 32 | key
    }
}

/// From so many bytes on, larger registers are worth asking for.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
const LONG: usize = 256;

/// Masks or unmasks `payload` where it is. `payload` must begin where the
/// frame's payload begins.
pub fn apply_mask(payload: &mut [u8], key: MaskingKey) {
    let wide = key.wide();
    // Eight bytes a step: the compiler makes vectors of it where there are
    // some, and two words where there are none.
    let (steps, rest) = payload.as_chunks_mut();
    for step in steps {
        *step = (u64::from_le_bytes(*step) ^ wide).to_le_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(wide.to_le_bytes()) {
        *byte ^= key;
    }
}

/// Masks `payload` while copying it to the start of `out`: one pass over
/// both. Stops at the end of the shorter.
#[inline]
pub fn mask_into(out: &mut [u8], payload: &[u8], key: MaskingKey) {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    if payload.len() >= LONG {
        return super::kernel::xor(out, payload, key.wide());
    }
    xor::<32>(out, payload, key.wide());
}

/// `from` XOR the key, which `wide` has twice, into `to`; the shorter
/// decides. `STEP` bytes at once, as many as the target's registers are good
/// for.
#[inline]
pub(super) fn xor<const STEP: usize>(to: &mut [u8], from: &[u8], wide: u64) {
    let length = to.len().min(from.len());
    let (Some(to), Some(from)) = (to.get_mut(..length), from.get(..length)) else {
        return;
    };
    let (to_steps, to_rest) = to.as_chunks_mut::<STEP>();
    let (steps, rest) = from.as_chunks::<STEP>();
    for (to, from) in to_steps.iter_mut().zip(steps) {
        let (to, from) = (to.as_chunks_mut().0, from.as_chunks().0);
        for (to, from) in to.iter_mut().zip(from) {
            *to = (u64::from_le_bytes(*from) ^ wide).to_le_bytes();
        }
    }
    if rest.is_empty() {
        return;
    }
    let (to_steps, to_rest) = to_rest.as_chunks_mut();
    let (steps, rest) = rest.as_chunks();
    for (to, from) in to_steps.iter_mut().zip(steps) {
        *to = (u64::from_le_bytes(*from) ^ wide).to_le_bytes();
    }
    if rest.is_empty() {
        return;
    }
    if length < 8 {
        for ((to, from), key) in to_rest.iter_mut().zip(rest).zip(wide.to_le_bytes()) {
            *to = from ^ key;
        }
    } else if let (Some(to), Some(from)) = (to.last_chunk_mut(), from.last_chunk()) {
        // The last eight bytes, some of them once more, with the key turned.
        let turn = u32::try_from(length % 4).unwrap_or(0);
        let key = wide.rotate_right(8 * turn);
        *to = (u64::from_le_bytes(*from) ^ key).to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: MaskingKey = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);

    #[test]
    fn sample_of_section_5_7() {
        let mut hello = *b"Hello";
        apply_mask(&mut hello, KEY);
        assert_eq!(hello, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn all_lengths_and_alignments_match_the_definition() {
        let source: [u8; 96] = core::array::from_fn(|i| u8::try_from(i * 7 % 251).unwrap());
        // Miri takes its time.
        let (starts, lengths) = if cfg!(miri) { (5, 7) } else { (1, 1) };
        for start in (0..16).step_by(starts) {
            for length in (0..80).step_by(lengths) {
                let payload = &source[start..start + length];
                // §5.3: octet i XOR key octet (i mod 4).
                let expected: std::vec::Vec<u8> = payload
                    .iter()
                    .enumerate()
                    .map(|(i, byte)| byte ^ KEY.0[i % 4])
                    .collect();
                let mut in_place = source;
                apply_mask(&mut in_place[start..start + length], KEY);
                assert_eq!(in_place[start..start + length], expected);
                assert_eq!(in_place[..start], source[..start]);
                assert_eq!(in_place[start + length..], source[start + length..]);
                for spare in [0, 1, 7, 8, 13] {
                    let mut out = [0xEE; 128];
                    mask_into(&mut out[start..start + length + spare], payload, KEY);
                    assert_eq!(out[start..start + length], expected);
                    assert!(out[start + length..].iter().all(|&byte| byte == 0xEE));
                    assert!(out[..start].iter().all(|&byte| byte == 0xEE));
                }
            }
        }
    }

    #[test]
    fn long_payloads() {
        let source: std::vec::Vec<u8> = (0..1000).map(|i| u8::try_from(i % 251).unwrap()).collect();
        for length in [255, 256, 257, 263, 264, 383, 384, 385, 511, 512, 1000] {
            let (payload, mut out) = (&source[..length], std::vec![0xEE; length + 1]);
            mask_into(&mut out, payload, KEY);
            assert_eq!(out.pop(), Some(0xEE));
            apply_mask(&mut out, KEY);
            assert_eq!(out, payload, "{length}");
        }
    }

    #[test]
    fn a_short_output_takes_what_fits() {
        let mut out = [0; 3];
        mask_into(&mut out, b"Hello, World", KEY);
        assert_eq!(out, [0x7f, 0x9f, 0x4d]);
    }
}
