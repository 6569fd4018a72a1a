//! The floor: zlib-rs called with buffers that are ready, no WebSocket rules
//! but header and mask.

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush};

use crate::{
    memory::{Input, Output},
    peer::{Peer, Receiver, Sender, Setup},
};

pub struct Floor;

impl Peer for Floor {
    fn name(&self) -> &'static str {
        "floor (zlib-rs by hand)"
    }

    fn receiver(&self, setup: Setup, input: Input) -> Option<Box<dyn Receiver>> {
        Some(Box::new(Receiving {
            input,
            inflate: Inflate::new(false, 15),
            takeover: setup.takeover,
            packed: Vec::with_capacity(1 << 16),
            out: vec![0; 1 << 16],
        }))
    }

    fn sender(&self, setup: Setup, output: Output) -> Option<Box<dyn Sender>> {
        Some(Box::new(Sending {
            output,
            deflate: Deflate::new(6, false, 15),
            takeover: setup.takeover,
            packed: vec![0; 1 << 16],
        }))
    }
}

struct Receiving {
    input: Input,
    inflate: Inflate,
    takeover: bool,
    packed: Vec<u8>,
    out: Vec<u8>,
}

impl Receiver for Receiving {
    fn receive(&mut self, count: usize) -> usize {
        let mut bytes = 0;
        for _ in 0..count {
            let mut head = [0; 2];
            self.input.read(&mut head);
            let len = match head[1] {
                126 => {
                    let mut long = [0; 2];
                    self.input.read(&mut long);
                    usize::from(u16::from_be_bytes(long))
                }
                len => usize::from(len),
            };
            self.packed.resize(len, 0);
            self.input.read(&mut self.packed);
            self.packed.extend([0, 0, 0xFF, 0xFF]);
            let before = self.inflate.total_out();
            self.inflate
                .decompress(&self.packed, &mut self.out, InflateFlush::SyncFlush)
                .expect("good data");
            let len = (self.inflate.total_out() - before) as usize;
            bytes += str::from_utf8(&self.out[..len]).expect("text").len();
            if !self.takeover {
                self.inflate.reset(false);
            }
        }
        bytes
    }
}

struct Sending {
    output: Output,
    deflate: Deflate,
    takeover: bool,
    packed: Vec<u8>,
}

impl Sender for Sending {
    fn send(&mut self, messages: &[String]) {
        for message in messages {
            let before = self.deflate.total_out();
            self.deflate
                .compress(
                    message.as_bytes(),
                    &mut self.packed[8..],
                    DeflateFlush::SyncFlush,
                )
                .expect("there is room");
            let len = (self.deflate.total_out() - before) as usize - 4;
            let key = [0x12, 0x34, 0x56, 0x78];
            let start = if len < 126 { 2 } else { 0 };
            match u8::try_from(len) {
                Ok(len @ ..=125) => self.packed[2..4].copy_from_slice(&[0xC1, 0x80 | len]),
                _ => {
                    let [high, low] = (len as u16).to_be_bytes();
                    self.packed[..4].copy_from_slice(&[0xC1, 0xFE, high, low]);
                }
            }
            self.packed[4..8].copy_from_slice(&key);
            for (byte, key) in self.packed[8..8 + len].iter_mut().zip(key.iter().cycle()) {
                *byte ^= key;
            }
            self.output.write(&self.packed[start..8 + len]);
            if !self.takeover {
                self.deflate.reset();
            }
        }
    }
}
