//! Keepalive and reconnection with a clock that the test moves.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::time::Duration;

use common::{Client, client_frames, connection};
use hybi_core::{
    connection::{Config, Event, Keepalive, State},
    error::{ReceiveError, SendError, Timeout},
};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn open(keepalive: Keepalive) -> Client {
    let mut config = Config::default();
    config.keepalive = Some(keepalive);
    let mut conn = connection(512, &config);
    assert_eq!(conn.poll_event(at(0)), Ok(None));
    conn
}

fn feed(conn: &mut Client, bytes: &[u8]) {
    conn.receive_buffer()[..bytes.len()].copy_from_slice(bytes);
    conn.received(bytes.len());
}

fn drain(conn: &mut Client) -> Vec<(u8, Vec<u8>)> {
    let frames = client_frames(conn.transmit());
    conn.transmitted(conn.transmit().len());
    frames
}

fn pong(payload: &[u8]) -> Vec<u8> {
    common::frame(0x8A, payload)
}

#[test]
fn the_first_ping_comes_after_one_interval() {
    let mut conn = open(Keepalive::every(at(30)));
    assert_eq!(conn.poll_timeout(), Some(at(30)));
    conn.handle_timeout(at(29));
    assert_eq!(drain(&mut conn), []);
    conn.handle_timeout(at(30));
    assert_eq!(drain(&mut conn), [(0x89, vec![0, 0, 0, 0])]);
    // Then its Pong is due.
    assert_eq!(conn.poll_timeout(), Some(at(50)));
    feed(&mut conn, &pong(&[0, 0, 0, 0]));
    assert_eq!(conn.poll_event(at(31)), Ok(Some(Event::Pong(&[0; 4]))));
    // The next one, an interval after the last, with another payload.
    assert_eq!(conn.poll_timeout(), Some(at(60)));
    assert_eq!(conn.poll_event(at(60)), Ok(None));
    assert_eq!(drain(&mut conn), [(0x89, vec![0, 0, 0, 1])]);
}

#[test]
fn only_the_matching_pong_counts() {
    let mut conn = open(Keepalive::every(at(30)).payload(b"mine").unwrap());
    conn.handle_timeout(at(30));
    assert_eq!(drain(&mut conn), [(0x89, b"mine".to_vec())]);
    for other in [&b""[..], b"min", b"other", &[0; 4]] {
        feed(&mut conn, &pong(other));
        assert_eq!(conn.poll_event(at(40)), Ok(Some(Event::Pong(other))));
    }
    feed(&mut conn, b"\x81\x04data");
    assert_eq!(conn.poll_event(at(49)), Ok(Some(Event::Text("data"))));
    assert_eq!(conn.poll_timeout(), Some(at(50)));
    conn.handle_timeout(at(50));
    assert_eq!(conn.state(), State::Closing);
    assert_eq!(drain(&mut conn), [(0x88, b"\x03\xe9".to_vec())]);
    assert_eq!(conn.poll_event(at(54)), Ok(None));
    assert_eq!(
        conn.poll_event(at(55)),
        Err(ReceiveError::Timeout(Timeout::Keepalive))
    );
}

#[test]
fn any_traffic_counts_where_asked_for() {
    let mut conn = open(Keepalive::every(at(30)).any_traffic(true));
    conn.handle_timeout(at(30));
    drain(&mut conn);
    feed(&mut conn, b"\x81\x04data");
    assert_eq!(conn.poll_event(at(49)), Ok(Some(Event::Text("data"))));
    assert_eq!(conn.poll_timeout(), Some(at(60)));
    conn.handle_timeout(at(59));
    assert_eq!(conn.state(), State::Open);
}

#[test]
fn without_a_timeout_pings_go_on() {
    let mut conn = open(Keepalive::every(at(10)).timeout(None));
    for second in 1..=100 {
        conn.handle_timeout(at(second));
        let expected = usize::from(second % 10 == 0);
        assert_eq!(drain(&mut conn).len(), expected, "{second}");
    }
    assert_eq!(conn.state(), State::Open);
}

#[test]
fn a_timeout_longer_than_the_interval_keeps_one_ping_under_way() {
    let mut conn = open(Keepalive::every(at(5)).timeout(Some(at(60))));
    conn.handle_timeout(at(5));
    assert_eq!(drain(&mut conn).len(), 1);
    conn.handle_timeout(at(30));
    assert_eq!(drain(&mut conn).len(), 0);
    feed(&mut conn, &pong(&[0; 4]));
    assert!(conn.poll_event(at(40)).unwrap().is_some());
    assert_eq!(conn.poll_event(at(40)), Ok(None));
    assert_eq!(drain(&mut conn).len(), 1, "overdue at once");
}

/// The idle deadline and the keepalive's stand beside each other.
#[test]
fn the_earlier_deadline_is_told() {
    let mut config = Config::default();
    config.keepalive = Some(Keepalive::every(at(30)));
    config.idle_timeout = Some(at(20));
    let mut conn = connection(512, &config);
    assert_eq!(conn.poll_event(at(0)), Ok(None));
    assert_eq!(conn.poll_timeout(), Some(at(20)));
    feed(&mut conn, &pong(b""));
    assert!(conn.poll_event(at(15)).unwrap().is_some());
    assert_eq!(conn.poll_timeout(), Some(at(30)));
}

#[test]
fn a_full_send_buffer_delays_the_ping() {
    let mut conn = open(Keepalive::every(at(30)));
    while conn.send_binary(&[0; 50]).is_ok() {}
    while conn.ping(b"").is_ok() {}
    conn.handle_timeout(at(30));
    let pings = drain(&mut conn);
    assert!(pings.iter().all(|(_, payload)| payload.len() != 4));
    assert_eq!(conn.poll_event(at(31)), Ok(None));
    assert_eq!(drain(&mut conn), [(0x89, vec![0; 4])]);
}

#[test]
fn nothing_is_sent_once_closing() {
    let mut conn = open(Keepalive::every(at(1)));
    feed(&mut conn, b"\x88\x00");
    assert_eq!(conn.poll_event(at(0)), Ok(None));
    drain(&mut conn);
    conn.handle_timeout(at(2));
    assert_eq!(drain(&mut conn), []);
}

#[test]
fn payloads_have_a_limit() {
    let keepalive = Keepalive::every(at(1));
    assert!(keepalive.clone().payload(&[0; 125]).is_ok());
    assert_eq!(keepalive.payload(&[0; 126]), Err(SendError::ControlTooLong));
}
