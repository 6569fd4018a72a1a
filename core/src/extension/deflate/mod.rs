//! permessage-deflate (RFC 7692).
//!
//! [`DeflateOffer`]s go into the request, [`DeflateParams`] come out of the
//! handshake, and [`PerMessageDeflate`] does the work on an open connection:
//! with a [`Decompressor`], storage for whole messages, and, if messages shall
//! be compressed, a [`Compressor`].
//!
//! # Memory
//! Receiving with [`Inflate`] takes 10,528 bytes for the decoder (on a 64-bit
//! machine) and the window that the caller lends:
//!
//! | `server_max_window_bits` | window | in all |
//! | --- | --- | --- |
//! | 8 | 256 | 10,784 |
//! | 9 | 512 | 11,040 |
//! | 10 | 1,024 | 11,552 |
//! | 11 | 2,048 | 12,576 |
//! | 12 | 4,096 | 14,624 |
//! | 13 | 8,192 | 18,720 |
//! | 14 | 16,384 | 26,912 |
//! | 15, or not negotiated | 32,768 | 43,296 |
//!
//! The storage for whole messages comes on top; messages in chunks need none.
//! `Deflate` takes 312 KiB of heap at any window size.
//!
//! # On a microcontroller
//! Offer `server_max_window_bits=10` (or 9), which a server has to accept or
//! to leave the extension out, and take messages in chunks: with buffers of
//! 256 bytes the whole connection stays below 13 KiB. Ask for
//! `server_no_context_takeover` only where one decoder shall serve several
//! connections in turn: it costs the server's compression most of its use on
//! small messages, and saves no memory here. Send uncompressed: a
//! [`NoCompressor`] is allowed, whatever was negotiated.
//!
//! # When not to use it
//! Where a message holds a secret beside text that somebody else chose, the
//! length of the compressed message tells about the secret (the CRIME
//! attack). With context takeover that holds across messages, too. Leave such
//! messages uncompressed, with [`PerMessageDeflate::override_next`], or do not
//! offer the extension: the server may compress what it sends whenever it was
//! negotiated.
//!
//! It gains nothing on what is compressed already (images, archives) or
//! looks random (ciphertext), and little on messages of a few dozen bytes.

#[cfg(feature = "alloc")]
mod compress;
mod inflate;
mod offer;
mod params;

#[cfg(feature = "alloc")]
pub use compress::Deflate;
use core::fmt;
pub use inflate::Inflate;
pub use offer::{ClientWindow, DeflateOffer};
pub(crate) use params::negotiate;
pub use params::{DeflateError, DeflateParams};

use super::{Compressor, Decompressor, Extension, Inflated, InvalidData, NoCompressor};
use crate::{buffer::Buffer, error::CapacityError};

const NAME: &str = "permessage-deflate";

/// Messages shorter than this go uncompressed, unless told otherwise.
const THRESHOLD: usize = 64;

/// permessage-deflate at work on a connection.
///
/// `D` decompresses into `M`, a [`Buffer`] that holds the largest whole
/// message; with [`Delivery::Chunks`](crate::connection::Delivery::Chunks) it
/// is not used and may be `[u8; 0]`. `C` compresses.
pub struct PerMessageDeflate<D, M, C = NoCompressor> {
    params: DeflateParams,
    decompressor: D,
    message: M,
    message_len: usize,
    compressor: C,
    threshold: usize,
    next: Option<bool>,
}

impl<D: Decompressor, M: Buffer, C: Compressor> PerMessageDeflate<D, M, C> {
    /// What was negotiated, and what it takes to do it. The decompressor's
    /// window must have `params.server_max_window_bits` or more, the
    /// compressor's `params.client_max_window_bits` or less.
    pub fn new(params: DeflateParams, decompressor: D, message: M, compressor: C) -> Self {
        Self {
            params,
            decompressor,
            message,
            message_len: 0,
            compressor,
            threshold: THRESHOLD,
            next: None,
        }
    }

    /// Sets below which size, in bytes, messages go uncompressed; 64 by
    /// default.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Decides about the next message alone: compressed or not.
    pub const fn override_next(&mut self, compress: bool) {
        self.next = Some(compress);
    }

    /// What was negotiated.
    pub const fn params(&self) -> DeflateParams {
        self.params
    }
}

impl<D: Decompressor, M: Buffer, C: Compressor> Extension for PerMessageDeflate<D, M, C> {
    fn is_negotiated(&self) -> bool {
        true
    }

    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData> {
        self.decompressor.inflate(input)
    }

    fn is_final(&self) -> bool {
        self.decompressor.is_final()
    }

    fn is_complete(&mut self) -> bool {
        self.decompressor.is_complete()
    }

    fn output(&self) -> &[u8] {
        self.decompressor.output()
    }

    fn append(&mut self, part: Inflated) -> Result<(), CapacityError> {
        let output = self.decompressor.output();
        let bytes = output.get(part.start..part.end).unwrap_or_default();
        let end = self.message_len.saturating_add(bytes.len());
        self.message.reserve(end)?;
        if let Some(out) = self.message.bytes_mut().get_mut(self.message_len..end) {
            out.copy_from_slice(bytes);
        }
        self.message_len = end;
        Ok(())
    }

    fn message(&self) -> &[u8] {
        self.message
            .bytes()
            .get(..self.message_len)
            .unwrap_or_default()
    }

    fn begin_message(&mut self) {
        // A large message does not keep its memory for ever.
        if self.message_len <= KEEP {
            self.message.shrink(KEEP);
        }
        self.message_len = 0;
    }

    fn end_message(&mut self) {
        // RFC 7692 §7.1.1.1.
        if self.params.server_no_context_takeover {
            self.decompressor.reset();
        }
    }

    fn wants(&mut self, len: usize) -> bool {
        let wanted = self.next.take().unwrap_or(len >= self.threshold);
        wanted && self.compressor.is_available()
    }

    fn compress(&mut self, payload: &[u8], output: &mut [u8]) -> Option<usize> {
        self.compressor.compress(payload, output)
    }

    fn end_compressed(&mut self) {
        // RFC 7692 §7.1.1.2.
        if self.params.client_no_context_takeover {
            self.compressor.reset();
        }
    }
}

/// What a growing message buffer keeps while idle.
const KEEP: usize = 4096;

impl<D, M, C> fmt::Debug for PerMessageDeflate<D, M, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerMessageDeflate")
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}
