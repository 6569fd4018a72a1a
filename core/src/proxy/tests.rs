//! What the tests of each protocol share, and those of the tunnel itself.

use core::time::Duration;
use std::{format, vec::Vec};

use super::*;
use crate::error::Limit;

type Growing<P> = Tunnel<P, Vec<u8>, Vec<u8>>;

pub(super) fn tunnel<P: Protocol>(protocol: P) -> Growing<P> {
    tunnel_with(protocol, TunnelConfig::default())
}

pub(super) fn tunnel_with<P: Protocol>(protocol: P, config: TunnelConfig) -> Growing<P> {
    Tunnel::new(protocol, Vec::new(), Vec::new(), config, Duration::ZERO).unwrap()
}

/// Takes all that is to be sent.
pub(super) fn send_all<P: Protocol>(tunnel: &mut Growing<P>) -> Vec<u8> {
    let message = tunnel.transmit().to_vec();
    tunnel.transmitted(message.len());
    assert!(tunnel.transmit().is_empty());
    message
}

/// Hands `bytes` over, in as many pieces as the buffer wants.
pub(super) fn feed<P: Protocol>(tunnel: &mut Growing<P>, mut bytes: &[u8]) {
    while !bytes.is_empty() && tunnel.poll() == Ok(false) {
        let room = tunnel.receive_buffer();
        assert!(!room.is_empty(), "room while under way");
        let n = room.len().min(bytes.len());
        room[..n].copy_from_slice(&bytes[..n]);
        tunnel.received(n);
        bytes = &bytes[n..];
    }
}

/// Gives one answer after another, each after its question was sent, the
/// last one cut in two at every place: the outcome must not change, and
/// whatever follows the answer must come out.
pub(super) fn at_every_split<P: Protocol>(
    protocol: impl Fn() -> P,
    answers: &[&[u8]],
    expected: Result<&[u8], ProxyError>,
) {
    let (last, before) = answers.split_last().unwrap();
    for cut in 0..=last.len() {
        let mut tunnel = tunnel(protocol());
        for answer in before {
            assert!(!send_all(&mut tunnel).is_empty());
            feed(&mut tunnel, answer);
            assert_eq!(tunnel.poll(), Ok(false), "{answer:?}");
        }
        assert!(!send_all(&mut tunnel).is_empty());
        let (head, tail) = last.split_at(cut);
        feed(&mut tunnel, head);
        let early = tunnel.poll() == Ok(true);
        let unread = if early { tail } else { &[] };
        feed(&mut tunnel, tail);
        match expected {
            Err(error) => assert_eq!(tunnel.poll(), Err(error), "{last:?} cut at {cut}"),
            Ok(rest) => {
                assert_eq!(tunnel.poll(), Ok(true), "{last:?} cut at {cut}");
                let got = [tunnel.rest(), unread].concat();
                assert_eq!(got, rest, "{last:?} cut at {cut}");
            }
        }
        assert!(tunnel.transmit().is_empty());
        assert!(tunnel.receive_buffer().is_empty());
        assert_eq!(tunnel.poll_timeout(), None);
    }
}

fn to_a() -> Target<'static> {
    Target::new(Host::Name("a"), 80)
}

#[test]
fn targets() {
    let uri = Uri::parse("wss://[2001:DB8::1]/x").unwrap();
    assert_eq!(format!("{}", Target::of(&uri)), "[2001:db8::1]:443");
    let uri = Uri::parse("ws://a.example:8080").unwrap();
    assert_eq!(format!("{}", Target::of(&uri)), "a.example:8080");
}

#[test]
fn deadlines_and_ends() {
    let mut waiting = tunnel(Socks5::new(to_a()));
    assert_eq!(waiting.poll_timeout(), Some(Duration::from_secs(10)));
    waiting.handle_timeout(Duration::from_millis(9_999));
    assert_eq!(waiting.poll(), Ok(false));
    waiting.handle_timeout(Duration::from_secs(10));
    assert_eq!(waiting.poll(), Err(ProxyError::Timeout));
    waiting.receive_eof();
    assert_eq!(waiting.poll(), Err(ProxyError::Timeout), "the first stays");

    let mut ended = tunnel(Socks4::new(to_a()));
    ended.receive_eof();
    assert_eq!(ended.poll(), Err(ProxyError::ConnectionLost));

    let mut open = tunnel(Socks4::new(to_a()));
    send_all(&mut open);
    feed(&mut open, b"\x00\x5a\0\0\0\0\0\0");
    open.handle_timeout(Duration::MAX);
    open.receive_eof();
    assert_eq!(open.poll(), Ok(true));
}

#[test]
fn an_answer_before_the_question_is_refused_but_a_refusal_counts() {
    let mut early = tunnel(HttpConnect::new(to_a()));
    early.transmitted(5);
    feed(&mut early, b"HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(early.poll(), Err(ProxyResponseError::Premature.into()));
    let mut refused = tunnel(HttpConnect::new(to_a()));
    feed(&mut refused, b"HTTP/1.1 503 Busy\r\n\r\n");
    assert_eq!(refused.poll(), Err(ProxyError::Refused { status: 503 }));
}

#[test]
fn small_buffers_say_so() {
    let config = TunnelConfig::default();
    let now = Duration::ZERO;
    let ask = || HttpConnect::new(to_a());
    let small = Tunnel::new(ask(), [0; 64], [0; 8], config, now);
    let Err(ProxyError::Capacity(error)) = small else {
        panic!("{small:?}")
    };
    assert_eq!((error.limit, error.needed), (Limit::Buffer, 37));
    assert!(Tunnel::new(ask(), [0; 0], [0; 64], config, now).is_err());

    let mut tunnel = Tunnel::new(ask(), [0; 16], [0; 64], config, now).unwrap();
    tunnel.transmitted(64);
    tunnel
        .receive_buffer()
        .copy_from_slice(b"HTTP/1.1 200 OK\r");
    tunnel.received(16);
    let Err(ProxyError::Capacity(error)) = tunnel.poll() else {
        panic!("{tunnel:?}")
    };
    assert_eq!((error.needed, error.allowed), (17, 16));
}

/// Counts of bytes that lie, as a broken driver may give them.
#[test]
fn nothing_a_driver_says_panics() {
    let mut tunnel = tunnel(Socks5::new(to_a()));
    tunnel.transmitted(usize::MAX);
    tunnel.received(usize::MAX);
    assert!(tunnel.poll().is_err());
    tunnel.received(usize::MAX);
    tunnel.transmitted(usize::MAX);
    let _ = tunnel.into_buffers();
}
