//! What one compressor packs, another decompressor unpacks: ours to ours and
//! to zlib-rs, zlib-rs to ours.
#![no_main]

use hybi_core::extension::{
    Compressor, Decompressor,
    deflate::{Deflate, Inflate},
};
use hybi_fuzz::input::Input;
use zlib_rs::{DeflateFlush, InflateFlush};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (bits, level) = (input.between(9, 15), input.between(1, 9));
    let (takeover, step) = (input.bit(), usize::from(input.byte()) + 1);
    let mut ours = Deflate::new(bits, level);
    let mut theirs = zlib_rs::Deflate::new(i32::from(level), false, bits);
    // One decompressor for each compressor: each has its own window.
    let mut of_ours = Inflate::new(bits, Vec::new()).unwrap();
    let mut of_theirs = Inflate::new(bits, Vec::new()).unwrap();
    let mut other = zlib_rs::Inflate::new(false, bits);
    while !input.0.is_empty() {
        let (len, times) = (input.byte(), input.between(1, 16));
        let message = input.take(usize::from(len)).repeat(usize::from(times));
        if message.is_empty() {
            continue;
        }
        let mut packed = vec![0; message.len() + message.len() / 8 + message.len() / 64 + 128];

        let len = ours.compress(&message, &mut packed).unwrap();
        assert!(packed[..len].ends_with(&[0, 0, 0xFF, 0xFF]));
        assert_eq!(inflate(&mut of_ours, &packed[..len], step), message);
        let mut out = vec![0; message.len() + 1];
        let before = other.total_out();
        other
            .decompress(&packed[..len], &mut out, InflateFlush::SyncFlush)
            .unwrap();
        out.truncate((other.total_out() - before) as usize);
        assert_eq!(out, message);

        let before = theirs.total_out();
        theirs
            .compress(&message, &mut packed, DeflateFlush::SyncFlush)
            .unwrap();
        let len = (theirs.total_out() - before) as usize;
        assert_eq!(inflate(&mut of_theirs, &packed[..len], step), message);

        if !takeover {
            ours.reset();
            theirs.reset();
            of_ours.reset();
            of_theirs.reset();
            other.reset(false);
        }
    }
});

fn inflate(decoder: &mut Inflate<Vec<u8>>, input: &[u8], step: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for mut piece in input.chunks(step) {
        loop {
            let part = decoder.inflate(piece).unwrap();
            out.extend_from_slice(&decoder.output()[part.start..part.end]);
            piece = &piece[part.read..];
            if part.read == 0 && part.written() == 0 {
                assert!(piece.is_empty());
                break;
            }
        }
    }
    assert!(decoder.is_complete());
    out
}
