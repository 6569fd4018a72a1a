//! Decompression of what is received.

use core::fmt;

use hybi_core::extension::{Decompressor, Inflated, InvalidData};
use zlib_rs::{Inflate, InflateFlush, Status};

/// zlib-rs, made when the first message needs it.
///
/// It has a window of its own, but gives it up where a stream ends. So what
/// came out is kept here, too: a block with BFINAL ends a stream, and the next
/// one may refer back to it (RFC 7692 §7.2.3.4).
pub(crate) struct Unzlib {
    bits: u8,
    inner: Option<Box<Inner>>,
}

struct Inner {
    stream: Inflate,
    /// A ring of the window's size; new bytes stay until the next call.
    ring: Vec<u8>,
    position: usize,
    /// The ring has been filled once since the last reset.
    wrapped: bool,
    is_final: bool,
    /// Nothing was taken since the stream began.
    is_new: bool,
}

/// An empty stored block, and the byte that would begin another one.
const PROBE: [u8; 6] = [0, 0, 0, 0xFF, 0xFF, 0];

impl Unzlib {
    pub(crate) const fn new(bits: u8) -> Self {
        Self { bits, inner: None }
    }
}

impl Inner {
    fn new(bits: u8) -> Self {
        Self {
            stream: Inflate::new(false, bits),
            ring: vec![0; 1 << bits],
            position: 0,
            wrapped: false,
            is_final: false,
            is_new: true,
        }
    }

    /// One call of zlib-rs: what it says, bytes read, bytes written.
    fn call(
        &mut self,
        input: &[u8],
        flush: InflateFlush,
    ) -> Result<(Status, usize, usize), InvalidData> {
        let before = (self.stream.total_in(), self.stream.total_out());
        let output = self.ring.get_mut(self.position..).unwrap_or_default();
        let status = self.stream.decompress(input, output, flush);
        let count = |total: u64| usize::try_from(total).map_err(|_| InvalidData);
        let read = count(self.stream.total_in() - before.0)?;
        let written = count(self.stream.total_out() - before.1)?;
        Ok((status.map_err(|_| InvalidData)?, read, written))
    }

    /// Begins a new stream with the window of the one before.
    fn continue_in_a_new_stream(&mut self) -> Result<(), InvalidData> {
        self.stream.reset(false);
        let (newer, older) = self.ring.split_at(self.position.min(self.ring.len()));
        let older = if self.wrapped { older } else { &[] };
        for part in [older, newer] {
            if !part.is_empty() {
                let set = self.stream.set_dictionary(part);
                set.map_err(|_| InvalidData)?;
            }
        }
        Ok(())
    }
}

impl Decompressor for Unzlib {
    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData> {
        let bits = self.bits.clamp(8, 15);
        let inner = self.inner.get_or_insert_with(|| Box::new(Inner::new(bits)));
        if inner.position == inner.ring.len() {
            inner.position = 0;
            inner.wrapped = true;
        } else if input.is_empty() {
            // There was room: all output has come out.
            return Ok(Inflated {
                read: 0,
                start: inner.position,
                end: inner.position,
            });
        }
        let start = inner.position;
        let (status, read, written) = inner.call(input, InflateFlush::SyncFlush)?;
        inner.position += written;
        if read > 0 || written > 0 {
            inner.is_final = false;
            inner.is_new = false;
        }
        if status == Status::StreamEnd {
            inner.continue_in_a_new_stream()?;
            inner.is_final = true;
        }
        Ok(Inflated {
            read,
            start,
            end: inner.position,
        })
    }

    fn is_final(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.is_final)
    }

    /// zlib-rs does not tell. But told to stop after a block, it stops after
    /// an empty one exactly where it was between blocks before.
    fn is_complete(&mut self) -> bool {
        let Some(inner) = &mut self.inner else {
            return true;
        };
        if inner.is_final || inner.is_new {
            return true;
        }
        if inner.position == inner.ring.len() {
            inner.position = 0;
            inner.wrapped = true;
        }
        let stopped = inner.call(&PROBE, InflateFlush::Block);
        stopped == Ok((Status::Ok, PROBE.len() - 1, 0))
    }

    fn output(&self) -> &[u8] {
        self.inner.as_ref().map_or(&[], |inner| &inner.ring)
    }

    fn reset(&mut self) {
        if let Some(inner) = &mut self.inner {
            // Without an allocation, but for a first time: from now on its
            // window has 15 bits.
            inner.stream.reset(false);
            inner.position = 0;
            inner.wrapped = false;
            inner.is_final = false;
            inner.is_new = true;
        }
    }
}

impl fmt::Debug for Unzlib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unzlib")
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hybi_core::extension::deflate::Inflate as CoreInflate;
    use zlib_rs::{Deflate, DeflateFlush};

    const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

    /// A message as the core gives it to a decompressor; whether it was
    /// complete, and what came out.
    fn message(
        decoder: &mut dyn Decompressor,
        payload: &[u8],
        step: usize,
    ) -> Result<(bool, Vec<u8>), InvalidData> {
        let mut out = Vec::new();
        let mut give = |decoder: &mut dyn Decompressor, mut piece: &[u8]| {
            loop {
                let part = decoder.inflate(piece)?;
                out.extend_from_slice(&decoder.output()[part.start..part.end]);
                piece = &piece[part.read..];
                if part.read == 0 && part.written() == 0 {
                    return Ok(piece.is_empty());
                }
            }
        };
        for piece in payload.chunks(step) {
            give(decoder, piece)?;
        }
        let complete = decoder.is_final() || give(decoder, &TAIL)?;
        Ok((complete && decoder.is_complete(), out))
    }

    fn compress(deflate: &mut Deflate, text: &[u8], flush: DeflateFlush) -> Vec<u8> {
        let mut packed = vec![0; text.len() * 2 + 100];
        let before = deflate.total_out();
        deflate.compress(text, &mut packed, flush).unwrap();
        packed.truncate(usize::try_from(deflate.total_out() - before).unwrap());
        if flush == DeflateFlush::SyncFlush {
            packed.truncate(packed.len() - TAIL.len());
        }
        packed
    }

    fn texts() -> Vec<Vec<u8>> {
        let telemetry: Vec<u8> = (0..40_u32)
            .flat_map(|i| format!("{{\"sensor\":{i},\"value\":{}}}", i * 7919 % 997).into_bytes())
            .collect();
        let noise: Vec<u8> = (0..1500_u32)
            .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        vec![b"Hello".to_vec(), telemetry, noise, vec![b'x'; 40_000]]
    }

    /// Cut off anywhere, a message is refused, as the core's decompressor
    /// does; whole, it is taken. In every window, with what came before.
    #[test]
    fn cut_off_messages_are_found() {
        for bits in [9, 12, 15] {
            for text in texts() {
                for flush in [DeflateFlush::SyncFlush, DeflateFlush::Finish] {
                    let mut deflate = Deflate::new(6, false, bits);
                    let first = compress(&mut deflate, &text, DeflateFlush::SyncFlush);
                    let packed = compress(&mut deflate, &text, flush);
                    for cut in (1..=packed.len()).rev().take(300) {
                        let mut ours = Unzlib::new(bits);
                        let mut core = CoreInflate::new(bits, Vec::new()).unwrap();
                        assert_eq!(message(&mut ours, &first, 7), Ok((true, text.clone())));
                        message(&mut core, &first, 7).unwrap();
                        let ours = message(&mut ours, &packed[..cut], 1000);
                        let core = message(&mut core, &packed[..cut], 1000);
                        let whole = |result: &Result<_, _>| matches!(result, Ok((true, _)));
                        assert_eq!(whole(&ours), whole(&core), "{bits} bits, {cut} bytes");
                        if whole(&ours) {
                            assert!(ours == core);
                        }
                        assert!(cut < packed.len() || ours == Ok((true, text.clone())));
                    }
                }
            }
        }
    }

    /// After a message that ended with BFINAL, the next refers back to it,
    /// across the whole ring.
    #[test]
    fn a_final_block_keeps_the_window() {
        for bits in [9, 15] {
            let mut ours = Unzlib::new(bits);
            let mut window = Vec::new();
            for text in texts().iter().cycle().take(12) {
                let mut deflate = Deflate::new(6, false, bits);
                if !window.is_empty() {
                    deflate.set_dictionary(&window).unwrap();
                }
                let packed = compress(&mut deflate, text, DeflateFlush::Finish);
                assert!(message(&mut ours, &packed, 100) == Ok((true, text.clone())));
                window.extend_from_slice(text);
                window.drain(..window.len().saturating_sub(1 << bits));
            }
        }
    }

    /// RFC 7692 §7.2.3: the second sample refers back to the first.
    #[test]
    fn a_reset_forgets() {
        for bits in [9, 15] {
            let mut ours = Unzlib::new(bits);
            let hello = Ok((true, b"Hello".to_vec()));
            let first = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
            let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
            assert_eq!(message(&mut ours, &first, 1), hello);
            assert_eq!(message(&mut ours, &second, 1), hello);
            ours.reset();
            assert_eq!(message(&mut ours, &first, 1), hello);
            ours.reset();
            assert_eq!(message(&mut ours, &second, 1), Err(InvalidData));
        }
    }
}
