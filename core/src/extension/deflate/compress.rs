//! Compression on miniz_oxide, for whoever has an allocator.

use core::fmt;

use alloc::boxed::Box;
use miniz_oxide::{
    DataFormat,
    deflate::{
        CompressionLevel,
        core::{CompressionStrategy, CompressorOxide, TDEFLFlush, TDEFLStatus, compress},
    },
};

use crate::extension::Compressor;

/// A [`Compressor`] on miniz_oxide. About 312 KiB of heap.
///
/// miniz_oxide always looks back up to 32 KiB. For a smaller window it is told
/// to forget everything before it could look back too far, so the smaller the
/// window, the less it finds: `hybi-std` has a better one.
pub struct Deflate {
    encoder: Box<CompressorOxide>,
    /// How far back a reference may reach.
    window: usize,
    /// How far back the encoder remembers.
    history: usize,
}

/// What the encoder looks back by itself.
const FULL_WINDOW: usize = 1 << 15;

impl Deflate {
    /// The level of most programs.
    pub const DEFAULT_LEVEL: u8 = CompressionLevel::DefaultLevel as u8;

    /// A compressor that looks back at most 2^`window_bits` bytes (9 to 15),
    /// at `level` 1 (fast) to 10 (small).
    pub fn new(window_bits: u8, level: u8) -> Self {
        Self {
            encoder: Box::new(CompressorOxide::with_params(
                DataFormat::Raw,
                level.clamp(1, 10),
                CompressionStrategy::Default,
                15,
            )),
            window: 1 << window_bits.clamp(9, 15),
            history: 0,
        }
    }
}

impl Compressor for Deflate {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let mut total = 0;
        let piece_len = if self.window < FULL_WINDOW {
            self.window
        } else {
            input.len().max(1)
        };
        for piece in input.chunks(piece_len) {
            self.history = self.history.saturating_add(piece.len());
            if self.window < FULL_WINDOW && self.history > self.window {
                // The last flush ended with a byte: the next block follows.
                self.encoder.reset();
                self.history = piece.len();
            }
            let output = output.get_mut(total..).unwrap_or_default();
            let (status, read, written) =
                compress(&mut self.encoder, piece, output, TDEFLFlush::Sync);
            // All taken, and room left: so the flush is complete.
            if status != TDEFLStatus::Okay || read != piece.len() || written >= output.len() {
                self.reset();
                return None;
            }
            total += written;
        }
        Some(total)
    }

    fn reset(&mut self) {
        self.encoder.reset();
        self.history = 0;
    }
}

impl fmt::Debug for Deflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflate").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{Decompressor, deflate::Inflate};
    use std::{vec, vec::Vec};

    /// The decompressor has a window of the agreed size, and no more.
    #[test]
    fn no_reference_reaches_beyond_the_window() {
        // It repeats itself at every distance that a window may have.
        let noise: Vec<u8> = (0..40_000_u32)
            .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        // An interpreter would take hours for all of them.
        let most = if cfg!(miri) { 9 } else { 15 };
        for bits in 9..=most {
            let lens = [1, 100, 700, 40_000];
            for &len in lens.iter().take(if cfg!(miri) { 2 } else { 4 }) {
                let mut deflate = Deflate::new(bits, 6);
                let mut inflate = Inflate::new(bits, Vec::new()).unwrap();
                for _ in 0..3 {
                    let message = [&noise[..len], &noise[..len]].concat();
                    let mut packed = vec![0; crate::extension::bound(message.len())];
                    let end = deflate.compress(&message, &mut packed).unwrap();
                    assert!(packed[..end].ends_with(&[0, 0, 0xFF, 0xFF]));
                    let (mut input, mut out) = (&packed[..end], Vec::new());
                    loop {
                        let part = inflate.inflate(input).unwrap();
                        out.extend_from_slice(&inflate.output()[part.start..part.end]);
                        input = &input[part.read..];
                        if part.read == 0 && part.written() == 0 {
                            break;
                        }
                    }
                    assert!(out == message, "bits {bits}, {len} bytes");
                }
            }
        }
    }
}
