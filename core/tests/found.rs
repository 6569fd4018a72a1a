//! Events that are found first and looked at later.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::time::Duration;

use common::{client_frames, connection};
use hybi_core::{
    connection::{Config, Event},
    error::{ProtocolError, ReceiveError},
};

#[test]
fn replies_go_out_between_finding_an_event_and_looking_at_it() {
    let now = Duration::ZERO;
    let mut conn = connection(512, &Config::default());
    let bytes = b"\x89\x02hi\x81\x05hello";
    conn.receive_buffer()[..bytes.len()].copy_from_slice(bytes);
    conn.received(bytes.len());

    let ping = conn.poll_found(now).unwrap().unwrap();
    assert_eq!(
        client_frames(conn.transmit()),
        [(0x8A, b"hi".to_vec())],
        "the Pong"
    );
    conn.transmitted(conn.transmit().len());
    assert_eq!(conn.found(ping), Event::Ping(b"hi"));

    let text = conn.poll_found(now).unwrap().unwrap();
    conn.ping(b"another order").unwrap();
    assert_eq!(conn.found(text), Event::Text("hello"));
    assert_eq!(conn.poll_found(now), Ok(None));
}

#[test]
fn a_failure_shows_before_it_is_returned() {
    let now = Duration::ZERO;
    let mut conn = connection(512, &Config::default());
    assert_eq!(conn.failure(), None);
    conn.receive_buffer()[..2].copy_from_slice(b"\x83\x00");
    conn.received(2);
    // The Close frame has to go out first.
    assert_eq!(conn.poll_found(now), Ok(None));
    let failure = Some(ReceiveError::Protocol(ProtocolError::ReservedOpcode(3)));
    assert_eq!(conn.failure(), failure);
}
