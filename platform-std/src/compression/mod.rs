//! permessage-deflate: what to offer, and zlib-rs behind the core's seam.
//!
//! Neither direction takes memory before its first compressed message. From
//! then on, in KiB a connection:
//!
//! | window | receiving | sending |
//! | --- | --- | --- |
//! | 9 bits | 48 | 246 |
//! | 10 bits | 48 | 248 |
//! | 12 bits | 51 | 260 |
//! | 15 bits | 79 | 372 |
//!
//! Receiving takes up to 80 at any window once the server resets its own after
//! each message.

mod compress;
mod decompress;

use compress::Zlib;
use decompress::Unzlib;
pub use hybi_common::compression::Compression;
use hybi_core::extension::deflate::{DeflateParams, PerMessageDeflate};

/// The core's extension with the libraries of this crate.
pub(crate) type Extension = Option<PerMessageDeflate<Unzlib, Vec<u8>, Zlib>>;

/// What it takes to do what was negotiated.
pub(crate) fn extension(compression: &Compression, params: DeflateParams) -> Extension {
    let (level, threshold) = compression.effort();
    let inflate = Unzlib::new(params.server_max_window_bits);
    let zlib = Zlib::new(params.client_max_window_bits, level);
    let extension = PerMessageDeflate::new(params, inflate, Vec::new(), zlib);
    Some(extension.threshold(threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation of this module says.
    #[test]
    fn memory() {
        use hybi_core::extension::Extension as _;
        let kib = |bytes: u64| bytes.div_ceil(1024);
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let mut found = Vec::new();
        for bits in [9, 10, 12, 15] {
            let params = DeflateParams {
                server_no_context_takeover: false,
                client_no_context_takeover: false,
                server_max_window_bits: bits,
                client_max_window_bits: bits,
            };
            let compression = Compression::new();
            let new = || extension(&compression, params);
            let mut extension = new();
            let receiving = allocation_counter::measure(|| {
                extension.inflate(&hello).unwrap();
            });
            let mut output = [0; 1000];
            let mut extension = new();
            let sending = allocation_counter::measure(|| {
                extension.compress(b"Hello", &mut output).unwrap();
            });
            let nothing = allocation_counter::measure(|| drop(new()));
            assert_eq!(nothing.count_total, 0, "before the first message");
            found.push((bits, kib(receiving.bytes_max), kib(sending.bytes_max)));
        }
        assert_eq!(
            found,
            [(9, 48, 246), (10, 48, 248), (12, 51, 260), (15, 79, 372)]
        );
    }
}
