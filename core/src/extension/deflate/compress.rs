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
/// With a window below 12 bits it finds only repeated bytes, between 12 and
/// 14 bits it looks back 4 KiB: `hybi-std` has a better one.
pub struct Deflate {
    encoder: Box<CompressorOxide>,
}

impl Deflate {
    /// The level of most programs.
    pub const DEFAULT_LEVEL: u8 = CompressionLevel::DefaultLevel as u8;

    /// A compressor that looks back at most 2^`window_bits` bytes (9 to 15),
    /// at `level` 1 (fast) to 10 (small).
    pub fn new(window_bits: u8, level: u8) -> Self {
        let window_bits = window_bits.clamp(9, 15);
        Self {
            encoder: Box::new(CompressorOxide::with_params(
                DataFormat::Raw,
                level.clamp(1, 10),
                CompressionStrategy::Default,
                window_bits,
            )),
        }
    }
}

impl Compressor for Deflate {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let (status, read, written) = compress(&mut self.encoder, input, output, TDEFLFlush::Sync);
        // All taken, and room left: so the flush is complete.
        if status == TDEFLStatus::Okay && read == input.len() && written < output.len() {
            return Some(written);
        }
        self.reset();
        None
    }

    fn reset(&mut self) {
        self.encoder.reset();
    }
}

impl fmt::Debug for Deflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflate").finish_non_exhaustive()
    }
}
