//! The floor: by hand, only what a row needs. No rule of WebSocket is checked
//! but UTF-8; frames are whole, pings and closes do not come.

use std::io::{Read, Write};

use hybi_std::{Entropy, OsEntropy};
use zlib_rs::{Deflate as Compressor, DeflateFlush, Inflate, InflateFlush};

use crate::{
    message::{FIN, Message, TEXT},
    net::Target,
    peer::{Blocking, Client, Deflate, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
    upgrade,
};

pub struct Floor;

impl Peer for Floor {
    fn name(&self) -> &'static str {
        "floor"
    }

    fn about(&self) -> &'static str {
        "by hand, blocking; UTF-8 by simdutf8, masks by ChaCha12, applied with AVX2 where there \
         is AVX2; zlib-rs"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        Ok(match wire {
            Wire::Memory(stream) => Box::new(Hand::new(stream.opened(), setup)?),
            Wire::Net(target) => Box::new(Hand::new(target.open().map_err(broken)?, setup)?),
        })
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let mut stream = target.dial().map_err(broken)?;
        stream
            .write_all(upgrade::request(&target.path).as_bytes())
            .map_err(broken)?;
        let (mut head, mut len) = ([0; 1024], 0);
        while !head[..len].ends_with(b"\r\n\r\n") {
            len += stream.read(&mut head[len..]).map_err(broken)?;
        }
        Ok(())
    }
}

struct Hand<S> {
    stream: S,
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// A message that does not lie in the input whole.
    message: Vec<u8>,
    output: Vec<u8>,
    queued: usize,
    entropy: OsEntropy,
    keys: Vec<[u8; 4]>,
    fresh: [[u8; 4]; 128],
    zlib: Option<(Deflate, Inflate, Compressor)>,
    packed: Vec<u8>,
}

impl<S: Read + Write> Hand<S> {
    fn new(stream: S, setup: Setup) -> Outcome<Self> {
        let message = setup.largest.max(1 << 16);
        Ok(Self {
            stream,
            input: vec![0; 64 << 10],
            start: 0,
            end: 0,
            message: vec![0; message],
            output: vec![0; message + 64],
            queued: 0,
            entropy: OsEntropy::new().map_err(broken)?,
            keys: Vec::with_capacity(128),
            fresh: [[0; 4]; 128],
            zlib: setup.deflate.map(|deflate| {
                let (inflate, compressor) =
                    (Inflate::new(false, 15), Compressor::new(6, false, 15));
                (deflate, inflate, compressor)
            }),
            packed: vec![0; 1 << 16],
        })
    }

    /// Makes `len` bytes be there, of those that fit the input.
    fn fill(&mut self, len: usize) -> Outcome<()> {
        while self.end - self.start < len {
            if self.start == self.end {
                (self.start, self.end) = (0, 0);
            } else if self.start + len > self.input.len() || self.start > self.input.len() / 2 {
                self.input.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            match self.stream.read(&mut self.input[self.end..]) {
                Ok(0) => return Err(unexpected("end")),
                Ok(n) => self.end += n,
                Err(error) => return Err(broken(error)),
            }
        }
        Ok(())
    }

    /// First byte and payload length of the next frame, whose header is taken.
    #[inline]
    fn header(&mut self) -> Outcome<(u8, usize)> {
        self.fill(2)?;
        let first = self.input[self.start];
        let (header, len) = match self.input[self.start + 1] {
            126 => {
                self.fill(4)?;
                let len = [self.input[self.start + 2], self.input[self.start + 3]];
                (4, usize::from(u16::from_be_bytes(len)))
            }
            127 => {
                self.fill(10)?;
                let len = self.input[self.start + 2..].first_chunk().copied();
                (10, u64::from_be_bytes(len.unwrap_or_default()) as usize)
            }
            len => (2, usize::from(len)),
        };
        self.start += header;
        Ok((first, len))
    }

    /// Appends `len` bytes of payload to the message.
    fn append(&mut self, at: usize, len: usize) -> Outcome<()> {
        let here = len.min(self.end - self.start);
        let end = self.start + here;
        self.message[at..at + here].copy_from_slice(&self.input[self.start..end]);
        self.start = end;
        let rest = &mut self.message[at + here..at + len];
        if rest.len() >= self.input.len() / 2 {
            return self.stream.read_exact(rest).map_err(broken);
        }
        let rest = rest.len();
        if rest > 0 {
            self.fill(rest)?;
            self.append(at + here, rest)?;
        }
        Ok(())
    }

    fn inflated(&mut self, len: usize, look: &mut impl Look) -> Outcome<()> {
        self.fill(len)?;
        let Some((deflate, inflate, _)) = &mut self.zlib else {
            return Err(unexpected("compressed"));
        };
        self.packed[..len].copy_from_slice(&self.input[self.start..self.start + len]);
        self.packed[len..len + 4].copy_from_slice(&[0, 0, 0xFF, 0xFF]);
        self.start += len;
        let before = inflate.total_out();
        inflate
            .decompress(
                &self.packed[..len + 4],
                &mut self.message,
                InflateFlush::SyncFlush,
            )
            .map_err(broken)?;
        let len = (inflate.total_out() - before) as usize;
        let text = simdutf8::basic::from_utf8(&self.message[..len]).map_err(broken)?;
        look.look(text.as_bytes());
        if !deflate.takeover {
            inflate.reset(false);
        }
        Ok(())
    }

    #[inline]
    fn key(&mut self) -> [u8; 4] {
        if let Some(key) = self.keys.pop() {
            return key;
        }
        self.entropy.fill(self.fresh.as_flattened_mut());
        self.keys.extend_from_slice(&self.fresh[1..]);
        self.fresh[0]
    }

    /// Adds a frame to what is queued.
    #[inline]
    fn put(&mut self, message: &Message) -> Outcome<()> {
        let first = if message.text.is_some() { 0x81 } else { 0x82 };
        let key = self.key();
        let Some((deflate, _, compressor)) = &mut self.zlib else {
            self.queued += encode(&mut self.output[self.queued..], first, key, &message.data);
            return Ok(());
        };
        let before = compressor.total_out();
        compressor
            .compress(&message.data, &mut self.packed, DeflateFlush::SyncFlush)
            .map_err(broken)?;
        let len = (compressor.total_out() - before) as usize - 4;
        if !deflate.takeover {
            compressor.reset();
        }
        let data = &self.packed[..len];
        self.queued += encode(&mut self.output[self.queued..], first | 0x40, key, data);
        Ok(())
    }
}

/// Writes a masked frame; returns its length.
#[inline]
fn encode(out: &mut [u8], first: u8, key: [u8; 4], data: &[u8]) -> usize {
    out[0] = first;
    let header = match data.len() {
        len @ ..=125 => {
            out[1] = 0x80 | len as u8;
            2
        }
        len @ ..=0xFFFF => {
            out[1] = 0xFE;
            out[2..4].copy_from_slice(&(len as u16).to_be_bytes());
            4
        }
        len => {
            out[1] = 0xFF;
            out[2..10].copy_from_slice(&(len as u64).to_be_bytes());
            10
        }
    };
    out[header..header + 4].copy_from_slice(&key);
    let start = header + 4;
    let end = start + data.len();
    if data.len() < 256 {
        mask_small(&mut out[start..end], data, key);
    } else {
        mask(&mut out[start..end], data, key);
    }
    end
}

#[inline(always)]
fn mask_small(to: &mut [u8], from: &[u8], key: [u8; 4]) {
    let word = u64::from_ne_bytes([
        key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3],
    ]);
    let (to_words, to_rest) = to.as_chunks_mut::<8>();
    let (from_words, from_rest) = from.as_chunks::<8>();
    for (to, from) in to_words.iter_mut().zip(from_words) {
        *to = (u64::from_ne_bytes(*from) ^ word).to_ne_bytes();
    }
    for (i, (to, from)) in to_rest.iter_mut().zip(from_rest).enumerate() {
        *to = from ^ key[i % 4];
    }
}

#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn mask(to: &mut [u8], from: &[u8], key: [u8; 4]) {
    mask_small(to, from, key);
}

impl<S: Read + Write> Blocking for Hand<S> {
    #[inline]
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        // Most frames are small and there, whole.
        if let [first, second @ ..126, rest @ ..] = &self.input[self.start..self.end]
            && *first & 0xC0 == FIN
            && let Some(payload) = rest.get(..usize::from(*second))
        {
            if *first & 0x0F == TEXT {
                simdutf8::basic::from_utf8(payload).map_err(broken)?;
            }
            look.look(payload);
            self.start += 2 + payload.len();
            return Ok(());
        }
        self.receive_any(look)
    }

    #[inline]
    fn send(&mut self, message: &Message) -> Outcome<()> {
        self.put(message)?;
        self.flush()
    }

    #[inline]
    fn queue(&mut self, message: &Message) -> Outcome<()> {
        self.put(message)
    }

    #[inline]
    fn flush(&mut self) -> Outcome<()> {
        let queued = std::mem::take(&mut self.queued);
        let queued = &self.output[..queued];
        self.stream.write_all(queued).map_err(broken)
    }
}

impl<S: Read + Write> Hand<S> {
    fn receive_any(&mut self, look: &mut impl Look) -> Outcome<()> {
        let (mut first, mut len) = self.header()?;
        if first & 0x40 != 0 {
            return self.inflated(len, look);
        }
        let text = first & 0x0F == TEXT;
        if first & FIN != 0 && len <= self.input.len() / 2 {
            self.fill(len)?;
            let payload = &self.input[self.start..self.start + len];
            if text {
                simdutf8::basic::from_utf8(payload).map_err(broken)?;
            }
            look.look(payload);
            self.start += len;
            return Ok(());
        }
        let mut joined = 0;
        loop {
            self.append(joined, len)?;
            joined += len;
            if first & FIN != 0 {
                break;
            }
            (first, len) = self.header()?;
        }
        let message = &self.message[..joined];
        if text {
            simdutf8::basic::from_utf8(message).map_err(broken)?;
        }
        look.look(message);
        Ok(())
    }
}
