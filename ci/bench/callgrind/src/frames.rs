//! What the server says.

use std::fmt::Write;

use zlib_rs::{Deflate, DeflateFlush};

pub const BINARY: u8 = 2;
pub const TEXT: u8 = 1;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        len @ ..126 => out.push(len as u8),
        len @ ..=0xFFFF => {
            out.push(126);
            out.extend((len as u16).to_be_bytes());
        }
        len => {
            out.push(127);
            out.extend((len as u64).to_be_bytes());
        }
    }
    out.extend(payload);
    out
}

/// A message in one frame.
pub fn message(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(FIN | opcode, payload)
}

/// A message in frames of `size` bytes.
pub fn fragments(opcode: u8, payload: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for at in (0..payload.len()).step_by(size) {
        let end = payload.len().min(at + size);
        let first = if at == 0 { opcode } else { 0 } | if end == payload.len() { FIN } else { 0 };
        out.extend(frame(first, &payload[at..end]));
    }
    out
}

/// `len` bytes of `sample`, over and over; the last ones are ASCII, so that no character is cut.
pub fn text(sample: &str, len: usize) -> Vec<u8> {
    let mut out = sample.repeat(len / sample.len()).into_bytes();
    out.resize(len, b'x');
    out
}

pub const ASCII: &str = "All human beings are born free and equal in dignity and rights. ";
pub const JAPANESE: &str = "すべての人間は、生れながらにして自由であり、";

/// A telemetry message of about 1 KiB.
pub fn json(sequence: usize) -> String {
    let mut state = sequence as u64 * 0x9E37_79B9_7F4A_7C15 + 1;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) % below
    };
    let mut out = format!(r#"{{"device":"pump-station-07","sequence":{sequence},"readings":["#);
    for sensor in 0..16 {
        let comma = if sensor == 0 { "" } else { "," };
        let (celsius, bar) = (21_000 + random(1000), 1000 + random(3000));
        let _ = write!(
            out,
            r#"{comma}{{"sensor":"t{sensor}","celsius":{celsius},"bar":{bar},"ok":true}}"#
        );
    }
    out.push_str(r#"],"status":"running"}"#);
    out
}

/// Telemetry, compressed with context takeover.
pub fn compressed(count: usize) -> Vec<u8> {
    let mut deflate = Deflate::new(6, false, 15);
    let mut out = Vec::new();
    for sequence in 0..count {
        let text = json(sequence);
        let mut packed = vec![0; text.len() + 100];
        let before = deflate.total_out();
        deflate
            .compress(text.as_bytes(), &mut packed, DeflateFlush::SyncFlush)
            .expect("there is room");
        packed.truncate((deflate.total_out() - before) as usize - 4);
        out.extend(frame(FIN | RSV1 | TEXT, &packed));
    }
    out
}
