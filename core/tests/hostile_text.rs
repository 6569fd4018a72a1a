//! Text out of hostile bytes, against a model that knows nothing but
//! `core::str::from_utf8`: whole messages in fragments of every kind, Pings
//! between, bytes that arrive in pieces of any size, buffers that move them
//! about. What is handed over as `&str` is UTF-8 and what was sent; the first
//! message that is not fails the connection, and nothing after it is seen.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::{string::String, time::Duration, vec::Vec};

use hybi_core::{
    buffer::Buffer,
    connection::{Config, Connection, Delivery, Event, MessageKind},
    error::{ProtocolError, ReceiveError},
    extension::Plain,
};

use common::{Counter, Fixed, frame};

/// Pieces of text that are right, and some that are not, whatever is near.
const RIGHT: [&[u8]; 7] = [
    b"a",
    b"some ASCII, longer than a register of 32 bytes",
    "\u{7FF}é".as_bytes(),
    "€\u{D7FF}\u{E000}".as_bytes(),
    "𝄞\u{10FFFF}".as_bytes(),
    b"\0",
    b"",
];
const WRONG: [&[u8]; 9] = [
    b"\x80",
    b"\xFF",
    b"\xC0\xAF",
    b"\xE0\x80\x80",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xF0\x8F\xBF\xBF",
    b"\xE2\x82",
    b"\xF0\x9D\x84",
];

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What the peer sends, and the messages that must come of it: a text, or
/// none where the connection fails instead.
fn session(chance: &mut Chance) -> (Vec<u8>, Vec<Option<String>>) {
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..1 + chance.below(4) {
        let mut message = Vec::new();
        for _ in 0..chance.below(6) {
            message.extend_from_slice(RIGHT[chance.below(RIGHT.len())]);
            if chance.below(24) == 0 {
                message.extend_from_slice(WRONG[chance.below(WRONG.len())]);
            }
        }
        expected.push(String::from_utf8(message.clone()).ok());
        let mut rest = &message[..];
        let mut opcode = 1;
        loop {
            let last = chance.below(3) == 0;
            let len = if last {
                rest.len()
            } else {
                chance.below(rest.len() + 1)
            };
            let (now, later) = rest.split_at(len);
            bytes.extend(frame(if last { 0x80 } else { 0 } | opcode, now));
            if last {
                break;
            }
            (rest, opcode) = (later, 0);
            if chance.below(3) == 0 {
                bytes.extend(frame(0x89, b"\xFF ping"));
            }
        }
    }
    bytes.extend(frame(0x88, &[3, 232]));
    (bytes, expected)
}

/// Runs a session over a buffer, in pieces of random sizes.
fn run<B: Buffer>(rx: B, delivery: Delivery, seed: u64) {
    let mut chance = Chance(seed);
    let (bytes, expected) = session(&mut chance);
    let mut config = Config::default();
    config.delivery = delivery;
    let tx = Fixed::new(512);
    let mut connection =
        Connection::with_extension(rx, tx, Counter::default(), config, Plain).unwrap();
    let mut rest = &bytes[..];
    let (mut got, mut open) = (Vec::new(), Vec::new());
    let failed = loop {
        match connection.poll_event(Duration::ZERO) {
            Ok(Some(Event::Text(text))) => {
                assert!(str::from_utf8(text.as_bytes()).is_ok(), "seed {seed}");
                got.push(text.as_bytes().to_vec());
                continue;
            }
            Ok(Some(Event::Chunk(chunk))) => {
                assert_eq!(chunk.kind, MessageKind::Text);
                open.extend_from_slice(chunk.data);
                if chunk.last {
                    got.push(std::mem::take(&mut open));
                }
                continue;
            }
            Ok(Some(Event::Closed(_))) => break false,
            Ok(Some(Event::Ping(payload))) => {
                assert_eq!(payload, b"\xFF ping", "seed {seed}");
                continue;
            }
            Ok(Some(other)) => panic!("{other:?}, seed {seed}"),
            Ok(None) => {}
            Err(ReceiveError::Protocol(ProtocolError::InvalidUtf8)) => break true,
            Err(error) => panic!("{error:?}, seed {seed}"),
        }
        let waiting = connection.transmit().len();
        if waiting > 0 {
            connection.transmitted(1 + chance.below(waiting));
            continue;
        }
        let free = connection.receive_buffer();
        let n = free.len().min(rest.len()).min(1 + chance.below(40));
        if n == 0 {
            connection.receive_eof();
            continue;
        }
        free[..n].copy_from_slice(&rest[..n]);
        rest = &rest[n..];
        connection.received(n);
    };
    let right: Vec<_> = expected.iter().map_while(Option::as_ref).collect();
    assert_eq!(failed, right.len() < expected.len(), "seed {seed}");
    let right: Vec<_> = right.iter().map(|text| text.as_bytes().to_vec()).collect();
    assert_eq!(got, right, "seed {seed}");
}

/// Under Miri, which looks for what must not happen, fewer do.
const SESSIONS: u64 = if cfg!(miri) { 20 } else { 4000 };

#[test]
fn text_in_a_buffer_that_grows() {
    for seed in 1..SESSIONS {
        run(Vec::new(), Delivery::Whole, seed);
    }
}

#[test]
fn text_in_an_array() {
    for seed in 1..SESSIONS {
        run([0; 512], Delivery::Whole, seed);
    }
}

#[test]
fn text_in_a_slice() {
    let mut storage = std::vec![0; 420];
    for seed in 1..SESSIONS {
        run(&mut storage[..], Delivery::Whole, seed);
    }
}

/// A buffer of which nothing is known: every text is looked at twice.
#[test]
fn text_in_a_buffer_of_the_callers_own() {
    for seed in 1..SESSIONS {
        run(Fixed::new(512), Delivery::Whole, seed);
    }
}

#[test]
fn text_in_chunks() {
    for seed in 1..SESSIONS {
        run([0; 130], Delivery::Chunks, seed);
    }
}
