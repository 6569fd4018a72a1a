//! permessage-deflate: what to offer, and zlib-rs behind the core's seam.
//!
//! Neither direction takes memory before its first compressed message.

mod compress;
mod decompress;

use compress::Zlib;
use decompress::Unzlib;
use hybi_core::extension::deflate::{
    ClientWindow, DeflateError, DeflateOffer, DeflateParams, PerMessageDeflate,
};

/// The core's extension with the libraries of this crate.
pub(crate) type Extension = Option<PerMessageDeflate<Unzlib, Vec<u8>, Zlib>>;

/// Settings of permessage-deflate (RFC 7692).
///
/// Memory, from the first compressed message on, in KiB a connection:
///
/// | window | receiving | sending |
/// | --- | --- | --- |
/// | 9 bits | 48 | 246 |
/// | 10 bits | 48 | 248 |
/// | 12 bits | 51 | 260 |
/// | 15 bits | 79 | 372 |
///
/// Receiving takes up to 80 at any window once the server resets its own after
/// each message.
///
/// Do not compress secrets beside text that somebody else chose: the length
/// of the result tells about them. See
/// [`WebSocket::override_compression`](crate::WebSocket::override_compression).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Compression {
    pub(crate) offers: Vec<DeflateOffer>,
    level: u8,
    threshold: usize,
}

impl Default for Compression {
    fn default() -> Self {
        Self::new()
    }
}

impl Compression {
    /// Offers `permessage-deflate; client_max_window_bits`, level 6,
    /// messages from 64 bytes on.
    pub fn new() -> Self {
        Self::offering([DeflateOffer {
            client_max_window_bits: ClientWindow::Any,
            ..DeflateOffer::default()
        }])
    }

    /// Offers these, the preferred one first.
    pub fn offering(offers: impl IntoIterator<Item = DeflateOffer>) -> Self {
        Self {
            offers: offers.into_iter().collect(),
            level: 6,
            threshold: 64,
        }
    }

    /// Offers what `parameters` says, in the form of the header, without the
    /// extension's name: `server_max_window_bits=10; client_max_window_bits`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(parameters: &str) -> Result<Self, DeflateError> {
        let separator = if parameters.trim().is_empty() {
            ""
        } else {
            ";"
        };
        let text = format!("permessage-deflate{separator}{parameters}");
        let offers: Result<Vec<_>, _> = DeflateOffer::parse_list(&text).collect();
        Ok(Self::offering(offers?))
    }

    /// Sets the level of compression, 1 (fast) to 9 (small).
    pub fn level(mut self, level: u8) -> Self {
        self.level = level.clamp(1, 9);
        self
    }

    /// Sets below which size, in bytes, messages go uncompressed.
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    pub(crate) fn extension(&self, params: DeflateParams) -> Extension {
        let inflate = Unzlib::new(params.server_max_window_bits);
        let zlib = Zlib::new(params.client_max_window_bits, self.level);
        let extension = PerMessageDeflate::new(params, inflate, Vec::new(), zlib);
        Some(extension.threshold(self.threshold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation of [`Compression`] says.
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
            let new = || compression.extension(params);
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

    #[test]
    fn parameters_are_read_and_checked() {
        let parsed = Compression::parse("server_max_window_bits=10; client_max_window_bits");
        assert_eq!(
            parsed.unwrap().offers[0].to_string(),
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits"
        );
        assert_eq!(
            Compression::parse("").unwrap().offers,
            [DeflateOffer::default()]
        );
        assert!(Compression::parse("client_max_window_bits=8").is_err());
        assert!(Compression::parse("nonsense").is_err());
    }
}
