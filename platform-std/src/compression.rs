//! permessage-deflate: what to offer, and zlib-rs behind the core's seam.
//!
//! Neither direction takes memory before its first compressed message.

use core::fmt;

use hybi_core::extension::{
    Compressor, Decompressor, Inflated, InvalidData,
    deflate::{ClientWindow, DeflateError, DeflateOffer, DeflateParams, Inflate, PerMessageDeflate},
};
use zlib_rs::{Deflate, DeflateFlush, Status};

/// The core's extension with the libraries of this crate.
pub(crate) type Extension = Option<PerMessageDeflate<LazyInflate, Vec<u8>, Zlib>>;

/// Settings of permessage-deflate (RFC 7692).
///
/// Memory, from the first compressed message on: about 43 KiB a connection
/// for receiving with a window of 15 bits (12 KiB with 10), about 380 KiB for
/// sending (250 KiB with 9 or 10).
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
        let separator = if parameters.trim().is_empty() { "" } else { ";" };
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
        let inflate = LazyInflate {
            bits: params.server_max_window_bits,
            inner: None,
        };
        let zlib = Zlib {
            bits: params.client_max_window_bits,
            level: self.level,
            inner: None,
        };
        let extension = PerMessageDeflate::new(params, inflate, Vec::new(), zlib);
        Some(extension.threshold(self.threshold))
    }
}

/// The core's own decompressor, made when the first message needs it.
#[derive(Debug)]
pub(crate) struct LazyInflate {
    bits: u8,
    inner: Option<Box<Inflate<Vec<u8>>>>,
}

impl Decompressor for LazyInflate {
    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData> {
        let inner = match &mut self.inner {
            Some(inner) => inner,
            none => {
                // A `Vec` grows to any window.
                let inflate = Inflate::new(self.bits, Vec::new()).map_err(|_| InvalidData)?;
                none.insert(Box::new(inflate))
            }
        };
        inner.inflate(input)
    }

    fn is_final(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.is_final())
    }

    fn is_complete(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| inner.is_complete())
    }

    fn output(&self) -> &[u8] {
        self.inner.as_ref().map_or(&[], |inner| inner.output())
    }

    fn reset(&mut self) {
        if let Some(inner) = &mut self.inner {
            inner.reset();
        }
    }
}

/// zlib-rs, made when the first message is compressed.
pub(crate) struct Zlib {
    bits: u8,
    level: u8,
    inner: Option<Deflate>,
}

impl Compressor for Zlib {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let (level, bits) = (i32::from(self.level), self.bits.clamp(9, 15));
        let deflate = self
            .inner
            .get_or_insert_with(|| Deflate::new(level, false, bits));
        let before = (deflate.total_in(), deflate.total_out());
        let status = deflate.compress(input, output, DeflateFlush::SyncFlush);
        let read = deflate.total_in() - before.0;
        let written = usize::try_from(deflate.total_out() - before.1).ok()?;
        // All taken, and room left: so the flush is complete.
        let done = read == input.len() as u64 && written < output.len();
        if matches!(status, Ok(Status::Ok)) && done {
            return Some(written);
        }
        deflate.reset();
        None
    }

    fn reset(&mut self) {
        if let Some(deflate) = &mut self.inner {
            deflate.reset();
        }
    }
}

impl fmt::Debug for Zlib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zlib")
            .field("bits", &self.bits)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What zlib-rs compresses with each window, the core's decompressor
    /// reads with the same one.
    #[test]
    fn round_trips_in_every_window() {
        let message = b"{\"sensor\":\"temperature\",\"value\":21.5}".repeat(200);
        for bits in 9..=15 {
            let mut zlib = Zlib {
                bits,
                level: 6,
                inner: None,
            };
            let mut inflate = LazyInflate { bits, inner: None };
            for _ in 0..20 {
                let mut packed = vec![0; message.len() * 2];
                let len = zlib.compress(&message, &mut packed).unwrap();
                assert_eq!(packed[len - 4..len], [0, 0, 0xFF, 0xFF]);
                let (mut input, mut output) = (&packed[..len], Vec::new());
                loop {
                    let part = inflate.inflate(input).unwrap();
                    output.extend_from_slice(&inflate.output()[part.start..part.end]);
                    input = &input[part.read..];
                    if part.read == 0 && part.written() == 0 {
                        break;
                    }
                }
                assert_eq!(output, message, "{bits}");
                assert!(inflate.is_complete());
            }
        }
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
