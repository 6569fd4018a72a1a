//! The decompressor of `hybi-std` (zlib-rs) and the core's: the same verdicts
//! and the same output, message by message.
#![no_main]

#[allow(dead_code, reason = "of hybi-std, which uses the rest")]
#[path = "../../../platform-std/src/compression/decompress.rs"]
mod decompress;

use decompress::Unzlib;
use hybi_core::extension::{Decompressor, InvalidData, deflate::Inflate};
use hybi_fuzz::input::Input;

const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (takeover, step) = (input.bit(), usize::from(input.byte()) + 1);
    // With the largest window: zlib-rs looks back further than a smaller one
    // where it still has the bytes.
    let mut ours = Inflate::new(15, Vec::new()).unwrap();
    let mut theirs = Unzlib::new(15);
    while !input.0.is_empty() {
        let len = usize::from(input.byte());
        let payload = input.take(len);
        let (a, b) = (
            message(&mut ours, payload, step),
            message(&mut theirs, payload, step),
        );
        assert!(a == b, "{a:x?} {b:x?}");
        if a.is_err() {
            return;
        }
        if !takeover {
            ours.reset();
            theirs.reset();
        }
    }
});

/// A message as the connection gives it to a decompressor.
fn message(
    decoder: &mut dyn Decompressor,
    payload: &[u8],
    step: usize,
) -> Result<Vec<u8>, InvalidData> {
    let mut out = Vec::new();
    let mut give = |decoder: &mut dyn Decompressor, mut piece: &[u8]| {
        loop {
            let part = decoder.inflate(piece)?;
            out.extend_from_slice(&decoder.output()[part.start..part.end]);
            piece = &piece[part.read..];
            if part.read == 0 && part.written() == 0 {
                return Ok(piece.is_empty());
            }
            if out.len() > 1 << 20 {
                return Err(InvalidData);
            }
        }
    };
    for piece in payload.chunks(step) {
        give(decoder, piece)?;
    }
    let complete = decoder.is_final() || give(decoder, &TAIL)?;
    if complete && decoder.is_complete() {
        Ok(out)
    } else {
        Err(InvalidData)
    }
}
