//! The handshake's buffers, limits and deadlines. What a server may answer is
//! in `tests/handshake.rs`.

use super::*;
use crate::error::{CapacityError, Limit};
use std::{string::String, vec, vec::Vec};

struct Sample;

impl Entropy for Sample {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(b"the sample nonce");
    }
}

const GOOD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const REFUSAL: &[u8] = b"HTTP/1.1 403 Forbidden\r\n\r\nhello";

fn begin_with(rx: &mut [u8], config: HandshakeConfig) -> Handshake<&mut [u8], Vec<u8>, Sample> {
    let request = Request::to("a", "/");
    let mut handshake =
        Handshake::new(&request, rx, Vec::new(), Sample, config, Duration::ZERO).unwrap();
    handshake.transmitted(usize::MAX);
    handshake
}

fn begin(rx: &mut [u8]) -> Handshake<&mut [u8], Vec<u8>, Sample> {
    begin_with(rx, HandshakeConfig::DEFAULT)
}

fn feed<Rx: Buffer, Tx: Buffer>(handshake: &mut Handshake<Rx, Tx, Sample>, bytes: &[u8]) {
    handshake.receive_buffer()[..bytes.len()].copy_from_slice(bytes);
    handshake.received(bytes.len());
}

fn buffer_too_small(needed: u64, allowed: u64) -> HandshakeError {
    HandshakeError::Capacity(CapacityError {
        limit: Limit::Buffer,
        needed,
        allowed,
    })
}

#[test]
fn the_request_goes_out_in_pieces() {
    let request = Request::to("a", "/");
    let config = HandshakeConfig::DEFAULT;
    let mut handshake =
        Handshake::new(&request, [0; 9], [0; 200], Sample, config, Duration::ZERO).unwrap();
    let mut out = Vec::new();
    while let Some(byte) = handshake.transmit().first() {
        out.push(*byte);
        handshake.transmitted(1);
    }
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with("GET / HTTP/1.1\r\nHost: a\r\n"), "{out}");
    assert!(out.ends_with("dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), "{out}");
    handshake.transmitted(5);
    assert_eq!(handshake.transmit(), b"");
}

#[test]
fn a_tx_too_small_says_what_it_needs_and_stays_as_it_was() {
    let request = Request::to("a", "/");
    let config = HandshakeConfig::DEFAULT;
    let mut tx = [7; 200];
    let new = |tx: &mut [u8]| {
        Handshake::new(&request, [0; 9], tx, Sample, config, Duration::ZERO).map(|_| ())
    };
    assert_eq!(new(&mut tx[..20]), Err(buffer_too_small(140, 20)));
    assert_eq!(new(&mut tx[..139]), Err(buffer_too_small(140, 139)));
    assert_eq!(tx, [7; 200]);
    assert_eq!(new(&mut tx[..140]), Ok(()));
}

#[test]
fn an_rx_without_room_is_refused_at_once() {
    let request = Request::to("a", "/");
    let new = |config| {
        let tx = [0; 200];
        Handshake::new(&request, [0; 0], tx, Sample, config, Duration::ZERO).map(|_| ())
    };
    let mut config = HandshakeConfig::DEFAULT;
    assert_eq!(new(config), Err(buffer_too_small(1, 0)));
    config.limits.max_head_size = 0;
    let limit = CapacityError {
        limit: Limit::ResponseHead,
        needed: 1,
        allowed: 0,
    };
    assert_eq!(new(config), Err(HandshakeError::Capacity(limit)));
}

#[test]
fn bytes_after_the_head_stay_in_place() {
    let mut rx = [0; 200];
    let mut handshake = begin(&mut rx);
    feed(&mut handshake, &[GOOD, b"\x81\x02hi"].concat());
    assert_eq!(handshake.poll(), Ok(true));
    assert_eq!(handshake.response().unwrap().body(), b"");
    let parts = handshake.into_parts().unwrap();
    assert_eq!((parts.start, parts.end), (GOOD.len(), GOOD.len() + 4));
    assert_eq!(&parts.rx[parts.start..parts.end], b"\x81\x02hi");
    assert_eq!(parts.subprotocol, None);
}

#[test]
fn a_head_that_fills_the_buffer_is_no_error() {
    let mut rx = vec![0; GOOD.len()];
    let mut handshake = begin(&mut rx);
    feed(&mut handshake, GOOD);
    assert_eq!(handshake.poll(), Ok(true));
    assert_eq!(handshake.receive_buffer(), b"");
}

#[test]
fn there_are_no_parts_before_the_end() {
    let mut rx = [0; 200];
    let mut handshake = begin(&mut rx);
    feed(&mut handshake, &GOOD[..30]);
    assert!(handshake.response().is_none());
    let error = handshake.into_parts().err();
    assert_eq!(error, Some(HandshakeError::Unfinished));
}

#[test]
fn a_server_that_switches_before_it_has_the_request_is_refused() {
    let request = Request::to("a", "/");
    let config = HandshakeConfig::DEFAULT;
    let mut handshake =
        Handshake::new(&request, [0; 200], [0; 200], Sample, config, Duration::ZERO).unwrap();
    handshake.transmitted(139);
    feed(&mut handshake, GOOD);
    assert_eq!(handshake.poll(), Err(ResponseError::Premature.into()));
    assert_eq!(handshake.transmit(), b"");
}

#[test]
fn the_deadline_ends_the_handshake() {
    let second = Duration::from_secs(1);
    let mut config = HandshakeConfig::DEFAULT;
    config.timeout = Some(second);
    let mut rx = [0; 200];
    let mut handshake = begin_with(&mut rx, config);
    assert_eq!(handshake.poll_timeout(), Some(second));
    handshake.handle_timeout(second - Duration::from_nanos(1));
    assert_eq!(handshake.poll(), Ok(false));
    handshake.handle_timeout(second);
    assert_eq!(handshake.poll(), Err(HandshakeError::Timeout));
    assert_eq!(handshake.poll_timeout(), None);
    assert!(handshake.response().is_none());
}

#[test]
fn without_a_timeout_or_with_an_endless_one_there_is_no_deadline() {
    for timeout in [None, Some(Duration::MAX)] {
        let request = Request::to("a", "/");
        let mut config = HandshakeConfig::DEFAULT;
        config.timeout = timeout;
        let now = Duration::from_secs(1);
        let mut handshake =
            Handshake::new(&request, [0; 9], [0; 200], Sample, config, now).unwrap();
        assert_eq!(handshake.poll_timeout(), None);
        handshake.handle_timeout(Duration::MAX);
        assert_eq!(handshake.poll(), Ok(false));
    }
}

#[test]
fn the_deadline_in_a_refusals_body_leaves_what_came() {
    let mut rx = [0; 200];
    let mut handshake = begin(&mut rx);
    feed(&mut handshake, REFUSAL);
    assert_eq!(handshake.poll(), Ok(false));
    handshake.handle_timeout(Duration::from_secs(10));
    let refused = HandshakeError::Refused { status: 403 };
    assert_eq!(handshake.poll(), Err(refused));
    assert_eq!(handshake.response().unwrap().body(), b"hello");
}

#[test]
fn a_refusals_body_ends_at_its_limit_and_at_the_buffers_end() {
    for (max_body_size, buffer, body) in [
        (0, 200, &b""[..]),
        (3, 200, b"hel"),
        (9, REFUSAL.len(), b"hello"),
    ] {
        let mut config = HandshakeConfig::DEFAULT;
        config.limits.max_body_size = max_body_size;
        let mut rx = vec![0; buffer];
        let mut handshake = begin_with(&mut rx, config);
        feed(&mut handshake, REFUSAL);
        assert!(handshake.poll().is_err());
        assert_eq!(handshake.response().unwrap().body(), body);
    }
}

#[test]
fn interim_responses_count_towards_the_heads_limit() {
    let interim = b"HTTP/1.1 103 x\r\n\r\n";
    let mut config = HandshakeConfig::DEFAULT;
    config.limits.max_head_size = GOOD.len() + 2 * interim.len();
    let mut rx = [0; 400];
    let mut handshake = begin_with(&mut rx, config);
    feed(&mut handshake, &[interim, interim, GOOD].concat());
    assert_eq!(handshake.poll(), Ok(true));

    config.limits.max_head_size -= 1;
    let mut handshake = begin_with(&mut rx, config);
    feed(&mut handshake, &[interim, interim, GOOD].concat());
    let allowed = config.limits.max_head_size as u64;
    let limit = CapacityError {
        limit: Limit::ResponseHead,
        needed: allowed + 1,
        allowed,
    };
    assert_eq!(handshake.poll(), Err(HandshakeError::Capacity(limit)));
    assert_eq!(handshake.receive_buffer(), b"");
}

#[cfg(feature = "deflate")]
#[test]
fn an_offered_extension_may_be_chosen() {
    let good = [
        &GOOD[..GOOD.len() - 2],
        b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"10\"\r\n\r\n",
    ]
    .concat();
    let offers = [crate::extension::deflate::DeflateOffer::default()];
    let request = Request::to("a", "/").deflate(&offers);
    let config = HandshakeConfig::DEFAULT;
    let mut handshake =
        Handshake::new(&request, [0; 300], [0; 300], Sample, config, Duration::ZERO).unwrap();
    handshake.transmitted(usize::MAX);
    feed(&mut handshake, &good);
    assert_eq!(handshake.poll(), Ok(true));
    assert_eq!(handshake.deflate().unwrap().server_max_window_bits, 10);
}

#[cfg(feature = "alloc")]
#[test]
fn a_growing_buffer_grows_with_what_comes_and_no_further() {
    let request = Request::to("a", "/");
    let config = HandshakeConfig::DEFAULT;
    let new = || {
        let (rx, tx) = (Vec::new(), Vec::new());
        let mut handshake =
            Handshake::new(&request, rx, tx, Sample, config, Duration::ZERO).unwrap();
        handshake.transmitted(usize::MAX);
        handshake
    };
    let mut handshake = new();
    assert_eq!(handshake.receive_buffer().len(), 1024);
    feed(&mut handshake, GOOD);
    assert_eq!(handshake.into_parts().unwrap().rx.len(), 1024);

    let mut handshake = new();
    handshake.receive_buffer()[..8].copy_from_slice(b"HTTP/1.1");
    handshake.received(8);
    while handshake.poll() == Ok(false) {
        let room = handshake.receive_buffer();
        assert!(!room.is_empty());
        room.fill(b'x');
        let n = room.len();
        handshake.received(n);
    }
    assert!(handshake.rx.len() < 2 * 16 * 1024);
}

#[test]
fn received_more_than_there_is_room_for_is_cut_not_a_panic() {
    let mut rx = [0; 8];
    rx.copy_from_slice(b"HTTP/1.1");
    let mut handshake = begin(&mut rx);
    handshake.received(usize::MAX);
    assert_eq!(handshake.poll(), Err(buffer_too_small(9, 8)));
}
