//! The transport against real loopback sockets, inside a WASI host:
//! `platform-wasi/ci.sh` runs it in wasmtime.
//!
//! A component has one thread. So each test plays both sides by turns: the
//! listener's backlog accepts while `connect` waits.
#![cfg(all(target_os = "wasi", target_env = "p2"))]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use core::time::Duration;
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use embedded_io::{Error as _, ErrorKind, Read as _, Write as _};
use hybi_core::{driver::blocking::Transport, entropy::Entropy};
use hybi_wasi::{entropy::WasiEntropy, error::WasiError, stream::WasiStream};

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(10);

fn soon(wait: Duration) -> Option<Duration> {
    Some(WasiStream::now() + wait)
}

fn pair() -> (WasiStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ours = WasiStream::connect("127.0.0.1", port, soon(LONG)).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    (ours, theirs)
}

#[test]
fn bytes_pass_both_ways() {
    let (mut ours, mut theirs) = pair();
    ours.write_all(b"hello").unwrap();
    ours.flush().unwrap();
    let mut buf = [0; 5];
    theirs.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"hello");
    theirs.write_all(b"world").unwrap();
    ours.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"world");
}

#[test]
fn a_read_ends_at_its_deadline_and_loses_nothing() {
    let (mut ours, mut theirs) = pair();
    let mut buf = [0; 8];
    let before = WasiStream::now();
    assert_eq!(ours.read_until(&mut buf, soon(SHORT)), Ok(None));
    let waited = WasiStream::now() - before;
    assert!(waited >= SHORT && waited < LONG, "waited {waited:?}");
    theirs.write_all(b"late").unwrap();
    assert_eq!(ours.read_until(&mut buf, soon(LONG)), Ok(Some(4)));
    assert_eq!(&buf[..4], b"late");
}

#[test]
fn a_deadline_long_past_does_not_wait() {
    let (mut ours, _theirs) = pair();
    let before = WasiStream::now();
    assert_eq!(ours.read_until(&mut [0; 8], Some(Duration::ZERO)), Ok(None));
    assert!(WasiStream::now() - before < SHORT);
}

#[test]
fn empty_buffers_do_not_wait() {
    let (mut ours, _theirs) = pair();
    assert_eq!(ours.read(&mut []), Ok(0));
    assert_eq!(ours.write(&[]), Ok(0));
}

#[test]
fn a_write_to_a_peer_that_does_not_read_ends_at_its_deadline() {
    let (mut ours, theirs) = pair();
    let chunk = [7; 64 * 1024];
    let mut written = 0;
    while let Some(n) = ours.write_until(&chunk, soon(SHORT)).unwrap() {
        assert!(n > 0);
        written += n;
        assert!(written < 1 << 30, "the host buffers without end");
    }
    ours.flush().unwrap();
    assert_eq!(ours.flush_until(soon(SHORT)), Ok(false));
    assert_eq!(ours.shutdown(soon(SHORT)), Err(WasiError::TimedOut));

    // Nothing is lost: the peer reads all of it once it reads.
    drain(&mut ours, theirs, written);
}

/// Reads `expected` bytes, then the end, while `ours` shuts down.
fn drain(ours: &mut WasiStream, mut theirs: TcpStream, expected: usize) {
    theirs.set_nonblocking(true).unwrap();
    let mut buf = vec![0; 256 * 1024];
    let mut read = 0;
    let mut ended = false;
    let stop = WasiStream::now() + LONG;
    loop {
        assert!(WasiStream::now() < stop, "{read} of {expected} bytes came");
        if !ended && ours.shutdown(soon(Duration::ZERO)).is_ok() {
            ended = true;
        }
        match theirs.read(&mut buf) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
    }
    assert!(ended);
    assert_eq!(read, expected);
}

#[test]
fn the_peers_end_reads_as_zero_and_our_side_stays_open() {
    let (mut ours, mut theirs) = pair();
    theirs.write_all(b"bye").unwrap();
    theirs.shutdown(std::net::Shutdown::Write).unwrap();
    let mut buf = [0; 8];
    assert_eq!(ours.read_until(&mut buf, soon(LONG)), Ok(Some(3)));
    assert_eq!(ours.read_until(&mut buf, soon(LONG)), Ok(Some(0)));
    assert_eq!(ours.read(&mut buf), Ok(0));
    ours.write_all(b"still here").unwrap();
    ours.shutdown(soon(LONG)).unwrap();
    let mut rest = Vec::new();
    theirs.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"still here");
}

#[test]
fn shutdown_ends_our_side_only_and_may_repeat() {
    let (mut ours, mut theirs) = pair();
    ours.write_all(b"last").unwrap();
    ours.shutdown(soon(LONG)).unwrap();
    ours.shutdown(soon(LONG)).unwrap();
    assert_eq!(ours.write(b"more"), Err(WasiError::Closed));
    let mut rest = Vec::new();
    theirs.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"last");
    theirs.write_all(b"reply").unwrap();
    let mut buf = [0; 5];
    ours.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"reply");
}

#[test]
fn a_reset_is_an_error() {
    // No socket inside the component can send one: a server outside does.
    let Ok(port) = std::env::var("HYBI_RESET_PORT") else {
        eprintln!("HYBI_RESET_PORT is not set: skipped");
        return;
    };
    let mut ours = WasiStream::connect("127.0.0.1", port.parse().unwrap(), soon(LONG)).unwrap();
    ours.write_all(b"go").unwrap();
    ours.flush().unwrap();
    let error = ours.read_until(&mut [0; 8], soon(LONG)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(matches!(error, WasiError::Lost(_)), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(ours.write(b"more"), Err(WasiError::Closed));
}

#[test]
fn every_address_of_a_name_is_tried() {
    // `localhost` is often ::1 first; only 127.0.0.1 listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    WasiStream::connect("localhost", port, soon(LONG)).unwrap();
}

#[test]
fn brackets_around_ipv6_are_accepted() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        eprintln!("no IPv6 here: skipped");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    WasiStream::connect("[::1]", port, soon(LONG)).unwrap();
    WasiStream::connect("::1", port, soon(LONG)).unwrap();
}

#[test]
fn a_closed_port_is_refused() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = WasiStream::connect("127.0.0.1", port, soon(LONG)).unwrap_err();
    assert_eq!(error, WasiError::Refused);
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn names_that_do_not_exist_are_told_apart_from_names_that_are_none() {
    let error = WasiStream::connect("no-such-host.invalid", 80, soon(LONG)).unwrap_err();
    assert!(
        matches!(error, WasiError::NameNotFound | WasiError::LookupFailed),
        "{error:?}"
    );
    let error = WasiStream::connect("not a name", 80, soon(LONG)).unwrap_err();
    assert_eq!(error, WasiError::InvalidName);
}

#[test]
fn a_connect_that_nobody_answers_ends_at_its_deadline() {
    // A full backlog: the listener never accepts, so the kernel drops SYNs.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut held = Vec::new();
    for _ in 0..10_000 {
        let before = WasiStream::now();
        match WasiStream::connect("127.0.0.1", port, soon(SHORT)) {
            Ok(stream) => held.push(stream),
            Err(error) => {
                assert_eq!(error, WasiError::TimedOut);
                let waited = WasiStream::now() - before;
                assert!(waited >= SHORT && waited < LONG, "waited {waited:?}");
                return;
            }
        }
    }
    panic!("the backlog never filled: {} connections", held.len());
}

#[test]
fn entropy_differs_from_call_to_call_and_serves_any_size() {
    let mut entropy = WasiEntropy::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1_000 {
        let mut key = [0; 8];
        entropy.fill(&mut key);
        assert!(seen.insert(key), "a key came twice");
    }
    let mut large = vec![0; 100_000];
    entropy.fill(&mut large);
    let zeros = large.iter().filter(|&&b| b == 0).count();
    assert!((200..600).contains(&zeros), "{zeros} zero bytes of 100,000");
    entropy.fill(&mut []);
    assert!(!format!("{entropy:?}").contains("batch"));
}
