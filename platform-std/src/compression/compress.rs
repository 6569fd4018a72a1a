//! Compression of what is sent.

use core::fmt;

use hybi_core::extension::Compressor;
use zlib_rs::{Deflate, DeflateFlush, Status};

/// zlib-rs, made when the first message is compressed.
pub(crate) struct Zlib {
    bits: u8,
    level: u8,
    inner: Option<Deflate>,
}

impl Zlib {
    pub(crate) const fn new(bits: u8, level: u8) -> Self {
        Self {
            bits,
            level,
            inner: None,
        }
    }
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
    use hybi_core::extension::{Decompressor, deflate::Inflate};

    /// What zlib-rs compresses with each window, the core's decompressor
    /// reads with the same one.
    #[test]
    fn round_trips_in_every_window() {
        let message = b"{\"sensor\":\"temperature\",\"value\":21.5}".repeat(200);
        for bits in 9..=15 {
            let mut zlib = Zlib::new(bits, 6);
            let mut inflate = Inflate::new(bits, Vec::new()).unwrap();
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
}
