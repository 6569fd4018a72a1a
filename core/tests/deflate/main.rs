//! permessage-deflate on a connection, checked against another
//! implementation of deflate (zlib-rs).
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod limits;
mod receiving;
mod sending;

use std::time::Duration;

use common::{
    Client, Script, Transcript, client_frames, drive_async, drive_blocking, drive_sans_io,
    extended, frame, shorten,
};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Delivery, Event},
    error::{Limit, ProtocolError, ReceiveError},
    extension::{
        Compressor, NoCompressor,
        deflate::{Deflate, DeflateParams, Inflate, PerMessageDeflate},
    },
};
use zlib_rs::{DeflateFlush, InflateFlush, Status};

type Receiver = PerMessageDeflate<Inflate<Vec<u8>>, Vec<u8>>;

const PLAIN: DeflateParams = DeflateParams {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

const NO_TAKEOVER: DeflateParams = DeflateParams {
    server_no_context_takeover: true,
    client_no_context_takeover: true,
    ..PLAIN
};

fn receiver(params: DeflateParams) -> Receiver {
    let inflate = Inflate::new(params.server_max_window_bits, Vec::new()).unwrap();
    PerMessageDeflate::new(params, inflate, Vec::new(), NoCompressor)
}

fn config(delivery: Delivery) -> Config {
    let mut config = Config::default();
    config.delivery = delivery;
    config.close_timeout = None;
    config
}

/// All runs of one input agree; returns the transcript.
fn one_transcript(input: &[u8], params: DeflateParams, rx: usize, config: &Config) -> Transcript {
    let conn = || extended(rx, config, receiver(params));
    let whole = drive_sans_io(Script::new([input]), conn());
    let check = |pieces: &[&[u8]]| {
        let script = || Script::new(pieces.iter().copied().filter(|piece| !piece.is_empty()));
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(drive_sans_io(script(), conn()), whole, "{sizes:?}");
        assert_eq!(drive_blocking(script(), conn()), whole, "{sizes:?}");
        for drop_always in [false, true] {
            let mut slow = script();
            slow.slow = true;
            assert_eq!(drive_async(slow, conn(), drop_always), whole, "{sizes:?}");
        }
    };
    for cut in 0..=input.len() {
        let (a, b) = input.split_at(cut);
        check(&[a, b]);
    }
    for size in [1, 2, 3, 7] {
        check(&input.chunks(size).collect::<Vec<_>>());
    }
    whole
}

/// A small generator: the tests are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// Repeats itself, near and far, and is now and then noise.
    fn message(&mut self, len: usize) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        while out.len() < len {
            match self.below(4) {
                0 => out.extend((0..self.below(200)).map(|_| self.below(256).to_le_bytes()[0])),
                1 => out.extend(std::iter::repeat_n(b'x', self.below(700))),
                2 => out.extend(b"{\"sensor\":\"temperature\",\"value\":21.5}"),
                _ if out.is_empty() => {}
                _ => {
                    let start = self.below(out.len());
                    let end = (start + self.below(900)).min(out.len());
                    out.extend_from_within(start..end);
                }
            }
        }
        out.truncate(len);
        out
    }
}
