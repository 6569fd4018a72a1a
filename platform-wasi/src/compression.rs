//! permessage-deflate on the core's own libraries.

use alloc::vec::Vec;
use core::fmt;

pub use hybi_common::compression::Compression;
use hybi_core::extension::{
    Compressor,
    deflate::{Deflate, DeflateParams, Inflate, PerMessageDeflate},
};

/// The core's extension with the libraries of this crate.
pub(crate) type Extension = Option<PerMessageDeflate<Inflate<Vec<u8>>, Vec<u8>, Lazy>>;

/// What it takes to do what was negotiated. `None`: the window is none that
/// there can be.
pub(crate) fn extension(compression: &Compression, params: DeflateParams) -> Extension {
    let (level, threshold) = compression.effort();
    let inflate = Inflate::new(params.server_max_window_bits, Vec::new()).ok()?;
    let deflate = Lazy {
        window_bits: params.client_max_window_bits,
        level,
        deflate: None,
    };
    let extension = PerMessageDeflate::new(params, inflate, Vec::new(), deflate);
    Some(extension.threshold(threshold))
}

/// A compressor that takes its 312 KiB with the first message.
pub(crate) struct Lazy {
    window_bits: u8,
    level: u8,
    deflate: Option<Deflate>,
}

impl Compressor for Lazy {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let (window_bits, level) = (self.window_bits, self.level);
        let deflate = self
            .deflate
            .get_or_insert_with(|| Deflate::new(window_bits, level));
        deflate.compress(input, output)
    }

    fn reset(&mut self) {
        if let Some(deflate) = &mut self.deflate {
            deflate.reset();
        }
    }
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").finish_non_exhaustive()
    }
}
