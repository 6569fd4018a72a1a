//! Decompression without an allocator, over a window that the caller lends.

use core::fmt;

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags},
};

use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit},
    extension::{Decompressor, Inflated, InvalidData},
};

/// A [`Decompressor`] on miniz_oxide's core, which needs no allocator.
///
/// The window is a ring that serves as output, too: new bytes stay in it until
/// the next call, so nothing is copied.
pub struct Inflate<W> {
    decoder: DecompressorOxide,
    window: W,
    size: usize,
    position: usize,
    /// The ring has been filled once since the last reset.
    wrapped: bool,
    is_final: bool,
    is_complete: bool,
}

impl<W: Buffer> Inflate<W> {
    /// A decompressor for a window of 2^`bits` bytes, at the start of
    /// `window`. 8 bits and less are taken as 8, 15 and more as 15.
    ///
    /// # Errors
    /// [`CapacityError`] where `window` is smaller than that.
    pub fn new(bits: u8, mut window: W) -> Result<Self, CapacityError> {
        let size = 1 << bits.clamp(8, 15);
        window.reserve(size).map_err(|error| CapacityError {
            limit: Limit::Window,
            ..error
        })?;
        Ok(Self {
            decoder: DecompressorOxide::new(),
            window,
            size,
            position: 0,
            wrapped: false,
            is_final: false,
            is_complete: true,
        })
    }
}

impl<W: Buffer> Decompressor for Inflate<W> {
    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData> {
        if self.position == self.size {
            self.position = 0;
            self.wrapped = true;
        }
        let start = self.position;
        let mut flags = inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
            | inflate_flags::TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
        if !self.wrapped {
            // On the first way round, nothing lies beyond the position: the
            // decoder refuses distances that would reach there.
            flags |= inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        }
        let window = self.window.bytes_mut().get_mut(..self.size);
        let window = window.unwrap_or_default();
        let (status, read) = loop {
            let (status, read, written) =
                decompress(&mut self.decoder, input, window, self.position, flags);
            self.position += written;
            if read > 0 || written > 0 {
                self.is_final = false;
                self.is_complete = false;
            } else if status == TINFLStatus::BlockBoundary {
                // The block ended in bits that were taken before.
                continue;
            }
            break (status, read);
        };
        match status {
            TINFLStatus::Done => {
                // The next block begins a new stream, with this window.
                self.decoder.init();
                self.is_final = true;
                self.is_complete = true;
            }
            TINFLStatus::BlockBoundary => {
                // An empty stored block ends with a byte, and with it a flush.
                let state = self.decoder.block_boundary_state();
                self.is_complete = state.is_some_and(|state| state.num_bits == 0);
            }
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => {}
            _ => return Err(InvalidData),
        }
        Ok(Inflated {
            read,
            start,
            end: self.position,
        })
    }

    fn is_final(&self) -> bool {
        self.is_final
    }

    fn is_complete(&mut self) -> bool {
        self.is_complete
    }

    fn output(&self) -> &[u8] {
        self.window.bytes()
    }

    fn reset(&mut self) {
        self.decoder.init();
        self.position = 0;
        self.wrapped = false;
        self.is_final = false;
        self.is_complete = true;
    }
}

impl<W> fmt::Debug for Inflate<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate")
            .field("window", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// All output for `input`, given in pieces of `step` bytes.
    fn inflate(
        decoder: &mut Inflate<Vec<u8>>,
        input: &[u8],
        step: usize,
    ) -> Result<Vec<u8>, InvalidData> {
        let mut out = Vec::new();
        for mut piece in input.chunks(step) {
            loop {
                let part = decoder.inflate(piece)?;
                out.extend_from_slice(&decoder.output()[part.start..part.end]);
                piece = &piece[part.read..];
                if part.read == 0 && part.written() == 0 {
                    break;
                }
            }
        }
        Ok(out)
    }

    /// RFC 7692 §7.2.3.1 to §7.2.3.5, with the tail of §7.2.2 put back.
    #[test]
    fn samples_of_section_7_2_3() {
        for step in [1, 2, 100] {
            let decoder = &mut Inflate::new(15, Vec::new()).unwrap();
            let mut check = |input: &[u8]| {
                let input = [input, &[0, 0, 0xFF, 0xFF]].concat();
                assert_eq!(inflate(decoder, &input, step).unwrap(), b"Hello");
            };
            // One block; the same with context takeover.
            check(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
            check(&[0xf2, 0x00, 0x11, 0x00, 0x00]);
            // No compression.
            check(&[
                0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
            ]);
            // BFINAL.
            check(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]);
            // Two blocks.
            check(&[
                0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
            ]);
        }
    }

    #[test]
    fn a_final_block_keeps_the_window() {
        let decoder = &mut Inflate::new(9, Vec::new()).unwrap();
        let first = inflate(decoder, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 100);
        assert_eq!(first.unwrap(), b"Hello");
        assert!(decoder.is_final());
        // The second of §7.2.3.2 refers back five bytes.
        let second = [0xf2, 0x00, 0x11, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff];
        assert_eq!(inflate(decoder, &second, 1).unwrap(), b"Hello");
        assert!(!decoder.is_final());
    }

    #[test]
    fn references_to_what_was_never_sent_are_refused() {
        // The second message of §7.2.3.2 without the first.
        let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
        let decoder = &mut Inflate::new(15, Vec::new()).unwrap();
        assert_eq!(inflate(decoder, &second, 1), Err(InvalidData));
        // And after a reset, without context takeover.
        let decoder = &mut Inflate::new(15, Vec::new()).unwrap();
        let first = [
            0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff,
        ];
        assert_eq!(inflate(decoder, &first, 100).unwrap(), b"Hello");
        decoder.reset();
        assert_eq!(inflate(decoder, &second, 100), Err(InvalidData));
    }

    #[test]
    fn a_window_that_is_too_small_is_refused() {
        let mut window = [0; 1023];
        let error = Inflate::new(10, &mut window[..]).unwrap_err();
        assert_eq!((error.limit, error.needed), (Limit::Window, 1024));
        assert!(Inflate::new(9, &mut window[..]).is_ok());
    }
}
