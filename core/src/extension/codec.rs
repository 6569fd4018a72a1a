//! The seam behind which a deflate library stands (RFC 1951, RFC 7692 §7.2).

use core::{error::Error as StdError, fmt};

/// The data is not a deflate stream, or refers to what was never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidData;

impl fmt::Display for InvalidData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the compressed data is damaged")
    }
}

impl StdError for InvalidData {}

/// What one call of [`Decompressor::inflate`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Inflated {
    /// How many bytes of the input were taken.
    pub read: usize,
    /// Where in [`Decompressor::output`] the new bytes begin,
    pub start: usize,
    /// and where they end.
    pub end: usize,
}

impl Inflated {
    /// How many bytes were written.
    pub const fn written(&self) -> usize {
        self.end - self.start
    }
}

/// Decompresses raw deflate data piece by piece, with bounded output a call.
pub trait Decompressor {
    /// Takes some of `input` and writes some bytes of output. Neither, only
    /// where more input is needed.
    ///
    /// A block with BFINAL ends a stream; the next byte begins another one,
    /// which may refer back to the data before (RFC 7692 §7.2.3.5).
    ///
    /// # Errors
    /// [`InvalidData`].
    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData>;

    /// Whether the last byte taken ended a block with BFINAL.
    fn is_final(&self) -> bool;

    /// Whether the last byte taken ended a block, final or not: a message
    /// that ends elsewhere is cut off. Asked when a message has ended and all
    /// its output was taken.
    fn is_complete(&mut self) -> bool;

    /// The storage that [`Inflated`] speaks of. What a call wrote stays there
    /// until the next call.
    fn output(&self) -> &[u8];

    /// Forgets everything: no context takeover (RFC 7692 §7.1.1.1).
    fn reset(&mut self);
}

/// One that lives elsewhere: in a static, say, where the stack is small.
impl<D: Decompressor + ?Sized> Decompressor for &mut D {
    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData> {
        (**self).inflate(input)
    }

    fn is_final(&self) -> bool {
        (**self).is_final()
    }

    fn is_complete(&mut self) -> bool {
        (**self).is_complete()
    }

    fn output(&self) -> &[u8] {
        (**self).output()
    }

    fn reset(&mut self) {
        (**self).reset();
    }
}

/// Compresses messages to raw deflate data.
pub trait Compressor {
    /// Compresses all of `input` into `output` and flushes to a byte boundary
    /// with an empty stored block, so that the output ends with
    /// `00 00 FF FF`. `output` has `len + len / 8 + len / 64 + 128` bytes.
    /// `input` is not empty. Returns the length of the output; `None` where
    /// that failed, and then the compressor has reset itself.
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize>;

    /// Forgets everything: no context takeover (RFC 7692 §7.1.1.2).
    fn reset(&mut self);

    /// Whether there is a compressor at all.
    fn is_available(&self) -> bool {
        true
    }
}

/// No compressor: messages go out uncompressed, which RFC 7692 §6 allows.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCompressor;

impl Compressor for NoCompressor {
    fn compress(&mut self, _: &[u8], _: &mut [u8]) -> Option<usize> {
        None
    }

    fn reset(&mut self) {}

    fn is_available(&self) -> bool {
        false
    }
}

/// What `len` bytes take at most when compressed: more than zlib's own
/// estimate for any level and window, and the flush.
pub(crate) const fn bound(len: usize) -> usize {
    len.saturating_add(len / 8)
        .saturating_add(len / 64)
        .saturating_add(128)
}
